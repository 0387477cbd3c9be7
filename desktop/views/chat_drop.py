"""Files dropped into a chat: which of the agent's collections they go to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QWidget

from core.records import Agent, Collection, CollectionId
from desktop.viewmodels.base import tr
from desktop.viewmodels.figures import count
from desktop.viewmodels.notices import Notice
from desktop.views.agent_fields import Field
from desktop.views.controls import Button, Choice
from desktop.views.dialogs import Question
from desktop.views.look import Look


def dropped(event: QDropEvent) -> list[Path]:
    """Return the files and folders that are being dragged."""
    urls = event.mimeData().urls()
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]


def refusal(agent: Agent | None, collections: Sequence[Collection]) -> Notice | None:
    """Return why an agent can take no files, or None where it can."""
    if agent is None:
        return Notice(tr("There is no agent to take these files."), tone="warning")
    if collections:
        return None
    title = tr("{name} answers from its model alone").format(name=agent.name)
    text = tr("Choose a RAG agent, or give this one a collection, to ask about files.")
    return Notice(title, text, "warning")


def ask_where(
    parent: QWidget,
    look: Look,
    agent: Agent,
    collections: Sequence[Collection],
    paths: Sequence[Path],
    on_choice: Callable[[CollectionId], object],
) -> Question:
    """Ask which of the agent's collections dropped files are added to."""
    things = count(len(paths), "file or folder", "files and folders")
    title = tr("Add {things} for {name}?").format(things=things, name=agent.name)
    text = tr("They are read into the collection, and every agent on it can answer from them.")
    sheet = Question(parent.window(), title, text)
    picker = Choice(tr("Collection"))
    picker.offer([(each.name, each.id) for each in collections])

    def take() -> None:
        sheet.accept()
        on_choice(CollectionId(str(picker.value())))

    sheet.body.addWidget(Field(tr("Collection"), picker))
    go = Button(look, tr("Add to collection"), "file-plus", "primary", take)
    sheet.offer(Button(look, tr("Cancel"), on_click=sheet.reject), go)
    sheet.open()
    go.setFocus()
    return sheet
