"""The shapes of models, tokens, users and of how Outpost is doing."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from core import records
from core.api.answers.base import Answer
from core.records import Scope


class ModelAnswer(Answer):
    object: Literal["model"] = "model"
    id: str
    name: str
    size_bytes: int
    architecture: str
    quantisation: str
    parameters: int
    context_tokens: int
    has_chat_template: bool
    is_adapter: bool
    is_starter: bool
    usable: bool
    problem: str | None


class TokenAnswer(Answer):
    object: Literal["token"] = "token"
    id: str
    user_id: str
    name: str
    scope: Scope
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    is_session: bool


class NewTokenAnswer(TokenAnswer):
    secret: str
    """Shown this once; only its SHA-256 is kept."""


class UserAnswer(Answer):
    object: Literal["user"] = "user"
    id: str
    name: str
    is_owner: bool
    created_at: datetime
    has_password: bool


class AuditAnswer(Answer):
    object: Literal["audit.event"] = "audit.event"
    seq: int
    at: datetime
    user_id: str | None
    token_id: str | None
    route: str
    action: str
    subject: str
    detail: str
    hash: str


class AuditPage(Answer):
    """Entries of the log, newest first; `before` with the last one's seq gives the next ones."""

    object: Literal["list"] = "list"
    data: list[AuditAnswer]
    has_more: bool


class VerdictAnswer(Answer):
    object: Literal["audit.verdict"] = "audit.verdict"
    whole: bool
    entries: int
    broken_at: int | None
    last_hash: str


class WindowLockAnswer(Answer):
    object: Literal["window_lock"] = "window_lock"
    is_set: bool


class StepAnswer(Answer):
    name: str
    state: Literal["waiting", "running", "done", "failed"]
    note: str


class DeployedAnswer(Answer):
    """A deployed agent."""

    agent_id: str
    name: str
    model: str
    since: datetime | None
    pinned: bool

    @classmethod
    def of(cls, agent: records.Agent) -> DeployedAnswer:
        return cls(
            agent_id=agent.id,
            name=agent.name,
            model=agent.draft.model,
            since=agent.deployment.since,
            pinned=agent.draft.pinned,
        )


class DeviceAnswer(Answer):
    name: str
    description: str
    is_gpu: bool
    memory_bytes: int
    free_bytes: int


class HardwareAnswer(Answer):
    object: Literal["hardware"] = "hardware"
    processor: str
    physical_cores: int
    logical_cores: int
    features: list[str]
    memory_bytes: int
    available_bytes: int
    devices: list[DeviceAnswer]
    gpu_offload: bool
    engine: str


class OccupancyAnswer(Answer):
    """How many places for deployed agents there are and are taken, and the replies being written;
    of all users together."""

    places: int
    taken: int
    replies: int


class MemoryAnswer(Answer):
    total_bytes: int
    available_bytes: int
    outpost_bytes: int
    """What Outpost takes, its workers included."""


class ForecastAnswer(Answer):
    """What deploying an agent would take of the machine's memory, and what is free."""

    object: Literal["forecast"] = "forecast"
    needed_bytes: int
    available_bytes: int
    shares_weights: bool
    """True where another deployed agent has loaded the same weights already."""
    fits: bool


class SettingsAnswer(Answer):
    """Settings that can be changed here; the environment may overrule them at the next start."""

    object: Literal["settings"] = "settings"
    max_deployed_agents: int
    agent_timeout_s: int
    stop_least_used: bool
    port: int
    threads: int
    slots: int


class StatusAnswer(Answer):
    object: Literal["status"] = "status"
    version: str
    ready: bool
    """True once every step of starting up has ended."""
    startup: list[StepAnswer]
    user: UserAnswer
    scope: Scope
    deployed: list[str]
    """Names of the user's deployed agents."""
    deployments: list[DeployedAnswer]
    max_deployed_agents: int
    pool: OccupancyAnswer
    memory: MemoryAnswer
    hardware: HardwareAnswer
