"""The parsing worker: opens one file at a time and replies with its text and chunks, or a reason.

Runs under limits of memory and without the right to write files. Time is kept by the parent.
Chunking is done here too: loading the tokenizer alone would stall the window for 80 ms.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from core.records import ParsedDocument
from core.retrieval.child import Frame
from core.retrieval.chunking import chunk
from core.retrieval.parsing.detect import PEEK_BYTES, Kind, kind_of
from core.retrieval.parsing.plain import read_plain
from core.retrieval.parsing.reasons import unreadable
from core.retrieval.tokens import TokenizerFile
from core.retrieval.worker import Handler, Lane, Limits, serve

MEMORY_BYTES = 1 << 30
MAX_TEXT_FILE_BYTES = 100 << 20
MAX_CHARACTERS = 30_000_000


def parse_file(path: Path, name: str) -> ParsedDocument:
    """Read one file; raises UnreadableDocument with its reason."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe or device would never end
            raise unreadable("unknown_format", name)
        with path.open("rb") as file:
            beginning = file.read(PEEK_BYTES)
    except OSError as error:
        raise unreadable("missing", name) from error
    kind = kind_of(beginning, name)
    if kind is None:
        raise unreadable("unknown_format", name)
    parsed = _parse(path, name, kind)
    if len(parsed.text) > MAX_CHARACTERS:
        raise unreadable("too_big", name)
    if not parsed.text.strip():
        raise unreadable("empty", name)
    return parsed


def _parse(path: Path, name: str, kind: Kind) -> ParsedDocument:
    if kind is Kind.PDF:
        from core.retrieval.parsing.pdf import read_pdf

        return read_pdf(path, name)
    if path.stat().st_size > MAX_TEXT_FILE_BYTES:
        raise unreadable("too_big", name)
    return read_plain(path.read_bytes(), kind)


class _Reader:
    """Answers requests; the tokenizer is loaded with the first document that has text."""

    def __init__(self, embedder_folder: Path):
        self._tokenizer = TokenizerFile(embedder_folder)

    def handle(self, request: Frame) -> Frame:
        """Read and chunk the file that a request names."""
        name = request.head["name"]
        try:
            parsed = parse_file(Path(request.head["path"]), name)
            chunks = chunk(parsed, self._tokenizer.starts)
        except MemoryError:
            raise unreadable("too_big", name) from None
        head = asdict(parsed)
        text = head.pop("text")
        spans = [(each.start, each.end, each.first_page, each.heading) for each in chunks]
        return Frame({**head, "chunks": spans}, text.encode("utf-8"))


def _prepare(embedder_folder: Path) -> tuple[Handler, Mapping[str, Any]]:
    return _Reader(embedder_folder).handle, {}


def main(arguments: list[str]) -> None:
    """Serve until the parent closes the pipe; the argument is the embedder's folder."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    serve(
        partial(_prepare, Path(arguments[0])),
        [Lane(frozenset({"parse"}), niceness=5)],
        Limits(memory_bytes=MEMORY_BYTES, writes_files=False),
    )


if __name__ == "__main__":
    main(sys.argv[1:])
