"""Why an answer is as it is: the panel says what the record says, and nothing where none is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from core.records import (
    AgentType,
    AnswerRecord,
    Ask,
    Candidate,
    ChunkId,
    CollectionId,
    ConversationId,
    DocumentId,
    Evidence,
    Inspection,
    Ledger,
    LedgerEntry,
    LedgerKind,
    Message,
    MessageId,
    MessageState,
    ModelId,
    Passage,
    Role,
    Sampling,
    Timings,
    Usage,
    Verdict,
    now,
)
from core.store.conversations import ConversationStore
from desktop.viewmodels.base import Desk
from desktop.viewmodels.why import WhyViewModel
from desktop.views.controls import Elided
from desktop.views.look import Look
from desktop.views.search_panel import SearchPart
from desktop.views.why_panel import WhyPanel
from tests.desktop.conftest import Play, make_agent, until
from tests.desktop.views.test_models import press

PASSAGE = Passage(
    ChunkId("chk"), DocumentId("doc"), "pumps.pdf", CollectionId("col"),
    text="Check the seal every six weeks. " * 12, start=0, end=384, first_page=3, last_page=4,
    heading="", rank=1, score=0.61, lexical_score=0.9, lexical_rank=2,
)  # fmt: skip
LEDGER = Ledger(
    context_tokens=2048,
    reserved_tokens=400,
    entries=(
        LedgerEntry(LedgerKind.SYSTEM, "", 30),
        LedgerEntry(LedgerKind.PASSAGE, "pumps.pdf", 170),
        LedgerEntry(LedgerKind.HISTORY, "turn 1", 900, included=False),
    ),
)
RECORD = AnswerRecord(
    ModelId("small.gguf"), "ab" * 32, Sampling(temperature=0.3), 42, 2048, "cd" * 32, "stop",
    usage=Usage(200, 30, 120), timings=Timings(first_token_ms=480.0, tokens_per_s=31.25),
    ledger=LEDGER, passages=(PASSAGE,),
)  # fmt: skip


def answer(record: AnswerRecord | None) -> Message:
    return Message(
        MessageId("msg"), ConversationId("cnv"), None, Role.ASSISTANT, "Every six weeks.",
        MessageState.DONE, now(), record=record,
    )  # fmt: skip


@pytest.fixture
def panel(look: Look, qtbot: QtBot, desk: Desk) -> WhyPanel:
    made = WhyPanel(look, WhyViewModel(desk))
    qtbot.addWidget(made)
    return made


def words(panel: WhyPanel) -> list[str]:
    """Return every word that is shown, whole where there is no room for it."""
    labels = [each for each in panel.findChildren(QLabel) if each.isVisibleTo(panel)]
    return [each._full if isinstance(each, Elided) else each.text() for each in labels]


def test_the_ledger_says_what_was_seen_and_what_was_left_out(panel: WhyPanel) -> None:
    """Both lists stand apart, each entry with its tokens, under the sum of what was used."""
    panel.show_message(answer(RECORD))
    shown = words(panel)
    seen, left = shown.index("What the model saw"), shown.index("What did not fit and was left out")
    assert "200 of 2,048 tokens used by the prompt, 400 kept for the answer." in shown
    assert seen < shown.index("Passage: pumps.pdf") < left < shown.index("Earlier: turn 1")
    assert {"30", "170", "900"} <= set(shown)


def test_a_passage_says_how_it_was_found(panel: WhyPanel) -> None:
    """Rank and score of each way, a dash for the way that did not find it, and a short quote."""
    panel.show_message(answer(RECORD))
    shown = words(panel)
    assert "pumps.pdf · pages 3–4" in shown
    assert "keywords #2 (0.90) · meaning – · together 0.61" in shown
    quote = next(each for each in shown if each.startswith("Check the seal"))
    assert quote.endswith("…")
    assert len(quote) == 220


def test_the_record_says_how_the_answer_was_made(panel: WhyPanel) -> None:
    """Model, seed, speed and end are told in words that a person reads."""
    panel.show_message(answer(RECORD))
    shown = words(panel)
    for name, value in (
        ("Model", "small.gguf"),
        ("Seed", "42"),
        ("Speed", "31.3 tokens/s"),
        ("Ended because", "it was complete"),
    ):
        assert shown[shown.index(name) + 1] == value


def test_nothing_is_shown_for_an_answer_without_a_record(panel: WhyPanel) -> None:
    """The panel stays closed, and what it showed before is gone."""
    panel.show_message(answer(RECORD))
    panel.close_panel()
    panel.show_message(answer(None))
    assert panel.isHidden()
    assert "small.gguf" not in words(panel)


def test_what_the_agent_has_no_documents_for_has_no_section(panel: WhyPanel) -> None:
    """An answer without passages and with room for all is explained without empty headings."""
    whole = replace(LEDGER, entries=LEDGER.entries[:1])
    panel.show_message(answer(replace(RECORD, ledger=whole, passages=())))
    shown = words(panel)
    assert "What the model saw" in shown
    assert "Passages in the prompt" not in shown
    assert "What did not fit and was left out" not in shown


def test_a_document_can_be_asked_about(panel: WhyPanel, desk: Desk, play: Play[Any]) -> None:
    """Chosen in the list, it says why it was not used; everything found can be seen too."""
    collection = desk.core.collections.create(desk.owner.id, "Manuals")
    agent = make_agent(desk, "Reader", type=AgentType.RAG, collections=(collection.id,))
    store = ConversationStore(desk.core._database)
    ask = Ask(desk.owner.id, agent.id, "How often is the seal checked?")
    _, branch = store.open_turn(ask, agent)
    record = replace(RECORD, ledger=replace(LEDGER, evidence=Evidence.NOTHING_FOUND))
    reply = store.close_turn(
        branch[-1].id, written="I do not know.", state=MessageState.DONE, record=record
    )
    assert reply is not None

    async def story() -> None:
        (file := desk.core.settings.data_dir / "pumps.txt").write_text("Check the seal.", "utf-8")
        desk.core.collections.add_files(desk.owner.id, collection.id, [file])
        panel.show_message(reply)
        (part,) = panel.findChildren(SearchPart)
        await until(lambda: part.choice.count() == 2)
        part.choice.setCurrentIndex(1)
        part.choice.activated.emit(1)
        # The embedder is loaded for it, which takes half a minute where others compute too.
        await until(lambda: "cannot be searched" in "\n".join(words(panel)), 60)
        await press(part, "Everything that was found")
        await until(lambda: "0 passages were found" in "\n".join(words(panel)))

    play(story())


def test_a_candidate_shows_its_ranks_and_its_fate(panel: WhyPanel, look: Look) -> None:
    """Both ranks, both scores, the evidence, and in words what became of it."""
    part = SearchPart(look, panel._model)
    found = (Candidate(PASSAGE, 0.31, Verdict.BEYOND_LIMIT),)
    part._show_all(Inspection(found, 0.26, with_vectors=True))
    shown = "\n".join(label.text() for label in part.findChildren(QLabel))
    assert "keywords #2 (0.90) · meaning – · together 0.61" in shown
    assert "evidence 0.31" in shown
    assert "others were better" in shown
    part.deleteLater()
