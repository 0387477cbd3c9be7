"""Exports: what spreadsheets read back, with sources, and no formula of a document's."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

from python_calamine import CalamineWorkbook

from core.records import (
    AgentId,
    CellState,
    ChunkId,
    Citation,
    CitationState,
    DocumentId,
    Study,
    StudyCell,
    StudyFormat,
    StudyId,
    StudyKind,
    StudyState,
    UserId,
    now,
)
from core.studies.export import exported, sources

STUDY = Study(
    *(StudyId("stu"), UserId("usr"), StudyKind.TABLE, AgentId("agt"), "Reader", None),
    *("Who? – Animals", ("Who?", "When?"), StudyState.FINISHED, now(), now()),
    *(4, 3, 1, 2, 1, 1),
)


def citation(state: CitationState, quote: str, at: int = 0, page: int | None = 2) -> Citation:
    """Return a citation of a sentence at some place of the answer."""
    return Citation(
        *(1, state, DocumentId("d"), "a.pdf", ChunkId("c"), page, page),
        *(0, 9, quote, at, at + 5, 0.9),
    )


CITED = (
    citation(CitationState.VERIFIED, "the  blue\nwhale"),
    citation(CitationState.UNSUPPORTED, "nothing", 7),
)
CELLS = [
    StudyCell(0, DocumentId("d"), "a.pdf", "Who?", CellState.DONE, "=1+1", CITED),
    StudyCell(1, DocumentId("d"), "a.pdf", "When?", CellState.NO_EVIDENCE),
    StudyCell(2, DocumentId("e"), "b.pdf", "Who?", CellState.DONE, 'Ähre; "x"\nnext'),
    StudyCell(3, DocumentId("e"), "b.pdf", "When?", CellState.FAILED, problem="It is locked."),
]
ROWS = [
    ["Document", "Who?", "Sources", "When?", "Sources"],
    [
        *("a.pdf", "=1+1"),
        '[1] page 2: "the blue whale"\nSentences that no passage supports: 1',
        *("(nothing found)", ""),
    ],
    ["b.pdf", 'Ähre; "x"\nnext', "", "(could not be read) It is locked.", ""],
]


def test_csv_is_what_a_spreadsheet_reads() -> None:
    """UTF-8 with its mark, quoted where needed, and a document's formula is a text."""
    content = exported(STUDY, CELLS, StudyFormat.CSV)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert rows[1][1] == "'=1+1"
    rows[1][1] = "=1+1"
    assert rows == [*ROWS, [STUDY.coverage]]


def test_a_workbook_holds_texts_only() -> None:
    """Another program reads back the same, formulas and links as they were written."""
    content = exported(STUDY, CELLS, StudyFormat.XLSX)
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("Table")
    assert sheet.to_python()[:3] == ROWS
    assert sheet.to_python()[3][0] == "1 of 2 documents read; 1 could not be"


def test_a_cell_of_a_workbook_has_its_limit() -> None:
    """A longer answer is cut visibly instead of failing the file."""
    long = replace(CELLS[0], text="w" * 40_000)
    content = exported(STUDY, [long, *CELLS[1:]], StudyFormat.XLSX)
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("Table")
    text = str(sheet.to_python()[1][1])
    assert (len(text), text[-1]) == (32_767, "…")


def test_markdown_reads_as_a_report() -> None:
    """Title, coverage, and each document with its questions, answers and sources."""
    summary = replace(STUDY, kind=StudyKind.SUMMARY, text="All in all.")
    text = exported(summary, CELLS, StudyFormat.MARKDOWN).decode()
    parts = [
        *("# Who? – Animals", STUDY.coverage, "All in all.", "## a.pdf", "**Who?**", "=1+1"),
        *('- [1] page 2: "the blue whale"', "**When?**", "(nothing found)", "## b.pdf"),
    ]
    assert [text.index(part) for part in parts] == sorted(text.index(part) for part in parts)


def test_sources_without_pages_have_their_words() -> None:
    """A sentence that the named source does not support but another does is supported."""
    cited = [
        citation(CitationState.UNSUPPORTED, "wrong"),
        citation(CitationState.LINKED, "right", page=None),
    ]
    assert sources(cited) == '[1] "right"'
