"""An agent's instructions as its model sees them."""

from __future__ import annotations

from core.records import AgentDraft, AgentType

CITING = "Name the number of each source you use in square brackets, like [1]."


def instructions(draft: AgentDraft) -> str:
    """Return the system text: what the user wrote, and for RAG agents how to name sources.

    It is the same in every turn, so that its KV memory can be kept.
    """
    rules = [CITING] if draft.type is AgentType.RAG else []
    return "\n\n".join(part for part in (draft.system_prompt.strip(), *rules) if part)
