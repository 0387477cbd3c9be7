"""How an answer is taken apart for checking: sentences, words that carry meaning, quotations.

Pure and without a model, so that the same text is always judged in the same way.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_NUMBER = r"\d{1,3}(?:\s*[-–—]\s*\d{1,3})?"
_NUMBERS = rf"{_NUMBER}(?:\s*(?:,|;|&|and|und)\s*{_NUMBER})*"
_BRACKET = rf"\[\s*(?:[Ss]ources?\s*|[Qq]uellen?\s*)?({_NUMBERS})\s*\]"
_MARKER = re.compile(_BRACKET)
_ONE = re.compile(r"(\d+)(?:\s*[-–—]\s*(\d+))?")
_CLOSING = "[\"”’')\\]]*"
_ENDING = rf"{_CLOSING}(?:\s*{_BRACKET}{_CLOSING})*"
_END = re.compile(rf"(?<=[.!?]){_ENDING}(?:\s+|$)|(?<=[。！？]){_ENDING}\s*|\n+")
_SHORTENED = re.compile(
    r"(?:\b(?:dr|mr|mrs|ms|prof|st|sr|jr|no|nr|vs|etc|fig|e\.g|i\.e|approx|ca|bzw|z\.\s?b|d\.\s?h"
    r"|u\.\s?a)|(?<![^\W\d_])[^\W\d_])\.$",
    re.IGNORECASE,
)
"""Ends with a full stop that ends no sentence: an abbreviation, or a single letter."""
_WORD = re.compile(r"\w+")
_STRAY = re.compile(r"\[\W?\d+\]?")
"""A number that was meant as a source marker, and is none."""
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0e7f]")
_QUOTES = (('"', '"'), ("“", "”"), ("„", "“"), ("„", "”"), ("»", "«"), ("«", "»"))
_QUOTED = re.compile("|".join(f"{a}([^{a}{b}\n]+){b}" for a, b in _QUOTES))
_GAP = re.compile(r"\[?(?:\.\.\.|…)\]?")
_HYPHENS = re.compile(r"(?<=\w)[-\u00ad\u2010\u2011\u2013\ufffe\x02]\s*(?=\w)")
_MARKS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})

_THING = r"(?:document|guide|text|passage|source|page|context|dokument|quelle|handbuch|abschnitt)s?"
_ATTRIBUTION = re.compile(
    rf"^(?:(?:the|this|das|die|der) {_THING} (?:say|state|mention|note|explain|sagt|nennt)s?"
    r"(?: that)?"
    rf"|(?:according to|laut|nach) (?:the|this|dem|der) {_THING}),?\s+",
    re.IGNORECASE,
)
"""How a sentence begins that says where it has the rest from."""

_COMMON = """
a an and any are as at be been but by can could did do does for from had has have he her him his
how if in into is it its may more most must no not of on one only or our shall she should so some
such than that the their them then there these they this to was we were what when where which who
will with would you your also
aber als am an auch auf aus bei das dass dem den der des die ein eine einem einen einer es für hat
ich im in ist kann mit nach nicht noch nur oder sein sich sie sind so über um und vom von vor war
was wenn werden wie wird zu zum zur
"""
COMMON_WORDS = frozenset(_COMMON.split())
"""Words too frequent to show that a sentence comes from a source; English and German."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A span of a text: text[start:end] without surrounding white space."""

    start: int
    end: int
    text: str


def sentences(text: str) -> list[Sentence]:
    """Split a text at sentence ends and line breaks; source markers stay with their sentence."""
    result: list[Sentence] = []
    start = 0
    for match in [*_END.finditer(text), None]:
        if match and _goes_on(text, start, match):
            continue
        end = match.end() if match else len(text)
        piece = text[start:end]
        stripped = piece.strip()
        if _WORD.search(stripped):
            at = start + len(piece) - len(piece.lstrip())
            result.append(Sentence(at, at + len(stripped), stripped))
        start = end
    return result


def _goes_on(text: str, start: int, match: re.Match[str]) -> bool:
    """True where what looks like a sentence's end is an abbreviation within it."""
    at = match.start()
    if at == 0 or text[at - 1] != "." or "\n" in match.group() or "[" in match.group():
        return False
    following = text[match.end() : match.end() + 1]
    return following.islower() or bool(_SHORTENED.search(text, max(start, at - 12), at))


def named_numbers(sentence: str, most: int) -> list[int]:
    """Return the source numbers that a sentence names, up to `most`, each once, in order.

    Understands [1], [1, 2], [1][3], [1-3] and [source 1].
    """
    found: dict[int, None] = {}
    for group in _MARKER.findall(sentence):
        for first, last in _ONE.findall(group):
            low, high = int(first), min(int(last or first), most)
            found.update(dict.fromkeys(range(low, high + 1)))
    return [number for number in found if 1 <= number <= most]


def without_markers(text: str) -> str:
    """Return the text with a space for every source marker."""
    return _MARKER.sub(" ", text)


def without_attribution(sentence: str) -> str:
    """Return what a sentence says, without that a document says so."""
    return _ATTRIBUTION.sub("", sentence)


def content_words(text: str) -> list[str]:
    """Return a text's words that carry meaning, case folded and cut to their stems' length.

    Scripts without spaces between words give pairs of neighbouring characters instead.
    """
    words = _WORD.findall(without_markers(text).casefold())
    return [
        part
        for word in words
        if word not in COMMON_WORDS and _says_something(word)
        for part in _parts(word)
    ]


def _says_something(word: str) -> bool:
    return len(word) > 2 or word.isdigit() or not word.isascii()


def _parts(word: str) -> list[str]:
    if not word.isascii() and _IDEOGRAPH.search(word):
        return [word[at : at + 2] for at in range(max(len(word) - 1, 1))]
    return [_stem(word)]


def _stem(word: str) -> str:
    """Cut common endings, so that 'deployed' meets 'deploy'; crude, but equal on both sides."""
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def figures(text: str) -> frozenset[str]:
    """Return the numbers of a text, without separators: '1,500' and '1500' are the same."""
    own = _STRAY.sub(" ", without_markers(text))
    return frozenset(re.sub(r"[.,]", "", each) for each in _FIGURE.findall(own))


def quotations(sentence: str, least_words: int) -> list[list[str]]:
    """Return the quotations of a sentence, each as its parts between dots that leave out text."""
    found = ("".join(groups) for groups in _QUOTED.findall(sentence))
    quotes = [[plain(part) for part in _GAP.split(without_markers(quote))] for quote in found]
    return [
        [part for part in quote if part]
        for quote in quotes
        if sum(len(part.split()) for part in quote) >= least_words
    ]


def plain(text: str) -> str:
    """Undo line breaks, hyphenation, ligatures, kinds of quotes and case, to compare quotations."""
    flat = unicodedata.normalize("NFKC", text).translate(_MARKS).casefold()
    return " ".join(_HYPHENS.sub("", flat).split()).strip(" .,;:!?")
