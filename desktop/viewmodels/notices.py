"""How anything that went wrong reads in the window: the one table from errors to words.

The core speaks English, with names and numbers in its sentences. In another language each code
has a sentence and an advice of its own, for where the core's sentence is not translated itself;
what only that one says stands behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import (
    Cancelled,
    ContextExceeded,
    OutpostError,
    PoolFull,
    PortInUse,
    Unreadable,
    WrongPassphrase,
)
from desktop.viewmodels.base import tr
from desktop.viewmodels.core_words import known
from desktop.viewmodels.figures import number


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
        return Notice(sentence(error), passing=True)
    if isinstance(error, OutpostError):
        return Notice(sentence(error), advice(error), "warning")
    return Notice(
        tr("Something went wrong inside Outpost ({kind}).").format(kind=type(error).__name__),
        tr("This is a bug. What you did may not have been done; the log has the details."),
        "danger",
    )


def done(text: str) -> Notice:
    """Confirm something in passing."""
    return Notice(text, tone="success", passing=True)


def in_words(error: OutpostError) -> str:
    """Return what happened and what to do, in one line."""
    return f"{sentence(error)} {advice(error)}".strip()


def sentence(error: OutpostError) -> str:
    """Return what happened."""
    if _english():
        return str(error)
    return _whole(error) or known(str(error)) or _sentences().get(error.code) or str(error)


def advice(error: OutpostError) -> str:
    """Return what to do about it, with the core's own words where only they say it all."""
    if _english():
        return _window_advices().get(error.code, error.advice)
    best = known(error.advice) or _advices().get(error.code, "")
    general = not _whole(error) and not known(str(error)) and error.code in _sentences()
    return f"{best} ({error})".strip() if general else best or error.advice


def unreadable(reason: str | None, problem: str | None) -> str:
    """Return why a document could not be read, by the reason's code; '' where it could."""
    return problem or "" if _english() else _reasons().get(reason or "", problem or "")


def step(name: str) -> str:
    """Return what a step of starting up is called."""
    return {
        "Looking at the models": tr("Looking at the models"),
        "Preparing the starter agents": tr("Preparing the starter agents"),
        "Opening the collections": tr("Opening the collections"),
        "Going on with studies": tr("Going on with studies"),
        "Looking after backups": tr("Looking after backups"),
        "Checking the database": tr("Checking the database"),
        "Restoring the backup": tr("Restoring the backup"),
    }.get(name, name)


def _english() -> bool:
    """Whether the window speaks English: 'en' is translated by each language's own code."""
    return tr("en") == "en"


def _whole(error: OutpostError) -> str:
    """Return an error's sentence with its names and numbers, '' where it carries none."""
    if isinstance(error, PoolFull):
        words = tr("All places for deployed agents are taken, by {names}.")
        return words.format(names=", ".join(error.deployed))
    if isinstance(error, PortInUse):
        words = tr("Port {port} on this machine is already taken by another program.")
        return words.format(port=error.port)
    if isinstance(error, ContextExceeded):
        words = tr("The message needs {needed} tokens, but only {room} fit into the context.")
        needed, room = number(error.needed_tokens), number(error.available_tokens)
        return words.format(needed=needed, room=room)
    if isinstance(error, WrongPassphrase):
        return tr("The passphrase is wrong.")
    if isinstance(error, Unreadable):
        return _reasons().get(error.reason, "")
    return ""


def _sentences() -> dict[str, str]:
    return {
        "invalid_input": tr("What was entered cannot be used."),
        "wrong_agent_type": tr("This agent is of another type."),
        "tools_unsupported": tr("This agent cannot use tools."),
        "unauthenticated": tr("No valid token was given."),
        "forbidden": tr("This token may not do that."),
        "not_found": tr("It is not there any more."),
        "model_not_found": tr("There is no model of this name."),
        "conflict": tr("That is not possible at the moment."),
        "not_deployed": tr("The agent is not deployed."),
        "agent_deployed": tr("The agent is deployed."),
        "check_failed": tr("The agent has failed its check."),
        "unreadable": tr("The file cannot be used."),
        "unusable_model": tr("The model cannot be used."),
        "unreadable_document": tr("The document could not be read."),
        "busy": tr("Too much is waiting already."),
        "too_many_attempts": tr("Too many wrong passwords were given."),
        "out_of_memory": tr("There is not enough free memory for that."),
        "engine_failed": tr("The model's runtime has failed."),
        "storage_failed": tr("The data folder cannot be read or written."),
        "disk_full": tr("The disk is full."),
        "already_running": tr("Outpost is running already on this data folder."),
        "cancelled": tr("Stopped on request."),
    }


def _window_advices() -> dict[str, str]:
    """Return what to do where the window has a shorter way than a program or a terminal."""
    return {
        "pool_full": tr("Stop one of them, or raise the limit in Settings."),
        "port_in_use": tr("Choose another port in Settings."),
    }


def _advices() -> dict[str, str]:
    again = tr("Choose another model, or copy the file again from its source.")
    return {
        **_window_advices(),
        "invalid_input": tr("Correct the value and try again."),
        "context_length_exceeded": tr(
            "Shorten the message or the agent's instructions, or raise its context size."
        ),
        "tools_unsupported": tr("Use an agent whose model was trained for them."),
        "wrong_passphrase": tr(
            "Try again; “outpost lock remove” in a terminal takes a forgotten one away."
        ),
        "not_found": tr("It may have been deleted meanwhile."),
        "not_deployed": tr("Deploy the agent first."),
        "agent_deployed": tr("Stop the agent first."),
        "check_failed": tr("Correct the agent, its documents or the questions of its check."),
        "unusable_model": again,
        "busy": tr("Wait a moment and try again."),
        "too_many_attempts": tr("Wait a while, then try again."),
        "out_of_memory": tr(
            "Stop another agent, choose a smaller model, or lower the context size."
        ),
        "engine_failed": tr("Deploy the agent again; if it happens again, the log tells more."),
        "storage_failed": tr("Check that the disk has free space and the folder is writable."),
        "disk_full": tr("Make room on the disk, then try again."),
        "already_running": tr("Use the window that is open already."),
    }


def _reasons() -> dict[str, str]:
    return {
        "encrypted": tr("Protected by a password. Add a copy without it."),
        "no_text_layer": tr(
            "Without a text layer: its pages are pictures. Run text recognition (OCR) over it."
        ),
        "empty": tr("It contains no text."),
        "damaged": tr("Damaged. Save it again in its own program, or get another copy."),
        "too_big": tr("Too big. Split it into smaller files."),
        "unknown_format": tr("Of a kind that Outpost cannot read. Save it as PDF, for instance."),
        "bomb": tr("Built to overwhelm the program that opens it; it was not read."),
        "timed_out": tr("Reading it took too long. Split it into smaller files."),
        "missing": tr("It is not there any more, or may not be read."),
        "partial": tr("Not all of it could be read."),
    }
