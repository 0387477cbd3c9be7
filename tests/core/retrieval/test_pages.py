"""Pages are drawn and passages marked in a worker, and what cannot be shown is said."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fpdf import FPDF

from core.changes import Changes
from core.config import Settings
from core.errors import Cancelled, InvalidInput, NotFound, UnreadableDocument
from core.records import (
    CollectionId,
    Document,
    DocumentId,
    DocumentState,
    DocumentText,
    UserId,
    now,
)
from core.retrieval.collections import Collections
from core.retrieval.pages import MAX_WIDTH_PX, Pages
from core.retrieval.parsing.worker import parse_file
from core.store.database import Database
from tests.core.retrieval.builders import add_document
from tests.core.retrieval.parsing.images import dark_places, pixels

TEXTS = ("Rules of the house.", "Smoking is forbidden.", "The gate closes at nine.")


@pytest.fixture(scope="module")
def pages(embedder_dir: Path) -> Iterator[Pages]:
    """Pages with their worker running."""
    made = Pages(embedder_dir)
    with pytest.raises(UnreadableDocument):
        made.image(document(Path("no-such-file")), 1, 100)
    yield made
    made.close()


@pytest.fixture
def found(tmp_path: Path) -> DocumentText:
    """A PDF of three pages as it was read."""
    path = tmp_path / "rules.pdf"
    made = FPDF(format=(100, 200))
    made.set_font("Helvetica", size=12)
    for text in TEXTS:
        made.add_page()
        made.multi_cell(0, 6, text)
    made.output(str(path))
    parsed = parse_file(path, path.name)
    return DocumentText(document(path), parsed.text, parsed.pages)


def document(path: Path) -> Document:
    """A PDF document that was read."""
    return Document(
        id=DocumentId("doc-1"),
        collection_id=CollectionId("col-1"),
        owner_id=UserId("usr-1"),
        name=path.name,
        path=str(path),
        media_type="application/pdf",
        size_bytes=1,
        sha256="",
        state=DocumentState.READY,
        created_at=now(),
    )


def test_a_page_is_drawn_as_wide_as_asked_for(pages: Pages, found: DocumentText) -> None:
    """The picture is a whole PNG file with the page's proportions and its text in dark."""
    image = pages.image(found.document, 2, 300)
    assert (image.width, image.height) == (300, 600)
    assert pixels(image.png)[:2] == (300, 600)
    assert dark_places(image.png)


def test_a_long_page_is_drawn_smaller(pages: Pages, found: DocumentText, tmp_path: Path) -> None:
    """A ribbon of a page stays below the bound of pixels."""
    made = FPDF(format=(20, 5000))
    made.add_page()
    made.output(str(tmp_path / "ribbon.pdf"))
    ribbon = replace(found.document, path=str(tmp_path / "ribbon.pdf"))
    image = pages.image(ribbon, 1, 2000)
    assert image.width < 2000
    assert image.width * image.height <= 16_000_000


def test_a_passage_is_marked_on_its_pages(pages: Pages, found: DocumentText) -> None:
    """A span over two pages has boxes on both, in reading order."""
    start, end = found.text.index("Smoking"), found.text.index("closes")
    marked = pages.boxes(found, start, end)
    assert [box.page for box in marked] == [2, 3]
    for box in marked:
        assert 0 <= box.left < box.right <= 1
        assert 0 <= box.top < box.bottom <= 1
    assert pages.boxes(found, start, start) == ()


def test_what_has_no_pages_is_not_marked(pages: Pages, found: DocumentText) -> None:
    """Other kinds of documents have no boxes, and drawing them is refused."""
    text = replace(found, document=replace(found.document, media_type="text/plain"))
    assert pages.boxes(text, 0, 5) == ()
    with pytest.raises(InvalidInput):
        pages.image(text.document, 1, 300)


def test_a_changed_file_is_not_marked_wrongly(pages: Pages, found: DocumentText) -> None:
    """Where the file has another text now, nothing is marked."""
    other = replace(found, text=found.text.replace("Smoking", "Singing"))
    assert pages.boxes(other, other.text.index("Singing"), len(other.text))[0].page == 3
    assert pages.boxes(other, other.text.index("Singing"), other.text.index("forbidden")) == ()


@pytest.mark.parametrize("width", [0, -5, MAX_WIDTH_PX + 1])
def test_no_width_beyond_reason(pages: Pages, found: DocumentText, width: int) -> None:
    """Nobody can ask for a picture that fills the memory."""
    with pytest.raises(InvalidInput):
        pages.image(found.document, 1, width)


def test_a_page_or_span_that_is_not_there(pages: Pages, found: DocumentText) -> None:
    """Pages end with the last one, and spans with the text."""
    for page in (0, 4):
        with pytest.raises(NotFound):
            pages.image(found.document, page, 300)
    with pytest.raises(InvalidInput):
        pages.boxes(found, 0, len(found.text) + 1)


def test_a_file_that_is_gone_or_bad_has_its_reason(
    pages: Pages, found: DocumentText, tmp_path: Path
) -> None:
    """The file may be moved or overwritten after it was read."""
    bad = tmp_path / "bad.pdf"
    bad.write_bytes(b"%PDF-1.7\nnothing")
    for path, reason in ((bad, "damaged"), (tmp_path / "gone.pdf", "missing")):
        with pytest.raises(UnreadableDocument) as caught:
            pages.image(document(path), 1, 300)
        assert caught.value.reason == reason
        with pytest.raises(UnreadableDocument):
            pages.boxes(replace(found, document=document(path)), 0, 5)


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
def test_a_page_that_hangs_is_given_up(embedder_dir: Path, found: DocumentText) -> None:
    """A worker that does not answer is killed, and the next page gets a new one."""
    pages = Pages(embedder_dir, time_limit_s=1)
    try:
        pages.image(found.document, 1, 100)
        assert pages._process.pid is not None
        os.kill(pages._process.pid, signal.SIGSTOP)
        with pytest.raises(UnreadableDocument) as caught:
            pages.image(found.document, 1, 100)
        assert caught.value.reason == "timed_out"
        assert pages.image(found.document, 1, 100).width == 100
    finally:
        pages.close()
    with pytest.raises(Cancelled):
        pages.image(found.document, 1, 100)


def test_a_stranger_sees_no_page(
    settings: Settings, database: Database, owner: UserId, stranger: UserId
) -> None:
    """Pages and boxes of another user's document answer like those of one that does not exist."""
    made = Collections(settings, database, Changes())
    try:
        shelf = made.create(owner, "shelf").id
        added = add_document(database, owner, shelf, "a.txt", ["some text"])
        assert made.passage_boxes(owner, added.id, 0, 4) == ()
        with pytest.raises(InvalidInput):
            made.page_image(owner, added.id, 1, 100)
        with pytest.raises(NotFound):
            made.passage_boxes(stranger, added.id, 0, 4)
        with pytest.raises(NotFound):
            made.page_image(stranger, added.id, 1, 100)
    finally:
        made.close()
