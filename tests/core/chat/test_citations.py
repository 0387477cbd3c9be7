"""Citations: true to the document's offsets, and never more than the evidence shows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chat import citations
from core.records import (
    ChunkId,
    Citation,
    CitationState,
    CollectionId,
    DocumentId,
    PageSpan,
    Passage,
)

VERIFIED, LINKED = CitationState.VERIFIED, CitationState.LINKED
UNSUPPORTED = CitationState.UNSUPPORTED

DOCUMENT = (
    "Outpost stores everything below one data folder.\n"
    "Only its owner can read it. The folder of models may lie elsewhere.\n\n"
    "Agents that nobody has asked for thirty minutes are stopped.\n"
    "A stopped agent frees its memory; deploying it again takes a few sec-\nonds.\n"
    "Der Speicherort heißt Datenordner und gehört dem Benutzer allein. 鯨は哺乳類です。\n"
)


def passage(start: int, end: int, name: str = "Guide.pdf") -> Passage:
    """Return a span of the document as a passage."""
    return Passage(
        ChunkId(f"chk_{start}"),
        DocumentId("doc"),
        name,
        CollectionId("c"),
        DOCUMENT[start:end],
        start,
        end,
        2,
        3,
        "",
        1,
        1.0,
    )


AT = DOCUMENT.index("Agents that")
STORAGE, AGENTS = passage(0, AT - 2), passage(AT, len(DOCUMENT))
BOTH = (STORAGE, AGENTS)


def cite(answer: str, passages: Sequence[Passage] = BOTH) -> tuple[Citation, ...]:
    """Check an answer against passages numbered from 1."""
    numbered = [replace(each, number=at) for at, each in enumerate(passages, 1)]
    return citations.cite(answer, numbered)


def only(answer: str, passages: tuple[Passage, ...] = BOTH) -> Citation:
    """Return the answer's one citation."""
    (citation,) = cite(answer, passages)
    return citation


def test_a_named_source_that_says_so_is_verified() -> None:
    """The citation leads to the document, the page, the offsets and the words."""
    answer = "Outpost stores everything below one data folder [1]."
    citation = only(answer)
    assert (citation.number, citation.state) == (1, VERIFIED)
    assert (citation.document_id, citation.document_name) == ("doc", "Guide.pdf")
    assert (citation.chunk_id, citation.first_page, citation.last_page) == ("chk_0", 2, 3)
    assert citation.quote == "Outpost stores everything below one data folder."
    assert DOCUMENT[citation.start : citation.end] == citation.quote
    assert answer[citation.answer_start : citation.answer_end] == answer
    assert citation.score == 1.0


def test_a_passage_in_the_middle_keeps_its_offsets() -> None:
    """Offsets are the document's, not the passage's."""
    citation = only("Agents that nobody asked for thirty minutes are stopped [2].")
    assert citation.state is VERIFIED
    assert citation.start == AT
    assert DOCUMENT[citation.start : citation.end] == citation.quote
    assert citation.quote.startswith("Agents that nobody")


def test_two_neighbouring_sentences_can_support_one() -> None:
    """What is spread over two sentences is quoted with both."""
    citation = only(
        "Agents nobody asked for thirty minutes are stopped, and a stopped agent frees memory [2]."
    )
    assert "thirty minutes" in citation.quote
    assert "frees its memory" in citation.quote
    assert DOCUMENT[citation.start : citation.end] == citation.quote


def test_a_named_source_that_does_not_say_so_is_unsupported() -> None:
    """Naming a number is not enough."""
    citation = only("Penguins live at the South Pole and eat fish [1].")
    assert citation.state is UNSUPPORTED
    assert citation.score == 0.0
    assert DOCUMENT[citation.start : citation.end] == citation.quote


def test_a_sentence_without_a_source_is_linked() -> None:
    """Where the answer names nothing, Outpost finds the passage, and says that it did."""
    citation = only("A stopped agent frees its memory.")
    assert (citation.number, citation.state) == (2, LINKED)
    assert citation.quote.startswith("A stopped agent frees its memory")


def test_a_sentence_that_says_little_is_left_alone() -> None:
    """Sentences of few words, and questions, are neither linked nor marked."""
    assert cite("Yes, it does.") == ()
    assert cite("The folder.") == ()
    assert cite("Shall I look for penguins at the South Pole?") == ()


def test_a_sentence_that_no_passage_supports_is_marked() -> None:
    """It names no source, so the nearest passage is given with how little of it is there."""
    citation = only("Agents can fly to the moon and sing while stopped.")
    assert (citation.number, citation.state, citation.named) == (2, UNSUPPORTED, False)
    assert 0 < citation.score < citations.VERIFY_SHARE


def test_the_wrong_source_and_the_right_one() -> None:
    """Where the answer names a passage that does not say so, the one that does is linked."""
    cited = cite("A stopped agent frees its memory [1].")
    assert [(each.number, each.state, each.named) for each in cited] == [
        (1, UNSUPPORTED, True),
        (2, LINKED, False),
    ]


def test_figures_must_be_the_sources() -> None:
    """A number that the passage does not have is not supported by the words around it."""
    source = replace(STORAGE, text="A bee visits 5,000 flowers on a single day in May.")
    assert only("A bee visits 5000 flowers on a single day [1].", (source,)).state is VERIFIED
    assert only("A bee visits 7000 flowers on a single day [1].", (source,)).state is UNSUPPORTED
    assert only("A bee visits 7000 flowers on a single day.", (source,)).state is UNSUPPORTED


def test_numbers_are_the_conversations() -> None:
    """A passage is cited by its own number, wherever it stands in the list."""
    (citation,) = citations.cite(
        "A stopped agent frees its memory [7].",
        [replace(AGENTS, number=7), replace(STORAGE, number=3)],
    )
    assert (citation.number, citation.state) == (7, VERIFIED)


def test_pages_are_those_of_the_quotation() -> None:
    """A passage over several pages is cited with the page that its words stand on."""
    turn = AGENTS.start + AGENTS.text.index("A stopped agent")
    pages = (PageSpan(2, 0, turn), PageSpan(3, turn, len(DOCUMENT)))
    citation = only("A stopped agent frees its memory [1].", (replace(AGENTS, pages=pages),))
    assert (citation.first_page, citation.last_page) == (3, 3)


@pytest.mark.parametrize("marker", ["[0]", "[3]", "[99]", "[1000]", "[x]", "[]", "[-1]", "[1"])
def test_a_number_that_is_no_source_counts_for_nothing(marker: str) -> None:
    """The sentence is then judged like one that names no source."""
    citation = only(f"A stopped agent frees its memory {marker}.")
    assert (citation.number, citation.state) == (2, LINKED)


@pytest.mark.parametrize(
    "answer",
    [
        "A stopped agent frees its memory [2].",
        "A stopped agent frees its memory. [2]",
        "A stopped agent frees its memory.[2]",
        "A stopped agent frees its memory.\n[2]",
        "[2] A stopped agent frees its memory.",
        "A stopped agent [2] frees its memory.",
        "A stopped agent frees its memory [2] [2].",
    ],
)
def test_a_marker_may_stand_anywhere_in_its_sentence(answer: str) -> None:
    """Before or after the full stop, doubled or in the middle: it is one citation."""
    citation = only(answer)
    assert (citation.number, citation.state) == (2, VERIFIED)
    assert answer[citation.answer_start : citation.answer_end].count("memory") == 1


@pytest.mark.parametrize(
    "markers", ["[1, 2]", "[1,2]", "[1; 2]", "[1][2]", "[1] [2]", "[1-2]", "[sources 1 and 2]"]
)
def test_several_sources_are_several_citations(markers: str) -> None:
    """Each is checked on its own, also after the full stop."""
    for answer in (
        f"A stopped agent frees its memory {markers}.",
        f"A stopped agent frees its memory. {markers} More to come?",
    ):
        cited = cite(answer, BOTH)
        assert [(each.number, each.state) for each in cited] == [(1, UNSUPPORTED), (2, VERIFIED)]


def test_each_sentence_is_judged_for_itself() -> None:
    """A true sentence does not vouch for its neighbour."""
    answer = (
        "Outpost stores everything below one data folder [1]. Bananas are yellow berries [1]. "
        "Agents that nobody has asked for thirty minutes are stopped."
    )
    cited = cite(answer, BOTH)
    assert [(each.number, each.state) for each in cited] == [
        (1, VERIFIED),
        (1, UNSUPPORTED),
        (2, LINKED),
    ]
    spans = [answer[each.answer_start : each.answer_end] for each in cited]
    assert [span.split()[0] for span in spans] == ["Outpost", "Bananas", "Agents"]


def test_quoted_words_must_be_the_sources() -> None:
    """A quotation that is not there word for word is unsupported, though its words occur."""
    said = 'The guide says "only its owner can read it" [1].'
    bent = 'The guide says "its owner can only read it" about the folder owner [1].'
    assert only(said).state is VERIFIED
    assert only(bent).state is UNSUPPORTED


def test_a_quotation_may_run_over_lines() -> None:
    """Line breaks and hyphens at line ends are not part of the words."""
    answer = "It says “deploying it again takes a few seconds” [2]."
    assert only(answer).state is VERIFIED


def test_the_text_between_two_quotations_is_none() -> None:
    """Short quotations do not make a quotation of what stands between them."""
    answer = 'The "folder" holds everything that Outpost stores below one "data" folder [1].'
    assert only(answer).state is VERIFIED


def test_other_languages_are_checked_too() -> None:
    """German words are words, with umlauts and without stop words."""
    citation = only("Der Datenordner gehört dem Benutzer allein [2].")
    assert citation.state is VERIFIED
    assert citation.quote.startswith("Der Speicherort")


def test_no_passages_no_citations() -> None:
    """Nothing is cited that was not given."""
    assert cite("Outpost stores everything below one data folder [1].", ()) == ()
    assert cite("", BOTH) == ()


def test_the_better_of_two_passages_is_linked() -> None:
    """With equal evidence the first one; otherwise the one that says more of it."""
    part = passage(AT, AT + 30)
    answer = "Agents that nobody has asked for thirty minutes are stopped."
    assert only(answer, (part, AGENTS)).number == 2
    assert only(answer, (AGENTS, AGENTS)).number == 1


@given(st.text(st.sampled_from("ab [12],;.!?\n\"“”' éß鯨Agentstop"), max_size=200))
def test_no_answer_breaks_the_check(answer: str) -> None:
    """Whatever a model writes, citations lie in the answer and in the document."""
    for citation in cite(answer, BOTH):
        assert 1 <= citation.number <= 2
        assert 0 <= citation.answer_start < citation.answer_end <= len(answer)
        assert DOCUMENT[citation.start : citation.end] == citation.quote
        assert citation.chunk_id == BOTH[citation.number - 1].chunk_id
        assert 0 <= citation.score <= 1


@given(st.text(max_size=120), st.text(max_size=120))
def test_no_passage_breaks_the_check(answer: str, text: str) -> None:
    """Nor does any passage: quotes are always the passage's own words."""
    strange = Passage(
        *(ChunkId("x"), DocumentId("x"), "x", CollectionId("x"), text, 7, 7 + len(text)),
        *(None, None, "", 1, 1.0),
    )
    for citation in cite(f"{answer} [1] {text} [1].", (strange,)):
        assert text[citation.start - 7 : citation.end - 7] == citation.quote


@pytest.mark.parametrize(
    "piece", ["[1]", "[1,", ". ", '"', "“a", "a.[1] ", "\n", "[1, 2, ", "word "]
)
def test_a_degenerate_answer_takes_no_time(piece: str) -> None:
    """A model that repeats itself for thousands of tokens is checked in a moment."""
    began_s = time.monotonic()
    cite(piece * 4000, BOTH)
    assert time.monotonic() - began_s < 2
