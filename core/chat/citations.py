"""Checks an answer against the passages it was given, without a model.

Each sentence of the answer is compared with the passages by the words that carry meaning. A
source that the answer names itself is verified or found unsupported; where the answer names none,
Outpost links the sentence to the passage that contains its words, and says that it did. A
citation never points to a passage that was not in the prompt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.records import Citation, CitationState, Passage

VERIFY_SHARE = 0.5
"""Share of a sentence's content words that a named source must contain."""
LINK_SHARE = 0.7
"""The same where Outpost chooses the source itself: stricter, since nobody named it."""
MIN_CONTENT_WORDS = 3
"""Sentences with fewer content words say too little to be linked to anything."""
MIN_QUOTED_WORDS = 3

_NUMBERS = r"\d{1,3}(?:\s*[,;]\s*\d{1,3})*"
_MARKER = re.compile(rf"\[({_NUMBERS})\]")
_SENTENCE_END = re.compile(rf"(?<=[.!?。！？])(?:\s*\[{_NUMBERS}\])*(?:\s+|$)|\n+")
_WORD = re.compile(r"\w+")
_QUOTED = re.compile(r"[\"“„»«]([^\"“”„»«]+)[\"”“»«]")

_COMMON = """
a an and any are as at be been but by can could did do does for from had has have he her his how
if in into is it its may more most must no not of on one only or our shall she should so some such
than that the their them then there these they this to was we were what when where which who will
with would you your
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


def cite(answer: str, passages: Sequence[Passage]) -> tuple[Citation, ...]:
    """Return the answer's citations in reading order; `passages[n - 1]` is source [n]."""
    texts = [_Source(passage) for passage in passages]
    found: list[Citation] = []
    for sentence in sentences(answer):
        named = _named(sentence.text, len(texts))
        if named:
            found += [_check(sentence, number, texts[number - 1]) for number in named]
        else:
            link = _link(sentence, texts)
            found += [link] if link else []
    return tuple(found)


def sentences(text: str) -> list[Sentence]:
    """Split a text at sentence ends and line breaks; source markers stay with their sentence."""
    result: list[Sentence] = []
    start = 0
    for match in [*_SENTENCE_END.finditer(text), None]:
        end = match.end() if match else len(text)
        piece = text[start:end]
        stripped = piece.strip()
        if _WORD.search(stripped):
            at = start + len(piece) - len(piece.lstrip())
            result.append(Sentence(at, at + len(stripped), stripped))
        start = end
    return result


def content_words(text: str) -> list[str]:
    """Return a text's words that carry meaning, case folded and cut to their stems' length."""
    words = (word.casefold() for word in _WORD.findall(_MARKER.sub(" ", text)))
    return [_stem(word) for word in words if word not in COMMON_WORDS and _says_something(word)]


def _says_something(word: str) -> bool:
    return len(word) > 2 or word.isdigit() or not word.isascii()


def _stem(word: str) -> str:
    """Cut common endings, so that 'deployed' meets 'deploy'; crude, but equal on both sides."""
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


class _Source:
    """A passage with its words looked up once."""

    def __init__(self, passage: Passage):
        self.passage = passage
        self.sentences = sentences(passage.text)
        self.words = frozenset(content_words(passage.text))
        self.plain = _plain(passage.text)

    def share(self, words: Sequence[str]) -> float:
        """Return the share of the words that occur here, 0 to 1."""
        if not words:
            return 0.0
        return sum(word in self.words for word in words) / len(words)

    def best_span(self, words: Sequence[str]) -> tuple[int, int]:
        """Return the one or two neighbouring sentences that contain most of the words."""
        wanted = frozenset(words)
        best, best_score = (0, len(self.passage.text)), 0.0
        for count in (1, 2):
            for at in range(len(self.sentences) - count + 1):
                first, last = self.sentences[at], self.sentences[at + count - 1]
                span = self.passage.text[first.start : last.end]
                hits = len(wanted & frozenset(content_words(span)))
                score = hits - 0.01 * (count - 1) - 0.0001 * len(span)
                if score > best_score:
                    best, best_score = (first.start, last.end), score
        return best


def _named(sentence: str, available: int) -> list[int]:
    """Return the source numbers that a sentence names and that exist, each once."""
    numbers = [int(n) for group in _MARKER.findall(sentence) for n in re.findall(r"\d+", group)]
    return [n for n in dict.fromkeys(numbers) if 1 <= n <= available]


def _check(sentence: Sentence, number: int, source: _Source) -> Citation:
    words = content_words(sentence.text)
    share = source.share(words)
    verified = share >= VERIFY_SHARE and _quotes_occur(sentence.text, source)
    state = CitationState.VERIFIED if verified else CitationState.UNSUPPORTED
    return _citation(sentence, number, source, words, share, state)


def _link(sentence: Sentence, sources: Sequence[_Source]) -> Citation | None:
    words = content_words(sentence.text)
    if len(words) < MIN_CONTENT_WORDS or not sources:
        return None
    number, share = max(
        ((at, source.share(words)) for at, source in enumerate(sources, 1)),
        key=lambda pair: (pair[1], -pair[0]),
    )
    source = sources[number - 1]
    if share < LINK_SHARE or not _quotes_occur(sentence.text, source):
        return None
    return _citation(sentence, number, source, words, share, CitationState.LINKED)


def _quotes_occur(sentence: str, source: _Source) -> bool:
    """True if every longer quotation of the sentence stands in the source word for word."""
    quotes = [_plain(quote) for quote in _QUOTED.findall(sentence)]
    return all(quote in source.plain for quote in quotes if len(quote.split()) >= MIN_QUOTED_WORDS)


def _plain(text: str) -> str:
    """Undo line breaks, hyphens at line ends and case, for comparing quotations."""
    return " ".join(re.sub(r"-\n\s*", "", text).casefold().split())


def _citation(
    sentence: Sentence,
    number: int,
    source: _Source,
    words: Sequence[str],
    share: float,
    state: CitationState,
) -> Citation:
    passage = source.passage
    start, end = source.best_span(words)
    return Citation(
        number=number,
        state=state,
        document_id=passage.document_id,
        document_name=passage.document_name,
        chunk_id=passage.chunk_id,
        first_page=passage.first_page,
        last_page=passage.last_page,
        start=passage.start + start,
        end=passage.start + end,
        quote=passage.text[start:end],
        answer_start=sentence.start,
        answer_end=sentence.end,
        score=round(share, 4),
    )
