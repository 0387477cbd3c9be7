"""Why a document could not be read: one code, one plain sentence and one advice for each reason."""

from __future__ import annotations

from typing import NamedTuple

from core.errors import UnreadableDocument


class _Reason(NamedTuple):
    sentence: str
    advice: str


_REASONS = {
    "encrypted": _Reason(
        "'{name}' is protected by a password.",
        "Save a copy without the password and add that.",
    ),
    "no_text_layer": _Reason(
        "'{name}' has no text layer: its pages are scans or other pictures.",
        "Run text recognition (OCR) over it and add the result.",
    ),
    "empty": _Reason(
        "'{name}' contains no text.",
        "Check that the right file was added.",
    ),
    "damaged": _Reason(
        "'{name}' is damaged and cannot be read.",
        "Open it in its own program and save it again, or get another copy.",
    ),
    "too_big": _Reason(
        "'{name}' is too big to be read.",
        "Split it into smaller files and add those.",
    ),
    "unknown_format": _Reason(
        "'{name}' is of a kind that Outpost cannot read.",
        "Save it in a format that Outpost reads, such as PDF, and add that.",
    ),
    "bomb": _Reason(
        "'{name}' is built to overwhelm the program that opens it and was not read.",
        "Do not open it unless you know who made it and why.",
    ),
    "timed_out": _Reason(
        "Reading '{name}' took too long and was stopped.",
        "Split it into smaller files, or save it again in its own program.",
    ),
    "missing": _Reason(
        "'{name}' is not there any more, or may not be read.",
        "Check that the file exists and that you may open it, then try again.",
    ),
}

REASONS = frozenset(_REASONS)


def unreadable(reason: str, name: str) -> UnreadableDocument:
    """Return the error for one of the reasons; KeyError for a reason that does not exist."""
    sentence, advice = _REASONS[reason]
    return UnreadableDocument(sentence.format(name=name), reason=reason, advice=advice)
