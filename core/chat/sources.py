"""How passages look in a prompt: numbered tags around them, and what keeps documents from posing.

The layout was chosen by trying others on the starter model. Sources numbered like a list make it
go on writing the list, file names in the tags make it write about files; and where it begins to
write a source of its own, its answer has ended.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from core.records import Passage

SOURCES_HEADING = "Here is what the documents say."
SOURCES_TASK = "Answer in a few sentences, from the sources."
SOURCES_STOP = ("<source", "</source")
_OWN_TAG = re.compile(r"<(?=/?source)", re.IGNORECASE)


def with_sources(question: str, passages: Sequence[Passage]) -> str:
    """Return the user's text as the model sees it: numbered sources, the question, the task."""
    if not passages:
        return question
    sources = "\n\n".join(tagged(each) for each in passages)
    return f"{SOURCES_HEADING}\n\n{sources}\n\n{question}\n\n{SOURCES_TASK}"


def tagged(passage: Passage) -> str:
    """Return a passage between its numbered tags."""
    text = f"{passage.context}\n{passage.text}".strip()
    return f"<source {passage.number}>\n{_without_tags(text)}\n</source>"


def _without_tags(text: str) -> str:
    """Break up the tags that a document writes itself, so that it cannot pose as another one."""
    return _OWN_TAG.sub("<\u200b", text)


def source_name(passage: Passage) -> str:
    """Return where a passage stands, such as 'Guide.pdf, page 3'."""
    if passage.first_page is None:
        return passage.document_name
    if passage.last_page in (None, passage.first_page):
        return f"{passage.document_name}, page {passage.first_page}"
    return f"{passage.document_name}, pages {passage.first_page}-{passage.last_page}"


def in_reading_order(passages: Iterable[Passage]) -> list[Passage]:
    """Return passages by document and place: the same ones always come in the same order."""
    return sorted(passages, key=lambda each: (each.document_name, each.document_id, each.start))


def covers(one: Passage, other: Passage) -> bool:
    """True if all of the other passage's text is in the first."""
    same = one.document_id == other.document_id
    return same and one.start <= other.start and other.end <= one.end
