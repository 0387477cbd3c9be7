"""The boxes around a passage hold its text and little else, whichever way the page is turned."""

from __future__ import annotations

from pathlib import Path

import pypdfium2 as pdfium
import pytest
from fpdf import FPDF

from core.records import PageBox, ParsedDocument
from core.retrieval.parsing.detect import Kind
from core.retrieval.parsing.pdf_boxes import boxes_of
from core.retrieval.parsing.pdf_image import image_of
from core.retrieval.parsing.source import Source
from core.retrieval.parsing.worker import parse_file
from tests.core.retrieval.parsing.boxes import mark, marked_at_random
from tests.core.retrieval.parsing.images import dark_places

WORDS = "Grease the bearing of the pump once a year and write it into the book."


def turned(path: Path, degrees: int) -> Path:
    """Write a page of two columns, then turn the page."""
    made = FPDF(format=(150, 210))
    made.set_font("Helvetica", size=9)
    made.add_page()
    for column in range(2):
        made.set_xy(10 + 65 * column, 20)
        made.multi_cell(60, 5, f"Column {column}. {WORDS * 3}")
    made.output(str(path))
    with pdfium.PdfDocument(path) as document:
        page = document[0]
        page.set_rotation(degrees)
        page.close()
        document.save(path.with_suffix(".turned.pdf"))
    return path.with_suffix(".turned.pdf")


def boxes(path: Path, parsed: ParsedDocument, start: int, end: int) -> list[PageBox]:
    page = parsed.pages[0]
    text = parsed.text[page.start : page.end]
    return boxes_of(Source(path, path.name, Kind.PDF), page.number, text, start, end)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_boxes_hold_the_span_on_turned_pages(tmp_path: Path, degrees: int) -> None:
    """Every span of two columns is marked, however the page is turned."""
    path = turned(tmp_path / "a.pdf", degrees)
    parsed = parse_file(path, path.name)
    for start in range(0, len(parsed.text) - 40, 40):
        found = mark(path, parsed.pages[0], parsed.text, start, start + 40)
        assert found.recall == 1
        assert found.precision >= 0.9
        assert found.is_turned == bool(degrees)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_boxes_lie_where_the_picture_shows_the_text(tmp_path: Path, degrees: int) -> None:
    """All ink of the drawn page lies inside the boxes around its whole text."""
    path = turned(tmp_path / "a.pdf", degrees)
    parsed = parse_file(path, path.name)
    image = image_of(Source(path, path.name, Kind.PDF), 1, 400)
    marked = boxes(path, parsed, 0, len(parsed.text))
    ink = dark_places(image.png)
    assert len(ink) > 500
    for x, y in ink:
        across, down = (x + 0.5) / image.width, (y + 0.5) / image.height
        assert any(
            box.left - 0.005 <= across <= box.right + 0.005
            and box.top - 0.005 <= down <= box.bottom + 0.005
            for box in marked
        )


def test_slanted_text_gets_many_small_boxes(tmp_path: Path) -> None:
    """A line across the page at an angle does not mark the whole page."""
    made = FPDF()
    made.set_font("Helvetica", size=12)
    made.add_page()
    with made.rotation(40, x=20, y=200):
        made.text(20, 200, WORDS)
    path = tmp_path / "slanted.pdf"
    made.output(str(path))
    parsed = parse_file(path, path.name)
    marked = boxes(path, parsed, 0, len(parsed.text))
    assert len(marked) > 10
    assert sum((b.right - b.left) * (b.bottom - b.top) for b in marked) < 0.05


def test_dropped_headers_do_not_shift_the_boxes(tmp_path: Path) -> None:
    """Where repeated headers were left out of the text, the spans still find their places."""
    made = FPDF()
    made.set_font("Helvetica", size=12)
    for number in range(6):
        made.add_page()
        made.text(20, 15, "The header of every page")
        made.set_xy(20, 40)
        made.multi_cell(150, 7, "\n".join(f"Line {line} of {number}." for line in range(9)))
    path = tmp_path / "headers.pdf"
    made.output(str(path))
    parsed = parse_file(path, path.name)
    assert parsed.text.count("header") == 1
    for page in parsed.pages:
        text = parsed.text[page.start : page.end]
        start = text.index("Line 4")
        found = mark(path, page, text, start, start + len("Line 4 of 0."))
        assert (found.recall, found.precision, found.boxes) == (1, 1, 1)


def test_another_text_is_not_marked(tmp_path: Path) -> None:
    """A file that was changed since it was read gets no boxes instead of wrong ones."""
    path = turned(tmp_path / "a.pdf", 0)
    source = Source(path, path.name, Kind.PDF)
    assert boxes_of(source, 1, "Something else that was here before.", 0, 9) == []


def test_a_page_that_is_not_there(tmp_path: Path) -> None:
    """Pages are counted from 1 to the last one."""
    source = Source(turned(tmp_path / "a.pdf", 0), "a.pdf", Kind.PDF)
    for page in (0, 2, -1):
        with pytest.raises(LookupError):
            boxes_of(source, page, "text", 0, 4)
        with pytest.raises(LookupError):
            image_of(source, page, 100)


def test_random_spans(tmp_path: Path) -> None:
    """Spans of both columns, drawn at random, are marked on turned pages and others."""
    paths = [turned(tmp_path / f"{degrees}.pdf", degrees) for degrees in (0, 90)]
    documents = [(path, parse_file(path, path.name)) for path in paths]
    assert all(each.recall >= 0.95 for each in marked_at_random(documents, 20))
