"""The numbers and letters of a Word document's lists, which stand nowhere in its text.

A paragraph, or its style, names a list and a level; the list says how each level counts and how
that looks. So the numbers come from counting the paragraphs in their order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.retrieval.parsing.safe_xml import Element, attribute, child, children

BULLET = "-"
DEEPEST = 9
MAX_DIGITS = 6
MAX_LETTER = 26 * 10
"""Beyond this, letters would be repeated more than ten times."""
MAX_ROMAN = 3999
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc")),
    *((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_PLACE = re.compile(r"%([1-9])")


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level of a list counts; in `pattern` %1 stands for the first level's number."""

    start: int = 1
    form: str = "bullet"
    pattern: str = ""

    def number(self, count: int) -> str:
        """Return a number as this level writes it."""
        form = self.form.lower()
        if form.endswith("letter") and 0 < count <= MAX_LETTER:
            text = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        elif form.endswith("roman") and 0 < count <= MAX_ROMAN:
            text = "".join(_roman(count))
        else:
            return f"{count:02}" if form == "decimalzero" else str(count)
        return text.upper() if form.startswith("upper") else text


class Lists:
    """Counts a document's lists; used for one reading of it."""

    def __init__(self, roots: Iterable[Element]):
        self._levels: dict[str, dict[int, _Level]] = {}
        """By the list that others are instances of."""
        self._base: dict[str, str] = {}
        self._restarts: dict[str, dict[int, int]] = {}
        """Instances that have not been met yet, and the numbers that they begin with."""
        self._counts: dict[str, dict[int, int]] = {}
        self._of_style: dict[str, Element | None] = {}
        for root in roots:
            for name, each in children(root):
                if name == "abstractNum":
                    self._levels[attribute(each, "abstractNumId") or ""] = dict(_levels(each))
                elif name == "num":
                    self._read_instance(each)

    def note_style(self, style: str, properties: Element | None) -> None:
        """Remember the list that a style's paragraphs belong to."""
        self._of_style[style] = child(properties, "numPr")

    def label(self, properties: Element | None, style: str) -> str:
        """Count a paragraph and return what stands before its text, '' outside of lists."""
        own, inherited = child(properties, "numPr"), self._of_style.get(style)
        number_id, depth = (
            attribute(child(own, name), "val") or attribute(child(inherited, name), "val")
            for name in ("numId", "ilvl")
        )
        if not number_id or number_id == "0":
            return ""
        return self._counted(number_id, min(_whole(depth, 0), DEEPEST - 1))

    def _read_instance(self, element: Element) -> None:
        number_id = attribute(element, "numId") or ""
        self._base[number_id] = attribute(child(element, "abstractNumId"), "val") or ""
        self._restarts[number_id] = {
            _whole(attribute(each, "ilvl"), 0): _whole(attribute(start, "val"), 1)
            for name, each in children(element)
            if name == "lvlOverride" and (start := child(each, "startOverride")) is not None
        }

    def _counted(self, number_id: str, depth: int) -> str:
        base = self._base.get(number_id, "")
        levels = self._levels.get(base, {})
        level = levels.get(depth, _Level())
        counts = self._counts.setdefault(base, {})
        for each, start in self._restarts.pop(number_id, {}).items():
            counts[each] = start - 1
        counts[depth] = counts.get(depth, level.start - 1) + 1
        for deeper in [each for each in counts if each > depth]:
            del counts[deeper]
        return BULLET if level.form == "bullet" else _written(level, levels, counts)


def _written(level: _Level, levels: dict[int, _Level], counts: dict[int, int]) -> str:
    """Put the numbers of a level and those above it into its pattern."""

    def number(place: re.Match[str]) -> str:
        depth = int(place[1]) - 1
        of_level = levels.get(depth, _Level(form="decimal"))
        return of_level.number(counts.get(depth, of_level.start))

    return _PLACE.sub(number, level.pattern).strip()


def _levels(element: Element) -> Iterator[tuple[int, _Level]]:
    for name, each in children(element):
        if name == "lvl":
            yield (
                _whole(attribute(each, "ilvl"), 0),
                _Level(
                    _whole(attribute(child(each, "start"), "val"), 1),
                    attribute(child(each, "numFmt"), "val") or "decimal",
                    attribute(child(each, "lvlText"), "val") or "",
                ),
            )


def _whole(value: str | None, otherwise: int) -> int:
    """Read a whole number that is not too long to be meant."""
    known = value is not None and value.isdecimal() and len(value) <= MAX_DIGITS
    return int(value) if known and value else otherwise


def _roman(count: int) -> Iterator[str]:
    for worth, sign in _ROMAN:
        yield sign * (count // worth)
        count %= worth
