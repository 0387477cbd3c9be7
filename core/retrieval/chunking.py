"""A parsed document cut into chunks: spans small enough to embed and to cite, large enough to read.

Pure. A chunk lies inside one page and never reaches across a heading of the same or a higher
rank than the one it stands under; a heading may take its first, deeper subsection along where
both fit. Inside such a span the cut falls at the best place near the limit: a paragraph, else a
sentence, else a line, else a word. Chunks of one span overlap by a sentence or two, so that a
sentence next to a cut is found with its neighbour.

A row of a table is cut only where it is too long for a chunk of its own, and rows do not overlap.
A chunk that begins in the middle of a table carries the table's header as its context.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from core.records import Chunk, HeadingSpan, ParsedDocument, TableSpan
from core.retrieval.language import detect
from core.retrieval.tokens import TokenStarts, estimated_token_starts

HEADING_SEPARATOR = " › "
MAX_HEADING = 160
"""Characters of a heading path that are kept, the innermost ones first."""
MAX_CONTEXT_SHARE = 0.4
"""Of a chunk's limits, what a table's header may take; of a longer one the beginning counts."""

MAX_DETECTED = 2000
"""How many chunks of a document are looked at for their language; it takes 0.1 ms each."""


@dataclass(frozen=True, slots=True)
class ChunkRules:
    """How large chunks are; the defaults fit an embedder that reads 256 tokens.

    The 36 tokens that 220 leaves free are for the heading path and the two special tokens.
    """

    max_tokens: int = 220
    overlap_tokens: int = 32
    max_characters: int = 3000
    """For text whose tokens are endless words, such as base64."""


@dataclass(frozen=True, slots=True)
class _Section:
    """A stretch under one heading and on one page."""

    start: int
    end: int
    page: int | None
    level: int
    path: str
    opens: bool
    """True where the section begins with its heading, False where a page break divided it."""


def chunk(
    document: ParsedDocument,
    token_starts: TokenStarts = estimated_token_starts,
    rules: ChunkRules | None = None,
) -> list[Chunk]:
    """Cut a document into chunks that together cover all of its text but white space."""
    rules = rules or ChunkRules()
    text = document.text
    cutter = _Cutter(text, _Tables(document, token_starts, rules), token_starts, rules)
    chunks: list[Chunk] = []
    for section in _joined(text, _sections(document), token_starts, rules):
        for start, end in cutter.spans(section.start, section.end):
            chunks.append(
                Chunk(
                    ordinal=len(chunks),
                    text=text[start:end],
                    start=start,
                    end=end,
                    first_page=section.page,
                    last_page=section.page,
                    heading=section.path,
                    context=cutter.tables.context_at(start),
                )
            )
    return _with_languages(chunks)


def _with_languages(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Note each chunk's language; where it cannot be told, the document's commonest one."""
    step = max(1, len(chunks) // MAX_DETECTED)
    found = [detect(each.text) for each in chunks[::step]]
    known = Counter(filter(None, found)).most_common(1)
    usual = known[0][0] if known else ""
    return [
        replace(each, language=found[place // step] or usual) for place, each in enumerate(chunks)
    ]


# ---------------------------------------------------------------- sections


def _sections(document: ParsedDocument) -> list[_Section]:
    """Cut at every page and every heading."""
    size = len(document.text)
    headings = {each.start: each for each in document.headings if 0 <= each.start < size}
    page_starts = sorted(page.start for page in document.pages)
    page_numbers = [page.number for page in sorted(document.pages, key=lambda page: page.start)]
    cuts = sorted({0, *headings, *(start for start in page_starts if start < size)})
    sections: list[_Section] = []
    trail: list[HeadingSpan] = []
    for start, end in zip(cuts, [*cuts[1:], size], strict=True):
        heading = headings.get(start)
        if heading is not None:
            trail = [each for each in trail if each.level < heading.level] + [heading]
        place = bisect_right(page_starts, start) - 1
        page = page_numbers[place] if place >= 0 else None
        level = trail[-1].level if trail else 0
        sections.append(_Section(start, end, page, level, _path(trail), heading is not None))
    return sections


def _path(trail: Sequence[HeadingSpan]) -> str:
    """Join the headings from the highest to the innermost; too long a path loses its front."""
    path = HEADING_SEPARATOR.join(" ".join(each.text.split()) for each in trail)
    return path if len(path) <= MAX_HEADING else "…" + path[1 - MAX_HEADING :]


def _joined(
    text: str, sections: Sequence[_Section], token_starts: TokenStarts, rules: ChunkRules
) -> Iterator[_Section]:
    """Let a heading take its first, deeper subsections along while all fit into one chunk."""
    pending: _Section | None = None
    innermost = 0
    for section in sections:
        if not text[section.start : section.end].strip():
            if pending is not None and section.opens:  # an empty section divides all the same
                yield pending
                pending = None
            continue
        if pending is not None and _may_join(pending, innermost, section):
            whole = _Section(
                pending.start,
                section.end,
                pending.page,
                pending.level,
                section.path if _is_bare(text, pending) else pending.path,
                pending.opens,
            )
            if _fits(text[whole.start : whole.end], token_starts, rules):
                pending, innermost = whole, section.level
                continue
        if pending is not None:
            yield pending
        pending, innermost = section, section.level
    if pending is not None:
        yield pending


def _may_join(first: _Section, innermost: int, following: _Section) -> bool:
    return following.opens and following.level > innermost and following.page == first.page


def _is_bare(text: str, section: _Section) -> bool:
    """Tell whether a section is nothing but its heading."""
    return section.opens and "\n" not in text[section.start : section.end].strip()


def _fits(text: str, token_starts: TokenStarts, rules: ChunkRules) -> bool:
    return len(text) <= rules.max_characters and len(token_starts(text)) <= rules.max_tokens


# ---------------------------------------------------------------- tables


class _Tables:
    """A document's tables: where their rows end, and the header that a later row needs."""

    def __init__(self, document: ParsedDocument, token_starts: TokenStarts, rules: ChunkRules):
        self._text = document.text
        self._tables = sorted(document.tables, key=lambda table: table.start)
        self._starts = [table.start for table in self._tables]
        self._token_starts = token_starts
        self._rules = rules
        self._headers: dict[int, tuple[str, int]] = {}

    def around(self, place: int) -> TableSpan | None:
        """Return the table that a cut at `place` would divide."""
        number = bisect_right(self._starts, place - 1) - 1
        return self._tables[number] if number >= 0 and place < self._tables[number].end else None

    def divides_a_row(self, place: int) -> bool:
        """Tell whether a cut at `place` falls inside a row."""
        return self.around(place) is not None and self._text[place - 1] != "\n"

    def past_row(self, place: int) -> int:
        """Return where the row that a cut at `place` would divide is over; else `place`."""
        table = self.around(place)
        if table is None or not self.divides_a_row(place):
            return place
        end = self._text.find("\n", place, table.end)
        end = table.end if end < 0 else end
        return end + _leading_space(self._text[end : end + 64])

    def row_end(self, floor: int, limit: int) -> int | None:
        """Return the last end of a row, or the table's beginning, in (floor, limit]."""
        table = self.around(limit)
        if table is None:
            return None
        end = self._text.rfind("\n", max(floor, table.start), limit) + 1
        end = end or table.start
        return end if floor < end <= limit else None

    def context_at(self, start: int) -> str:
        """Return the header that a chunk needs which begins here; empty where it has it itself."""
        return self._header(start)[0]

    def context_tokens_at(self, start: int) -> int:
        """Return how many tokens that is."""
        return self._header(start)[1]

    def _header(self, start: int) -> tuple[str, int]:
        table = self.around(start)
        if table is None or start < table.header_end:
            return "", 0
        if table.start not in self._headers:
            self._headers[table.start] = self._shortened(table)
        return self._headers[table.start]

    def _shortened(self, table: TableSpan) -> tuple[str, int]:
        most = int(self._rules.max_characters * MAX_CONTEXT_SHARE)
        header = self._text[table.start : table.header_end][:most]
        starts = self._token_starts(header)
        most = int(self._rules.max_tokens * MAX_CONTEXT_SHARE)
        if len(starts) > most:
            return header[: starts[most]].rstrip(), most
        return header, len(starts)


# ---------------------------------------------------------------- spans inside a section

_SLAB = 20_000
"""Characters given to the tokenizer at once, which bounds its memory."""

LONGEST_BREAK = 4
"""Signs of a sentence's end that may come before the place where the next one begins."""

_BREAKS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"[.!?…][\"'”’»)\]]*\s|[。！？]"),
    re.compile(r"\n"),
    re.compile(r"\s"),
)
"""Places to cut, the best first; the cut falls behind the match."""


class _Cutter:
    """Cuts stretches of a document's text into overlapping spans."""

    def __init__(self, text: str, tables: _Tables, token_starts: TokenStarts, rules: ChunkRules):
        self.tables = tables
        self._text = text
        self._token_starts = token_starts
        self._rules = rules

    def spans(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield spans that cover text[start:end], without white space at their ends."""
        while start < end:
            slab_end = end
            if end - start > _SLAB:
                slab_end = self._best_break(start, start + _SLAB // 2, start + _SLAB)
            starts = [start + each for each in self._token_starts(self._text[start:slab_end])]
            for first, last in self._windows(start, slab_end, starts):
                first, last = _trimmed(self._text, first, last)
                if first < last:
                    yield first, last
            start = slab_end

    def _windows(self, start: int, end: int, starts: Sequence[int]) -> Iterator[tuple[int, int]]:
        covered = start
        while True:
            limit = self._limit(start, end, starts)
            if start < covered and not self._brings_something(covered, limit):
                start = covered  # without an overlap
                continue
            if limit >= end:
                yield start, end
                return
            floor, limit = self._range_for_cut(start, limit, end, starts)
            covered = self._best_break(covered, max(floor, covered), max(limit, covered + 1))
            yield start, covered
            start = self._overlap_start(start, covered, starts)

    def _brings_something(self, covered: int, limit: int) -> bool:
        """Tell whether a chunk up to `limit` holds more than an overlap and a torn row."""
        row_fits = not self.tables.divides_a_row(limit) or self.tables.row_end(covered, limit)
        return limit > covered and bool(row_fits)

    def _limit(self, start: int, end: int, starts: Sequence[int]) -> int:
        """Return the furthest end that a chunk beginning at `start` may have."""
        rules, context = self._rules, self.tables.context_at(start)
        tokens = rules.max_tokens - self.tables.context_tokens_at(start)
        beyond = bisect_left(starts, start) + tokens
        by_tokens = starts[beyond] if beyond < len(starts) else end
        return min(max(by_tokens, start + 1), start + rules.max_characters - len(context), end)

    def _range_for_cut(
        self, start: int, limit: int, end: int, starts: Sequence[int]
    ) -> tuple[int, int]:
        """Return where a cut may fall: near the limit, or near the middle of what it divides."""
        rules = self._rules
        first = bisect_left(starts, start)
        left = bisect_left(starts, end) - first
        if rules.max_tokens < left < 2 * rules.max_tokens - rules.overlap_tokens:
            middle = self.tables.past_row(max(starts[first + left * 6 // 10], start + 1))
            limit = limit if self.tables.around(limit) else min(limit, middle)
        return start + max(1, (limit - start) // 2), limit

    def _best_break(self, covered: int, floor: int, limit: int) -> int:
        """Return the last position in (floor, limit] of the best kind of break there is.

        In a table that is the end of a row, if need be of one that begins before `floor`.
        """
        row_end = self.tables.row_end(covered, limit)
        if row_end is not None:
            return row_end
        inside_row: int | None = None
        for pattern in _BREAKS:
            for match in reversed(list(pattern.finditer(self._text, floor, limit))):
                if not self.tables.divides_a_row(match.end()):
                    return match.end()
                inside_row = inside_row or match.end()
        return inside_row if inside_row and self.tables.divides_a_row(limit) else limit

    def _overlap_start(self, start: int, cut: int, starts: Sequence[int]) -> int:
        """Return where the next chunk begins: a sentence before the cut, else at the cut."""
        if self.tables.around(cut):
            return cut
        earliest = max(bisect_left(starts, cut) - self._rules.overlap_tokens, 0)
        floor = max(starts[earliest], start + 1) if earliest < len(starts) else cut
        for pattern in _BREAKS[:2]:
            for match in pattern.finditer(self._text, max(floor - LONGEST_BREAK, start), cut):
                place = match.end()
                if floor <= place < cut and not self.tables.divides_a_row(place):
                    return place
        return cut


def _leading_space(text: str) -> int:
    return len(text) - len(text.lstrip())


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())
