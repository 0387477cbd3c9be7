"""One message of a conversation: a question, or a reply with its sources and how it went."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QWidget

from core.records import AgentType, Citation, Message, MessageState
from desktop.theme import Space
from desktop.viewmodels.chat import ChatViewModel
from desktop.viewmodels.figures import count, number, percent
from desktop.viewmodels.live import LiveReply
from desktop.viewmodels.markdown import with_markers
from desktop.viewmodels.wording import can_continue, ending, performance, time_left
from desktop.views.controls import Button, Icon, label
from desktop.views.layouts import STRETCH, clear, column, flow, holder, row
from desktop.views.look import Look
from desktop.views.message_parts import SourceChip, Versions, one_each, preview, tool
from desktop.views.richtext import RichText
from desktop.views.virtual_column import ColumnItem

WIDEST_LINE = 400
"""Characters of a line that are measured: more is wider than any window."""
MOST_QUESTION = 6_000
"""Characters of a question that are shown; a label lays out more than this too slowly."""


class QuestionView(ColumnItem):
    """What the user asked, as it was typed; can be edited in its place."""

    copied = Signal()

    def __init__(self, look: Look, model: ChatViewModel, message: Message):
        super().__init__()
        self._look, self._model, self._message = look, model, message
        self._field: EditField | None = None
        self.text = text = label(_beginning(message.text), wrap=True)
        text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        text.setAccessibleName(self.tr("Your question"))
        text.setAccessibleDescription(message.text)
        self._bubble = QFrame()
        self._bubble.setProperty("role", "question")
        self._bubble.setLayout(column(text, margins=(Space.L, Space.M, Space.L, Space.M)))
        self._line = holder(row(STRETCH, self._bubble))
        self.versions = Versions(look)
        self.versions.wanted.connect(model.switch)
        self._tools = holder(
            row(
                STRETCH,
                self.versions,
                tool(look, "edit", self.tr("Edit and ask again"), self.edit),
                tool(look, "copy", self.tr("Copy question"), self._copy),
                tool(look, "trash", self.tr("Delete question"), self._delete),
                gap=0,
            )
        )
        self._column = column(self._line, self._tools, gap=2, margins=(0, Space.M, 0, 0))
        self.setLayout(self._column)
        look.theme.zoomed.connect(self._zoom)
        self._zoom()
        self.show_message(message)

    def show_message(self, message: Message) -> None:
        """Show which version of the question this is; its text never changes."""
        self._message = message
        self.versions.show_of(message)

    @Slot()
    def _zoom(self) -> None:
        """Take the size at which conversations are read."""
        theme = self._look.theme
        self.text.setFont(theme.zoomed_font(theme.font()))
        metrics = self.text.fontMetrics()
        lines = self._message.text.splitlines()[:200] or [""]
        widest = max(metrics.horizontalAdvance(line[:WIDEST_LINE]) for line in lines)
        self._wanted_px = widest + 2 * Space.L + 8
        self.prepare(self.width())

    def prepare(self, width: int) -> None:
        """Hug the right edge with a short question; leave a fifth free beside a long one."""
        self._bubble.setFixedWidth(min(self._wanted_px, round(width * 0.8)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.prepare(self.width())

    def edit(self) -> None:
        """Change the question where it stands."""
        if self._field is None:
            self._field = EditField(self._look, self._message.text, self._ask, self._leave)
            self._column.insertWidget(0, self._field)
            self._line.hide()
            self._tools.hide()
            self._field.field.setFocus()

    def _ask(self, text: str) -> None:
        if self._model.edit(self._message, text):
            self._leave()

    def _leave(self) -> None:
        if self._field is not None:
            self._column.removeWidget(self._field)
            self._field.hide()
            self._field.deleteLater()
            self._field = None
            self._line.show()
            self._tools.show()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._message.text)
        self.copied.emit()

    def _delete(self) -> None:
        self._model.delete_message(self._message)


class EditField(QFrame):
    """A question being changed: Enter asks, Shift+Enter breaks the line, Escape leaves it."""

    def __init__(
        self,
        look: Look,
        text: str,
        on_ask: Callable[[str], object],
        on_leave: Callable[[], object],
    ):
        super().__init__()
        self.setProperty("role", "composer")
        self._ask, self._leave = on_ask, on_leave
        self.field = QPlainTextEdit(text)
        self.field.setProperty("kind", "bare")
        self.field.setAccessibleName(self.tr("Change your question"))
        self.field.setTabChangesFocus(True)
        lines = min(12, max(3, len(text.splitlines()) + len(text) // 90))
        self.field.setFixedHeight(lines * self.field.fontMetrics().lineSpacing() + 12)
        hint = label(self.tr("The earlier version stays; ‹ › switches between them."), "small")
        leave = Button(look, self.tr("Cancel"), on_click=on_leave)
        ask = Button(look, self.tr("Ask again"), "send", "primary", self._take)
        foot = row(hint, STRETCH, leave, ask)
        self.setLayout(column(self.field, foot, margins=(Space.M, Space.S, Space.S, Space.S)))
        self.field.moveCursor(self.field.textCursor().MoveOperation.End)
        self.field.installEventFilter(self)

    def _take(self) -> None:
        self._ask(self.field.toPlainText())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QKeyEvent.Type.KeyPress:
            plain = not event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            if event.key() == Qt.Key.Key_Escape:
                self._leave()
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain:
                self._take()
                return True
        return super().eventFilter(watched, event)


class ReplyView(ColumnItem):
    """What the agent answered: text, sources, how it ended and how fast it was."""

    citation_wanted = Signal(object)
    link_wanted = Signal(str)
    copied = Signal()
    why_wanted = Signal(object)

    def __init__(self, look: Look, model: ChatViewModel, message: Message):
        super().__init__()
        self._look, self._model, self._message = look, model, message
        name = model.current.agent_name if model.current else ""
        self.text = RichText(look, self.tr("Answer of {name}").format(name=name))
        self._waiting = label(role="muted")
        self._ending = label(role="small", wrap=True)
        self._ending_icon = Icon(look, "note", "warning", 15)
        self._continue = Button(look, self.tr("Continue"), "play", "quiet", self._resume)
        self._sources = column(gap=6)
        self._numbers = label(role="small", wrap=True)
        self.versions = Versions(look)
        self._lay_out(name)
        self.versions.wanted.connect(model.switch)
        self.text.citation_wanted.connect(self._open_citation)
        self.text.citation_hovered.connect(self._preview)
        self.text.link_wanted.connect(self.link_wanted)
        self.text.copied.connect(self.copied)
        self.show_message(message)

    def _lay_out(self, agent_name: str) -> None:
        head = row(Icon(self._look, "agents", "accent_text", 16), label(agent_name, "strong"))
        head.addStretch(1)
        self._end_line = holder(row(self._ending_icon, self._ending, self._continue, gap=6))
        self._end_line.layout().setStretch(1, 1)  # type: ignore[union-attr]
        self._tools = holder(self._make_tools())
        foot = row(self._numbers, self._tools, gap=6)
        foot.setStretch(0, 1)
        parts = (head, self._waiting, self.text, self._end_line, self._sources, foot)
        self.setLayout(column(*parts, gap=Space.S, margins=(0, Space.M, 0, Space.M)))

    def _make_tools(self) -> QHBoxLayout:
        look = self._look
        self._why = tool(look, "note", self.tr("Why this answer?"), self._ask_why)
        return row(
            self.versions,
            self._why,
            tool(look, "copy", self.tr("Copy answer"), self._copy_answer),
            tool(look, "refresh", self.tr("Answer again"), self._again),
            tool(look, "trash", self.tr("Delete answer"), self._delete),
            gap=0,
        )

    def prepare(self, width: int) -> None:
        """Give the text its width, so that its height is known before it is seen."""
        self.text.fit_to(width)

    def show_message(self, message: Message) -> None:
        """Show a stored reply, or the beginning of one."""
        self._message = message
        writing = message.state is MessageState.STREAMING
        if not writing:
            self.text.show_text(with_markers(message.text, message.citations))
        self.text.setVisible(bool(message.text) and not writing)
        self._show_ending(message)
        self._show_sources(message.citations)
        self._numbers.setText(performance(message))
        self._tools.setVisible(not writing)
        self._why.setVisible(message.record is not None)
        self.versions.show_of(message)
        self.wait_for(self.tr("Thinking…") if writing else "")

    def wait_for(self, what: str) -> None:
        """Say what the reply waits for; '' where there is nothing to wait for."""
        self._waiting.setText(what)
        self._waiting.setVisible(bool(what))

    def catch_up(self, live: LiveReply) -> None:
        """Show what a live reply has so far."""
        if live.text:
            self.text.show_text("")
            self.grow(live.text)
        else:
            self.show_progress(live)

    def grow(self, text: str) -> None:
        """Add streamed text."""
        if self.text.isHidden():
            self.text.show()
            self.wait_for("")
        self.text.append(text)

    def show_progress(self, live: LiveReply) -> None:
        """Say how far the model is with reading its prompt."""
        read, total = live.read
        if not self.text.isHidden():
            return
        if total and read < total:
            text = self.tr("Reading {total} tokens… {share}")
            words = text.format(total=number(total), share=percent(read / total))
            left = live.seconds_left
            self.wait_for(words if left is None else f"{words} · {time_left(left)}")
        elif live.passages is not None and not total:
            found = count(live.passages, "passage was found…", "passages were found…")
            self.wait_for(found)
        elif live.passages is None and live.agent.draft.type is AgentType.RAG:
            self.wait_for(self.tr("Searching the documents…"))
        else:
            self.wait_for(self.tr("Thinking…"))

    def _show_ending(self, message: Message) -> None:
        words = ending(message)
        failed = message.state is MessageState.FAILED
        self._ending.setText(words)
        self._end_line.setVisible(bool(words))
        self._ending_icon.change("alert" if failed else "stop", "danger" if failed else "warning")
        self._continue.setVisible(can_continue(message))

    def _show_sources(self, citations: Sequence[Citation]) -> None:
        clear(self._sources)
        sources = one_each(citations)
        if not sources:
            return
        chips: list[QWidget] = []
        for citation in sources:
            chip = SourceChip(self._look, citation)
            chip.clicked.connect(lambda _=False, c=citation: self.citation_wanted.emit(c))
            chips.append(chip)
        self._sources.addWidget(label(self.tr("Sources"), "section"))
        self._sources.addWidget(flow(*chips, gap=6))

    def _open_citation(self, index: int) -> None:
        if index < len(self._message.citations):
            self.citation_wanted.emit(self._message.citations[index])

    def _preview(self, index: int) -> None:
        known = index < len(self._message.citations)
        self.text.setToolTip(preview(self._message.citations[index]) if known else "")

    def _ask_why(self) -> None:
        self.why_wanted.emit(self._message)

    def _copy_answer(self) -> None:
        QGuiApplication.clipboard().setText(self._message.text)
        self.copied.emit()

    def _again(self) -> None:
        self._model.regenerate(self._message)

    def _resume(self) -> None:
        self._model.resume(self._message)

    def _delete(self) -> None:
        self._model.delete_message(self._message)


def _beginning(text: str) -> str:
    return text if len(text) <= MOST_QUESTION else text[:MOST_QUESTION] + " […]"
