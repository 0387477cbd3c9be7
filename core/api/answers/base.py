"""What every response has: how it is read from a record, lists in pages, errors in one form."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

T = TypeVar("T")


class Answer(BaseModel):
    """A response's JSON object; most are read straight from a record's attributes."""

    model_config = ConfigDict(from_attributes=True, use_attribute_docstrings=True)


class Page(Answer, Generic[T]):
    """A part of a list; `after=last_id` gives the next where `has_more` is true."""

    object: Literal["list"] = "list"
    data: list[T]
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool = False


class CountAnswer(Answer):
    """How many things something was done to."""

    object: Literal["count"] = "count"
    count: int


class ErrorDetail(Answer):
    message: str
    type: str
    param: str | None
    code: str
    advice: str
    reason: str | None = None
    """Of a file that cannot be used, such as 'encrypted'."""


class ErrorAnswer(Answer):
    """How every error is answered."""

    error: ErrorDetail
