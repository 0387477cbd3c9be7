"""Notices above the page: the one way in which errors and confirmations are shown."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from desktop.theme import Space
from desktop.viewmodels.notices import Notice
from desktop.views.controls import Button, Icon, IconButton, label
from desktop.views.layouts import column, row
from desktop.views.look import Look

ICONS = {"danger": "alert", "warning": "alert", "success": "check", "note": "note"}
PASSING_MS = 4_000
MOST = 3
"""More than this would push the page away; the oldest goes."""


class Banner(QFrame):
    """One notice with what to do about it, and a way to dismiss it."""

    dismissed = Signal()

    def __init__(
        self,
        look: Look,
        notice: Notice,
        action: tuple[str, Callable[[], object]] | None = None,
        closable: bool = True,
    ):
        super().__init__()
        self.notice, self.closable = notice, closable
        self.setProperty("role", "banner")
        self.setProperty("tone", notice.tone)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(f"{notice.title} {notice.text}".strip())
        words = column(label(notice.title, "strong", wrap=True), gap=2)
        if notice.text:
            words.addWidget(label(notice.text, wrap=True))
        icon = Icon(look, ICONS[notice.tone], notice.tone)
        parts = row(icon, words, gap=Space.M)
        middle, top = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignTop
        parts.setAlignment(icon, top if notice.text else middle)
        parts.setStretch(1, 1)
        if action is not None:
            parts.addWidget(Button(look, action[0], on_click=action[1]))
        if closable:
            parts.addWidget(IconButton(look, "close", self.tr("Dismiss"), self.dismiss))
        parts.setContentsMargins(Space.L, Space.M, Space.M, Space.M)
        self.setLayout(parts)
        if notice.passing:
            timer = QTimer(self, singleShot=True, interval=PASSING_MS)
            timer.timeout.connect(self.dismiss)
            timer.start()

    @Slot()
    def dismiss(self) -> None:
        self.hide()
        self.dismissed.emit()


class Banners(QWidget):
    """The stack of notices above the pages."""

    def __init__(self, look: Look):
        super().__init__()
        self._look = look
        self._stack: QVBoxLayout = column(gap=Space.S)
        self._stack.setContentsMargins(Space.XXL, Space.M, Space.XXL, 0)
        self.setLayout(self._stack)
        self.hide()

    def tell(self, notice: Notice, action: tuple[str, Callable[[], object]] | None = None) -> None:
        """Show a notice; the same one again only replaces itself."""
        for banner in self.banners():
            if banner.notice == notice:
                banner.dismiss()
        passing = [banner for banner in self.banners() if banner.closable]
        for banner in passing[: max(0, len(passing) - MOST + 1)]:
            banner.dismiss()
        self._add(Banner(self._look, notice, action))

    def hold(
        self, notice: Notice, on: bool, action: tuple[str, Callable[[], object]] | None = None
    ) -> None:
        """Show a notice for as long as what it tells of lasts; nobody can dismiss it."""
        there = [banner for banner in self.banners() if banner.notice == notice]
        if on and not there:
            self._add(Banner(self._look, notice, action, closable=False))
        for banner in there if not on else ():
            banner.dismiss()

    def _add(self, banner: Banner) -> None:
        banner.dismissed.connect(lambda: self._drop(banner))
        self._stack.addWidget(banner)
        self.show()

    def banners(self) -> list[Banner]:
        items = (self._stack.itemAt(at) for at in range(self._stack.count()))
        widgets = (item.widget() for item in items if item is not None)
        return [w for w in widgets if isinstance(w, Banner)]

    def _drop(self, banner: Banner) -> None:
        # Taken out before it is deleted: a layout that still holds a dying widget crashes Qt.
        self._stack.removeWidget(banner)
        banner.deleteLater()
        self.setVisible(bool(self.banners()))
