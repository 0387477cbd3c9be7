"""Files are read in the worker: text, pages and chunks, or one of the coded reasons."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from fpdf import FPDF

from core.errors import Cancelled, UnreadableDocument
from core.retrieval.parsing.parser import Parser
from core.retrieval.parsing.reasons import REASONS, unreadable
from core.retrieval.parsing.source import MAX_CONTENT_BYTES
from core.retrieval.parsing.worker import MEMORY_BYTES


def pdf(path: Path, *pages: str, draw: Callable[[FPDF], None] | None = None) -> Path:
    """Write a PDF with one page for each text."""
    made = FPDF()
    made.set_font("Helvetica", size=12)
    for text in pages:
        made.add_page()
        made.multi_cell(0, 6, text, new_x="LMARGIN", new_y="NEXT")
    if draw:
        draw(made)
    made.output(str(path))
    return path


def reason(parser: Parser, path: Path) -> str:
    with pytest.raises(UnreadableDocument) as caught:
        parser.parse(path, path.name)
    assert path.name in str(caught.value)
    assert caught.value.advice
    return caught.value.reason


def test_markdown_comes_with_headings_and_chunks(parser: Parser, tmp_path: Path) -> None:
    """A Markdown file gives text, headings, title, and chunks that are slices of its text."""
    (tmp_path / "a.md").write_text("# Guide\n\nText.\n\n## Part\n\nMore.", "utf-8")
    document, chunks = parser.parse(tmp_path / "a.md", "a.md")
    assert document.title == "Guide"
    assert document.media_type == "text/markdown"
    assert [each.heading for each in chunks] == ["Guide"]
    assert all(each.text == document.text[each.start : each.end] for each in chunks)


def test_pdf_pages_are_kept(parser: Parser, tmp_path: Path) -> None:
    """Each page's text is where its span says, and chunks name their page."""
    path = pdf(tmp_path / "a.pdf", "The first page.", "The second page.", "The third page.")
    document, chunks = parser.parse(path, "a.pdf")
    texts = [document.text[page.start : page.end] for page in document.pages]
    assert texts == ["The first page.", "The second page.", "The third page."]
    assert [each.first_page for each in chunks] == [1, 2, 3]


def test_pdf_outline_becomes_headings(parser: Parser, tmp_path: Path) -> None:
    """A PDF's table of contents gives chunks their heading path."""

    def draw(made: FPDF) -> None:
        made.add_page()
        for level, name in ((0, "Chapter"), (1, "Detail")):
            made.start_section(name, level=level)
            made.multi_cell(0, 6, name, new_x="LMARGIN", new_y="NEXT")
            made.multi_cell(0, 6, "words " * 150, new_x="LMARGIN", new_y="NEXT")

    _, chunks = parser.parse(pdf(tmp_path / "a.pdf", draw=draw), "a.pdf")
    assert {each.heading for each in chunks} == {"Chapter", "Chapter › Detail"}


def test_an_unicode_name_and_a_wrong_suffix_do_not_matter(parser: Parser, tmp_path: Path) -> None:
    """A PDF that is called .txt is read as a PDF, from a path with any letters."""
    path = pdf(tmp_path / "Prüfbericht — 東京.txt", "Some words.")
    assert parser.parse(path, path.name).document.media_type == "application/pdf"


def test_reasons(parser: Parser, tmp_path: Path) -> None:
    """Each kind of unreadable file is refused with its own reason."""

    def picture(made: FPDF) -> None:
        from PIL import Image

        made.add_page()
        made.image(Image.new("RGB", (40, 40), "red"))

    def lock(made: FPDF) -> None:
        made.set_encryption(owner_password="o", user_password="u")

    (tmp_path / "binary.txt").write_bytes(bytes(range(256)) * 4)
    (tmp_path / "page.html").write_text("<html><script>x</script></html>")
    (tmp_path / "empty.txt").write_text(" \n ")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4\n" + b"nonsense " * 100)
    found = {
        name: reason(parser, tmp_path / name)
        for name in ("binary.txt", "page.html", "empty.txt", "broken.pdf", "gone.pdf")
    }
    found["scan.pdf"] = reason(parser, pdf(tmp_path / "scan.pdf", draw=picture))
    found["blank.pdf"] = reason(parser, pdf(tmp_path / "blank.pdf", ""))
    found["locked.pdf"] = reason(parser, pdf(tmp_path / "locked.pdf", "secret", draw=lock))
    assert found == {
        "binary.txt": "unknown_format",
        "page.html": "empty",
        "empty.txt": "empty",
        "broken.pdf": "damaged",
        "gone.pdf": "missing",
        "scan.pdf": "no_text_layer",
        "blank.pdf": "empty",
        "locked.pdf": "encrypted",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="no such files there")
def test_what_never_ends_is_not_opened(parser: Parser) -> None:
    """A device is refused at once instead of being read forever."""
    assert reason(parser, Path("/dev/zero")) == "unknown_format"


def test_too_much_text_is_too_big(parser: Parser, tmp_path: Path) -> None:
    """A file larger than can be read costs that file, and the next one is read."""
    with (tmp_path / "huge.txt").open("wb") as file:
        file.write(b"text " * 1000)
        file.truncate(MAX_CONTENT_BYTES + 1)
    assert reason(parser, tmp_path / "huge.txt") == "too_big"
    (tmp_path / "next.txt").write_text("fine")
    assert parser.parse(tmp_path / "next.txt", "next.txt").document.text == "fine"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the worker's memory")
def test_the_worker_may_not_take_all_memory(parser: Parser) -> None:
    """The worker runs under a limit of memory and may not write files."""
    limits = Path(f"/proc/{parser.process.pid}/limits").read_text()
    assert re.search(rf"Max address space +{MEMORY_BYTES} ", limits)
    assert re.search(r"Max file size +0 ", limits)
    assert re.search(r"Max core file size +1 ", limits)  # core.privacy says why not 0


@pytest.mark.allow_log("the parsing worker ended")
@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
@pytest.mark.parametrize(
    ("name", "right"), [("SIGSEGV", "damaged"), ("SIGABRT", "too_big"), ("SIGKILL", "too_big")]
)
def test_a_crash_costs_one_document(
    embedder_dir: Path, tmp_path: Path, name: str, right: str
) -> None:
    """Where the worker dies over a file, that file gets a reason and the next one is read."""
    parser = Parser(embedder_dir)
    (tmp_path / "a.txt").write_text("fine")
    try:
        parser.parse(tmp_path / "a.txt", "a.txt")
        pid = halt(parser)
        threading.Timer(0.2, end, (pid, getattr(signal, name))).start()
        assert reason(parser, tmp_path / "a.txt") == right
        assert parser.parse(tmp_path / "a.txt", "a.txt").document.text == "fine"
    finally:
        parser.close()


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
def test_a_hang_is_ended(embedder_dir: Path, tmp_path: Path) -> None:
    """A worker that does not answer in time is killed, and the next file gets a new one."""
    parser = Parser(embedder_dir, time_limit_s=0.5)
    (tmp_path / "a.txt").write_text("fine")
    try:
        parser.parse(tmp_path / "a.txt", "a.txt")
        halt(parser)
        assert reason(parser, tmp_path / "a.txt") == "timed_out"
        assert parser.parse(tmp_path / "a.txt", "a.txt").document.text == "fine"
    finally:
        parser.close()


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
def test_closing_does_not_wait_for_a_file(embedder_dir: Path, tmp_path: Path) -> None:
    """Whoever waits for a file when the program ends is told so at once."""
    parser = Parser(embedder_dir)
    (tmp_path / "a.txt").write_text("fine")
    parser.parse(tmp_path / "a.txt", "a.txt")
    halt(parser)
    threading.Timer(0.2, parser.close).start()
    start = time.monotonic()
    with pytest.raises(Cancelled):
        parser.parse(tmp_path / "a.txt", "a.txt")
    assert time.monotonic() - start < 2


def test_every_reason_has_a_sentence_and_an_advice() -> None:
    """A reason names the file in a sentence and says what to do."""
    for code in REASONS:
        error = unreadable(code, "a.pdf")
        assert str(error).startswith("'a.pdf' ") or "'a.pdf'" in str(error)
        assert str(error).endswith(".")
        assert error.advice.endswith(".")


def halt(parser: Parser) -> int:
    """Stop the parser's worker, so that it neither works nor ends; return its process id."""
    pid = parser.process.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    return pid


def end(pid: int, with_signal: int) -> None:
    """Send a signal to a halted process and let it go on, if that did not end it at once."""
    os.kill(pid, with_signal)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def test_a_drawing_has_no_text_layer(parser: Parser, tmp_path: Path) -> None:
    """A page of lines alone is told from a blank one: it shows something that cannot be read."""
    for name, draws, right in (("plan.pdf", True, "no_text_layer"), ("blank.pdf", False, "empty")):
        made = FPDF()
        made.add_page()
        if draws:
            made.line(10, 10, 100, 100)
        made.output(str(tmp_path / name))
        assert reason(parser, tmp_path / name) == right
