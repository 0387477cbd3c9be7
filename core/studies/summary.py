"""Summaries of texts of any length: first of each part, then of the summaries until one is left."""

from __future__ import annotations

from collections.abc import Sequence

from core.records import ChatMessage, DocumentText, Passage, Role
from core.studies.pieces import as_passages, groups, pieces
from core.studies.writing import Writer

PART = """Here is a part of the document "{name}".

{text}

Summarise this part in a few sentences. Keep names, figures and dates, and add nothing."""
WHOLE = """Here is the document "{name}".

{text}

Summarise it in a few sentences. Keep names, figures and dates, and add nothing."""
TOGETHER = """Here are summaries of the parts of the document "{name}", in their order.

{text}

Summarise them as one text of a few sentences. Keep names, figures and dates, and add nothing."""
COLLECTION = """Here are summaries of several documents.

{text}

Summarise what these documents say in a few sentences. Keep names, figures and dates, and add \
nothing."""


def summarise_document(
    document: DocumentText, writer: Writer, instructions: str
) -> tuple[str, list[Passage]]:
    """Return a document's summary and the parts it was made of; raises as the writer does."""
    name = document.document.name
    room = writer.room_tokens(_messages(instructions, PART, name, ""))
    spans = pieces(document.text, room, writer.count)
    form = WHOLE if len(spans) == 1 else PART
    texts = [
        writer.summarise(_messages(instructions, form, name, document.text[start:end]))
        for start, end in spans
    ]
    text = condense(texts, writer, instructions, TOGETHER, name)
    return text, as_passages(document, spans)


def condense(
    texts: Sequence[str], writer: Writer, instructions: str, form: str, name: str = ""
) -> str:
    """Summarise summaries until one is left; '' where there is none."""
    texts = list(texts)
    while len(texts) > 1:
        room = writer.room_tokens(_messages(instructions, form, name, ""))
        texts = [
            writer.summarise(_messages(instructions, form, name, "\n\n".join(group)))
            for group in groups(texts, room, writer.count)
        ]
    return texts[0] if texts else ""


def _messages(instructions: str, form: str, name: str, text: str) -> list[ChatMessage]:
    system = [ChatMessage(Role.SYSTEM, instructions)] if instructions else []
    return [*system, ChatMessage(Role.USER, form.format(name=name, text=text))]
