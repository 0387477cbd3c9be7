"""The small parts of a message."""

from __future__ import annotations

from core.records import ChunkId, Citation, CitationState, DocumentId
from desktop.views.message_parts import one_each


def cited(number: int, state: CitationState, *, named: bool = True) -> Citation:
    return Citation(
        number=number,
        state=state,
        document_id=DocumentId("doc"),
        document_name="doc.md",
        chunk_id=ChunkId("doc-0"),
        first_page=None,
        last_page=None,
        start=0,
        end=4,
        quote="Text",
        answer_start=0,
        answer_end=9,
        score=0.1,
        named=named,
    )


def test_each_source_has_one_chip_with_the_state_to_look_at_first() -> None:
    """A source that is named wrongly once is shown so, however often it is right."""
    wrong = cited(1, CitationState.UNSUPPORTED)
    right = cited(2, CitationState.VERIFIED)
    shown = one_each([right, cited(1, CitationState.VERIFIED), wrong])
    assert shown == [wrong, right]


def test_a_sentence_without_a_source_spoils_no_chip() -> None:
    """It is marked with the nearest source, which the answer never said supports it."""
    stray = cited(1, CitationState.UNSUPPORTED, named=False)
    right = cited(1, CitationState.VERIFIED)
    assert one_each([stray, right]) == [right]
    assert one_each([stray]) == []
