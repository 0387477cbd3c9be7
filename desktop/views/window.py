"""The window: a rail, a page, notices above it and a line below it.

It is shown before anything else exists, so the first paint waits for nothing; the pages come
when the core is open, each built when it is first looked at.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QShortcut
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QWidget
from shiboken6 import isValid

from core.errors import OutpostError
from desktop.theme import Theme
from desktop.viewmodels.notices import Notice, of_error
from desktop.views.banners import Banners
from desktop.views.controls import Button, label, line
from desktop.views.footer import Footer
from desktop.views.layouts import STRETCH, EmptyState, Screen, column, holder, row
from desktop.views.look import Look, application_icon
from desktop.views.rail import Rail

AGENTS, CHAT, COLLECTIONS, MODELS, SETTINGS, FIRST_STEPS = range(6)
"""The first steps stand in place of a page and have no button on the rail."""
START_SIZE = QSize(1240, 820)
LEAST_SIZE = QSize(880, 560)


class MainWindow(QMainWindow):
    """Shows one page at a time; closing it only says so, the application decides when it goes."""

    painted = Signal()
    """The window has been painted for the first time."""
    close_wanted = Signal()

    def __init__(self, theme: Theme):
        super().__init__()
        self.look = Look(theme, self)
        self._pages: dict[int, Screen] = {}
        self._make: Callable[[int], Screen] | None = None
        self.was_painted = False
        self._may_close = False
        self._wanted = AGENTS
        self._focused: QWidget | None = None
        self.setWindowTitle("Outpost")
        self.setWindowIcon(application_icon())
        self.resize(START_SIZE)
        self.setMinimumSize(LEAST_SIZE)
        self.rail = Rail(self.look, self.entries(), self)
        self.banners = Banners(self.look)
        self.footer = Footer(self.look)
        self._stack = QStackedWidget()
        self._waiting = self._waiting_sign()
        self._stack.addWidget(self._waiting)
        self._lay_out()
        self.rail.setEnabled(False)
        self.rail.chosen.connect(self.go)
        self.look.dress(self)
        self.look.changed.connect(self._dress)

    def entries(self) -> list[tuple[str, str]]:
        """Return (icon, name) of each page, in the order of the rail."""
        return [
            ("agents", self.tr("Agents")),
            ("chat", self.tr("Chat")),
            ("collections", self.tr("Collections")),
            ("models", self.tr("Models")),
            ("settings", self.tr("Settings")),
        ]

    def _lay_out(self) -> None:
        content = column(self.banners, self._stack, line(), self.footer, gap=0)
        content.setStretch(1, 1)
        whole = row(self.rail, content, gap=0)
        whole.setStretch(1, 1)
        central = holder(whole, "page")
        central.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._layers = QStackedWidget()
        self._layers.addWidget(central)
        self.setCentralWidget(self._layers)

    def _waiting_sign(self) -> QWidget:
        text = label(self.tr("Opening your data…"), "muted")
        return holder(column(STRETCH, row(STRETCH, text, STRETCH), STRETCH))

    # ------------------------------------------------------------ pages

    def open_pages(self, make: Callable[[int], Screen], first: int = AGENTS) -> None:
        """Let pages be shown; `make` builds one when it is first looked at."""
        self._make = make
        self.rail.setEnabled(True)
        self.go(first)

    @Slot(int)
    def go(self, page: int) -> None:
        """Show a page."""
        if self._make is None:
            return
        if page not in self._pages:
            self._pages[page] = self._make(page)
            self._stack.addWidget(self._pages[page])
        by_rail = self.rail.isAncestorOf(self.focusWidget() or self)
        self._stack.setCurrentWidget(self._pages[page])
        self.rail.select(page)
        if not by_rail and not self.is_covered:  # else one may go on choosing with the arrow keys
            self._pages[page].take_focus()

    def page(self, page: int) -> Screen:
        """Return a page, built now if it was not looked at yet."""
        if page not in self._pages and self._make is not None:
            self._pages[page] = self._make(page)
            self._stack.addWidget(self._pages[page])
        return self._pages[page]

    # ------------------------------------------------------------ covered

    @property
    def is_covered(self) -> bool:
        """True while something else is shown in place of everything."""
        return self._layers.currentIndex() > 0

    def cover(self, cover: QWidget) -> None:
        """Show this alone; no key reaches what is behind it."""
        self._focused = self.focusWidget()
        self._layers.addWidget(cover)
        self._layers.setCurrentWidget(cover)
        self._let_keys(False)

    def uncover(self) -> None:
        """Show again what was shown before, with the focus where it was."""
        self._layers.setCurrentIndex(0)
        self._let_keys(True)
        shown = self._stack.currentWidget()
        if self._focused is not None and isValid(self._focused):
            self._focused.setFocus(Qt.FocusReason.OtherFocusReason)
        elif isinstance(shown, Screen):
            shown.take_focus()

    def _let_keys(self, on: bool) -> None:
        """Switch the window's own shortcuts; those of hidden widgets are off by themselves."""
        only = Qt.FindChildOption.FindDirectChildrenOnly
        for shortcut in self.findChildren(QShortcut, options=only):
            shortcut.setEnabled(on)

    # ------------------------------------------------------------ notices

    @Slot(object)
    def show_error(self, error: BaseException) -> None:
        """Show an error in the one place for errors."""
        self.tell(of_error(error))

    @Slot(object)
    def tell(self, notice: Notice) -> None:
        self.banners.tell(notice)

    def show_fatal(
        self, error: BaseException, quit_label: str, on_quit: Callable[[], object]
    ) -> None:
        """Fill the window with an error that Outpost cannot start with."""
        notice = of_error(error)
        button = Button(self.look, quit_label, kind="primary", on_click=on_quit)
        expected = isinstance(error, OutpostError)
        text = notice.text if expected else f"{notice.text} {error}"
        sign = EmptyState(self.look, "alert", notice.title, text, button)
        self._stack.addWidget(sign)
        self._stack.setCurrentWidget(sign)
        button.setFocus()

    def show_closing(self) -> None:
        """Say that the window closes as soon as everything has ended."""
        self.setEnabled(False)
        self.setWindowTitle(self.tr("Outpost is closing…"))

    # ------------------------------------------------------------ life

    def come_forward(self) -> None:
        """Raise the window, for a second start."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def allow_close(self) -> None:
        self._may_close = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close:
            event.accept()
        else:
            event.ignore()
            self.close_wanted.emit()

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() == QEvent.Type.Paint and not self.was_painted:
            self.was_painted = True
            QTimer.singleShot(0, self, self.painted.emit)
        return handled

    @Slot()
    def _dress(self) -> None:
        self.look.dress(self)
