"""The proof of staying offline as a response."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from core.api.answers.base import Answer


class AttemptAnswer(Answer):
    """One refused call to another machine."""

    action: str
    address: str
    site: str
    """The code that tried: file, line and function."""
    at: datetime


class SocketAnswer(Answer):
    """An Internet socket of Outpost or one of its workers."""

    process: str
    state: str
    local: str
    remote: str
    leaves: bool
    """True where it can be reached from, or reaches, another machine."""


class OfflineAnswer(Answer):
    object: Literal["offline_report"] = "offline_report"
    version: str
    made_at: datetime
    since: datetime
    """When this run of Outpost began to refuse."""
    on: bool
    bites: bool
    """Whether it refused an attempt that was made for this report."""
    refused: int
    """How many attempts there were; `attempts` holds the latest of them."""
    attempts: list[AttemptAnswer]
    sockets: list[SocketAnswer]
    clean: bool
    """True where nobody tried anything and no socket leaves the machine."""
