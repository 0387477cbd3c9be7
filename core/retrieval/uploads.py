"""Files that come as a stream: copied into a folder of Outpost's own before they are read."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import BinaryIO

from core.errors import InvalidInput, storage_failure
from core.records import new_id
from core.retrieval.parsing.reasons import unreadable
from core.retrieval.reading import MAX_FILE_BYTES
from core.store.document_rows import FileSeen

MAX_FILE_NAME = 200
_BLOCK = 1 << 20


def keep_upload(folder: Path, name: str, file: BinaryIO) -> FileSeen:
    """Copy what is read into a folder, under a name of its own, and return what came.

    Raises InvalidInput where the name is none, UnreadableDocument for more than can be ingested,
    StorageFailed.
    """
    name = _file_name(name)
    target = folder / f"{new_id('upl')}{PurePath(name).suffix.lower()}"
    _copy(file, target, name)
    status = target.stat()
    return FileSeen(name, str(target), status.st_size, status.st_mtime_ns)


def _file_name(name: str) -> str:
    """Return the last part of a name that came from outside; raises InvalidInput for none."""
    last = PurePath(name.replace("\\", "/")).name
    kept = "".join(sign for sign in last if sign.isprintable()).strip()
    if not kept or kept in (".", ".."):
        raise InvalidInput("The file has no name.", param="name")
    return kept[-MAX_FILE_NAME:]


def _copy(source: BinaryIO, target: Path, name: str) -> None:
    """Write what is read to a new file, up to the size that can be ingested."""
    try:
        with target.open("xb") as file:
            while block := source.read(_BLOCK):
                if file.tell() + len(block) > MAX_FILE_BYTES:
                    raise unreadable("too_big", name)
                file.write(block)
    except BaseException as error:
        target.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise storage_failure(error, f"'{name}' could not be kept") from error
        raise
