"""Divides long texts into pieces that fit a model, and gathers short ones into groups that do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from core.chat.wording import sentences
from core.records import ChunkId, Document, DocumentText, Passage

Count = Callable[[str], int]
"""Returns how many tokens a text has."""


def pieces(text: str, most_tokens: int, count: Count) -> list[tuple[int, int]]:
    """Return spans [start, end) that cover the text and have at most `most_tokens` each.

    Breaks at line ends, else at sentence ends, else anywhere.
    """
    result: list[tuple[int, int]] = []
    start, used = 0, 0
    for unit_start, unit_end in _units(text, most_tokens, count):
        size = count(text[unit_start:unit_end])
        if used and used + size > most_tokens:
            result.append((start, unit_start))
            start, used = unit_start, 0
        used += size
    if text[start:].strip():
        result.append((start, len(text)))
    return result


def _units(text: str, most_tokens: int, count: Count) -> list[tuple[int, int]]:
    """Return the spans that are not to be broken, none larger than a piece."""
    units: list[tuple[int, int]] = []
    at = 0
    for line in text.splitlines(keepends=True):
        if count(line) <= most_tokens:
            units.append((at, at + len(line)))
        else:
            units += _parts(text, at, at + len(line), most_tokens, count)
        at += len(line)
    return units


def _parts(
    text: str, start: int, end: int, most_tokens: int, count: Count
) -> list[tuple[int, int]]:
    """Divide a line by its sentences, and a sentence that is too long into halves."""
    if end - start < 2 or count(text[start:end]) <= most_tokens:
        return [(start, end)]
    cuts = [start + each.end for each in sentences(text[start:end])][:-1]
    edges = [start, *(cuts or [(start + end) // 2]), end]
    return [
        part
        for low, high in pairwise(edges)
        for part in _parts(text, low, high, most_tokens, count)
    ]


def groups(texts: Sequence[str], most_tokens: int, count: Count) -> list[list[str]]:
    """Gather texts in their order into groups of at most `most_tokens`, two at least in each.

    Two that are too long together stay together all the same: a group of one makes no progress.
    """
    result: list[list[str]] = []
    used = 0
    for text in texts:
        size = count(text)
        if result and (len(result[-1]) < 2 or used + size <= most_tokens):
            result[-1].append(text)
            used += size
        else:
            result.append([text])
            used = size
    if len(result) > 1 and len(result[-1]) == 1:
        last = result.pop()
        result[-1] += last
    return result


def as_passages(document: DocumentText, spans: Sequence[tuple[int, int]]) -> list[Passage]:
    """Return spans of a document as passages numbered from 1, to check a summary against."""
    return [_passage(document, start, end, at) for at, (start, end) in enumerate(spans, 1)]


def _passage(whole: DocumentText, start: int, end: int, number: int) -> Passage:
    pages = tuple(each for each in whole.pages if each.start < end and start < each.end)
    document: Document = whole.document
    return Passage(
        chunk_id=ChunkId(f"{document.id}-{start}"),
        document_id=document.id,
        document_name=document.name,
        collection_id=document.collection_id,
        text=whole.text[start:end],
        start=start,
        end=end,
        first_page=pages[0].number if pages else None,
        last_page=pages[-1].number if pages else None,
        heading="",
        rank=number,
        score=1.0,
        number=number,
        pages=pages if len(pages) > 1 else (),
    )
