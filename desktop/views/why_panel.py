"""Why an answer is as it is: what the model saw, what was left out, and how passages were found."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout

from core.records import AnswerRecord, Evidence, LedgerEntry, Message
from desktop.theme import Size, Space
from desktop.viewmodels.figures import decimal, number, short
from desktop.viewmodels.why import WhyViewModel
from desktop.viewmodels.wording import finish_reason, ledger_kind, speed
from desktop.views.controls import Elided, Icon, IconButton, label, line
from desktop.views.layouts import clear, column, holder, row, scrolled
from desktop.views.look import Look
from desktop.views.meter import Meter
from desktop.views.search_panel import SearchPart, passage_words

_RIGHT, _WHOLE = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag(0)


class WhyPanel(QFrame):
    """Shows one answer's ledger, its passages with their scores, and its record."""

    closed = Signal()

    def __init__(self, look: Look, model: WhyViewModel):
        super().__init__()
        self._look, self._model = look, model
        self.setProperty("role", "panel")
        self.setMinimumWidth(Size.PANEL_LEAST)
        self.setMaximumWidth(Size.PANEL)
        close = IconButton(look, "close", self.tr("Close the explanation"), self.close_panel)
        head = row(
            Icon(look, "note", "accent_text"), label(self.tr("Why this answer?"), "title"), close
        )
        head.setStretch(1, 1)
        head.setContentsMargins(Space.XL, Space.L, Space.M, Space.M)
        self._body = column(gap=Space.M, margins=(Space.XL, Space.M, Space.M, Space.XL))
        whole = column(head, line(), scrolled(holder(self._body), steady=True), gap=0)
        whole.setStretch(2, 1)
        self.setLayout(whole)
        self.hide()

    def close_panel(self) -> None:
        self.hide()
        self.closed.emit()

    def show_message(self, message: Message) -> None:
        """Explain one answer."""
        clear(self._body)
        record = message.record
        if record is None:
            return
        self._show_ledger(record)
        self._show_passages(record)
        if record.ledger is not None and record.ledger.evidence is not Evidence.NOT_SOUGHT:
            self._body.addWidget(SearchPart(self._look, self._model))
        self._show_record(record)
        self._body.addStretch(1)
        self._model.show(message)
        self.show()

    # ------------------------------------------------------------ what the model saw

    def _show_ledger(self, record: AnswerRecord) -> None:
        ledger = record.ledger
        if ledger is None:
            return
        self._section(self.tr("What the model saw"))
        used, total = ledger.used_tokens, ledger.context_tokens
        self._body.addWidget(Meter(self._look, used / max(1, total)))
        words = self.tr("{used} of {total} tokens used by the prompt, {free} kept for the answer.")
        self._say(
            words.format(
                used=number(used), total=number(total), free=number(ledger.reserved_tokens)
            )
        )
        self._table([_entry(entry) for entry in ledger.entries if entry.included])
        left_out = [entry for entry in ledger.entries if not entry.included]
        if left_out:
            self._section(self.tr("What did not fit and was left out"))
            self._table([_entry(entry) for entry in left_out])

    def _show_passages(self, record: AnswerRecord) -> None:
        if not record.passages:
            return
        self._section(self.tr("Passages in the prompt"))
        for passage in record.passages:
            self._body.addWidget(passage_words(passage))

    def _show_record(self, record: AnswerRecord) -> None:
        self._section(self.tr("How it was made"))
        sampling, usage, timings = record.sampling, record.usage, record.timings
        rows = [
            (self.tr("Model"), record.model),
            (self.tr("SHA-256 of the model"), record.model_sha256[:16] + "…"),
            (self.tr("Temperature"), short(sampling.temperature)),
            (self.tr("Seed"), str(record.seed)),
            (self.tr("Prompt tokens"), number(usage.prompt_tokens)),
            (self.tr("of them in memory already"), number(usage.cached_tokens)),
            (self.tr("Answer tokens"), number(usage.completion_tokens)),
            (self.tr("First word after"), f"{decimal(timings.first_token_ms / 1000, 2)} s"),
            (self.tr("Speed"), speed(timings.tokens_per_s)),
            (self.tr("Ended because"), finish_reason(record.finish_reason)),
            (self.tr("SHA-256 of the prompt"), record.prompt_sha256[:16] + "…"),
        ]
        self._table(rows, wide_names=False)

    # ------------------------------------------------------------ parts

    def _section(self, title: str) -> None:
        self._body.addWidget(label(title, "section"))

    def _say(self, text: str) -> None:
        self._body.addWidget(label(text, "small", wrap=True))

    def _table(self, rows: list[tuple[str, str]], *, wide_names: bool = True) -> None:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(Space.M)
        grid.setVerticalSpacing(Space.XS)
        for at, (name, value) in enumerate(rows):
            shown = label(value) if wide_names else Elided(value)
            shown.setAccessibleName(f"{name}: {value}")
            grid.addWidget(Elided(name, "muted") if wide_names else label(name, "muted"), at, 0)
            grid.addWidget(shown, at, 1, _RIGHT if wide_names else _WHOLE)
        grid.setColumnStretch(0 if wide_names else 1, 1)
        self._body.addWidget(holder(grid))


def _entry(entry: LedgerEntry) -> tuple[str, str]:
    kind = ledger_kind(entry.kind)
    words = kind if entry.label in ("", kind) else f"{kind}: {entry.label}"
    return words, number(entry.tokens)
