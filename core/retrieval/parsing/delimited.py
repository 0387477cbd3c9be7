"""CSV and its relatives: whatever divides the cells, and in any encoding."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice

from core.records import ParsedDocument
from core.retrieval.parsing.decoding import decode
from core.retrieval.parsing.source import Source
from core.retrieval.parsing.text_builder import TextBuilder

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_LINES = 50
_LONGEST_CELL = 1 << 20


def read(source: Source) -> ParsedDocument:
    """Read a file of delimited cells; raises UnreadableDocument: too_big."""
    text = decode(source.content()).removeprefix("\ufeff").replace("\0", "")
    out = TextBuilder(source)
    csv.field_size_limit(_LONGEST_CELL)
    try:
        out.table(_rows(text, delimiter_of(text)), has_header=True)
    except csv.Error:  # no table after all, but text all the same
        out = TextBuilder(source)
        out.paragraph(text)
    return out.document()


def delimiter_of(text: str) -> str:
    """Return the sign that divides the first lines most evenly into cells; a comma if none does."""
    sample = "\n".join(islice(text.splitlines(), _SAMPLE_LINES))
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        try:
            widths = [len(row) for row in _rows(sample, delimiter) if row]
        except csv.Error:
            continue
        if not widths:
            continue
        usual = max(set(widths), key=widths.count)
        score = (usual > 1) * widths.count(usual) / len(widths) * (2 - 1 / usual)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
