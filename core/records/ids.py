"""Identifiers of stored things, and the two ways of making a new one and of telling the time."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import NewType

UserId = NewType("UserId", str)
TokenId = NewType("TokenId", str)
ModelId = NewType("ModelId", str)
"""The model file's path below its storage folder, with forward slashes."""
AgentId = NewType("AgentId", str)
AgentVersionId = NewType("AgentVersionId", str)
ConversationId = NewType("ConversationId", str)
MessageId = NewType("MessageId", str)
CollectionId = NewType("CollectionId", str)
DocumentId = NewType("DocumentId", str)
ChunkId = NewType("ChunkId", str)
JobId = NewType("JobId", str)
StudyId = NewType("StudyId", str)
FolderId = NewType("FolderId", str)
EmbedderId = NewType("EmbedderId", str)
"""'starter', or the path of a model folder or GGUF file below the models folder."""
RerankerId = NewType("RerankerId", str)
"""The path of a model folder below the models folder; '' for none."""


def new_id(prefix: str) -> str:
    """Return a fresh identifier such as 'agt_5f2c…' (96 random bits)."""
    return f"{prefix}_{secrets.token_hex(12)}"


def now() -> datetime:
    """Return the present moment as an aware UTC datetime."""
    return datetime.now(UTC)
