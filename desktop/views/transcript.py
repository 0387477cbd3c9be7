"""The messages of the conversation on show, in a column that follows while one is at its end."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QApplication, QWidget

from core.records import Message, Role
from desktop.viewmodels.chat import ChatViewModel
from desktop.views.look import Look
from desktop.views.message import QuestionView, ReplyView
from desktop.views.virtual_column import ColumnItem, VirtualColumn

LINE_PX = 24
CHARACTER_PX = 7
REPLY_PX, QUESTION_PX = 110, 70
"""What a message takes beside its text, for guessing how tall one is that was never built."""


class Transcript(VirtualColumn):
    """Shows messages and grows the last one while it is being written."""

    citation_wanted = Signal(object)
    link_wanted = Signal(str)
    why_wanted = Signal(object)
    copied = Signal()

    def __init__(self, look: Look, model: ChatViewModel):
        super().__init__(self._make_item, self._guess_height)
        self._look, self._model = look, model
        self._shown: dict[str, Message] = {}
        self.setAccessibleName(self.tr("Conversation"))
        model.opened.connect(self._open)
        model.switched.connect(self.sync)
        model.asked.connect(self._follow_turn)
        model.progressed.connect(self._progress)
        model.grew.connect(self._grow)
        model.settled.connect(self._settle_reply)
        QApplication.instance().focusChanged.connect(self._focus_moved)  # type: ignore[union-attr]

    @Slot()
    def _open(self) -> None:
        """Show another conversation, at its end."""
        self.sync(at_end=True)

    @Slot(object, object)
    def _follow_turn(self, question: Message, reply: Message) -> None:
        self.sync(at_end=True)

    @Slot()
    def sync(self, *, at_end: bool = False) -> None:
        """Show the branch as it is now; what is the same keeps its place and widget."""
        before, self._shown = self._shown, {each.id: each for each in self._model.messages}
        self.show_keys([each.id for each in self._model.messages], at_end=at_end)
        for key, message in self._shown.items():
            view = self.widget(key)
            if view is not None and before.get(key) not in (None, message):
                self._show_in(view, message)

    def _show_in(self, view: ColumnItem, message: Message) -> None:
        if isinstance(view, QuestionView | ReplyView):
            view.show_message(message)
        live = self._model.live
        if isinstance(view, ReplyView) and live and live.message and live.message.id == message.id:
            view.catch_up(live)

    def _make_item(self, key: str) -> ColumnItem:
        message = self._shown[key]
        if message.role is Role.USER:
            question = QuestionView(self._look, self._model, message)
            question.copied.connect(self.copied)
            return question
        view = ReplyView(self._look, self._model, message)
        view.citation_wanted.connect(self.citation_wanted)
        view.link_wanted.connect(self.link_wanted)
        view.why_wanted.connect(self.why_wanted)
        view.copied.connect(self.copied)
        self._show_in(view, message) if self._live_id() == key else None
        return view

    def _guess_height(self, key: str, width: int) -> int:
        message = self._shown[key]
        per_line = max(20, width // CHARACTER_PX)
        lines = message.text.count("\n") + len(message.text) // per_line + 1
        return lines * LINE_PX + (QUESTION_PX if message.role is Role.USER else REPLY_PX)

    def step(self, by: int) -> bool:
        """Bring the message before or after to the top, with the keyboard on its text.

        Begins where the keyboard is, else at what is in view; False where there is none.
        """
        keys = list(self._shown)
        focused = [at for at, key in enumerate(keys) if self._holds_focus(key)]
        at = (focused[0] if focused else self.first_in_view()) + by
        if not 0 <= at < len(keys):
            return at < 0
        self.reveal(keys[at])
        view = self.widget(keys[at])
        if isinstance(view, QuestionView | ReplyView):
            view.text.setFocus(Qt.FocusReason.ShortcutFocusReason)
        return True

    def _holds_focus(self, key: str) -> bool:
        view, focused = self.widget(key), QApplication.focusWidget()
        return view is not None and focused is not None and view.isAncestorOf(focused)

    # ------------------------------------------------------------ the reply being written

    def _live_id(self) -> str:
        live = self._model.live
        return live.message.id if live is not None and live.message is not None else ""

    def _live_view(self) -> ReplyView | None:
        view = self.widget(self._live_id())
        return view if isinstance(view, ReplyView) else None

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
    def _settle_reply(self, message: Message) -> None:
        self._shown[message.id] = message
        view = self.widget(message.id)
        if isinstance(view, ReplyView):
            view.show_message(message)

    @Slot(QWidget, QWidget)
    def _focus_moved(self, _: QWidget | None, to: QWidget | None) -> None:
        """Keep what the keyboard is on in view."""
        if to is not None and to is not self and self.viewport().isAncestorOf(to):
            self.ensure_seen(to)
