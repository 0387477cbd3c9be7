"""The bundle as a file: a zip whose manifest names the SHA-256 of every part.

A bundle comes from elsewhere and is foreign until it was checked: names, sizes and hashes of all
parts are looked at before anything of it is used, and no part is read further than the manifest
says. Parts are never unpacked under their own names.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from core.errors import Cancelled, Conflict, InvalidInput, StorageFailed, storage_failure
from core.streams import Cancel

SUFFIX = ".outpost-bundle"
FORMAT, FORMAT_VERSION = "outpost.bundle", 1
MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 16 << 20
MAX_PARTS = 20_000
MAX_RATIO, SMALL_BYTES = 300, 1 << 20
"""A part that unpacks to more than so many times its size is a bomb, unless it is small."""
BLOCK_BYTES = 4 << 20
SAME_DATE = (2026, 1, 1, 0, 0, 0)
_PART = re.compile(r"(agents|collections|models)/\d{1,6}(/[a-z]{1,20})?\.[a-z0-9-]{1,20}")
_DAMAGE = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, OSError, RuntimeError),
    *(LookupError, TypeError, ValueError, AttributeError, NotImplementedError, RecursionError),
)
"""What reading a damaged zip, or JSON of another shape, raises."""

Json = dict[str, Any]


class BundleWriter:
    """Writes a new bundle; it gets its name when it is whole. A context manager."""

    def __init__(self, path: Path, cancel: Cancel):
        """Raises Conflict where there is a file of that name, StorageFailed."""
        if path.exists():
            raise Conflict(f"There is already a file '{path.name}'.", advice="Choose another name.")
        self._path, self._cancel = path, cancel
        self._unfinished = path.with_name(f".{path.name}.part")
        self._parts: dict[str, Json] = {}

    def __enter__(self) -> BundleWriter:
        try:
            handle = os.open(self._unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise _unwritten(self._path, error) from error
        self._file = os.fdopen(handle, "w+b")
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for each in (self._zip, self._file):
            with suppress(OSError, ValueError):  # a full disk was told already
                each.close()
        self._unfinished.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritten(self._path, error) from error

    def add(self, name: str, blocks: Iterable[bytes], *, pack: bool = True) -> None:
        """Add a part; raises Cancelled."""
        entry = zipfile.ZipInfo(name, SAME_DATE)
        entry.compress_type = zipfile.ZIP_DEFLATED if pack else zipfile.ZIP_STORED
        digest, size = hashlib.sha256(), 0
        with self._zip.open(entry, "w", force_zip64=True) as part:
            for block in blocks:
                if self._cancel:
                    raise Cancelled("The bundle was stopped.")
                part.write(block)
                digest.update(block)
                size += len(block)
        self._parts[name] = {"sha256": digest.hexdigest(), "size_bytes": size}

    def finish(self, about: Mapping[str, Any]) -> None:
        """Write the manifest and give the file its name."""
        manifest = {"format": FORMAT, "version": FORMAT_VERSION, **about, "parts": self._parts}
        content = json.dumps(manifest, indent=1, ensure_ascii=False).encode()
        self._zip.writestr(zipfile.ZipInfo(MANIFEST, SAME_DATE), content)
        self._zip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._unfinished.replace(self._path)


class BundleReader:
    """A bundle that was checked as a whole: every part is what the manifest says. A context
    manager."""

    def __init__(self, path: Path, cancel: Cancel):
        """Raises InvalidInput for anything that BundleWriter did not make, Cancelled."""
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except _DAMAGE as error:
            raise refused("it is damaged, or no bundle") from error
        try:
            self.manifest = self._manifest()
            self._check_names()
            for name in self._parts:
                for _ in self.blocks(name):
                    if cancel:
                        raise Cancelled("The bundle was stopped.")
        except BaseException as error:
            self._zip.close()
            if isinstance(error, _DAMAGE):
                raise refused("it is damaged") from error
            raise

    def __enter__(self) -> BundleReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    def size(self, name: str) -> int:
        """Return a part's size in bytes, unpacked."""
        return int(self._parts[name]["size_bytes"])

    def sha256(self, name: str) -> str:
        """Return a part's SHA-256 in hex, as the manifest has it and the part was seen to have."""
        return str(self._parts[name]["sha256"])

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield a part's content; raises InvalidInput where it is not what the manifest says."""
        wanted, digest, left = self._parts[name], hashlib.sha256(), self.size(name)
        with self._zip.open(name) as part:
            while block := part.read(min(BLOCK_BYTES, left + 1)):
                left -= len(block)
                if left < 0:
                    break
                digest.update(block)
                yield block
        if left or digest.hexdigest() != wanted["sha256"]:
            raise refused(f"'{name}' is not what its manifest says")

    def read(self, name: str, limit_bytes: int) -> bytes:
        """Return a whole part; raises InvalidInput for one that is larger than the limit."""
        if self.size(name) > limit_bytes:
            raise refused(f"'{name}' is too large")
        return b"".join(self.blocks(name))

    def lines(self, name: str, limit_bytes: int) -> Iterator[bytes]:
        """Yield a part's lines; raises InvalidInput for one that is longer than the limit."""
        with self._zip.open(name) as part:
            while line := _line(part, limit_bytes):
                yield line

    def _manifest(self) -> Json:
        with self._zip.open(MANIFEST) as part:
            content = part.read(MAX_MANIFEST_BYTES + 1)
        if len(content) > MAX_MANIFEST_BYTES:
            raise refused("its manifest is too large")
        manifest: Json = json.loads(content)
        if (manifest["format"], manifest["version"]) != (FORMAT, FORMAT_VERSION):
            raise refused("it was made by a newer Outpost or by another program")
        self._parts: dict[str, Json] = manifest["parts"]
        return manifest

    def _check_names(self) -> None:
        """Refuse parts that the manifest does not name, strange names, and bombs."""
        entries = self._zip.infolist()
        if len(entries) > MAX_PARTS or len(self._parts) + 1 != len(entries):
            raise refused("it has parts that its manifest does not name")
        for entry in entries:
            if entry.filename == MANIFEST:
                continue
            if not _PART.fullmatch(entry.filename) or entry.filename not in self._parts:
                raise refused(f"it has a part of the strange name {entry.filename[:80]!r}")
            if entry.file_size != self._parts[entry.filename]["size_bytes"]:
                raise refused(f"'{entry.filename}' has another size than its manifest says")
            if entry.file_size > SMALL_BYTES + MAX_RATIO * entry.compress_size:
                raise refused(f"'{entry.filename}' unpacks to far more than it is")


def refused(why: str) -> InvalidInput:
    """Return the error for a file that cannot be used."""
    return InvalidInput(
        f"This is no bundle that can be imported: {why}.",
        advice="Copy it again from where it was made, or export it again.",
        param="path",
    )


def _line(part: IO[bytes], limit_bytes: int) -> bytes:
    line = part.readline(limit_bytes + 1)
    if len(line) > limit_bytes:
        raise refused("one of its documents is too large")
    return line


def _unwritten(path: Path, error: OSError) -> StorageFailed:
    return storage_failure(error, f"'{path.name}' could not be written")
