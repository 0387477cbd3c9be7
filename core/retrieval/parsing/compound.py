"""Microsoft's compound files: the old Office formats, Outlook's messages, encrypted OOXML."""

from __future__ import annotations

from pathlib import Path

import olefile

from core.retrieval.parsing.reasons import unreadable

MAX_STREAM_BYTES = 128 << 20


def streams_of(path: Path, name: str) -> set[str]:
    """Return the names of the storages and streams at the top, in lower case."""
    with opened(path, name) as file:
        return {entry[0].lower() for entry in file.listdir(streams=True, storages=True)}


def stream(file: olefile.OleFileIO, stream_name: str, name: str) -> bytes | None:
    """Return a stream's bytes, None where it is missing; raises UnreadableDocument: too_big."""
    if not file.exists(stream_name):
        return None
    if file.get_size(stream_name) > MAX_STREAM_BYTES:
        raise unreadable("too_big", name)
    try:
        return bytes(file.openstream(stream_name).read())
    except (OSError, ValueError, IndexError):
        return None


def opened(path: Path, name: str) -> olefile.OleFileIO:
    """Open a compound file; raises UnreadableDocument where it is damaged."""
    try:
        return olefile.OleFileIO(str(path), raise_defects=olefile.DEFECT_FATAL)
    except (OSError, ValueError, IndexError, RecursionError) as error:
        raise unreadable("damaged", name) from error
