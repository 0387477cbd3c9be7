"""Who uses Outpost, by which tokens, and what the audit log keeps of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.records.ids import TokenId, UserId


class Scope(StrEnum):
    """What a token may do; each includes the ones before it."""

    READ = "read"
    CHAT = "chat"
    MANAGE = "manage"


@dataclass(frozen=True, slots=True)
class User:
    id: UserId
    name: str
    is_owner: bool
    """True for the one user who runs the desktop application."""
    created_at: datetime
    has_password: bool = False
    """Whether the user can log in without having been given a token."""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as it is stored: the secret itself is shown once and never kept."""

    id: TokenId
    user_id: UserId
    name: str
    scope: Scope
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None = None
    is_session: bool = False
    """Made by logging in; ends when the password is changed."""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One entry of the audit log; it names things by their ids and holds nothing of them."""

    seq: int
    at: str
    user_id: UserId | None
    """Who did it; None where nobody can be told, such as at a login that was refused."""
    token_id: TokenId | None
    route: str
    """The way it was done: 'desktop', or a route such as 'POST /agents'."""
    action: str
    """What was done, such as 'token.add'."""
    subject: str
    """The id of the thing it was done to."""
    detail: str
    hash: str


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """What checking the log's chain found; `broken_at` is the first entry that does not fit."""

    whole: bool
    entries: int
    """How many entries fit, counted from the first."""
    broken_at: int | None
    last_hash: str
    """Of the last entry that fits; noted elsewhere, it shows an end that is cut off later."""
