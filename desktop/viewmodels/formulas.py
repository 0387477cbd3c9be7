"""Formulas in Markdown: found, set apart from the text, and refused where they are too much.

A formula is taken out before Markdown is parsed, since its underscores and stars would be read
as emphasis, and a placeholder that no text has stands in its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from desktop.viewmodels.markdown import code_ranges

OPENS, CLOSES = "\ue000", "\ue001"
"""Private characters around a formula's index; taken out of the text before."""
LONGEST = 240
DEEPEST = 4
"""Nested braces; the time that laying a formula out takes doubles with each level (seen)."""
MOST = 60
"""Formulas of one text; more stay as they were written."""

_FORMULA = re.compile(
    r"\$\$(?P<block>[^$]{1,240}?)\$\$"
    r"|\\\[(?P<bracket>.{1,240}?)\\\]"
    r"|\\\((?P<inline>[^\n]{1,240}?)\\\)"
    r"|(?<![\\$\w])\$(?P<dollar>[^\s$](?:[^$\n]{0,238}[^\s$\\])?)\$(?![\d$\w])",
    re.DOTALL,
)
PLACEHOLDER = re.compile(f"{OPENS}(\\d+){CLOSES}")


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula's LaTeX, how it was written, and whether it stands on a line of its own."""

    latex: str
    written: str
    block: bool


def set_apart(text: str) -> tuple[str, list[Formula]]:
    """Return the text with placeholders for its formulas, and the formulas in their order."""
    text = text.replace(OPENS, "").replace(CLOSES, "")
    if "$" not in text and "\\(" not in text and "\\[" not in text:
        return text, []
    code = list(code_ranges(text))
    found: list[Formula] = []

    def replace(match: re.Match[str]) -> str:
        formula = _formula(match)
        inside = any(start <= match.start() < end for start, end in code)
        if inside or len(found) >= MOST or not drawable(formula.latex):
            return match.group(0)
        found.append(formula)
        return f"{OPENS}{len(found) - 1}{CLOSES}"

    return _FORMULA.sub(replace, text), found


def _formula(match: re.Match[str]) -> Formula:
    kind = match.lastgroup or ""
    return Formula(match.group(kind).strip(), match.group(0), kind in ("block", "bracket"))


def drawable(latex: str) -> bool:
    """Tell whether a formula is small enough to be drawn without being felt."""
    return bool(latex) and len(latex) <= LONGEST and _depth(latex) <= DEEPEST


def _depth(latex: str) -> int:
    """Return how deep groups are nested, those of \\left and of environments among them."""
    deepest = depth = 0
    for part in re.findall(r"\\left\b|\\right\b|\\begin\b|\\end\b|\\.|[{}^_]", latex, re.DOTALL):
        if part in ("{", "\\left", "\\begin"):
            depth += 1
        elif part in ("}", "\\right", "\\end"):
            depth -= 1
        deepest = max(deepest, depth)
    return deepest
