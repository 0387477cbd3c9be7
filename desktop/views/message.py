"""One message of a conversation: a question, or a reply with its sources and how it went."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from core.records import AgentType, Citation, CitationState, Message, MessageState
from desktop.theme import Space
from desktop.viewmodels.chat import LiveReply
from desktop.viewmodels.markdown import with_markers
from desktop.viewmodels.wording import (
    citation_meaning,
    citation_state,
    citation_tone,
    ending,
    pages,
    performance,
)
from desktop.views.controls import Icon, IconButton, label
from desktop.views.layouts import STRETCH, clear, column, flow, row
from desktop.views.look import Look
from desktop.views.richtext import RichText

ORDER = (CitationState.UNSUPPORTED, CitationState.VERIFIED, CitationState.LINKED)
"""Which state a source is shown with where its citations differ: the one to look at first."""


WIDEST_LINE = 400
"""Characters of a line that are measured: more is wider than any window."""


class QuestionView(QWidget):
    """What the user asked, as it was typed."""

    def __init__(self, look: Look, message: Message):
        super().__init__()
        text = label(message.text, wrap=True)
        text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        text.setAccessibleName(self.tr("Your question"))
        text.setAccessibleDescription(message.text)
        self._bubble = QFrame()
        self._bubble.setProperty("role", "question")
        self._bubble.setLayout(column(text, margins=(Space.L, Space.M, Space.L, Space.M)))
        self.setLayout(row(STRETCH, self._bubble, margins=(0, Space.M, 0, Space.M)))
        lines = message.text.splitlines() or [""]
        widest = max(text.fontMetrics().horizontalAdvance(line[:WIDEST_LINE]) for line in lines)
        self._wanted_px = widest + 2 * Space.L + 8

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Hug the right edge with a short question; leave a fifth free beside a long one."""
        super().resizeEvent(event)
        self._bubble.setFixedWidth(min(self._wanted_px, round(self.width() * 0.8)))


class SourceChip(QPushButton):
    """A numbered source under a reply; a click opens it beside the chat."""

    def __init__(self, look: Look, citation: Citation):
        super().__init__()
        place = pages(citation.first_page, citation.last_page)
        words = f"{citation.number}  {citation.document_name}" + (f" · {place}" if place else "")
        state = citation_state(citation.state)
        self.setText(f"{words}  ·  {state}")
        self.setProperty("kind", "citation")
        self.setMinimumWidth(80)  # in a narrow window its end is cut rather than the column
        self.setIcon(look.icon(_icon(citation.state), citation_tone(citation.state), 14))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(self.tr("Source {words}").format(words=words))
        self.setAccessibleDescription(f"{state}. {citation_meaning(citation.state)}")
        self.setToolTip(f"{citation_meaning(citation.state)}\n\n“{_short(citation.quote)}”")


class ReplyView(QWidget):
    """What the agent answered: text, sources, how it ended and how fast it was."""

    citation_wanted = Signal(object)
    link_wanted = Signal(str)
    copied = Signal()

    def __init__(self, look: Look, agent_name: str, message: Message):
        super().__init__()
        self._look = look
        self._message = message
        self._text = RichText(look, self.tr("Answer of {name}").format(name=agent_name))
        self._waiting = label(role="muted")
        self._ending = label(role="small", wrap=True)
        self._ending_icon = Icon(look, "note", "warning", 15)
        self._sources = column(gap=6)
        self._numbers = label(role="small", wrap=True)
        self._copy = IconButton(look, "copy", self.tr("Copy answer"), self._copy_answer)
        self._lay_out(agent_name)
        self._text.citation_wanted.connect(self._open_citation)
        self._text.link_wanted.connect(self.link_wanted)
        self.show_message(message)

    def _lay_out(self, agent_name: str) -> None:
        head = row(Icon(self._look, "agents", "accent_text", 16), label(agent_name, "strong"))
        head.addStretch(1)
        ending = row(self._ending_icon, self._ending, gap=6)
        ending.setStretch(1, 1)
        self._foot = row(self._numbers, self._copy, gap=6)
        self._foot.setStretch(0, 1)
        self.setLayout(
            column(
                head,
                self._waiting,
                self._text,
                ending,
                self._sources,
                self._foot,
                gap=Space.S,
                margins=(0, Space.M, 0, Space.M),
            )
        )

    def show_message(self, message: Message) -> None:
        """Show a stored reply, or the beginning of one."""
        self._message = message
        writing = message.state is MessageState.STREAMING
        if not writing:
            self._text.show_text(with_markers(message.text, message.citations))
        self._text.setVisible(bool(message.text))
        self._show_ending(message)
        self._show_sources(message.citations)
        self._numbers.setText(performance(message))
        self._copy.setVisible(not writing and bool(message.text))
        self.wait_for(self.tr("Thinking…") if writing else "")

    def wait_for(self, what: str) -> None:
        """Say what the reply waits for; '' where there is nothing to wait for."""
        self._waiting.setText(what)
        self._waiting.setVisible(bool(what))

    def catch_up(self, live: LiveReply) -> None:
        """Show what a live reply has so far."""
        if live.text:
            self.grow(live.text)
        else:
            self.show_progress(live)

    def grow(self, text: str) -> None:
        """Add streamed text."""
        if self._text.isHidden():
            self._text.show()
            self.wait_for("")
        self._text.append(text)

    def show_progress(self, live: LiveReply) -> None:
        """Say how far the model is with reading its prompt."""
        read, total = live.read
        if not self._text.isHidden():
            return
        if total and read < total:
            text = self.tr("Reading {total} tokens… {share}")
            self.wait_for(text.format(total=f"{total:,}", share=f"{read / total:.0%}"))
        elif live.passages is not None and not total:
            self.wait_for(self.tr("Found {count} passages…").format(count=live.passages))
        elif live.passages is None and live.agent.draft.type is AgentType.RAG:
            self.wait_for(self.tr("Searching the documents…"))
        else:
            self.wait_for(self.tr("Thinking…"))

    def _show_ending(self, message: Message) -> None:
        words = ending(message)
        failed = message.state is MessageState.FAILED
        self._ending.setText(words)
        self._ending.setVisible(bool(words))
        self._ending_icon.change("alert" if failed else "stop", "danger" if failed else "warning")
        self._ending_icon.setVisible(bool(words))

    def _show_sources(self, citations: Sequence[Citation]) -> None:
        clear(self._sources)
        if not citations:
            return
        heading = label(self.tr("Sources"), "section")
        chips = []
        for citation in one_each(citations):
            chip = SourceChip(self._look, citation)
            chip.clicked.connect(lambda _=False, c=citation: self.citation_wanted.emit(c))
            chips.append(chip)
        self._sources.addWidget(heading)
        self._sources.addWidget(flow(*chips, gap=6))

    def _open_citation(self, index: int) -> None:
        if index < len(self._message.citations):
            self.citation_wanted.emit(self._message.citations[index])

    def _copy_answer(self) -> None:
        QGuiApplication.clipboard().setText(self._message.text)
        self.copied.emit()


def one_each(citations: Sequence[Citation]) -> list[Citation]:
    """Return one citation for every source number, the one to look at first, by number."""
    chosen: dict[int, Citation] = {}
    for citation in citations:
        other = chosen.get(citation.number)
        if other is None or ORDER.index(citation.state) < ORDER.index(other.state):
            chosen[citation.number] = citation
    return [chosen[number] for number in sorted(chosen)]


def _icon(state: CitationState) -> str:
    return {
        CitationState.VERIFIED: "check",
        CitationState.LINKED: "link",
        CitationState.UNSUPPORTED: "alert",
    }[state]


def _short(text: str, most: int = 240) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"
