"""The doctor's findings: whether the stores are whole, and a way to put the indexes right."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from core.records import Hardware, HealthState, Store, StoreHealth
from desktop.theme import Space
from desktop.viewmodels.base import tr
from desktop.viewmodels.figures import count
from desktop.viewmodels.health import (
    Finding,
    HealthViewModel,
    advice,
    store_name,
    store_state,
    store_tone,
    store_words,
)
from desktop.views.controls import Button, Dot, Elided, label
from desktop.views.layouts import clear, column, holder, row
from desktop.views.look import Look
from desktop.views.model_cards import MachineCard
from desktop.views.settings.section import Rows, Section

REPAIRABLE = (HealthState.DAMAGED, HealthState.INCOMPLETE)


class HealthSection(Section):
    """Compares the database with the indexes that are made from it."""

    def __init__(self, look: Look, model: HealthViewModel):
        self._again = Button(look, tr("Examine"), "refresh", on_click=model.reload)
        self.repair = Button(look, tr("Repair"), "check", "primary", model.repair)
        meaning = tr(
            "The database is what counts. The indexes are made from it, and can be made again "
            "while Outpost is in use."
        )
        super().__init__(tr("Health"), meaning, self._again, self.repair)
        self._look, self._model = look, model
        self.verdict = label(tr("Being examined…"), "strong", wrap=True)
        self._rows = Rows(label(tr("Being examined…"), "muted"))
        self._aside = label(role="muted", wrap=True)
        self.group("", self.verdict)
        self.groups.insertWidget(1, self._rows)
        self.groups.insertWidget(2, self._aside)
        self._machine = column()
        self.groups.insertLayout(3, self._machine)
        model.changed.connect(self._show)
        model.machine_known.connect(self._show_machine)
        self._show()

    def begin(self) -> None:
        self._model.reload()
        self._model.look_at_machine()

    @Slot(object)
    def _show_machine(self, hardware: Hardware) -> None:
        clear(self._machine)
        self._machine.addWidget(MachineCard(self._look, hardware))

    @Slot()
    def _show(self) -> None:
        health, looking = self._model.health, self._model.looking
        self._again.setEnabled(not looking)
        self._again.change(tr("Examining…") if looking else tr("Examine"), "refresh")
        broken = health is not None and any(
            each.state in REPAIRABLE and each.store is not Store.DATABASE for each in health.stores
        )
        self.repair.setVisible(broken)
        self._aside.hide()
        if health is None:
            return
        self.repair.setEnabled(not health.repairing)
        self.verdict.setText(advice(health))
        stores = [self._row(each) for each in health.stores]
        self._rows.fill(*stores, *(self._further(each) for each in self._model.findings))
        if health.quarantined:
            folders = count(len(health.quarantined), "folder", "folders")
            words = tr("What was replaced is kept in {folders}, and may be deleted: {names}")
            names = ", ".join(health.quarantined)
            self._aside.setText(words.format(folders=folders, names=names))
            self._aside.show()

    def _row(self, found: StoreHealth) -> QWidget:
        name, state = store_name(found.store), store_state(found.state)
        said = label(state)
        said.setAccessibleName(f"{name}: {state}")
        return self._entry(store_tone(found.state), name, store_words(found), said)

    def _further(self, found: Finding) -> QWidget:
        return self._entry(found.tone, found.name, found.words)

    def _entry(self, tone: str, name: str, below: str, *tools: QWidget) -> QWidget:
        words = column(label(name, "strong"), Elided(below, "small"), gap=2)
        parts = row(Dot(self._look, tone), words, *tools, gap=Space.M)
        parts.setStretch(1, 1)
        return holder(parts)
