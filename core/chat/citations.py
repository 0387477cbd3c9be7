"""Checks an answer against the passages it was given, without a model.

Each sentence of the answer is compared with the passages by the words that carry meaning, its
figures and its quotations. A source that the answer names itself is verified or found
unsupported; where it names none, or the wrong one, Outpost links the sentence to the passage that
supports it, and says that it did. A sentence that no passage supports is marked with the one
nearest to it. A citation never points to a passage that was not in the prompt.

Meaning is not compared: embedding ten sentences takes 170 ms on two cores, and it improved the
distinction of right from wrong passages by 0.002 in the area under the curve (0.9925 by words, 250
claims made from SQuAD's questions and answers).
"""

from __future__ import annotations

from collections.abc import Sequence

from core.chat.wording import (
    Sentence,
    content_words,
    figures,
    named_numbers,
    plain,
    quotations,
    sentences,
    without_attribution,
)
from core.records import Citation, CitationState, Passage

VERIFY_SHARE = 0.5
"""Share of a sentence's content words that a named source must contain."""
LINK_SHARE = 0.7
"""The same where Outpost chooses the source itself: stricter, since nobody named it."""
MIN_CONTENT_WORDS = 3
"""Sentences with fewer content words say too little to be linked to anything, or to be marked."""
MIN_QUOTED_WORDS = 3


def cite(answer: str, passages: Sequence[Passage]) -> tuple[Citation, ...]:
    """Return the answer's citations in reading order; a passage is source [its number]."""
    sources = {passage.number: _Source(passage) for passage in passages}
    found: list[Citation] = []
    for sentence in sentences(answer) if sources else ():
        found += _judged(_Claim(sentence, max(sources)), sources)
    return tuple(found)


class _Claim:
    """A sentence of the answer with what has to be found in a source."""

    def __init__(self, sentence: Sentence, most: int):
        self.sentence = sentence
        self.numbers = named_numbers(sentence.text, most)
        self.words = content_words(without_attribution(sentence.text))
        self.figures = figures(sentence.text)
        self.quotes = quotations(sentence.text, MIN_QUOTED_WORDS)

    @property
    def says_something(self) -> bool:
        asks = self.sentence.text.endswith(("?", "？", ":", "："))
        return len(self.words) >= MIN_CONTENT_WORDS and not asks


class _Source:
    """A passage with its words looked up once."""

    def __init__(self, passage: Passage):
        self.passage = passage
        shown = f"{passage.context}\n{passage.text}"
        self.words = frozenset(content_words(shown))
        self.figures = figures(shown)
        self._plain: str | None = None
        self._sentences: list[tuple[Sentence, frozenset[str]]] | None = None

    def share(self, claim: _Claim) -> float:
        """Return the share of the claim's words that occur here, 0 to 1."""
        if not claim.words:
            return 0.0
        return sum(word in self.words for word in claim.words) / len(claim.words)

    def supports(self, claim: _Claim, least_share: float) -> bool:
        """True if the words are here, every figure is, and every quotation word for word."""
        return (
            self.share(claim) >= least_share
            and claim.figures <= self.figures
            and all(self._says(quote) for quote in claim.quotes)
        )

    def _says(self, quote: Sequence[str]) -> bool:
        """True if the parts of a quotation stand here in their order."""
        if self._plain is None:
            self._plain = plain(self.passage.text)
        at = 0
        for part in quote:
            at = self._plain.find(part, at)
            if at < 0:
                return False
            at += len(part)
        return True

    def best_span(self, words: Sequence[str]) -> tuple[int, int]:
        """Return the one or two neighbouring sentences that contain most of the words."""
        if self._sentences is None:
            self._sentences = [
                (each, frozenset(content_words(each.text))) for each in sentences(self.passage.text)
            ]
        wanted = frozenset(words)
        best, best_score = (0, len(self.passage.text)), 0.0
        for count in (1, 2):
            for at in range(len(self._sentences) - count + 1):
                (first, first_words), (last, last_words) = (
                    self._sentences[at],
                    self._sentences[at + count - 1],
                )
                hits = len(wanted & (first_words | last_words))
                score = hits - 0.01 * (count - 1) - 0.0001 * (last.end - first.start)
                if score > best_score:
                    best, best_score = (first.start, last.end), score
        return best


def _judged(claim: _Claim, sources: dict[int, _Source]) -> list[Citation]:
    """Return the citations of one sentence: the sources it names, else the one that fits best."""
    named = [number for number in claim.numbers if number in sources]
    checked = [_checked(claim, sources[number]) for number in named]
    if any(each.state is CitationState.VERIFIED for each in checked):
        return checked
    others = [source for number, source in sources.items() if number not in named]
    nearest = max(others, key=lambda source: source.share(claim), default=None)
    if not claim.says_something or nearest is None:
        return checked
    if nearest.supports(claim, LINK_SHARE):
        return [*checked, _citation(claim, nearest, CitationState.LINKED, named=False)]
    if checked:
        return checked
    return [_citation(claim, nearest, CitationState.UNSUPPORTED, named=False)]


def _checked(claim: _Claim, source: _Source) -> Citation:
    verified = source.supports(claim, VERIFY_SHARE)
    state = CitationState.VERIFIED if verified else CitationState.UNSUPPORTED
    return _citation(claim, source, state, named=True)


def _citation(claim: _Claim, source: _Source, state: CitationState, *, named: bool) -> Citation:
    passage = source.passage
    start, end = source.best_span(claim.words)
    first_page, last_page = _pages(passage, passage.start + start, passage.start + end)
    return Citation(
        number=passage.number,
        state=state,
        document_id=passage.document_id,
        document_name=passage.document_name,
        chunk_id=passage.chunk_id,
        first_page=first_page,
        last_page=last_page,
        start=passage.start + start,
        end=passage.start + end,
        quote=passage.text[start:end],
        answer_start=claim.sentence.start,
        answer_end=claim.sentence.end,
        score=round(source.share(claim), 4),
        named=named,
    )


def _pages(passage: Passage, start: int, end: int) -> tuple[int | None, int | None]:
    """Return the pages of a span of the document, as closely as the passage knows them."""
    touched = [page.number for page in passage.pages if page.start < end and start < page.end]
    if not touched:
        return passage.first_page, passage.last_page
    return touched[0], touched[-1]
