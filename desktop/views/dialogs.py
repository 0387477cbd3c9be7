"""Questions that have to be answered before going on; never a nested event loop.

Each opens window-modal and calls back: an `exec()` inside a coroutine would start a second loop
under asyncio's feet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QLineEdit, QWidget

from core.records import Agent
from desktop.theme import Size, Space
from desktop.viewmodels.base import tr
from desktop.viewmodels.wording import deployment_state, deployment_tone
from desktop.views.controls import Button, Dot, Elided, label
from desktop.views.layouts import STRETCH, card, column, row
from desktop.views.look import Look


class Question(QDialog):
    """A window-modal sheet with a title, a text, and buttons at its foot."""

    def __init__(self, parent: QWidget, title: str, text: str):
        super().__init__(parent)
        self.setWindowTitle("Outpost")
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(Size.SHEET)
        self.body = column(label(title, "title", wrap=True), gap=Space.M)
        if text:
            self.body.addWidget(label(text, "muted", wrap=True))
        self.foot = row(STRETCH, gap=Space.S)
        self.setLayout(column(self.body, Space.S, self.foot, gap=Space.M, margins=Space.XL))

    def offer(self, *buttons: Button) -> None:
        for button in buttons:
            self.foot.addWidget(button)

    def sizeHint(self) -> QSize:
        """Be as tall as the texts are at the width that it gets, not at a narrower one."""
        return super().sizeHint().expandedTo(QSize(Size.SHEET, 0))


def confirm(
    parent: QWidget, look: Look, title: str, text: str, verb: str, on_yes: Callable[[], object]
) -> Question:
    """Ask before something that cannot be undone; the safe answer has the focus."""
    sheet = Question(parent.window(), title, text)

    def yes() -> None:
        sheet.accept()
        on_yes()

    cancel = Button(look, tr("Cancel"), on_click=sheet.reject)
    sheet.offer(cancel, Button(look, verb, kind="danger", on_click=yes))
    sheet.open()
    cancel.setFocus()
    return sheet


def ask_tags(
    parent: QWidget,
    look: Look,
    title: str,
    tags: Sequence[str],
    on_tags: Callable[[list[str]], object],
) -> Question:
    """Ask for all tags of a thing from now on."""

    def take(text: str) -> None:
        kept = "" if text.strip() in ("-", "–") else text
        on_tags([tag.strip(" #") for tag in kept.split(",")])

    return ask_text(
        parent,
        look,
        title,
        tr("Separate tags by commas. A dash alone takes all tags away."),
        tr("Keep tags"),
        take,
        ", ".join(tags),
        tr("For example: contract, urgent"),
    )


def ask_text(
    parent: QWidget,
    look: Look,
    title: str,
    text: str,
    verb: str,
    on_text: Callable[[str], object],
    initial: str = "",
    placeholder: str = "",
) -> Question:
    """Ask for one line of text; empty text cannot be given."""
    sheet = Question(parent.window(), title, text)
    field = QLineEdit(initial)
    field.setPlaceholderText(placeholder)
    field.setAccessibleName(title)
    field.selectAll()

    def take() -> None:
        if field.text().strip():
            sheet.accept()
            on_text(field.text().strip())

    go = Button(look, verb, kind="primary", on_click=take)
    go.setEnabled(bool(initial.strip()))
    field.textChanged.connect(lambda now: go.setEnabled(bool(now.strip())))
    field.returnPressed.connect(take)
    sheet.body.addWidget(field)
    sheet.offer(Button(look, tr("Cancel"), on_click=sheet.reject), go)
    sheet.open()
    field.setFocus()
    return sheet


def offer_places(
    parent: QWidget,
    look: Look,
    agent: Agent,
    deployed: Sequence[Agent],
    on_stop: Callable[[Agent], object],
) -> Question:
    """Show who takes the places for deployed agents, and offer to stop one for another."""
    title = tr("No place is free for {name}").format(name=agent.name)
    text = tr(
        "As many agents are deployed as the limit in Settings allows. Stop one of them, and "
        "{name} is deployed in its place."
    )
    sheet = Question(parent.window(), title, text.format(name=agent.name))
    for other in deployed:
        sheet.body.addWidget(_place(sheet, look, other, on_stop))
    cancel = Button(look, tr("Leave as it is"), on_click=sheet.reject)
    sheet.offer(cancel)
    sheet.open()
    cancel.setFocus()
    return sheet


def _place(
    sheet: Question, look: Look, agent: Agent, on_stop: Callable[[Agent], object]
) -> QWidget:
    def stop() -> None:
        sheet.accept()
        on_stop(agent)

    state = agent.deployment.state
    name = Elided(agent.name, "strong")
    button = Button(look, tr("Stop and replace"), "stop", on_click=stop)
    button.setAccessibleName(tr("Stop {name}").format(name=agent.name))
    parts = row(
        Dot(look, deployment_tone(state)),
        name,
        label(deployment_state(state), "small"),
        button,
        gap=Space.M,
        margins=(Space.L, Space.S, Space.S, Space.S),
    )
    parts.setStretch(1, 1)
    return card(parts)
