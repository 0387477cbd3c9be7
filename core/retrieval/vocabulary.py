"""How far an embedding model can be believed about a text, told by which words it knows.

A model learns the meaning of what is a piece of its vocabulary. Words that it has to spell, in
languages it was not trained for, it hardly understands: the cosines of Chinese texts by an English
model are high and say nothing. The share of known words tells that for every model and language,
without a list of either.
Source of the idea: Rust et al., How Good is Your Tokenizer?, ACL 2021.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from core.retrieval.analysis import UNSPACED
from core.retrieval.tokens import TokenizerFile

LEAST_TRUST = 0.2
"""Kept where no word is known: signs and names are compared all the same."""
NOTHING_KNOWN, ENOUGH_KNOWN = 0.3, 0.7
"""Shares of known words below which there is the least trust, and above which there is all. Half of
the questions lie between 0.9 and 1 (English), 0.66 and 0.88 (medicine), 0.27 and 0.5 (German) and
at 0 (Chinese) with the English starter."""
_WORD = re.compile(r"\w+")


class _Piece(NamedTuple):
    start: int
    end: int


def trust(known: float) -> float:
    """Return from LEAST_TRUST to 1 how far cosines count, by the share of words that is known."""
    reached = (known - NOTHING_KNOWN) / (ENOUGH_KNOWN - NOTHING_KNOWN)
    return LEAST_TRUST + (1 - LEAST_TRUST) * min(1.0, max(0.0, reached))


class Vocabulary:
    """The words of one embedding model; safe from any thread."""

    def __init__(self, folder: Path):
        self._tokenizer = TokenizerFile(folder)

    def tokens(self, text: str) -> int:
        """Return how many tokens a text has, about as many where there is no tokenizer."""
        return len(self._tokenizer.starts(text))

    def known(self, text: str) -> float:
        """Return the share of a text's words that are pieces of the vocabulary, from 0 to 1.

        In scripts without spaces two signs count as a word, and pieces of two or more as known.
        1 for a text without words, or where the model has no tokenizer to look into.
        """
        spans = self._tokenizer.known(text)
        if spans is None:
            return 1.0
        pieces = {_trimmed(text, *span) for span in spans}
        runs = [_Piece(*match.span()) for match in UNSPACED.finditer(text)]
        words = [_Piece(*match.span()) for match in _WORD.finditer(_blank(text))]
        count = len(words) + sum(run.end - run.start for run in runs) / 2
        found = sum(word in pieces for word in words) + sum(1 for _ in _inside(runs, pieces))
        return min(1.0, found / count) if count else 1.0


def _inside(runs: Sequence[_Piece], pieces: set[_Piece]) -> Iterator[_Piece]:
    """Yield the pieces of two or more signs that lie in a run without spaces."""
    for piece in pieces if runs else ():
        long = piece.end - piece.start > 1
        if long and any(run.start <= piece.start and piece.end <= run.end for run in runs):
            yield piece


def _blank(text: str) -> str:
    return UNSPACED.sub(lambda match: " " * len(match.group()), text)


def _trimmed(text: str, start: int, end: int) -> _Piece:
    """Leave out white space: some tokenizers count it to the piece that follows."""
    while start < end and text[start].isspace():
        start += 1
    return _Piece(start, end)
