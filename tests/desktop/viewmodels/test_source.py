"""The source panel's state: a document cut into pages, and the passage found in them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.records import (
    CollectionId,
    Document,
    DocumentId,
    DocumentState,
    DocumentText,
    PageSpan,
    UserId,
    now,
)
from desktop.viewmodels.source import PART_CHARACTERS, Part, marked_span, parts, unwrapped


def document(text: str, pages: tuple[PageSpan, ...] = ()) -> DocumentText:
    record = Document(
        id=DocumentId("doc"),
        collection_id=CollectionId("col"),
        owner_id=UserId("usr"),
        name="a.txt",
        path="/a.txt",
        media_type="text/plain",
        size_bytes=len(text),
        sha256="",
        state=DocumentState.READY,
        created_at=now(),
    )
    return DocumentText(record, text, pages)


def test_pages_are_parts() -> None:
    """Each page is shown on its own, under its number."""
    found = parts(document("firstsecond", (PageSpan(1, 0, 5), PageSpan(2, 5, 11))))
    assert [(part.page, part.start, part.text) for part in found] == [
        (1, 0, "first"),
        (2, 5, "second"),
    ]


@given(st.text(alphabet="ab\n", max_size=400).map(lambda text: text * 400))
def test_a_document_without_pages_is_cut_at_lines_and_nothing_is_lost(text: str) -> None:
    """The stretches follow each other and make up the whole text."""
    found = parts(document(text))
    assert "".join(part.text for part in found) == text
    assert all(len(part.text) <= PART_CHARACTERS for part in found)
    assert [part.start for part in found[1:]] == [part.end for part in found[:-1]]


def test_a_passage_over_two_pages_is_marked_on_both() -> None:
    """What lies on a page is marked there, counted from the page's own beginning."""
    first, second = Part(1, 0, "x" * 10), Part(2, 10, "y" * 10)
    assert marked_span(first, 7, 13) == (7, 10)
    assert marked_span(second, 7, 13) == (0, 3)
    assert marked_span(second, 0, 10) is None


@given(st.text(alphabet="abc. \n", max_size=300))
def test_unwrapping_moves_no_character(text: str) -> None:
    """Offsets of passages hold in the text as it is shown."""
    shown = unwrapped(text)
    assert len(shown) == len(text)
    assert all(a == b or (a, b) == ("\n", " ") for a, b in zip(text, shown, strict=True))


def test_only_lines_broken_for_their_width_are_joined() -> None:
    """Headings, short lines and list items stay lines."""
    wide = "This line of a page is as long as the page is wide, so that it"
    text = f"Heading\n{wide}\ngoes on here.\n• item"
    assert unwrapped(text) == f"Heading\n{wide} goes on here.\n• item"
