"""Slides are pages in the order of the show, with titles, tables and notes."""

from __future__ import annotations

from tests.core.retrieval.parsing.conftest import Reader
from tests.core.retrieval.parsing.packages import OFFICE, content_types, relations, zipped

SPACES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    f'xmlns:r="{OFFICE}"'
)


def shape(text: str, placeholder: str = "") -> str:
    kind = f'<p:nvPr><p:ph type="{placeholder}"/></p:nvPr>' if placeholder else ""
    words = f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>"
    return f"<p:sp><p:nvSpPr>{kind}</p:nvSpPr><p:txBody>{words}</p:txBody></p:sp>"


def slide(*shapes: str) -> str:
    return f"<p:sld {SPACES}><p:cSld><p:spTree>{''.join(shapes)}</p:spTree></p:cSld></p:sld>"


def test_slides_come_in_the_order_of_the_show(read: Reader) -> None:
    """The second file is the first slide; its title leads, its notes follow, its number is out."""
    cell = "<a:tc><a:txBody><a:p><a:r><a:t>{}</a:t></a:r></a:p></a:txBody></a:tc>"
    table = f"<a:tbl><a:tr>{cell.format('a')}{cell.format('b')}</a:tr></a:tbl>"
    content = zipped(
        {
            "[Content_Types].xml": content_types("presentationml.presentation"),
            "_rels/.rels": relations(r1__officeDocument="ppt/presentation.xml"),
            "ppt/presentation.xml": f"<p:presentation {SPACES}><p:sldIdLst>"
            '<p:sldId id="256" r:id="b"/><p:sldId id="257" r:id="a"/>'
            "</p:sldIdLst></p:presentation>",
            "ppt/_rels/presentation.xml.rels": relations(
                a__slide="slides/slide1.xml", b__slide="slides/slide2.xml"
            ),
            "ppt/slides/slide1.xml": slide(
                shape("Last"), f"<p:graphicFrame>{table}</p:graphicFrame>"
            ),
            "ppt/slides/slide2.xml": slide(
                shape("Body"), shape("Opening", "title"), shape("7", "sldNum")
            ),
            "ppt/slides/_rels/slide2.xml.rels": relations(n__notesSlide="../notesSlides/n1.xml"),
            "ppt/notesSlides/n1.xml": slide(shape("Say hello", "body")),
        }
    )
    document = read("a.pptx", content)
    assert [document.text[page.start : page.end] for page in document.pages] == [
        "Opening\n\nBody\n\nSay hello",
        "Last\n\na | b",
    ]
    assert [each.text for each in document.headings] == ["Opening"]


def test_a_missing_slide_is_counted(read: Reader) -> None:
    """The other slides are read, and the document says how many are missing."""
    content = zipped(
        {
            "[Content_Types].xml": content_types("presentationml.presentation"),
            "_rels/.rels": relations(r1__officeDocument="ppt/presentation.xml"),
            "ppt/presentation.xml": f"<p:presentation {SPACES}><p:sldIdLst>"
            '<p:sldId id="1" r:id="a"/><p:sldId id="2" r:id="b"/></p:sldIdLst></p:presentation>',
            "ppt/_rels/presentation.xml.rels": relations(a__slide="s1.xml", b__slide="s2.xml"),
            "ppt/s2.xml": slide(shape("Here")),
        }
    )
    document = read("a.pptx", content)
    assert (document.text, document.pages_in_all) == ("Here", 2)
    assert document.problem.startswith("1 of 2 slides")
