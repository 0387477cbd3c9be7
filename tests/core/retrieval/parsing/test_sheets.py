"""Each sheet is a page under its name, each row a line, each value as a person would write it."""

from __future__ import annotations

import pytest

from core.errors import UnreadableDocument
from tests.core.retrieval.parsing.conftest import Reader
from tests.core.retrieval.parsing.packages import OFFICE, content_types, relations, zipped

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def xlsx(**sheets: str) -> bytes:
    """Return a workbook; each sheet is given by its rows as XML."""
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="{name}"/>'
        for number, name in enumerate(sheets, 1)
    )
    return zipped(
        {
            "[Content_Types].xml": content_types("spreadsheetml.sheet"),
            "_rels/.rels": relations(r1__officeDocument="xl/workbook.xml"),
            "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
            f"<sheets>{listed}</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": relations(
                **{f"{name}__worksheet": f"worksheets/{name}.xml" for name in sheets}
            ),
            **{
                f"xl/worksheets/{name}.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{rows}'
                "</sheetData></worksheet>"
                for name, rows in sheets.items()
            },
        }
    )


def row(number: int, *values: str | float | None) -> str:
    cells = []
    for column, value in zip("ABCDEF", values, strict=False):
        place = f"{column}{number}"
        if isinstance(value, str):
            cells.append(f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>')
        elif value is not None:
            cells.append(f'<c r="{place}"><v>{value}</v></c>')
    return f'<row r="{number}">{"".join(cells)}</row>'


def test_rows_are_lines_and_sheets_are_pages(read: Reader) -> None:
    """Numbers lose a needless fraction, blank rows vanish, words above the numbers are a header."""
    people = row(1, "Name", "Age") + row(2, "Ada", 36.0) + row(4, "Bob", 2.5)
    document = read("a.xlsx", xlsx(People=people, Empty="", Notes=row(1, "A remark")))
    assert document.text == "People\n\nName | Age\nAda | 36\nBob | 2.5\n\nNotes\n\nA remark"
    assert [document.text[page.start : page.end] for page in document.pages] == [
        "People\n\nName | Age\nAda | 36\nBob | 2.5",
        "",
        "Notes\n\nA remark",
    ]
    assert [each.header_end - each.start for each in document.tables] == [len("Name | Age"), 0]


def test_a_damaged_workbook_says_so(read: Reader) -> None:
    """A workbook without its list of sheets is damaged; one without content is empty."""
    parts = {"[Content_Types].xml": content_types("spreadsheetml.sheet"), "xl/x": ""}
    for content, reason in ((zipped(parts), "damaged"), (xlsx(One=""), "empty")):
        with pytest.raises(UnreadableDocument) as caught:
            read("a.xlsx", content)
        assert caught.value.reason == reason
