"""The shapes of models, tokens, users and of how Outpost is doing."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

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


class StepAnswer(Answer):
    name: str
    state: Literal["waiting", "running", "done", "failed"]
    note: str


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
    max_deployed_agents: int
