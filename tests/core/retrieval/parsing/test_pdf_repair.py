"""A PDF that was cut off gives the pages that are still in it, in their order."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from core.errors import UnreadableDocument
from core.retrieval.parsing.pdf_repair import repaired
from tests.core.retrieval.parsing.conftest import Reader
from tests.core.retrieval.parsing.test_parser import pdf


def test_a_cut_file_gives_its_first_pages(read: Reader, tmp_path: Path) -> None:
    """Half a file gives about half of its pages and says how many there were, if it knows."""
    content = pdf(
        tmp_path / "a.pdf", *(f"Page {n}. " + "words " * 300 for n in range(8))
    ).read_bytes()
    document = read("cut.pdf", content[: len(content) // 2])
    assert document.text.startswith("Page 0.")
    assert 2 <= len(document.pages) <= 8
    assert "could be read" in document.problem
    assert read("whole.pdf", content).problem == ""


def test_packed_objects_are_found() -> None:
    """Pages inside an object stream are unpacked and put into a new page tree."""
    inner = b"<< /Type /Page /Parent 9 0 R >> << /Type /Page /Parent 9 0 R >>"
    table = b"5 0 6 32 "
    packed = zlib.compress(table + inner)
    head = b"/Type /ObjStm /N 2 /First %d /Length %d /Filter /FlateDecode" % (
        len(table),
        len(packed),
    )
    content = b"%%PDF-1.5\n1 0 obj\n<< %b >>\nstream\n%b\nendstream\nendobj\n" % (head, packed)
    found = repaired(content)
    assert found is not None
    assert found.content.startswith(content)
    assert b"/Count 2 " in found.content
    assert b"/Kids [5 0 R 6 0 R]" in found.content
    assert b"9 0 obj\n<< /Type /Pages" in found.content


def test_what_holds_no_page_is_beyond_repair(read: Reader) -> None:
    """Without a page, or with half a key, nothing is made up."""
    assert repaired(b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\n") is None
    assert repaired(b"1 0 obj<</Type/Page>>endobj 2 0 obj<</Filter/Standard/R 4>>endobj") is None
    with pytest.raises(UnreadableDocument) as caught:
        read("a.pdf", b"%PDF-1.4\n" + b"nonsense " * 100)
    assert caught.value.reason == "damaged"


def test_the_order_of_the_page_tree_counts() -> None:
    """Where a page tree is left, its order counts, and pages outside of it come last."""
    content = (
        b"1 0 obj<</Type/Page>>endobj 2 0 obj<</Type/Page>>endobj 3 0 obj<</Type/Page>>endobj "
        b"4 0 obj<</Type/Pages/Kids[3 0 R 1 0 R]/Count 5>>endobj"
    )
    found = repaired(content)
    assert found is not None
    assert b"/Kids [3 0 R 1 0 R 2 0 R]" in found.content
    assert found.pages_in_all == 5
