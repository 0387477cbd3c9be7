"""What all requests are made of: kinds of texts and numbers, and a body that refuses the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from core.agents.validation import RANGES
from core.api.paths import ABSOLUTE

JsonDict = dict[str, Any]
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\x9f\s][^\x00-\x1f\x7f-\x9f]*$"


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("it holds a NUL character")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("it holds half of a character pair")
    return text


def _number(value: object) -> object:
    """Refuse what Python takes for a number and JSON does not."""
    if isinstance(value, (bool, str, bytes)):
        raise ValueError("it is no number")
    return value


# Limits come before the validator: behind it they would not be in the OpenAPI document.
Text = Annotated[
    str, Field(json_schema_extra={"pattern": r"^[^\u0000]*$"}), AfterValidator(_storable)
]
"""Text that the store can hold."""
Words = Annotated[str, Field(pattern=r"[^\x00-\x20\s]"), AfterValidator(_storable)]
"""Text with something in it."""
Flag = Annotated[bool, Field(strict=True)]
OnlyNumber = BeforeValidator(_number)
Number = Annotated[float, Field(allow_inf_nan=False), OnlyNumber]
Whole = Annotated[int, Field(ge=-(2**53), le=2**53), OnlyNumber]
LocalPath = Annotated[str, Field(max_length=4096, pattern=ABSOLUTE), AfterValidator(_storable)]
"""An absolute path of this machine."""
Name = Annotated[str, Field(max_length=80, pattern=ONE_LINE), AfterValidator(_storable)]
"""One line with something in it."""
TokenName = Annotated[Name, Field(max_length=64)]
Password = Annotated[Text, Field(min_length=8, max_length=1000)]
Tag = Annotated[Name, Field(max_length=40)]


def ranges_of(*names: str) -> Callable[[JsonDict], None]:
    """Return what puts the core's ranges of these fields into a body's JSON schema."""

    def add(schema: JsonDict) -> None:
        for name in schema.get("properties", {}).keys() & names:
            limits = {"minimum": RANGES[name].low, "maximum": RANGES[name].high}
            schema["properties"][name] |= limits

    return add


class Body(BaseModel):
    """A request's JSON object."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=ranges_of(*RANGES))

    def given(self) -> dict[str, Any]:
        """Return the fields that the client sent."""
        return {name: getattr(self, name) for name in self.model_fields_set}
