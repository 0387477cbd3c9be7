"""What the tests of parsing share: a worker that runs, and files put there to be read at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.errors import UnreadableDocument
from core.records import ParsedDocument
from core.retrieval.parsing.parser import Parser
from core.retrieval.parsing.worker import parse_file

Reader = Callable[[str, bytes | str], ParsedDocument]


@pytest.fixture(scope="module")
def parser(embedder_dir: Path) -> Iterator[Parser]:
    """A parser with its worker running."""
    made = Parser(embedder_dir)
    with pytest.raises(UnreadableDocument):
        made.parse(Path("no-such-file"), "no-such-file")
    yield made
    made.close()


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Writes a file and reads it in this process, which shows more where that fails."""

    def read(name: str, content: bytes | str) -> ParsedDocument:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return parse_file(path, name)

    return read
