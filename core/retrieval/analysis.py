"""Texts to the words that the keyword index holds, each in the way of its language.

A chunk is stemmed and freed of its stop words in the language it is written in; a question in
every language that the index holds, since what it asks for may be written in any of them. Signs
that are written without spaces between words (Chinese, Japanese, Thai and others) become single
signs and pairs of neighbours. Where a language has no stemmer here, or cannot be told, English
serves: what matters then is that text and question are treated alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.retrieval.function_words import FUNCTION_WORDS, UNSPACED_FUNCTION_WORDS
from core.retrieval.language import detect

if TYPE_CHECKING:
    import tantivy

DEFAULT_WAY = "en"
_STEMMED = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}
WAYS = tuple(_STEMMED)
"""The ways of treating a text, by the language's ISO 639-1 code."""
_WITHOUT_STOP_WORDS = frozenset({"ar", "el", "ro", "ta", "tr"})
"""Languages whose stop words tantivy does not know."""
LONGEST_WORD = 40
UNSPACED = re.compile(
    r"[\u2e80-\u2fdf\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\uf900-\ufaff\U00020000-\U0003ffff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\uac00-\ud7af]+"
)
"""A run of signs of scripts that are written without spaces between words."""
_UNSPACED_FUNCTION_WORD = re.compile("|".join(UNSPACED_FUNCTION_WORDS))


def way_of(language: str) -> str:
    """Return how a text of this language is treated."""
    return language if language in _STEMMED else DEFAULT_WAY


def is_unspaced(word: str) -> bool:
    """Tell a sign or a pair of signs of a script without spaces from a word."""
    return UNSPACED.match(word) is not None


class Analysis:
    """Analyzers by language, each made when it is first wanted; for one thread."""

    def __init__(self) -> None:
        self._analyzers: dict[str, tantivy.TextAnalyzer] = {}

    def words(self, text: str, language: str) -> list[str]:
        """Return a text's words as they are indexed, in their order."""
        return list(self._analyzer(way_of(language)).analyze(_spread(_normal(text))))

    def asked(self, question: str, ways: Sequence[str]) -> list[tuple[str, ...]]:
        """Return for each content word of a question the forms that the index may hold.

        `ways` are those that the index holds, the commonest first: a form for each, no form
        twice. A word comes once. Function words of the question's language, or else of the
        commonest one, are left out.
        """
        text = _UNSPACED_FUNCTION_WORD.sub(" ", _normal(question))
        spoken = detect(text) or (ways[0] if ways else DEFAULT_WAY)
        left_out = FUNCTION_WORDS.get(spoken, frozenset())
        plain = self._analyzer("").analyze(_spread(text))
        forms = (self._forms(word, ways) for word in plain if word not in left_out)
        return list(dict.fromkeys(each for each in forms if each))

    def _forms(self, word: str, ways: Sequence[str]) -> tuple[str, ...]:
        found = (form for way in ways for form in self._analyzer(way).analyze(word))
        return tuple(dict.fromkeys(found))

    def _analyzer(self, way: str) -> tantivy.TextAnalyzer:
        """Return the analyzer of a language; that of '' neither stems nor leaves out anything."""
        if way not in self._analyzers:
            self._analyzers[way] = _built(way)
        return self._analyzers[way]


def _built(way: str) -> tantivy.TextAnalyzer:
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    builder = TextAnalyzerBuilder(Tokenizer.simple())
    builder = builder.filter(Filter.remove_long(LONGEST_WORD)).filter(Filter.lowercase())
    if not way:
        return builder.build()
    if way not in _WITHOUT_STOP_WORDS:
        builder = builder.filter(Filter.stopword(_STEMMED[way]))
    return builder.filter(Filter.stemmer(_STEMMED[way])).filter(Filter.ascii_fold()).build()


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _spread(text: str) -> str:
    """Put spaces around each sign and each pair of signs that are written without them."""
    return UNSPACED.sub(lambda match: f" {' '.join(_grams(match.group()))} ", text)


def _grams(run: str) -> list[str]:
    pairs = [run[place : place + 2] for place in range(len(run) - 1)]
    return [*run, *pairs]
