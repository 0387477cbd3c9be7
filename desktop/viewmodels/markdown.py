"""What can be said about Markdown without rendering it: finished blocks, markers, and safety.

An answer arrives in pieces. Blocks that can no longer change are rendered once; the rest stays
plain until it is finished. Text from a model is hostile until shown otherwise: what would take
the renderer too long is not given to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from core.records import Citation, CitationState

LONGEST_RICH = 40_000
"""Characters; a longer text stays plain, because rendering it would be felt (over 100 ms)."""
LONGEST_SHOWN = 120_000
"""Characters; of a longer text the beginning is shown, because laying it out would be felt."""
LONGEST_RUN = 4_000
"""Characters without a space; with a longer run the layout's time grows with its square."""
LONGEST_SHOWN_UNBROKEN = 40_000
MOST_LINES = 4_000
LONGEST_LINE = 20_000
MOST_CELLS_IN_ROW = 200
DEEPEST = 24
"""Levels of quotes and lists; deeper nesting costs more than its layout can show."""

CITE = "outpost-cite:"
"""The address of a citation marker in the text, followed by the citation's index."""

MARKS = {
    CitationState.VERIFIED: "&#91;{}\u2009✓&#93;",
    CitationState.LINKED: "&#91;{}&#93;",
    CitationState.UNSUPPORTED: "&#91;{}\u2009?&#93;",
}
"""How a citation looks in the text: what it is worth is told by a sign, not by colour alone.

Written as entities: a backslash before a bracket begins a formula."""

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})([^`\n]*)$")
_MARKER = re.compile(r"\[(\d{1,3})\](?![(:\[])")
_CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_NESTING = re.compile(r"^[\s>*+\-\d.]*")
_HEAVY = re.compile(r"[\[\]*_~`|!<]")
MOST_MARKS = 12_000
"""Characters that open or close something; the parser looks back for their partners."""


def finished_length(text: str) -> int:
    """Return how much of a growing text consists of blocks that cannot change any more.

    A block is finished by a blank line outside a fence, or by the line that closes a fence.
    """
    finished = at = 0
    fence = ""
    for line in text.splitlines(keepends=True):
        at += len(line)
        if not line.endswith("\n"):
            break
        opened = _FENCE.match(line.rstrip("\n"))
        if fence:
            if opened and _closes(fence, opened):
                fence = ""
                finished = at
        elif opened:
            fence = opened.group(1)
        elif not line.strip():
            finished = at
    return finished


def _closes(fence: str, line: re.Match[str]) -> bool:
    marks = line.group(1)
    return marks[0] == fence[0] and len(marks) >= len(fence) and not line.group(2).strip()


def plain_only(text: str) -> bool:
    """Tell whether a text has to be shown as it is, because rendering it would take too long."""
    if len(text) > LONGEST_RICH or len(_HEAVY.findall(text)) > MOST_MARKS:
        return True
    return any(_heavy(line) for line in text.splitlines())


def _heavy(line: str) -> bool:
    too_wide = len(line) > LONGEST_LINE or line.count("|") > MOST_CELLS_IN_ROW
    return too_wide or _depth(line) > DEEPEST


def shown_length(text: str) -> int:
    """Return how much of a text can be laid out without being felt."""
    most = min(len(text), LONGEST_SHOWN)
    if most > LONGEST_SHOWN_UNBROKEN and re.search(rf"\S{{{LONGEST_RUN}}}", text[:most]):
        most = LONGEST_SHOWN_UNBROKEN
    lines = text[:most].splitlines(keepends=True)
    return sum(len(line) for line in lines[:MOST_LINES])


def _depth(line: str) -> int:
    head = _NESTING.match(line)
    lead = head.group(0) if head else ""
    return lead.count(">") + lead.count("- ") + lead.count("* ") + lead.count("+ ")


def with_markers(text: str, citations: Sequence[Citation]) -> str:
    """Return the text with a link for every citation: at the model's own [n], else after its span.

    The link's address is CITE and the citation's index; [?] follows a sentence that no passage
    supports. Code is left as it is. Offsets of citations are code points of `text`.
    """
    code = list(code_ranges(text))
    edits: list[tuple[int, int, int]] = []
    for match in _MARKER.finditer(text):
        index = _named_there(citations, int(match.group(1)), match.start())
        if index is not None and not _inside(match.start(), code):
            edits.append((match.start(), match.end(), index))
    for index, citation in enumerate(citations):
        end = min(citation.answer_end, len(text))
        own = citation.state is CitationState.LINKED or not citation.named
        if own and not _inside(end, code):
            edits.append((end, end, index))
    for start, end, index in sorted(edits, reverse=True):
        citation = citations[index]
        link = f"[{MARKS[citation.state].format(citation.number)}]({CITE}{index})"
        text = f"{text[:start]}{link}{text[end:]}"
    return text


def _named_there(citations: Sequence[Citation], number: int, at: int) -> int | None:
    """Return the index of the citation that a [number] at a place of the answer stands for."""
    same = [(i, c) for i, c in enumerate(citations) if c.number == number and c.named]
    here = (i for i, c in same if c.answer_start <= at <= c.answer_end)
    return next(here, same[0][0] if same else None)


def code_ranges(text: str) -> Iterator[tuple[int, int]]:
    """Yield [start, end) of fenced code and code spans."""
    at = prose_from = 0
    fence, fenced_from = "", 0
    for line in text.splitlines(keepends=True):
        match = _FENCE.match(line.rstrip("\n"))
        if fence and match and _closes(fence, match):
            yield fenced_from, at + len(line)
            fence, prose_from = "", at + len(line)
        elif not fence and match:
            yield from _spans(text, prose_from, at)
            fence, fenced_from = match.group(1), at
        at += len(line)
    if fence:
        yield fenced_from, len(text)
    else:
        yield from _spans(text, prose_from, len(text))


def _spans(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for match in _CODE_SPAN.finditer(text, start, end):
        yield match.span()


def _inside(at: int, ranges: Sequence[tuple[int, int]]) -> bool:
    return any(start < at < end or start == at < end for start, end in ranges)
