"""Covers the window while it is locked, and locks it after a time without input."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer, Slot
from PySide6.QtWidgets import QApplication, QDialog, QToolTip
from shiboken6 import isValid

from desktop.viewmodels.lock import LockViewModel
from desktop.viewmodels.settings import SettingsViewModel
from desktop.views.idle import Idle
from desktop.views.lock_screen import LockScreen
from desktop.views.window import MainWindow


class Locking(QObject):
    """Follows whether the window is locked; sheets are put away meanwhile, and come back."""

    def __init__(self, window: MainWindow, model: LockViewModel, settings: SettingsViewModel):
        super().__init__(window)
        self._window, self._model, self._settings = window, model, settings
        self.screen = LockScreen(window.look, model)
        self.screen.hide()
        self.screen.setParent(window)
        self._put_away: list[QDialog] = []
        self._waiting: list[Callable[[], object]] = []
        self.idle = Idle(self)
        self.idle.passed.connect(model.lock)
        model.changed.connect(self._follow)
        settings.changed.connect(self._follow)
        self._follow()

    def when_open(self, call: Callable[[], object]) -> None:
        """Call this now, or as soon as the window is not locked any more."""
        if self._model.locked:
            self._waiting.append(call)
        else:
            call()

    @Slot()
    def _follow(self) -> None:
        self.idle.wait(self._settings.settings.lock_after_min if self._model.is_set else 0)
        if self._model.locked and not self._window.is_covered:
            self._cover()
        elif self._window.is_covered and not self._model.locked:
            self._uncover()

    def _cover(self) -> None:
        if (popup := QApplication.activePopupWidget()) is not None:
            popup.close()
        QToolTip.hideText()
        self._put_sheets_away()
        self._window.installEventFilter(self)
        self._window.cover(self.screen)
        self.screen.begin()

    def _uncover(self) -> None:
        self._window.removeEventFilter(self)
        self.idle.used()
        self._window.uncover()
        away, self._put_away = self._put_away, []
        for sheet in away:
            if isValid(sheet):
                sheet.open()
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            call()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Put a sheet away that something opened only now: it blocks the window."""
        if event.type() == QEvent.Type.WindowBlocked:
            QTimer.singleShot(0, self, self._put_sheets_away)
        return False

    @Slot()
    def _put_sheets_away(self) -> None:
        for sheet in self._window.findChildren(QDialog):
            if sheet.isVisible():
                self._put_away.append(sheet)
                sheet.hide()
