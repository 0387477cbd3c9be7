"""Agents: what may be stored, and the lifecycle from stopped to deployed and back."""

from core.agents.lifecycle import DeploymentLimits
from core.agents.service import Agents
from core.agents.specs import EngineDefaults

__all__ = ["Agents", "DeploymentLimits", "EngineDefaults"]
