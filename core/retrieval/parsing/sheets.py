"""Workbooks through calamine: one page for each sheet, one line for each row."""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Iterator

import python_calamine as calamine

from core.records import ParsedDocument
from core.retrieval.parsing.archive import opened
from core.retrieval.parsing.compound import opened as opened_compound
from core.retrieval.parsing.compound import stream
from core.retrieval.parsing.detect import Kind
from core.retrieval.parsing.opendocument import is_encrypted
from core.retrieval.parsing.source import Source
from core.retrieval.parsing.text_builder import TextBuilder

MAX_WORKBOOK_BYTES = 256 << 20
RECORDS_BEFORE_PASSWORD = 6
_FILEPASS = 0x2F


def read(source: Source) -> ParsedDocument:
    """Read a workbook; raises UnreadableDocument with any reason but a wrong format."""
    if source.path.stat().st_size > MAX_WORKBOOK_BYTES:
        raise source.refusal("too_big")
    if source.kind is not Kind.XLS:
        with opened(source.path, source.name) as archive:
            if source.kind is Kind.ODS and is_encrypted(archive):
                raise source.refusal("encrypted")
    elif _has_password(source):
        raise source.refusal("encrypted")
    with source.path.open("rb") as file:
        try:
            workbook = calamine.CalamineWorkbook.from_filelike(file)
        except calamine.PasswordError as error:
            raise source.refusal("encrypted") from error
        except calamine.CalamineError as error:
            raise source.refusal("damaged") from error
        except BaseException as error:
            raise _from_panic(error, source) from error
        return _sheets(workbook, source)


def _has_password(source: Source) -> bool:
    """Tell whether an XLS file begins as an encrypted one does: after BOF comes FILEPASS.

    Source: [MS-XLS], section 2.1.7.20.1; calamine says no more than that it cannot read it.
    """
    with opened_compound(source.path, source.name) as file:
        content = stream(file, "Workbook", source.name) or stream(file, "Book", source.name) or b""
    at = 0
    for _ in range(RECORDS_BEFORE_PASSWORD):
        if at + 4 > len(content):
            break
        kind, size = struct.unpack_from("<HH", content, at)
        if kind == _FILEPASS:
            return True
        at += 4 + size
    return False


def _sheets(workbook: calamine.CalamineWorkbook, source: Source) -> ParsedDocument:
    out = TextBuilder(source)
    missing = 0
    names = [
        each.name
        for each in workbook.sheets_metadata
        if each.typ is calamine.SheetTypeEnum.WorkSheet
    ]
    for name in names:
        out.page()
        try:
            sheet = workbook.get_sheet_by_name(name)
            _sheet(name, sheet, out)
        except calamine.CalamineError:
            missing += 1
        except BaseException as error:
            if not _is_panic(error):
                raise
            missing += 1
    if names and missing == len(names):
        raise source.refusal("damaged")
    if missing:
        out.problem(f"{missing} of {len(names)} sheets are damaged and could not be read.")
    return out.document("", len(names) if missing else None)


def _sheet(name: str, sheet: calamine.CalamineSheet, out: TextBuilder) -> None:
    """Add a sheet under its name; a sheet without content adds nothing."""
    rows = _rows(sheet)
    first = next(rows, None)
    if first is None:
        return
    out.heading(1, name)
    second = next(rows, None)
    has_header = second is not None and _looks_like_header(first)
    out.table(_chain(first, second, rows), has_header=has_header)


def _chain(
    first: list[str], second: list[str] | None, rows: Iterator[list[str]]
) -> Iterator[list[str]]:
    yield first
    if second is not None:
        yield second
    yield from rows


def _rows(sheet: calamine.CalamineSheet) -> Iterator[list[str]]:
    """Yield the rows that hold anything, as texts."""
    for row in sheet.iter_rows():
        texts = [_text(value) for value in row]
        if any(texts):
            yield texts


def _looks_like_header(row: list[str]) -> bool:
    """Tell whether a row names columns: words in each of its cells and no two the same."""
    filled = [text for text in row if text]
    named = all(any(sign.isalpha() for sign in text) for text in filled)
    return len(filled) > 1 and named and len(set(filled)) == len(filled)


def _text(value: object) -> str:
    """Return a cell's value as a person would write it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "seconds").removesuffix(" 00:00:00")
    return str(value)


def _is_panic(error: BaseException) -> bool:
    """Tell whether the library's own code gave up; that is no Exception in Python."""
    return type(error).__name__ == "PanicException"


def _from_panic(error: BaseException, source: Source) -> BaseException:
    known = _is_panic(error) or isinstance(error, OSError | ValueError)
    return source.refusal("damaged") if known else error
