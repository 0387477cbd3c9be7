"""The shapes of responses, made from the core's records."""

from core.api.answers.agents import (
    AdapterAnswer,
    AgentAnswer,
    DeploymentAnswer,
    EngineAnswer,
    ParametersAnswer,
    RetrievalAnswer,
    SamplingAnswer,
)
from core.api.answers.base import Answer, ErrorAnswer, ErrorDetail, Page, page
from core.api.answers.chat import (
    ChatAnswer,
    CitationAnswer,
    ConversationAnswer,
    LedgerAnswer,
    LedgerEntryAnswer,
    MessageAnswer,
    PassageAnswer,
    RecordAnswer,
    ThreadAnswer,
    TimingsAnswer,
    UsageAnswer,
)
from core.api.answers.library import CollectionAnswer, DocumentAnswer, JobAnswer
from core.api.answers.system import (
    ModelAnswer,
    NewTokenAnswer,
    StatusAnswer,
    StepAnswer,
    TokenAnswer,
    UserAnswer,
)

__all__ = [
    "AdapterAnswer",
    "AgentAnswer",
    "Answer",
    "ChatAnswer",
    "CitationAnswer",
    "CollectionAnswer",
    "ConversationAnswer",
    "DeploymentAnswer",
    "DocumentAnswer",
    "EngineAnswer",
    "ErrorAnswer",
    "ErrorDetail",
    "JobAnswer",
    "LedgerAnswer",
    "LedgerEntryAnswer",
    "MessageAnswer",
    "ModelAnswer",
    "NewTokenAnswer",
    "Page",
    "ParametersAnswer",
    "PassageAnswer",
    "RecordAnswer",
    "RetrievalAnswer",
    "SamplingAnswer",
    "StatusAnswer",
    "StepAnswer",
    "ThreadAnswer",
    "TimingsAnswer",
    "TokenAnswer",
    "UsageAnswer",
    "UserAnswer",
    "page",
]
