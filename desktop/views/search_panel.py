"""The part of "Why this answer?" that looks into the search: what was found, and what was not."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from core.records import Candidate, DocumentId, Inspection, Passage
from desktop.theme import Space
from desktop.viewmodels.base import tr
from desktop.viewmodels.figures import decimal
from desktop.viewmodels.why import MOST, WhyViewModel, verdict, verdict_tone
from desktop.viewmodels.wording import pages
from desktop.views.controls import Button, Choice, Elided, chip, label
from desktop.views.layouts import STRETCH, clear, column, holder, row
from desktop.views.look import Look

QUOTE = 220


class SearchPart(QWidget):
    """Asks about one document, or about everything that the search considered."""

    def __init__(self, look: Look, model: WhyViewModel):
        super().__init__()
        self._look, self._model = look, model
        self.choice = Choice(tr("Document"))
        self.choice.setMinimumContentsLength(20)
        self.choice.setSizeAdjustPolicy(
            Choice.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.answer = column(gap=Space.M)
        everything = Button(look, tr("Everything that was found"), "search")
        everything.clicked.connect(lambda: model.search_again())
        self._asking = holder(
            column(label(tr("Why was this document not used?"), "section"), self.choice)
        )
        self._asking.hide()
        whole = column(self._asking, self.answer, row(everything, STRETCH), gap=Space.M)
        self.setLayout(whole)
        self.choice.chosen.connect(self._ask)
        model.documents_known.connect(self._offer)
        model.explained.connect(self._explain)
        model.searched.connect(self._show_all)
        self._offer()

    @Slot()
    def _offer(self) -> None:
        options = [(each.name, each.id) for each in self._model.documents]
        self.choice.offer([(tr("Choose a document…"), None), *options])
        self._asking.setVisible(bool(options))

    @Slot(object)
    def _ask(self, document_id: DocumentId | None) -> None:
        clear(self.answer)
        if document_id is not None:
            self._model.ask_about(document_id)

    @Slot(object, object)
    def _explain(self, document_id: DocumentId, found: Inspection) -> None:
        """Say the reason, and show the document's best passages."""
        if document_id != self.choice.value():
            return
        shown = tr("It was used: at least one of its passages was shown to the model.")
        self._fill(found.reason or shown, found, named=False)

    @Slot(object)
    def _show_all(self, found: Inspection) -> None:
        self.choice.select(None)
        words = tr("{count} passages were found; the best needs {least} to be evidence.")
        told = words.format(count=len(found.candidates), least=decimal(found.min_evidence, 2))
        self._fill(told, found, named=True)

    def _fill(self, words: str, found: Inspection, *, named: bool) -> None:
        clear(self.answer)
        self.answer.addWidget(label(words, wrap=True))
        if not found.with_vectors:
            without = tr("Without an embedder, words alone decided.")
            self.answer.addWidget(label(without, "caution", wrap=True))
        for each in found.candidates[:MOST]:
            self.answer.addWidget(_candidate(each, named=named))


def _candidate(candidate: Candidate, *, named: bool) -> QWidget:
    """Return a chunk with its scores and what became of it."""
    told = chip(verdict(candidate), verdict_tone(candidate))
    evidence = tr("evidence {score}").format(score=decimal(candidate.evidence, 2))
    said = row(told, label(evidence, "small"), STRETCH, gap=Space.S)
    return holder(column(passage_words(candidate.passage, named=named), said, gap=Space.XS))


def passage_words(passage: Passage, *, named: bool = True) -> QWidget:
    """Return a passage's place, how each way of searching ranked it, and its beginning."""
    place = pages(passage.first_page, passage.last_page)
    where = " · ".join(part for part in (passage.document_name if named else "", place) if part)
    found = [
        _rank(tr("keywords"), passage.lexical_rank, passage.lexical_score),
        _rank(tr("meaning"), passage.vector_rank, passage.vector_score),
        tr("together {score}").format(score=decimal(passage.score, 2)),
    ]
    text = " ".join(passage.text.split())
    quote = label(text if len(text) <= QUOTE else text[: QUOTE - 1] + "…", "small", wrap=True)
    words = column(label(" · ".join(found), "small", wrap=True), quote, gap=2)
    if where:
        words.insertWidget(0, Elided(where, "strong"))
    return holder(words)


def _rank(way: str, rank: int | None, score: float | None) -> str:
    if rank is None or score is None:
        return f"{way} –"
    return f"{way} #{rank} ({decimal(score, 2)})"
