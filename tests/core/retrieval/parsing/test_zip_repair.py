"""An office file that was cut off gives the text before the cut."""

from __future__ import annotations

import random

import pytest

from core.retrieval.parsing.zip_repair import repaired
from tests.core.retrieval.parsing.conftest import Reader
from tests.core.retrieval.parsing.packages import docx, p


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_a_cut_document_is_read_to_the_cut(read: Reader, share: float) -> None:
    """The beginning is there, and the document says that the end is not."""
    chance = random.Random(4)
    words = [" ".join(f"{chance.random():.9f}" for _ in range(20)) for _ in range(500)]
    content = docx("".join(map(p, words)))
    document = read("a.docx", content[: int(len(content) * share)])
    assert document.text.startswith(words[0])
    assert len(document.text) > 0.8 * share * sum(map(len, words))
    assert "cut off" in document.problem
    assert read("b.docx", content).problem == ""


def test_nothing_is_left_of_noise() -> None:
    """Bytes that look like headers do no harm."""
    assert repaired(b"") is None
    assert repaired(b"PK\x03\x04" * 100) is None
    assert repaired(b"PK\x03\x04" + b"\xff" * 100) is None
