"""Long work over many documents, and golden questions that check an agent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.records.ids import AgentId, AgentVersionId, CollectionId, DocumentId, StudyId, UserId
from core.records.retrieval import Citation


class StudyKind(StrEnum):
    SUMMARY = "summary"
    """Each document summarised, and one summary of them all."""
    TABLE = "table"
    """A list of questions, each asked of every document."""


class StudyState(StrEnum):
    RUNNING = "running"
    WAITING = "waiting"
    """Its agent is not deployed; it goes on by itself once it is."""
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FINISHED = "finished"


class StudyFormat(StrEnum):
    """What a study can be exported as."""

    CSV = "csv"
    XLSX = "xlsx"
    MARKDOWN = "md"


class CellState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    NO_EVIDENCE = "no_evidence"
    """The document says nothing about the question."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Study:
    """A long piece of work over many documents, done in steps that survive a restart."""

    id: StudyId
    owner_id: UserId
    kind: StudyKind
    agent_id: AgentId
    agent_name: str
    collection_id: CollectionId | None
    """None where the documents were named one by one."""
    title: str
    questions: tuple[str, ...]
    """Empty for a summary."""
    state: StudyState
    created_at: datetime
    updated_at: datetime
    total: int
    """Cells: documents times questions, or documents for a summary."""
    done: int
    failed: int
    documents: int
    documents_read: int
    documents_unread: int
    """Documents of which something could not be read."""
    text: str = ""
    """The summary of all documents, once it is made."""
    problem: str | None = None
    """Why it waits or has stopped."""

    @property
    def coverage(self) -> str:
        """One line on how much the study rests on: '6 of 120 documents read; 4 could not be'."""
        line = f"{self.documents_read} of {self.documents} documents read"
        return f"{line}; {self.documents_unread} could not be" if self.documents_unread else line


@dataclass(frozen=True, slots=True)
class StudyCell:
    """What one document says to one question, or its summary."""

    ordinal: int
    document_id: DocumentId
    document_name: str
    question: str
    state: CellState
    text: str = ""
    citations: tuple[Citation, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class GoldenQuestion:
    """A question with what a right answer to it has; whatever is left empty is not asked for."""

    text: str
    document: str = ""
    """The name of a document that has to be cited."""
    page: int | None = None
    """A page of it that has to be among the cited ones."""
    phrase: str = ""
    """Words that the answer has to contain; case and white space do not count."""
    refusal: bool = False
    """The agent has to find no evidence."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How one golden question was answered."""

    question: GoldenQuestion
    passed: bool
    why: str
    """What was missing; empty where it passed."""
    answer: str
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckRun:
    """All golden questions of an agent, asked of one of its versions."""

    id: str
    agent_id: AgentId
    version: int
    version_id: AgentVersionId
    started_at: datetime
    finished_at: datetime
    results: tuple[CheckResult, ...]

    @property
    def passed(self) -> int:
        return sum(result.passed for result in self.results)

    @property
    def total(self) -> int:
        return len(self.results)
