"""How much Outpost may take of the machine, and how long it keeps what was deleted."""

from __future__ import annotations

from dataclasses import fields

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QSpinBox

from desktop.viewmodels.base import tr
from desktop.viewmodels.settings import SettingsViewModel
from desktop.views.agent_fields import Field, whole
from desktop.views.look import Look
from desktop.views.settings.section import Section

MINUTE_S = 60
LATER = ("threads", "slots", "trash_days", "rescan_s")
"""The limits that hold from the next start on."""


class LimitsSection(Section):
    """Each limit with its meaning; those that apply only at the next start stand apart."""

    def __init__(self, look: Look, model: SettingsViewModel):
        super().__init__(
            tr("Limits"), tr("How much Outpost may take of this machine, and how long.")
        )
        self._model = model
        self._agents = whole(1, 64, 1)
        self._replace = QCheckBox(tr("Make room when all places are taken"))
        self._idle = whole(0, 10_080, 5)
        self._idle.setSuffix(tr(" min"))
        self._idle.setSpecialValueText(tr("never"))
        self.later = self._make_later()
        self.group(tr("Deployed agents"), *self._agent_fields())
        self.group(tr("From the next start on"), *self._later_fields())
        self._connect()
        self._show()

    def _agent_fields(self) -> list[Field]:
        return [
            Field(
                tr("Agents deployed at once"),
                self._agents,
                tr("Each deployed agent keeps its model in memory."),
                beside=True,
            ),
            Field(
                "",
                self._replace,
                tr("Deploying then stops the agent that has been idle for longest."),
            ),
            Field(
                tr("Stop an unused agent after"),
                self._idle,
                tr("Frees the memory of an agent that nobody has asked for this long."),
                beside=True,
            ),
        ]

    def _make_later(self) -> dict[str, QSpinBox]:
        """Return a field for each limit that holds from the next start on."""
        made = {}
        for spec in fields(self._model.settings):
            if spec.name in LATER:
                low, high = int(spec.metadata["low"]), int(spec.metadata["high"])
                made[spec.name] = whole(low, high, 1)
        made["threads"].setSpecialValueText(tr("one per core"))
        made["trash_days"].setSuffix(tr(" days"))
        made["trash_days"].setSpecialValueText(tr("until emptied"))
        made["rescan_s"].setSuffix(tr(" s"))
        return made

    def _later_fields(self) -> list[Field]:
        words = (
            (
                "slots",
                tr("Replies written at once"),
                tr("By one deployed model; each takes memory for its context."),
            ),
            (
                "threads",
                tr("Processor threads"),
                tr("How many a model computes with."),
            ),
            (
                "trash_days",
                tr("Keep deleted documents for"),
                tr("So long they can be restored from a collection's trash."),
            ),
            (
                "rescan_s",
                tr("Look through watched folders every"),
                tr("Most changes are noticed at once; this finds the others."),
            ),
        )
        return [Field(name, self.later[key], meaning, beside=True) for key, name, meaning in words]

    def _connect(self) -> None:
        self._agents.editingFinished.connect(self._store)
        self._idle.editingFinished.connect(self._store)
        self._replace.clicked.connect(lambda on: self._model.store(stop_least_used=on))
        for name, spin in self.later.items():
            spin.editingFinished.connect(
                lambda name=name, spin=spin: self._model.store(**{name: spin.value()})
            )
        self._model.changed.connect(self._show)

    @Slot()
    def _show(self) -> None:
        settings = self._model.settings
        self._agents.setValue(settings.max_deployed_agents)
        self._idle.setValue(settings.agent_timeout_s // MINUTE_S)
        self._replace.setChecked(settings.stop_least_used)
        for name, spin in self.later.items():
            spin.setValue(getattr(settings, name))

    @Slot()
    def _store(self) -> None:
        minutes = self._idle.value()
        settings = self._model.settings
        seconds = minutes * MINUTE_S
        if minutes == settings.agent_timeout_s // MINUTE_S:  # seconds set elsewhere are kept
            seconds = settings.agent_timeout_s
        self._model.store(max_deployed_agents=self._agents.value(), agent_timeout_s=seconds)
