"""Files to text and chunks, read by a worker process."""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple

from core.records import Attachment, Chunk, HeadingSpan, PageSpan, ParsedDocument, TableSpan
from core.retrieval.child import Frame
from core.retrieval.parsing.process import ParsingProcess

TIME_LIMIT_S = 60.0


class ParsedFile(NamedTuple):
    """What was read of a file."""

    document: ParsedDocument
    chunks: list[Chunk]


class Parser:
    """Reads files one after another; safe from any thread, used by one at a time.

    Chunks are measured by the tokenizer in the embedder's folder.
    """

    def __init__(self, embedder_folder: Path, time_limit_s: float = TIME_LIMIT_S):
        self.process = ParsingProcess(embedder_folder)
        self._time_limit_s = time_limit_s

    def parse(self, path: Path, name: str) -> ParsedFile:
        """Read and chunk a file in the worker.

        Raises UnreadableDocument with its reason, and Cancelled once the parser is closed.
        """
        request = {"kind": "parse", "path": str(path), "name": name}
        return _parsed_file(self.process.ask(request, name, self._time_limit_s))

    def close(self) -> None:
        """End the worker at once; a file being read is given up."""
        self.process.close()


def _parsed_file(reply: Frame) -> ParsedFile:
    head = reply.head
    body = io.BytesIO(reply.body)
    text = body.read(head["text"]).decode("utf-8")
    document = ParsedDocument(
        text=text,
        media_type=head["media_type"],
        pages=tuple(PageSpan(**each) for each in head["pages"]),
        headings=tuple(HeadingSpan(**each) for each in head["headings"]),
        title=head["title"],
        tables=tuple(TableSpan(**each) for each in head["tables"]),
        problem=head["problem"],
        pages_in_all=head["pages_in_all"],
        attachments=tuple(Attachment(name, body.read(size)) for name, size in head["attachments"]),
    )
    chunks = [
        Chunk(ordinal, text[start:end], start, end, page, page, heading, context, language)
        for ordinal, (start, end, page, heading, context, language) in enumerate(head["chunks"])
    ]
    return ParsedFile(document, chunks)
