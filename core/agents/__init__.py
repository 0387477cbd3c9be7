"""Agents: what may be stored, and the lifecycle from stopped to deployed and back."""

from core.agents.service import Agents

__all__ = ["Agents"]
