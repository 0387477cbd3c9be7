"""What the guard against connections has seen: Outpost's promise, and whether it was kept."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from desktop.theme import Space
from desktop.viewmodels.base import tr
from desktop.viewmodels.figures import clock, day
from desktop.viewmodels.notices import done
from desktop.viewmodels.offline import OfflineViewModel, Refusal, Socket, report_text, verdict
from desktop.views.controls import Button, Icon, IconButton, chip, label
from desktop.views.layouts import column, holder, row
from desktop.views.look import Look
from desktop.views.settings.section import Rows, Section, entry

MOST = 50
"""Of the refused attempts the newest are shown."""


class OfflineSection(Section):
    """Says whether anything tried to reach beyond this machine, and which sockets are open."""

    told = Signal(object)
    """Notice: something to say in passing."""

    def __init__(self, look: Look, model: OfflineViewModel):
        again = Button(look, tr("Check now"), "refresh", on_click=model.reload)
        copy = IconButton(look, "copy", tr("Copy the report"), lambda: self._copy())
        meaning = tr(
            "Outpost makes no connection beyond this machine: no updates, no telemetry, no "
            "downloads. A guard refuses every attempt and remembers it until Outpost is closed."
        )
        super().__init__(tr("Offline report"), meaning, copy, again)
        self._look, self._model = look, model
        self._icon = Icon(look, "lock", "muted", 22)
        self.verdict = label(tr("Being checked…"), "strong", wrap=True)
        self._since = label(role="muted", wrap=True)
        words = holder(column(self.verdict, self._since, gap=2))
        said = row(self._icon, words, gap=Space.M)
        said.setStretch(1, 1)
        self._attempts, self._sockets = Rows(), Rows()
        self.group(tr("Since the start"), holder(said))
        self._refused = self.group(tr("Refused"), self._attempts)
        self._open = self.group(tr("Open sockets"), self._sockets)
        for part in (self._refused, self._open):
            part.hide()
        model.changed.connect(self._show)

    def begin(self) -> None:
        self._model.reload()

    @Slot()
    def _show(self) -> None:
        state = self._model.state
        if state is None:
            return
        self._icon.change("lock" if state.on else "alert", "success" if state.clean else "warning")
        self.verdict.setText(verdict(state))
        since = tr("The guard is on since {moment} and was tried just now.")
        self._since.setText(since.format(moment=f"{day(state.since)}, {clock(state.since)}"))
        self._since.setVisible(state.on)
        self._attempts.fill(*(_attempt(each) for each in reversed(state.refusals[-MOST:])))
        self._sockets.fill(*(_socket(each) for each in state.sockets))
        self._refused.setVisible(bool(state.refusals))
        self._open.setVisible(bool(state.sockets))

    def _copy(self) -> None:
        if self._model.state is not None:
            QGuiApplication.clipboard().setText(report_text(self._model.state))
            self.told.emit(done(tr("Copied.")))


def _attempt(refusal: Refusal) -> QWidget:
    at = clock(refusal.at, seconds=True)
    return entry(refusal.address, tr("{at}, by {who}").format(at=at, who=refusal.who))


def _socket(socket: Socket) -> QWidget:
    told = (tr("reaches beyond"), "danger") if socket.leaves else (tr("this machine"), "success")
    return entry(socket.place, socket.process, chip(*told))
