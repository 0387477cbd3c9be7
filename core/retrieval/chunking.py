"""A parsed document cut into chunks: spans small enough to embed and to cite, large enough to read.

Pure. A chunk lies inside one page and never reaches across a heading of the same or a higher
rank than the one it stands under; a heading may take its first, deeper subsection along where
both fit. Inside such a span the cut falls at the best place near the limit: a paragraph, else a
sentence, else a line, else a word. Chunks of one span overlap by a sentence or two, so that a
sentence next to a cut is found with its neighbour.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.records import Chunk, HeadingSpan, ParsedDocument
from core.retrieval.tokens import TokenStarts, estimated_token_starts

HEADING_SEPARATOR = " › "
MAX_HEADING = 160
"""Characters of a heading path that are kept, the innermost ones first."""


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
    chunks: list[Chunk] = []
    for section in _joined(text, _sections(document), token_starts, rules):
        for start, end in _spans(text, section.start, section.end, token_starts, rules):
            chunks.append(
                Chunk(
                    ordinal=len(chunks),
                    text=text[start:end],
                    start=start,
                    end=end,
                    first_page=section.page,
                    last_page=section.page,
                    heading=section.path,
                )
            )
    return chunks


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


def _spans(
    text: str, start: int, end: int, token_starts: TokenStarts, rules: ChunkRules
) -> Iterator[tuple[int, int]]:
    """Cut text[start:end] into overlapping spans without white space at their ends."""
    while start < end:
        slab_end = end
        if end - start > _SLAB:
            slab_end = _best_break(text, start + _SLAB // 2, start + _SLAB)
        starts = [start + each for each in token_starts(text[start:slab_end])]
        for first, last in _windows(text, start, slab_end, starts, rules):
            first, last = _trimmed(text, first, last)
            if first < last:
                yield first, last
        start = slab_end


def _windows(
    text: str, start: int, end: int, starts: Sequence[int], rules: ChunkRules
) -> Iterator[tuple[int, int]]:
    covered = start
    while True:
        limit = _limit(start, end, starts, rules)
        if limit <= covered:  # an overlap so large that nothing new would fit beside it
            start = covered
            continue
        if limit >= end:
            yield start, end
            return
        floor, limit = _range_for_cut(start, limit, end, starts, rules)
        covered = _best_break(text, max(floor, covered), max(limit, covered + 1))
        yield start, covered
        start = _overlap_start(text, start, covered, starts, rules)


def _limit(start: int, end: int, starts: Sequence[int], rules: ChunkRules) -> int:
    """Return the furthest end that a chunk beginning at `start` may have."""
    beyond = bisect_left(starts, start) + rules.max_tokens
    by_tokens = starts[beyond] if beyond < len(starts) else end
    return min(max(by_tokens, start + 1), start + rules.max_characters, end)


def _range_for_cut(
    start: int, limit: int, end: int, starts: Sequence[int], rules: ChunkRules
) -> tuple[int, int]:
    """Return where a cut may fall: near the limit, or near the middle of what one cut divides."""
    first = bisect_left(starts, start)
    left = bisect_left(starts, end) - first
    if rules.max_tokens < left < 2 * rules.max_tokens - rules.overlap_tokens:
        limit = min(limit, max(starts[first + left * 6 // 10], start + 1))
    return start + max(1, (limit - start) // 2), limit


def _best_break(text: str, floor: int, limit: int) -> int:
    """Return the last position in (floor, limit] of the best kind of break there is."""
    for pattern in _BREAKS:
        found = [match.end() for match in pattern.finditer(text, floor, limit)]
        if found:
            return found[-1]
    return limit


def _overlap_start(
    text: str, start: int, cut: int, starts: Sequence[int], rules: ChunkRules
) -> int:
    """Return where the next chunk begins: at a sentence shortly before the cut, else at the cut."""
    earliest = max(bisect_left(starts, cut) - rules.overlap_tokens, 0)
    floor = max(starts[earliest], start + 1) if earliest < len(starts) else cut
    for pattern in _BREAKS[:2]:
        for match in pattern.finditer(text, max(floor - LONGEST_BREAK, start), cut):
            if floor <= match.end() < cut:
                return match.end()
    return cut


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())
