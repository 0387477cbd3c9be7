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


def level(depth: int, form: str, pattern: str, start: int = 1) -> str:
    return (
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/>'
        f'<w:lvlText w:val="{pattern}"/></w:lvl>'
    )


def in_list(number_id: int, depth: int = 0) -> str:
    return f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number_id}"/></w:numPr>'


def test_lists_have_their_numbers(read: Reader) -> None:
    """Items are counted as Word counts them: by level, in the list's own form, headings too."""
    first = level(0, "decimal", "%1.") + level(1, "lowerLetter", "%2)") + level(2, "bullet", "o")
    second = level(0, "upperRoman", "§ %1", start=4) + level(1, "decimal", "%1.%2")
    numbering = (
        f'<w:part><w:abstractNum w:abstractNumId="0">{first}</w:abstractNum>'
        f'<w:abstractNum w:abstractNumId="1">{second}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
        '<w:num w:numId="3"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0">'
        '<w:startOverride w:val="7"/></w:lvlOverride></w:num></w:part>'
    )
    styles = (
        '<w:part><w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/>'
        f"<w:pPr>{in_list(2)}</w:pPr></w:style></w:part>"
    )
    items = [("one", 1, 0), ("a", 1, 1), ("b", 1, 1), ("dot", 1, 2), ("two", 1, 0), ("a", 1, 1)]
    items += [("seven", 3, 0), ("eight", 3, 0), ("under", 2, 1), ("no list", 0, 0), ("gone", 9, 0)]
    body = p("Scope", '<w:pStyle w:val="H1"/>')
    body += "".join(p(text, in_list(number, depth)) for text, number, depth in items)
    document = read(
        "a.docx",
        docx(
            body,
            parts={"word/styles.xml": styles, "word/numbering.xml": numbering},
            s__styles="styles.xml",
            n__numbering="numbering.xml",
        ),
    )
    assert document.headings[0].text == "§ IV Scope"
    assert document.text.split("\n\n")[1:] == [
        *("1. one", "a) a", "b) b", "- dot", "2. two", "a) a"),
        *("7. seven", "8. eight", "IV.1 under", "no list", "- gone"),
    ]


def test_absurd_lists_stay_short(read: Reader) -> None:
    """A list that begins at a hundred thousand letters does not write so many."""
    numbering = (
        '<w:part><w:abstractNum w:abstractNumId="0">'
        + level(0, "upperLetter", "%1.%9", start=100_000)
        + level(8, "lowerRoman", "%9", start=5000)
        + '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:part>'
    )
    body = p("text", in_list(1)) + p("x", in_list(1, 99))
    content = docx(body, parts={"word/numbering.xml": numbering}, n__numbering="numbering.xml")
    assert read("a.docx", content).text == "100000.5000 text\n\n5000 x"


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
