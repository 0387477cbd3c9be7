"""A conversation as a file for people (Markdown) or for programs (JSON). Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from core.records import Citation, CitationState, Conversation, Message, MessageState, Role

FORMAT = "outpost.conversation"
FORMAT_VERSION = 1
STATES = {
    CitationState.VERIFIED: "verified",
    CitationState.LINKED: "linked by Outpost",
    CitationState.UNSUPPORTED: "not supported by the source",
}
ENDINGS = {
    MessageState.STOPPED: "(stopped)",
    MessageState.INTERRUPTED: "(interrupted)",
    MessageState.FAILED: "(failed)",
    MessageState.STREAMING: "(still being written)",
}


def as_markdown(conversation: Conversation, messages: Sequence[Message]) -> str:
    """Return one branch as Markdown: what was asked and answered, and the sources of each."""
    head = [f"# {conversation.title}", f"{conversation.agent_name}, {_day(conversation)}"]
    if conversation.tags:
        head.append("Tags: " + ", ".join(conversation.tags))
    parts = [part for message in messages for part in _spoken(message, conversation.agent_name)]
    return "\n\n".join([*head, *parts]) + "\n"


def as_json(conversation: Conversation, messages: Sequence[Message]) -> str:
    """Return everything that is stored of a conversation; `messages` is the tree."""
    whole = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "conversation": asdict(conversation),
        "messages": [asdict(message) for message in messages],
    }
    return json.dumps(whole, default=_plain, ensure_ascii=False, indent=1) + "\n"


def _day(conversation: Conversation) -> str:
    return f"{conversation.created_at:%Y-%m-%d %H:%M} UTC"


def _spoken(message: Message, agent_name: str) -> list[str]:
    """Return a message's heading, its text as it was written, and its sources."""
    speaker = "You" if message.role is Role.USER else agent_name
    parts = [f"## {speaker}", message.text.strip()]
    if message.state in ENDINGS:
        parts.append(f"*{ENDINGS[message.state]}*")
    if message.citations:
        parts.append("Sources:\n\n" + "\n".join(_sources(message.citations)))
    return [part for part in parts if part]


def _sources(citations: Sequence[Citation]) -> list[str]:
    return list(dict.fromkeys(_source(each) for each in citations))


def _source(citation: Citation) -> str:
    page = f", page {citation.first_page}" if citation.first_page is not None else ""
    return f"- [{citation.number}] {citation.document_name}{page} ({STATES[citation.state]})"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a conversation holds a {type(value).__name__}, which JSON cannot hold")
