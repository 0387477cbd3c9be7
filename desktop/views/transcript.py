"""The messages of the conversation on show, in a column that follows while one is at its end."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QScrollArea, QWidget

from core.records import Message, MessageId, Role
from desktop.theme import Size, Space
from desktop.viewmodels.chat import ChatViewModel
from desktop.views.controls import Button, set_property
from desktop.views.layouts import STRETCH, clear, column, row
from desktop.views.look import Look
from desktop.views.message import QuestionView, ReplyView

SHOWN_AT_ONCE = 60
"""Messages that are laid out; older ones come when they are asked for."""
AT_END_PX = 48


class Transcript(QScrollArea):
    """Shows messages and grows the last one while it is being written."""

    citation_wanted = Signal(object)
    link_wanted = Signal(str)
    copied = Signal()

    def __init__(self, look: Look, model: ChatViewModel):
        super().__init__()
        self._look, self._model = look, model
        self._replies: dict[MessageId, ReplyView] = {}
        self._first = 0
        self._follow = True
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Always there, if unseen: text must not jump when a conversation gets longer than the view.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Conversation"))
        self._column = column(gap=0)
        self._earlier = Button(look, self.tr("Show earlier messages"), kind="quiet")
        self._earlier.clicked.connect(self._show_earlier)
        self._body = QWidget()
        self._body.setProperty("role", "body")
        inner = QWidget()
        inner.setMaximumWidth(Size.READING)
        inner.setLayout(column(row(STRETCH, self._earlier, STRETCH), self._column, STRETCH))
        # The scroll bar takes its width on the right: the same on the left keeps the centre.
        sides = (Space.XL + Size.SCROLLBAR, Space.M, Space.XL, Space.L)
        around = row(STRETCH, inner, STRETCH, margins=sides)
        around.setStretch(1, 100)
        self._body.setLayout(around)
        self._body.installEventFilter(self)
        self.setWidget(self._body)
        bar = self.verticalScrollBar()
        bar.valueChanged.connect(self._scrolled)
        bar.setProperty("idle", "true")
        bar.rangeChanged.connect(self._grown)
        model.opened.connect(self.rebuild)
        model.asked.connect(self._add_turn)
        model.progressed.connect(self._progress)
        model.grew.connect(self._grow)
        model.settled.connect(self._settle)

    @Slot()
    def rebuild(self) -> None:
        """Show the conversation anew, at its end."""
        self._first = max(0, len(self._model.messages) - SHOWN_AT_ONCE)
        self._follow = True
        self._fill()

    def _fill(self) -> None:
        clear(self._column)
        self._replies = {}
        self._earlier.setVisible(self._first > 0)
        for message in self._model.messages[self._first :]:
            self._add(message)
        live = self._model.live
        if live is not None and live.message is not None and live.message.id in self._replies:
            self._replies[live.message.id].catch_up(live)
        QTimer.singleShot(0, self, self._to_end)

    def _add(self, message: Message) -> None:
        if message.role is Role.USER:
            self._column.addWidget(QuestionView(self._look, message))
            return
        view = ReplyView(self._look, self._agent_name(), message)
        view.citation_wanted.connect(self.citation_wanted)
        view.link_wanted.connect(self.link_wanted)
        view.copied.connect(self.copied)
        self._replies[message.id] = view
        self._column.addWidget(view)

    def _agent_name(self) -> str:
        current = self._model.current
        return current.agent_name if current else ""

    @Slot(object, object)
    def _add_turn(self, question: Message, reply: Message) -> None:
        self._follow = True
        self._add(question)
        self._add(reply)

    @Slot(str)
    def _grow(self, text: str) -> None:
        view = self._live_view()
        if view is not None:
            view.grow(text)

    @Slot()
    def _progress(self) -> None:
        view, live = self._live_view(), self._model.live
        if view is not None and live is not None:
            view.show_progress(live)

    @Slot(object)
    def _settle(self, message: Message) -> None:
        view = self._replies.get(message.id)
        if view is not None:
            view.show_message(message)

    def _live_view(self) -> ReplyView | None:
        live = self._model.live
        if live is None or live.message is None:
            return None
        return self._replies.get(live.message.id)

    @Slot()
    def _show_earlier(self) -> None:
        """Put older messages above, keeping what is on screen where it is."""
        self._first = max(0, self._first - SHOWN_AT_ONCE)
        self._follow = False
        self._fill()

    # ------------------------------------------------------------ scrolling

    @Slot(int)
    def _scrolled(self, value: int) -> None:
        self._follow = value >= self.verticalScrollBar().maximum() - AT_END_PX

    @Slot(int, int)
    def _grown(self, low: int, high: int) -> None:
        set_property(self.verticalScrollBar(), "idle", "true" if high == low else "false")
        if self._follow:
            self.verticalScrollBar().setValue(high)

    @Slot()
    def _to_end(self) -> None:
        if self._follow:
            bar = self.verticalScrollBar()
            bar.setValue(bar.maximum())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._body and event.type() == QEvent.Type.LayoutRequest and self._follow:
            QTimer.singleShot(0, self, self._to_end)
        return super().eventFilter(watched, event)
