"""A book's chapters come in reading order, each a page."""

from __future__ import annotations

import pytest

from core.errors import UnreadableDocument
from tests.core.retrieval.parsing.conftest import Reader
from tests.core.retrieval.parsing.packages import zipped

CONTAINER = '<container><rootfiles><rootfile full-path="OPS/b.opf"/></rootfiles></container>'
BOOK = (
    "<package><metadata><title>The book</title></metadata><manifest>"
    '<item id="x" href="one%20a.xhtml"/><item id="y" href="two.xhtml"/></manifest>'
    '<spine><itemref idref="y"/><itemref idref="x"/></spine></package>'
)
CHAPTER = "<html><body><h1>{0}</h1><p>Text of {0}.</p></body></html>"


def book(**parts: str) -> bytes:
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": CONTAINER,
            "OPS/b.opf": BOOK,
            "OPS/one a.xhtml": CHAPTER.format("One"),
            **{name.replace("__", "/"): text for name, text in parts.items()},
        }
    )


def test_chapters_are_pages_in_reading_order(read: Reader) -> None:
    """The spine's order counts, and names with escapes are found."""
    document = read("a.epub", book(**{"OPS/two.xhtml": CHAPTER.format("Two")}))
    assert [document.text[page.start : page.end] for page in document.pages] == [
        "Two\n\nText of Two.",
        "One\n\nText of One.",
    ]
    assert (document.title, document.problem) == ("The book", "")


def test_a_missing_chapter_is_counted(read: Reader) -> None:
    """What is there is read, and the document says what is not."""
    document = read("a.epub", book())
    assert document.problem == "1 of 2 chapters are missing or damaged."
    assert document.pages_in_all == 2


@pytest.mark.parametrize(
    ("algorithm", "locked"),
    [
        ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", True),
        ("http://www.idpf.org/2008/embedding", False),
    ],
)
def test_protected_books_are_refused(read: Reader, algorithm: str, locked: bool) -> None:
    """A book with encrypted chapters is refused; one whose fonts alone are disguised is not."""
    encryption = f'<e><EncryptionMethod Algorithm="{algorithm}"/></e>'
    content = book(**{"META-INF/encryption.xml": encryption})
    if not locked:
        assert "Text of One" in read("a.epub", content).text
        return
    with pytest.raises(UnreadableDocument) as caught:
        read("a.epub", content)
    assert caught.value.reason == "encrypted"
