"""Structured output: does every answer parse and follow its schema, however small the model?

Schemas of the kinds that scripts ask for, each with its own questions, drawn at a temperature at
which the model would ramble without a grammar.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from core.engines.base import EngineSpec
from core.records import ChatMessage, Role, Sampling, TextDelta
from core.streams import Cancel
from tests.benchmarks.engine_child import Answers, Child, serve
from tests.benchmarks.engine_sides import options, our_environ
from tests.benchmarks.figures import Figure, emit, progress

ANSWERS = 100
SLOTS = 4
TEXT = {"type": "string", "maxLength": 40}
SCHEMAS: tuple[dict[str, Any], ...] = (
    {"type": "object", "properties": {"answer": TEXT}, "required": ["answer"]},
    {
        "type": "object",
        "properties": {"name": TEXT, "age": {"type": "integer", "minimum": 0, "maximum": 120}},
        "required": ["name", "age"],
        "additionalProperties": False,
    },
    {"enum": ["positive", "negative", "neutral"]},
    {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 4},
    {
        "type": "object",
        "properties": {
            "sources": {
                "type": "array",
                "maxItems": 3,
                "items": {
                    "type": "object",
                    "properties": {"page": {"type": "integer", "minimum": 1, "maximum": 999}},
                    "required": ["page"],
                },
            },
            "certain": {"type": "boolean"},
        },
        "required": ["sources", "certain"],
    },
    {"anyOf": [{"type": "null"}, {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{4}$"}]},
    {
        "type": "object",
        "properties": {"date": {"type": "string", "format": "date"}, "kind": {"const": "invoice"}},
        "required": ["date", "kind"],
    },
    {
        "$defs": {"point": {"type": "array", "items": {"type": "integer"}, "maxItems": 2}},
        "type": "object",
        "properties": {"from": {"$ref": "#/$defs/point"}, "to": {"$ref": "#/$defs/point"}},
        "required": ["from", "to"],
    },
)
QUESTIONS = (
    "Describe the harbour of Hamburg.",
    "Who is Ada Lovelace?",
    "How do you feel about rain?",
    "Write a very long story.",
    "```json please```",
)


def measure(_rounds: int) -> None:
    """Emit how many of a hundred answers parse and follow their schema."""
    spec = {name: options()[name] for name in ("path", "threads")}
    with Child("engine_structured", environ=our_environ(), **spec) as child:
        wrong = child.ask("wrong")
    progress(f"answers that are not what was asked for: {wrong}")
    emit(Figure("valid_by_schema", ANSWERS - len(wrong), "answers", ANSWERS, "higher", ANSWERS))


# ---- in the child


def answers(path: str, threads: int) -> Answers:
    """Load the engine and say what the child can be asked."""
    from pathlib import Path

    from core.engines.llama.engine import LlamaEngine, WeightsShelf

    spec = EngineSpec(Path(path), context_tokens=1024, slots=SLOTS, threads=threads)
    engine = LlamaEngine(spec, WeightsShelf())

    def wrong() -> list[str]:
        with ThreadPoolExecutor(SLOTS) as clients:
            return [
                each for each in clients.map(lambda n: _asked(engine, n), range(ANSWERS)) if each
            ]

    return {"wrong": wrong, "close": engine.close}


def _asked(engine: Any, number: int) -> str:
    """Ask one question; return what is wrong with the answer, empty if nothing."""
    schema = SCHEMAS[number % len(SCHEMAS)]
    question = QUESTIONS[number // len(SCHEMAS) % len(QUESTIONS)]
    sampling = Sampling(
        temperature=1.0, seed=number, max_tokens=400, json_schema=json.dumps(schema)
    )
    tokens = engine.prompt_tokens([ChatMessage(Role.USER, question)])
    events = engine.generate(tokens, sampling, Cancel())
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    return _fault(text, schema)


def _fault(text: str, schema: dict[str, Any]) -> str:
    import jsonschema

    try:
        jsonschema.validate(json.loads(text), schema)
    except (ValueError, jsonschema.ValidationError) as error:
        return f"{text!r}: {str(error).splitlines()[0]}"
    return ""


if __name__ == "__main__":
    serve(answers)
