"""Markdown without rendering: finished blocks, citation markers, and what is too heavy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.records import ChunkId, Citation, CitationState, DocumentId
from desktop.viewmodels.markdown import (
    CITE,
    finished_length,
    plain_only,
    shown_length,
    with_markers,
)

MARKDOWN = st.text(alphabet="ab `~#>*-\n[]1.|", max_size=200)


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        ("", ""),
        ("one line", ""),
        ("a paragraph\n", ""),
        ("a paragraph\n\nnext", "a paragraph\n\n"),
        ("```py\nx = 1\n\ny = 2\n", ""),
        ("```py\nx = 1\n```\nafter", "```py\nx = 1\n```\n"),
        ("````\n```\n\n```\n", ""),
        ("~~~\n```\n~~~\nafter", "~~~\n```\n~~~\n"),
        ("- a\n- b\n\nafter\n", "- a\n- b\n\n"),
    ],
)
def test_a_block_is_finished_by_a_blank_line_or_a_closing_fence(text: str, finished: str) -> None:
    """What cannot change any more is told apart from what may still grow."""
    assert text[: finished_length(text)] == finished


@given(MARKDOWN, MARKDOWN)
def test_what_is_finished_stays_finished(text: str, more: str) -> None:
    """Text that comes later never takes a finished block back."""
    assert finished_length(text) <= finished_length(text + more) <= len(text + more)


def citation(number: int, state: CitationState, start: int, end: int) -> Citation:
    return Citation(
        number=number,
        state=state,
        document_id=DocumentId("doc"),
        document_name="guide.pdf",
        chunk_id=ChunkId("chk"),
        first_page=1,
        last_page=1,
        start=0,
        end=4,
        quote="text",
        answer_start=start,
        answer_end=end,
        score=1.0,
        named=state is not CitationState.LINKED,
    )


def test_a_named_source_becomes_a_link() -> None:
    """The model's own [2] leads to the citation of that number."""
    text = "Deploy it first [2]."
    linked = with_markers(text, [citation(2, CitationState.VERIFIED, 0, len(text))])
    assert linked == f"Deploy it first [&#91;2 ✓&#93;]({CITE}0)."


def test_a_linked_source_is_marked_after_its_sentence() -> None:
    """Where the model named nothing, the marker stands where Outpost linked."""
    text = "One. Two."
    linked = with_markers(text, [citation(1, CitationState.LINKED, 0, 4)])
    assert linked == f"One.[&#91;1&#93;]({CITE}0) Two."


def test_the_same_number_leads_to_the_citation_of_its_own_sentence() -> None:
    """Two sentences may cite one source for different passages."""
    text = "One [1]. Two [1]."
    citations = [
        citation(1, CitationState.VERIFIED, 0, 8),
        citation(1, CitationState.UNSUPPORTED, 9, 17),
    ]
    linked = with_markers(text, citations)
    assert f"({CITE}0). Two" in linked
    assert linked.endswith(f"({CITE}1).")


@pytest.mark.parametrize("text", ["```\nrow[1]\n```", "Take `row[1]` here.", "~~~\n[1]\n"])
def test_code_keeps_its_brackets(text: str) -> None:
    """An index in code is no citation."""
    assert with_markers(text, [citation(1, CitationState.VERIFIED, 0, len(text))]) == text


def test_links_and_unknown_numbers_are_left_alone() -> None:
    """Only numbers that are cited, and only where they are no link's text."""
    text = "See [1](https://example.org) and [7]."
    assert with_markers(text, [citation(1, CitationState.VERIFIED, 0, 5)]) == text


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        ">" * 10_000 + " deep",
        "> " * 10_000 + "deep",
        "- " * 500 + "deep",
        "[" * 50_000,
        "*a_" * 20_000,
        "word " * 40_000,
        "|" + "cell|" * 4_000,
    ],
)
def test_what_would_freeze_the_window_stays_plain(text: str) -> None:
    """Hostile and enormous texts are not given to the renderer."""
    assert plain_only(text)


def test_of_an_enormous_text_the_beginning_is_shown() -> None:
    """An unbroken line costs more to lay out than words do, so less of it is shown."""
    assert shown_length("a few words") == 11
    words, unbroken = "word " * 100_000, "x" * 500_000
    assert shown_length(unbroken) < shown_length(words) < len(words)


def test_an_ordinary_answer_is_rendered() -> None:
    """The limits are far beyond real answers."""
    assert not plain_only("# Title\n\n" + "A sentence with **bold** and `code`. " * 500)
