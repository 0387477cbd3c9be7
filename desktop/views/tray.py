"""Outside the window: an icon in the system's tray, and notifications while nobody looks.

Where the system has no tray, nothing is shown there, and the window asks for attention in the
way that the desktop has for that.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon, QWidget

from core.records import Agent
from desktop.viewmodels.base import tr
from desktop.viewmodels.figures import count
from desktop.viewmodels.lock import LockViewModel
from desktop.viewmodels.notices import Notice
from desktop.viewmodels.running import RunningViewModel
from desktop.viewmodels.settings import SettingsViewModel
from desktop.views.look import application_icon

SHOWN_MS = 8_000


class Tray(QObject):
    """Shows what runs, opens the window and quits."""

    open_wanted = Signal()
    quit_wanted = Signal()

    def __init__(
        self,
        window: QWidget,
        running: RunningViewModel,
        settings: SettingsViewModel,
        lock: LockViewModel,
    ):
        super().__init__(window)
        self._window, self._running, self._settings, self._lock = window, running, settings, lock
        self.icon = QSystemTrayIcon(application_icon(), self)
        self.menu = QMenu(window)
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._activated)
        self.icon.messageClicked.connect(self.open_wanted)
        running.changed.connect(self._show)
        settings.changed.connect(self._show)
        lock.changed.connect(self._show)
        self._show()

    @Slot()
    def _show(self) -> None:
        agents = [] if self._lock.locked else self._running.agents
        deployed = count(len(agents), "agent deployed", "agents deployed")
        self.icon.setToolTip(f"Outpost · {deployed}" if agents else "Outpost")
        self._fill(agents)
        there = QSystemTrayIcon.isSystemTrayAvailable()
        self.icon.setVisible(there and self._settings.settings.tray)

    def _fill(self, agents: list[Agent]) -> None:
        """Write the menu anew: not every system tells when it is about to be shown."""
        self.menu.clear()
        self.menu.addAction(tr("Open Outpost")).triggered.connect(lambda: self.open_wanted.emit())
        if self._lock.is_set and not self._lock.locked:
            self.menu.addAction(tr("Lock the window")).triggered.connect(lambda: self._lock.lock())
        self.menu.addSeparator()
        for agent in agents:
            action = self.menu.addAction(tr("Stop {name}").format(name=agent.name))
            action.triggered.connect(lambda _=False, a=agent.id: self._running.stop(a))
        if not agents and not self._lock.locked:
            self.menu.addAction(tr("No agent is deployed")).setEnabled(False)
        self.menu.addSeparator()
        self.menu.addAction(tr("Quit")).triggered.connect(lambda: self.quit_wanted.emit())

    @Slot(QSystemTrayIcon.ActivationReason)
    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason is QSystemTrayIcon.ActivationReason.Trigger:
            self.open_wanted.emit()

    @Slot(object)
    def notify(self, notice: Notice) -> None:
        """Tell of something that has ended, unless the window is looked at or it is not wanted."""
        if self._window.isActiveWindow() or not self._settings.settings.notifications:
            return
        if self._lock.locked:
            notice = Notice("Outpost", tr("Something that took long has ended."), notice.tone)
        if self.icon.isVisible() and QSystemTrayIcon.supportsMessages():
            self.icon.showMessage(notice.title, notice.text, self.icon.icon(), SHOWN_MS)
        else:
            QApplication.alert(self._window)

    def close(self) -> None:
        """Take the icon away before the window goes; some systems would leave it there."""
        self.icon.hide()
