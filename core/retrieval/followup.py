"""A follow-up question made able to stand alone, by rules: retrieval sees no conversation. Pure.

"And in 1918?" or "How old was she?" finds nothing, or anything. Where a question points back (with
a pronoun, or by being a mere stump), the content words of the question before it are added, as far
back as those point back too. The model still gets the question as it was asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.retrieval.analysis import DEFAULT_WAY
from core.retrieval.function_words import FUNCTION_WORDS
from core.retrieval.language import detect

FURTHEST = 3
"""Questions that are looked back at: further back the talk was about something else."""
STUMP = 2
"""With so few content words or fewer, a question that begins like a follow-up is one."""
MAX_ADDED = 24
"""Words; a pasted page is no question to look back at."""

_POINTING = {
    "en": "it its he him his she her hers they them their theirs this that these those there then "
    "one ones former latter same",
    "de": "er ihn ihm sein seine seiner seinen sie ihr ihre ihrer ihren es dieser diese dieses "
    "diesen diesem jener jene jenes dort dann damit dafür davon darüber dazu daran dessen deren "
    "derselbe dieselbe dasselbe",
    "fr": "il elle ils elles lui leur leurs son sa ses ce cela ça celui celle ceux celles y en "
    "cette cet ces",
    "es": "él ella ellos ellas su sus este esta esto estos estas ese esa eso esos esas allí ello",
    "it": "lui lei loro suo sua suoi sue questo questa questi queste quello quella ci ne",
    "pt": "ele ela eles elas seu sua seus suas isso isto este esta esse essa ali lá",
    "nl": "hij hem zij ze haar hun het dit dat deze die daar er ervan daarvan daarmee",
    "ru": "он его ему она её ей они их им это этот эта эти там тот та то те",
}
_ENGLISH_TOO = {"die", "son", "ci", "ne", "y", "en", "da"}
_ANYWHERE = set(" ".join(_POINTING.values()).split()) - _ENGLISH_TOO
"""For questions so short that their language cannot be told."""
_BEGINNING = re.compile(
    r"\s*(and|or|but|also|what about|how about|why|und|oder|aber|auch|was ist mit|wieso|warum|et|"
    r"ou|mais|pourquoi|y|o|pero|qué hay de|e|ma|perché|mas|en|of|maar|waarom|а|и|но)\b",
    re.IGNORECASE,
)
_POINTING_SIGNS = re.compile(r"[它他她]|这个|那个|这些|那些|其中|それ|その|これ|この")
_WORD = re.compile(r"\w+")


def standalone(question: str, earlier: Sequence[str]) -> str:
    """Return what to search for: the question, with words of earlier ones where it points back.

    `earlier` are the user's questions before it, the newest last.
    """
    added: list[str] = []
    pointing = question
    for before in reversed(earlier[-FURTHEST:]):
        if not _points_back(pointing):
            break
        added = [*_content(before), *added]
        pointing = before
    known = set(_WORD.findall(question.casefold()))
    new = [word for word in dict.fromkeys(added) if word.casefold() not in known]
    return " ".join([question, *new[:MAX_ADDED]])


def _points_back(question: str) -> bool:
    """Tell whether a question leans on what was said before it."""
    if _POINTING_SIGNS.search(question):
        return True
    content = _content(question)
    if not content:
        return True
    pointing = _POINTING.get(detect(question))
    if not _pointers(pointing).isdisjoint(_WORD.findall(question.casefold())):
        return True
    return len(content) <= STUMP and _BEGINNING.match(question) is not None


def _pointers(listed: str | None) -> set[str]:
    return set(listed.split()) if listed else _ANYWHERE


def _content(question: str) -> list[str]:
    """Return the words that say what a question is about, as they are written."""
    left_out = FUNCTION_WORDS.get(detect(question) or DEFAULT_WAY, frozenset())
    return [word for word in _WORD.findall(question) if word.casefold() not in left_out]
