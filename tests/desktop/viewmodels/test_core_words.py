"""What the core says, in the window's language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from core.agents.validation import checked
from core.errors import InvalidInput
from core.records import AgentDraft, AgentType, ModelId, Sampling
from desktop.language import Language
from desktop.viewmodels import notices
from desktop.viewmodels.core_words import SENTENCES, known, told

CORE = Path(__file__).resolve().parents[3] / "core"
VALUE = re.compile(r"\{[^{}]*\}")


@pytest.fixture
def german(qapp: QApplication) -> Iterator[None]:
    """The window speaks German for one test."""
    spoken = Language("de", qapp)
    yield
    spoken.forget()


def spoken_by_the_core() -> Iterator[str]:
    """Every text of the core's source, with {} for each value that is put into it."""
    for file in CORE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr):
                parts = (p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
                yield "".join(map(str, parts))


def test_the_core_still_says_each_sentence() -> None:
    """A sentence that was changed in the core is found here, before it turns English."""
    spoken = set(spoken_by_the_core())
    assert [each for each in SENTENCES if VALUE.sub("{}", each) not in spoken] == []


def test_each_sentence_is_translated_with_its_values(german: None) -> None:
    """Whatever the names are, they are in the German sentence too."""
    for sentence in SENTENCES:
        text = VALUE.sub("Anna 7", sentence)
        translated = known(text)
        assert translated, sentence
        assert translated != text, sentence
        assert translated.count("Anna 7") == text.count("Anna 7"), sentence


def test_sentences_inside_and_beside_each_other_are_translated(german: None) -> None:
    """A reason is told within its sentence, and what to do about it behind it."""
    reason = "'a.gguf' cannot be used as a model: it does not begin like a GGUF file."
    advice = "Choose another model, or copy the file again from its source."
    whole = told(f"The model 'a' cannot be used: {reason} {advice}")
    assert "„a.gguf“" in whole
    assert "GGUF-Datei" in whole
    assert "cannot" not in whole
    assert "Choose" not in whole


def test_what_is_not_known_stays_as_it_is(german: None) -> None:
    """Words of a library or of the system are better than none."""
    assert told("segment 7 is out of tune") == "segment 7 is out of tune"
    assert told("The model runtime broke: segment 7.").endswith("segment 7.")


def test_a_refused_field_is_told_in_german(german: None) -> None:
    """As the core refuses it, with the form's word for the field and without its English."""
    draft = AgentDraft("A", AgentType.FINE_TUNED, ModelId("m"), sampling=Sampling(temperature=9))
    with pytest.raises(InvalidInput) as refused:
        checked(draft)
    shown = notices.sentence(refused.value)
    assert shown == "Temperatur ist 9; erlaubt ist 0 bis 5."
    assert "(" not in notices.advice(refused.value)


def test_english_is_the_cores_own() -> None:
    """Nothing is translated where the window speaks as the core does."""
    assert [known(each) for each in SENTENCES] == [""] * len(SENTENCES)
