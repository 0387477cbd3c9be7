"""Searching conversations by their titles and all that was said in them, with snippets.

Words have no operators: each has to occur in one message, the last as a beginning, or all of
them as they stand in the title.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, select, text

from core.records import ConversationId, MessageId
from core.store.messages import FULL_TEXT, LIVING
from core.store.schema import conversation, message

OPENS, CLOSES = "\x02", "\x03"
"""Around a found word in what SQLite gives; no text that a person typed has them."""
SNIPPET_WORDS = 24
_MARKED = re.compile(f"{OPENS}([^{OPENS}{CLOSES}]*){CLOSES}")
_MATCHES = text("message_fts MATCH :words")


def in_title(words: str) -> ColumnElement[bool]:
    """Match conversations whose title has the words as they stand."""
    pattern = "%" + re.sub(r"([%_\\])", r"\\\1", words.strip().casefold()) + "%"
    return func.casefold(conversation.c.title).like(pattern, escape="\\")


def in_messages(words: str) -> Select[tuple[str]] | None:
    """Select the ids of conversations that mention the words; None where there is no word."""
    matching = _matching(words)
    if matching is None:
        return None
    hits = select(message.c.conversation_id).join(FULL_TEXT, FULL_TEXT.c.rowid == message.c.seq)
    return hits.where(_MATCHES.bindparams(words=matching), LIVING)


def best_messages(
    connection: Connection, words: str, conversation_ids: Iterable[ConversationId]
) -> dict[ConversationId, tuple[MessageId, str]]:
    """Return of each conversation the message that fits best, with its marked snippet."""
    matching, wanted = _matching(words), set(conversation_ids)
    if matching is None or not wanted:
        return {}
    ranked = (
        select(message.c.conversation_id, message.c.id, message.c.seq)
        .join(FULL_TEXT, FULL_TEXT.c.rowid == message.c.seq)
        .where(_MATCHES.bindparams(words=matching), LIVING)
        .order_by(text("message_fts.rank"))
    )
    best: dict[ConversationId, tuple[MessageId, int]] = {}
    for row in connection.execute(ranked):
        if row.conversation_id in wanted:
            best.setdefault(row.conversation_id, (row.id, row.seq))
    snippets = _snippets(connection, matching, [seq for _, seq in best.values()])
    return {each: (found, snippets[seq]) for each, (found, seq) in best.items()}


def marked(snippet: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Split SQLite's snippet into its text on one line and the places of the found words."""
    shown, marks = "", []
    for at, part in enumerate(_MARKED.split(snippet)):
        plain = re.sub(r"\s+", " ", part.replace(OPENS, "").replace(CLOSES, ""))
        if at % 2:
            marks.append((len(shown), len(shown) + len(plain)))
        shown += plain
    return shown, tuple(marks)


def _matching(words: str) -> str | None:
    """Return the words as an FTS5 query without operators; None where there are none."""
    terms = re.findall(r"\w+", words)
    return " ".join(f'"{term}"' for term in terms) + "*" if terms else None


def _snippets(connection: Connection, matching: str, rows: list[int]) -> dict[int, str]:
    snippet = func.snippet(text("message_fts"), 0, OPENS, CLOSES, "…", SNIPPET_WORDS)
    query = select(FULL_TEXT.c.rowid, snippet.label("snippet")).where(
        _MATCHES, FULL_TEXT.c.rowid.in_(bindparam("rows", expanding=True))
    )
    found: dict[int, str] = {}
    for at in range(0, len(rows), 500):
        given = {"words": matching, "rows": rows[at : at + 500]}
        found.update({row.rowid: row.snippet for row in connection.execute(query, given)})
    return found
