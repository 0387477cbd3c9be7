"""The fuzzer of Markdown: any answer is shown, at once and as it grows, and its formulas drawn."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from core.records import ChunkId, Citation, CitationState, DocumentId
from desktop.viewmodels.markdown import code_ranges, finished_length, shown_length, with_markers
from desktop.views.look import Look
from desktop.views.richtext import RichText
from tests.fuzzing import SECONDS, fuzz, in_rounds

pytestmark = pytest.mark.timeout(SECONDS * 2 + 120)

BLOCKS = ["# ", "- ", "> ", "1. ", "```", "~~~", "\n", "\n\n", "    "]
LINKS = ["[", "](", ")", "![", "<b>", "<img>", "&#0;", "[1]", "[2]", "http://x"]
MARKS = ["`", "**", "_", "$", "$$", "\\(", "\\)", "\\frac{", "word"]
SIGNS = ["|", "|-|-|", "\\", "\x00", "\u202e", "\ufffc", "\U0001f600", "字", "\u2028", "\r"]
PARTS = st.sampled_from(BLOCKS + LINKS + MARKS + SIGNS)
ANSWERS = st.lists(st.one_of(PARTS, st.text(max_size=8)), max_size=80).map("".join)


def _citations(text: str, places: Sequence[int]) -> list[Citation]:
    ends = [(min(place, len(text)), min(place + 5, len(text))) for place in places]
    return [
        Citation(
            number=number,
            state=list(CitationState)[number % 3],
            document_id=DocumentId("doc"),
            document_name="a.txt",
            chunk_id=ChunkId("chunk"),
            first_page=None,
            last_page=None,
            start=0,
            end=1,
            quote="a",
            answer_start=start,
            answer_end=end,
            score=0.5,
            named=bool(number % 2),
        )
        for number, (start, end) in enumerate(ends, 1)
    ]


def test_markdown(qtbot: QtBot, look: Look) -> None:
    """Marked, rendered at once and rendered in pieces, any text is shown without an error."""
    view = RichText(look, "Answer")
    qtbot.addWidget(view)

    @in_rounds
    @given(ANSWERS, st.lists(st.integers(0, 300), max_size=3))
    def tried(text: str, places: Sequence[int]) -> None:
        ranges = list(code_ranges(text))
        assert all(0 <= start < end <= len(text) for start, end in ranges)
        assert 0 <= finished_length(text) <= len(text)
        assert 0 <= shown_length(text) <= len(text)
        view.show_text(with_markers(text, _citations(text, places)))
        view.show_text("")
        half = len(text) // 2
        view.append(text[:half])
        view.append(text[half:])
        while look.formulas._wanted:
            look.formulas._draw_next()

    assert fuzz(tried) > 0
