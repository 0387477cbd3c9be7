"""Colours for code: what Pygments finds in a block, in the theme's own inks.

The language is the one that the Markdown names; without one, or with one that is unknown, the
code stays in one colour. Guessing would be wrong too often, and takes time.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygments.lexer import Lexer

LONGEST = 12_000
"""Characters of a block that are coloured; more would be felt."""


def spans(code: str, language: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, length, ink) of the parts that have a colour of their own."""
    lexer = _lexer(language.strip().lower()[:40])
    if lexer is None or len(code) > LONGEST:
        return
    for start, kind, text in lexer.get_tokens_unprocessed(code):
        ink = _ink(str(kind))
        if ink:
            yield start, len(text), ink


@lru_cache(maxsize=40)
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language) if language else None
    except ClassNotFound:
        return None


def _ink(kind: str) -> str:
    """Return the colour token for one of Pygments' kinds, such as 'Token.Keyword.Type'."""
    for beginning, ink in _INKS:
        if kind.startswith(beginning):
            return ink
    return ""


_INKS = (
    ("Token.Comment", "muted"),
    ("Token.Keyword", "code_keyword"),
    ("Token.Name.Function", "code_name"),
    ("Token.Name.Class", "code_name"),
    ("Token.Name.Decorator", "code_name"),
    ("Token.Name.Tag", "code_keyword"),
    ("Token.Name.Builtin", "code_name"),
    ("Token.Name.Attribute", "code_name"),
    ("Token.Literal.String", "code_string"),
    ("Token.Literal.Number", "code_number"),
    ("Token.Operator.Word", "code_keyword"),
)
