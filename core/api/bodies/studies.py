"""Work over many documents, and golden questions."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core.api.bodies.base import Body, Flag, OnlyNumber, Text, Words
from core.records import GoldenQuestion


class StudyBody(Body):
    """Work over many documents: a summary, or with questions a table of answers."""

    agent_id: Text
    document_ids: list[Text] = Field(default=[], max_length=10_000)
    collection_id: Text | None = Field(default=None, description="all of its documents instead")
    questions: list[Words] = Field(default=[], max_length=50, description="none for a summary")


class QuestionBody(Body):
    """A golden question: what a right answer to it has; what is left empty is not asked for."""

    text: Words
    document: Text = Field(default="", description="the name of a document that has to be cited")
    page: Annotated[int, Field(ge=1, le=2**31), OnlyNumber] | None = None
    phrase: Text = Field(default="", description="words that the answer has to contain")
    refusal: Flag = Field(default=False, description="the agent has to find no evidence")

    def question(self) -> GoldenQuestion:
        """Return what the core stores."""
        return GoldenQuestion(**self.model_dump())


class QuestionsBody(Body):
    """All golden questions of an agent."""

    questions: list[QuestionBody] = Field(max_length=1000)
