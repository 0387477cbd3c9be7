"""The small parts of a message: its sources, its versions, and the buttons at its foot."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from core.records import Citation, CitationState, Message, MessageId
from desktop.viewmodels.wording import citation_meaning, citation_state, citation_tone, pages
from desktop.views.controls import IconButton, label
from desktop.views.layouts import row
from desktop.views.look import Look

ORDER = (CitationState.UNSUPPORTED, CitationState.VERIFIED, CitationState.LINKED)
"""Which state a source is shown with where its citations differ: the one to look at first."""
PREVIEW_COLUMNS = 76
ICONS = {
    CitationState.VERIFIED: "check",
    CitationState.LINKED: "link",
    CitationState.UNSUPPORTED: "alert",
}


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
        self.setIcon(look.icon(ICONS[citation.state], citation_tone(citation.state), 14))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(self.tr("Source {words}").format(words=words))
        self.setAccessibleDescription(f"{state}. {citation_meaning(citation.state)}")
        self.setToolTip(preview(citation))


class Versions(QWidget):
    """‹ 2/3 ›: steps through the versions of a message; hidden where there is only one."""

    wanted = Signal(str)

    def __init__(self, look: Look):
        super().__init__()
        self._ids: Sequence[MessageId] = ()
        self._at = 0
        self._back = IconButton(look, "chevron-left", self.tr("Previous version"), self._previous)
        self._on = IconButton(look, "chevron-right", self.tr("Next version"), self._next)
        self._place = label(role="small")
        self.setLayout(row(self._back, self._place, self._on, gap=0))

    def show_of(self, message: Message) -> None:
        self._ids = message.siblings
        self._at = message.siblings.index(message.id) if message.id in message.siblings else 0
        total = len(self._ids)
        self._place.setText(f"{self._at + 1}/{total}")
        self._place.setAccessibleName(
            self.tr("Version {at} of {total}").format(at=self._at + 1, total=total)
        )
        self._back.setEnabled(self._at > 0)
        self._on.setEnabled(self._at + 1 < total)
        self.setVisible(total > 1)

    def _previous(self) -> None:
        self.wanted.emit(self._ids[self._at - 1])

    def _next(self) -> None:
        self.wanted.emit(self._ids[self._at + 1])


def tool(look: Look, icon: str, name: str, on_click: Callable[[], object]) -> IconButton:
    """Return a small button of a message's foot."""
    made = IconButton(look, icon, name, on_click)
    made.setProperty("kind", "tool")
    return made


def one_each(citations: Sequence[Citation]) -> list[Citation]:
    """Return one citation for every source number, the one to look at first, by number.

    A sentence that names no source and that none supports says nothing about the one nearest to it.
    """
    chosen: dict[int, Citation] = {}
    for citation in citations:
        if citation.state is CitationState.UNSUPPORTED and not citation.named:
            continue
        other = chosen.get(citation.number)
        if other is None or ORDER.index(citation.state) < ORDER.index(other.state):
            chosen[citation.number] = citation
    return [chosen[number] for number in sorted(chosen)]


def preview(citation: Citation) -> str:
    """Return what a citation says, in lines that fit a tooltip: source, state, passage."""
    place = pages(citation.first_page, citation.last_page)
    head = " · ".join(part for part in (citation.document_name, place) if part)
    quote = textwrap.fill(f"“{_short(citation.quote)}”", PREVIEW_COLUMNS)
    meaning = textwrap.fill(citation_meaning(citation.state), PREVIEW_COLUMNS)
    return f"{head}\n{citation_state(citation.state)}. {meaning}\n\n{quote}"


def _short(text: str, most: int = 400) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"
