"""Files made to hurt end with a coded reason, in time and within the worker's memory."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import UnreadableDocument
from core.retrieval.parsing.parser import Parser
from core.retrieval.parsing.worker import MEMORY_BYTES
from tests.core.retrieval.parsing.hostile import HOSTILE, docx, paragraph

SLOWEST_S = 60


@pytest.fixture
def parser(embedder_dir: Path) -> Iterator[Parser]:
    """A parser of its own for each test: a worker that dies is replaced during the test."""
    made = Parser(embedder_dir)
    yield made
    made.close()


def outcome(parser: Parser, path: Path) -> str:
    try:
        document = parser.parse(path, path.name).document
    except UnreadableDocument as error:
        return error.reason
    assert "secret" not in document.text
    return "partial" if document.problem else "text"


@pytest.mark.allow_log("the parsing worker ended")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_its_reason(parser: Parser, tmp_path: Path, name: str) -> None:
    """Each ends with the right reason, in time, and the worker stays within its memory."""
    make, right = HOSTILE[name]
    path = make(tmp_path / name)
    started = time.monotonic()
    assert outcome(parser, path) in right
    assert time.monotonic() - started < SLOWEST_S
    if sys.platform == "linux" and parser.process.pid is not None:
        assert _peak_bytes(parser.process.pid) <= MEMORY_BYTES


def _peak_bytes(pid: int | None) -> int:
    """Return the most memory that a process has held; 0 where it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    peak = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(peak[0]) * 1024 if peak else 0


@pytest.mark.allow_log("the parsing worker ended")
def test_the_next_file_is_read_after_a_crash(parser: Parser, tmp_path: Path) -> None:
    """A file that brings the worker down costs itself only."""
    make, right = HOSTILE["sparse.xlsx"]
    assert outcome(parser, make(tmp_path / "sparse.xlsx")) in right
    (tmp_path / "fine.txt").write_text("fine")
    assert parser.parse(tmp_path / "fine.txt", "fine.txt").document.text == "fine"


def test_nothing_is_written_outside(parser: Parser, tmp_path: Path) -> None:
    """A part that is named as a file elsewhere stays where it is."""
    make, right = HOSTILE["climbing.docx"]
    assert outcome(parser, make(tmp_path / "climbing.docx")) in right
    assert not Path("/tmp/climbed.xml").exists()
    assert [each.name for each in tmp_path.iterdir()] == ["climbing.docx"]


@pytest.mark.parametrize("name", ["report.pdf", "report.xlsx", "report.eml", "report"])
def test_a_wrong_name_does_not_matter(parser: Parser, tmp_path: Path, name: str) -> None:
    """A DOCX file is read as one whatever it is called."""
    path = docx(tmp_path / name, paragraph("Some words."))
    assert parser.parse(path, name).document.text == "Some words."
