"""The parsing worker: opens one file at a time and replies with what is in it, or a reason.

Runs under limits of memory and without the right to write files. Time is kept by the parent.
Chunking is done here too: loading the tokenizer alone would stall the window for 80 ms.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import asdict, astuple, replace
from functools import partial
from pathlib import Path
from typing import Any

from core.records import ParsedDocument
from core.retrieval.child import Frame
from core.retrieval.chunking import chunk
from core.retrieval.parsing.detect import (
    PEEK_BYTES,
    Container,
    Kind,
    kind_in_compound,
    kind_in_zip,
    kind_of,
)
from core.retrieval.parsing.families import read
from core.retrieval.parsing.reasons import unreadable
from core.retrieval.parsing.source import Source
from core.retrieval.tokens import TokenizerFile
from core.retrieval.worker import Handler, Lane, Limits, serve

MEMORY_BYTES = 1 << 30


def parse_file(path: Path, name: str) -> ParsedDocument:
    """Read one file; raises UnreadableDocument with its reason."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe or device would never end
            raise unreadable("unknown_format", name)
        kind = _kind(path, name)
    except OSError as error:
        raise unreadable("missing", name) from error
    if kind is None:
        raise unreadable("unknown_format", name)
    parsed = read(Source(path, name, kind))
    if not parsed.text.strip():
        raise unreadable("empty", name)
    return parsed


def _kind(path: Path, name: str) -> Kind | None:
    with path.open("rb") as file:
        found = kind_of(file.read(PEEK_BYTES), name)
    if found is Container.ZIP:
        return kind_in_zip(path, name)
    if found is Container.COMPOUND:
        return kind_in_compound(path, name)
    return found


class _Reader:
    """Answers requests; the tokenizer is loaded with the first document that has text."""

    def __init__(self, embedder_folder: Path):
        self._tokenizer = TokenizerFile(embedder_folder)
        self._handlers: Mapping[str, Handler] = {
            "parse": self._parse,
            "image": _image,
            "boxes": _boxes,
        }

    def handle(self, request: Frame) -> Frame:
        """Answer a request about the file that it names."""
        name = request.head["name"]
        try:
            return self._handlers[request.head["kind"]](request)
        except MemoryError:
            raise unreadable("too_big", name) from None

    def _parse(self, request: Frame) -> Frame:
        """Read and chunk the file."""
        parsed = parse_file(Path(request.head["path"]), request.head["name"])
        chunks = chunk(parsed, self._tokenizer.starts)
        attachments = [each.content for each in parsed.attachments]
        names = [(each.name, len(each.content)) for each in parsed.attachments]
        text = parsed.text.encode("utf-8")
        head = asdict(replace(parsed, text="", attachments=()))
        spans = [
            (each.start, each.end, each.first_page, each.heading, each.context, each.language)
            for each in chunks
        ]
        head |= {"text": len(text), "attachments": names, "chunks": spans}
        return Frame(head, b"".join((text, *attachments)))


def _image(request: Frame) -> Frame:
    """Draw a page of a PDF file; `width` is missing from the reply where there is no such page."""
    from core.retrieval.parsing.pdf_image import image_of

    try:
        image = image_of(_pdf(request), request.head["page"], request.head["width"])
    except LookupError:
        return Frame({})
    return Frame({"width": image.width, "height": image.height}, image.png)


def _boxes(request: Frame) -> Frame:
    """Find the boxes around a span of a page's text, which is the request's body."""
    from core.retrieval.parsing.pdf_boxes import boxes_of

    text, (start, end) = request.body.decode("utf-8"), request.head["span"]
    try:
        boxes = boxes_of(_pdf(request), request.head["page"], text, start, end)
    except LookupError:
        boxes = []
    return Frame({"boxes": [astuple(each) for each in boxes]})


def _pdf(request: Frame) -> Source:
    path, name = Path(request.head["path"]), request.head["name"]
    if not path.is_file():
        raise unreadable("missing", name)
    return Source(path, name, Kind.PDF)


def _prepare(embedder_folder: Path) -> tuple[Handler, Mapping[str, Any]]:
    return _Reader(embedder_folder).handle, {}


def main(arguments: list[str]) -> None:
    """Serve until the parent closes the pipe; the argument is the embedder's folder."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    serve(
        partial(_prepare, Path(arguments[0])),
        [Lane(frozenset({"parse", "image", "boxes"}), niceness=5)],
        Limits(memory_bytes=MEMORY_BYTES, writes_files=False),
    )


if __name__ == "__main__":
    main(sys.argv[1:])
