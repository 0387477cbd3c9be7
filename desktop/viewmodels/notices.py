"""How anything that went wrong reads in the window: the one table from errors to words."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import Cancelled, OutpostError
from desktop.viewmodels.base import tr


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell the user: what happened, what to do, and how serious it is."""

    title: str
    text: str = ""
    tone: str = "note"
    """'note', 'success', 'warning' or 'danger'."""
    passing: bool = False
    """True where it may go by itself after a moment."""


def of_error(error: BaseException) -> Notice:
    """Describe an error: an expected one in its own words, any other as the bug that it is."""
    if isinstance(error, Cancelled):
        return Notice(str(error), passing=True)
    if isinstance(error, OutpostError):
        return Notice(str(error), error.advice, "warning")
    return Notice(
        tr("Something went wrong inside Outpost ({kind}).").format(kind=type(error).__name__),
        tr("This is a bug. What you did may not have been done; the log has the details."),
        "danger",
    )


def done(text: str) -> Notice:
    """Confirm something in passing."""
    return Notice(text, tone="success", passing=True)
