"""Everything that holds text in a DOCX file is read, with headings, tables and pages."""

from __future__ import annotations

import pytest

from core.errors import UnreadableDocument
from tests.core.retrieval.parsing.conftest import Reader
from tests.core.retrieval.parsing.packages import W_STRICT, W, docx, p, zipped

STYLES = (
    '<w:part><w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Mine"><w:name w:val="Mine"/><w:basedOn w:val="H1"/>'
    "</w:style></w:part>"
)
NOTES = f'<w:part><w:footnote w:id="2">{p("The note.")}</w:footnote></w:part>'


@pytest.mark.parametrize("namespace", [W, W_STRICT])
def test_every_part_is_read(read: Reader, namespace: str) -> None:
    """Body, notes, headers, text boxes and links are there, in both dialects of the format."""
    body = (
        p("Chapter", '<w:pStyle w:val="Mine"/>')
        + '<w:p><w:r><w:t>Text</w:t><w:footnoteReference w:id="2"/></w:r><w:hyperlink><w:r>'
        "<w:t> and link</w:t></w:r></w:hyperlink><w:r><w:pict><w:txbxContent>"
        + p("In a box.")
        + "</w:txbxContent></w:pict></w:r>"
        + "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>"
    )
    content = docx(
        body,
        namespace=namespace,
        parts={
            "word/styles.xml": STYLES,
            "word/footnotes.xml": NOTES,
            "word/header1.xml": f"<w:part>{p('The letterhead')}</w:part>",
            "word/header2.xml": f"<w:part>{p('The letterhead')}</w:part>",
        },
        s__styles="styles.xml",
        n__footnotes="footnotes.xml",
        h1__header="header1.xml",
        h2__header="/word/header2.xml",
    )
    document = read("a.docx", content)
    assert document.text == ("Chapter\n\nText and link\n\nThe note.\n\nIn a box.\n\nThe letterhead")
    assert [(each.level, each.text) for each in document.headings] == [(1, "Chapter")]


def test_tables_are_rows(read: Reader) -> None:
    """A row is a line; a row marked as header is the table's header."""
    row = "<w:tr>{0}<w:tc>{1}</w:tc><w:tc>{2}</w:tc></w:tr>"
    header = "<w:trPr><w:tblHeader/></w:trPr>"
    table = row.format(header, p("Name"), p("Age")) + row.format("", p("Ada"), p("36") + p("years"))
    document = read("a.docx", docx(f"{p('Before')}<w:tbl>{table}</w:tbl>{p('After')}"))
    assert document.text == "Before\n\nName | Age\nAda | 36 years\n\nAfter"
    assert [each.header_end - each.start for each in document.tables] == [len("Name | Age")]


def test_pages_follow_cached_breaks(read: Reader) -> None:
    """Breaks that Word noted divide pages, also inside a paragraph; without any there are none."""
    broken = "<w:p><w:r><w:t>one</w:t><w:lastRenderedPageBreak/><w:t>two</w:t></w:r></w:p>"
    document = read("a.docx", docx(broken + p("three")))
    assert [document.text[page.start : page.end] for page in document.pages] == [
        "one",
        "two\n\nthree",
    ]
    assert read("b.docx", docx(p("one"))).pages == ()


def test_one_of_two_forms_is_read(read: Reader) -> None:
    """What stands there twice, for newer and for older programs, is read once."""
    forms = (
        f"<mc:AlternateContent><mc:Choice>{p('box')}</mc:Choice>"
        f"<mc:Fallback>{p('box')}</mc:Fallback></mc:AlternateContent>"
    )
    assert read("a.docx", docx(forms)).text == "box"


def test_a_damaged_part_costs_itself(read: Reader) -> None:
    """Without its styles a document is read in part; without its text it is damaged."""
    document = read("a.docx", docx(p("text"), s__styles="styles.xml"))
    assert document.text == "text"
    assert "damaged" in document.problem
    broken = {"[Content_Types].xml": "<Types/>", "word/document.xml": "no xml"}
    with pytest.raises(UnreadableDocument) as caught:
        read("b.docx", zipped(broken))
    assert caught.value.reason == "damaged"
