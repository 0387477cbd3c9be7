"""The shapes of studies over documents and of golden questions."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from core import records
from core.api.answers.base import Answer
from core.api.answers.chat import CitationAnswer
from core.records import CellState, StudyKind, StudyState


class StudyAnswer(Answer):
    object: Literal["study"] = "study"
    id: str
    kind: StudyKind
    agent_id: str
    agent_name: str
    collection_id: str | None
    title: str
    questions: list[str]
    state: StudyState
    created_at: datetime
    updated_at: datetime
    total: int
    done: int
    failed: int
    documents: int
    documents_read: int
    documents_unread: int
    coverage: str
    text: str
    problem: str | None


class CellAnswer(Answer):
    object: Literal["study.cell"] = "study.cell"
    id: str
    """Its ordinal, for the cursor of the list."""
    ordinal: int
    document_id: str
    document_name: str
    question: str
    state: CellState
    text: str
    citations: list[CitationAnswer]
    problem: str | None

    @classmethod
    def of(cls, cell: records.StudyCell) -> CellAnswer:
        citations = [CitationAnswer.model_validate(each) for each in cell.citations]
        return cls(
            id=str(cell.ordinal),
            ordinal=cell.ordinal,
            document_id=cell.document_id,
            document_name=cell.document_name,
            question=cell.question,
            state=cell.state,
            text=cell.text,
            citations=citations,
            problem=cell.problem,
        )


class QuestionAnswer(Answer):
    text: str
    document: str
    page: int | None
    phrase: str
    refusal: bool


class CheckResultAnswer(Answer):
    question: QuestionAnswer
    passed: bool
    why: str
    answer: str
    citations: list[CitationAnswer]


class CheckRunAnswer(Answer):
    object: Literal["check.run"] = "check.run"
    id: str
    agent_id: str
    version: int
    version_id: str
    started_at: datetime
    finished_at: datetime
    passed: int
    total: int
    results: list[CheckResultAnswer]
