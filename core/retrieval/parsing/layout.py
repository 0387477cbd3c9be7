"""Lines with their places on a page, made into one text with pages, paragraphs and headings.

Pure, and independent of the library that found the lines. Repeated page headers and footers are
dropped from all pages but the first that has them, since they would be found by every search.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from core.records import HeadingSpan, PageSpan

PAGE_SEPARATOR = "\n\n"
EDGE_LINES = 2
"""How many lines at a page's top and bottom may be headers and footers."""
MIN_PAGES_FOR_EDGES = 4
MIN_LINES_FOR_EDGES = 6
"""A page with fewer lines is a slide or the like: its first line says what it is about."""
REPEATED_SHARE = 0.4
"""Headers often alternate between left and right pages: two fifths is nearly every other."""
HEADING_GROWTH = 1.15
MAX_HEADING_LENGTH = 120
MAX_HEADING_SHARE = 0.2
MAX_HEADING_LEVELS = 3


class Line(NamedTuple):
    """A line of text: where its first character stands, in points from the lower left corner."""

    text: str
    x: float
    y: float
    size: float
    """Height of the first character's font box in points."""
    hyphenated: bool = False
    """True where the line's last word goes on in the next line."""


class Bookmark(NamedTuple):
    """An entry of the table of contents; `page` counts from 0."""

    level: int
    title: str
    page: int
    y: float | None


_Place = tuple[int, int]
"""Page and line, both counted from 0."""


def assemble(
    pages: Sequence[Sequence[Line]], bookmarks: Sequence[Bookmark] = ()
) -> tuple[str, tuple[PageSpan, ...], tuple[HeadingSpan, ...]]:
    """Return the text of all pages, where each page lies in it, and its headings."""
    pages = _without_repeated_edges(pages)
    places = _from_bookmarks(pages, bookmarks) or _from_sizes(pages)
    parts: list[str] = []
    spans: list[PageSpan] = []
    starts: dict[_Place, int] = {}
    size = 0
    for number, lines in enumerate(pages):
        if number:
            parts.append(PAGE_SEPARATOR)
            size += len(PAGE_SEPARATOR)
        page_start = size
        for index, (line, glue) in enumerate(_glued(lines, number, places)):
            starts[number, index] = size
            parts.append(line.text + glue)
            size += len(parts[-1])
        spans.append(PageSpan(number + 1, page_start, size))
    headings = tuple(
        HeadingSpan(level, title, starts[place])
        for place, (level, title) in sorted(places.items())
        if place in starts
    )
    return "".join(parts), tuple(spans), headings


def _glued(
    lines: Sequence[Line], page: int, headings: dict[_Place, tuple[int, str]]
) -> Iterator[tuple[Line, str]]:
    """Yield each line with what stands between it and the next: nothing, a line end, or two."""
    spacing = _usual_spacing(lines)
    for index, line in enumerate(lines):
        if index + 1 == len(lines):
            yield line, ""
            continue
        following = lines[index + 1]
        at_heading = (page, index + 1) in headings or (
            (page, index) in headings and abs(line.size - following.size) > 0.5
        )
        if at_heading or _is_gap(line, following, spacing):
            yield line, "\n\n"
        elif line.hyphenated:
            yield line, ""
        elif _is_same_line(line, following):
            yield line, "" if following.text[0] in ",.;:)" else " "
        else:
            yield line, "\n"


def _is_gap(line: Line, following: Line, spacing: float) -> bool:
    """Tell whether the distance to the next line is that between paragraphs, or columns."""
    step = line.y - following.y
    return spacing > 0 and (step > max(1.4 * spacing, 1.3 * line.size) or step < -0.5 * spacing)


def _is_same_line(line: Line, following: Line) -> bool:
    """Tell whether only a raised or lowered sign divides two pieces of one visible line."""
    return abs(line.y - following.y) < 0.4 * line.size and following.x > line.x


def _usual_spacing(lines: Sequence[Line]) -> float:
    """Return the commonest distance between lines, 0 where there is none."""
    steps = Counter(
        round(first.y - second.y) for first, second in pairwise(lines) if first.y - second.y > 1
    )
    return float(steps.most_common(1)[0][0]) if steps else 0.0


# ---------------------------------------------------------------- headers and footers


def _without_repeated_edges(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Drop lines that stand at the same place at the edge of many pages, but for their first."""
    if len(pages) < MIN_PAGES_FOR_EDGES:
        return [list(lines) for lines in pages]
    seen: dict[tuple[str, int], list[_Place]] = defaultdict(list)
    for number, lines in enumerate(pages):
        indexes = range(len(lines) if len(lines) >= MIN_LINES_FOR_EDGES else 0)
        for index in {*indexes[:EDGE_LINES], *indexes[-EDGE_LINES:]}:
            key = re.sub(r"\d+", "#", lines[index].text), round(lines[index].y / 4)
            seen[key].append((number, index))
    least = max(3, REPEATED_SHARE * len(pages))
    dropped = {place for places in seen.values() if len(places) >= least for place in places[1:]}
    return [
        [line for index, line in enumerate(lines) if (number, index) not in dropped]
        for number, lines in enumerate(pages)
    ]


# ---------------------------------------------------------------- headings


def _from_bookmarks(
    pages: Sequence[Sequence[Line]], bookmarks: Sequence[Bookmark]
) -> dict[_Place, tuple[int, str]]:
    """Find the line that each entry of the table of contents means."""
    places: dict[_Place, tuple[int, str]] = {}
    for mark in bookmarks:
        if not 0 <= mark.page < len(pages) or not pages[mark.page]:
            continue
        lines = pages[mark.page]
        title = _normal(mark.title)
        index = next((i for i, line in enumerate(lines) if _begins(line.text, title)), None)
        if index is None and mark.y is not None:
            index = next((i for i, line in enumerate(lines) if line.y <= mark.y), None)
        places.setdefault((mark.page, index or 0), (mark.level, mark.title))
    return places


def _normal(text: str) -> str:
    """Reduce a heading to its letters and digits, without a leading number."""
    return re.sub(r"^\d[\d.]*", "", re.sub(r"[\W_]+", "", text.casefold()))


def _begins(line: str, title: str) -> bool:
    """Tell whether a line is a title or, where it is broken, its beginning."""
    words = _normal(line)
    return bool(words) and (words == title or (len(words) > 12 and title.startswith(words)))


def _from_sizes(pages: Sequence[Sequence[Line]]) -> dict[_Place, tuple[int, str]]:
    """Take short lines in a larger type than the body for headings, the largest for the highest."""
    letters: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            letters[line.size] += len(line.text)
    if not letters:
        return {}
    body = letters.most_common(1)[0][0]
    found: dict[_Place, Line] = {}
    for number, lines in enumerate(pages):
        for index, line in enumerate(lines):
            before = found.get((number, index - 1))
            goes_on = before is not None and before.size == line.size
            if line.size >= body * HEADING_GROWTH and _could_be_heading(line.text, goes_on):
                found[number, index] = line
    if len(found) > MAX_HEADING_SHARE * sum(map(len, pages)):
        return {}
    return _levels(found)


def _could_be_heading(text: str, goes_on: bool) -> bool:
    """Tell headings from formulas, bullets and running text; a second line may begin small."""
    letters = sum(sign.isalpha() for sign in text)
    wordy = letters >= 3 and letters * 2 >= len(text) and len(text) <= MAX_HEADING_LENGTH
    begins_well = goes_on or (text[0].isalnum() and not text[0].islower())
    return wordy and begins_well and text[-1] not in ",;.:"


def _levels(found: dict[_Place, Line]) -> dict[_Place, tuple[int, str]]:
    """Rank headings by size; lines of one size that follow each other are one heading."""
    ranks = sorted({line.size for line in found.values()}, reverse=True)
    places: dict[_Place, tuple[int, str]] = {}
    opened: _Place | None = None
    last: _Place = (-1, -1)
    for place, line in sorted(found.items(), key=lambda item: item[0]):
        level = min(ranks.index(line.size) + 1, MAX_HEADING_LEVELS)
        goes_on = (
            opened is not None and place == (last[0], last[1] + 1) and found[last].size == line.size
        )
        if goes_on and opened is not None:
            places[opened] = (level, f"{places[opened][1]} {line.text}")
        else:
            opened = place
            places[place] = (level, line.text)
        last = place
    return places
