"""Texts and presentations of LibreOffice are read, and encrypted ones refused."""

from __future__ import annotations

import pytest

from core.errors import UnreadableDocument
from tests.core.retrieval.parsing.conftest import Reader
from tests.core.retrieval.parsing.packages import zipped

ODF = "urn:oasis:names:tc:opendocument:xmlns:"
SPACES = " ".join(
    f'xmlns:{name}="{ODF}{place}:1.0"'
    for name, place in (
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("draw", "drawing"),
        ("style", "style"),
        ("presentation", "presentation"),
    )
)


def odf(kind: str, body: str, **parts: str) -> bytes:
    content = f"<office:document-content {SPACES}><office:body>{body}</office:body>"
    return zipped(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": f"{content}</office:document-content>",
            **{f"{name}.xml": text for name, text in parts.items()},
        }
    )


def test_a_text_is_read_with_its_structure(read: Reader) -> None:
    """Headings, lists, notes, spaces, tables and the footer are there, deletions are not."""
    body = (
        "<office:text><text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>"
        '<text:h text:outline-level="2">Part</text:h>'
        '<text:p>one<text:s text:c="2"/>two<text:note><text:note-citation>1</text:note-citation>'
        "<text:note-body><text:p>the note</text:p></text:note-body></text:note> three</text:p>"
        "<text:list><text:list-item><text:p>item</text:p></text:list-item></text:list>"
        "<table:table><table:table-header-rows><table:table-row>"
        "<table:table-cell><text:p>a</text:p></table:table-cell>"
        "<table:table-cell><text:p>b</text:p></table:table-cell>"
        "</table:table-row></table:table-header-rows><table:table-row>"
        '<table:table-cell table:number-columns-repeated="2"><text:p>1</text:p>'
        "</table:table-cell></table:table-row></table:table></office:text>"
    )
    styles = f"<x {SPACES}><style:footer><text:p>the footer</text:p></style:footer></x>"
    document = read("a.odt", odf("text", body, styles=styles))
    assert document.text == (
        "Part\n\none  two three\n\nthe note\n\n- item\n\na | b\n1 | 1\n\nthe footer"
    )
    assert [(each.level, each.text) for each in document.headings] == [(2, "Part")]
    assert document.tables[0].header_end > document.tables[0].start


def test_slides_are_pages(read: Reader) -> None:
    """Each drawn page is a page, its notes included."""
    pages = "".join(
        f"<draw:page><draw:frame><draw:text-box><text:p>{words}</text:p></draw:text-box>"
        f"</draw:frame><presentation:notes><text:p>note</text:p></presentation:notes></draw:page>"
        for words in ("first", "second")
    )
    document = read(
        "a.odp", odf("presentation", f"<office:presentation>{pages}</office:presentation>")
    )
    assert [document.text[page.start : page.end] for page in document.pages] == [
        "first\n\nnote",
        "second\n\nnote",
    ]


def test_an_encrypted_file_is_refused(read: Reader) -> None:
    """The manifest says that parts are encrypted."""
    content = zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": "scrambled",
            "META-INF/manifest.xml": "<m><manifest:encryption-data/></m>",
        }
    )
    with pytest.raises(UnreadableDocument) as caught:
        read("a.odt", content)
    assert caught.value.reason == "encrypted"
