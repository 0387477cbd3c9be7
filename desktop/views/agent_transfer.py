"""Agents as files: where to and where from, and what stands in for what is not here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog, QWidget

from core.errors import OutpostError
from core.records import Agent, CollectionId, ModelId
from desktop.viewmodels.agent_files import SUFFIX, AgentFilesViewModel, Instead
from desktop.viewmodels.agents import AgentsViewModel, Choices
from desktop.viewmodels.base import tr
from desktop.viewmodels.notices import done, sentence
from desktop.viewmodels.wording import file_name
from desktop.views.agent_fields import CollectionsField, Field
from desktop.views.controls import Button, Choice
from desktop.views.dialogs import Question
from desktop.views.look import Look


class AgentTransfer(QObject):
    """Asks for the places of files, and tells how it went."""

    told = Signal(object)
    """Notice"""

    def __init__(
        self, look: Look, files: AgentFilesViewModel, agents: AgentsViewModel, page: QWidget
    ):
        super().__init__(page)
        self._look, self._files, self._agents, self._page = look, files, agents, page
        files.exported.connect(self._tell_export)
        files.imported.connect(self._tell_import)
        files.missing.connect(self._ask_stand_in)

    def bring(self, path: Path) -> None:
        """Make an agent of a file."""
        self._files.bring(Instead(path))

    def choose_file(self) -> None:
        """Ask for the file of an agent."""
        dialog = self._dialog(self.tr("Import an agent"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.bring(Path(path)))
        dialog.open()

    @Slot(object)
    def export(self, agent: Agent) -> None:
        """Ask where to, and write the agent there."""
        dialog = self._dialog(self.tr("Export {name}").format(name=agent.name))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(SUFFIX.lstrip("."))
        dialog.selectFile(file_name(agent.name) + SUFFIX)
        dialog.fileSelected.connect(lambda path: self._files.export(agent.id, Path(path)))
        dialog.open()

    def _dialog(self, title: str) -> QFileDialog:
        dialog = QFileDialog(self._page.window(), title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setNameFilter(self.tr("Agents") + f" (*{SUFFIX})")
        return dialog

    @Slot(str)
    def _tell_export(self, path: str) -> None:
        self.told.emit(done(self.tr("Saved as {path}").format(path=path)))

    @Slot(object)
    def _tell_import(self, agent: Agent) -> None:
        self.told.emit(done(self.tr("{name} was imported.").format(name=agent.name)))

    @Slot(object, object)
    def _ask_stand_in(self, file: Instead, error: OutpostError) -> None:
        """Ask for what the file names and is not here, and try again with that."""

        def bring(**instead: object) -> None:
            self._files.bring(replace(file, **instead))  # type: ignore[arg-type]

        page, look, choices = self._page, self._look, self._agents.choices
        if error.param == "model":
            ask_model(page, look, error, choices, lambda model: bring(model=model))
        else:
            ask_collections(page, look, error, choices, lambda each: bring(collections=each))


def agent_files(event: QDropEvent) -> list[Path]:
    """Return the files of agents that are being dragged."""
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return [path for path in paths if path.suffix == SUFFIX]


def ask_model(
    parent: QWidget,
    look: Look,
    error: OutpostError,
    choices: Choices,
    on_model: Callable[[ModelId], object],
) -> Question:
    """Ask which model an imported agent is to run on."""
    sheet = Question(parent.window(), tr("Choose a model for this agent"), sentence(error))
    picker = Choice(tr("Model"))
    picker.offer([(each.name, each.id) for each in choices.models if each.usable])

    def take() -> None:
        sheet.accept()
        on_model(ModelId(str(picker.value())))

    go = Button(look, tr("Import agent"), "import", "primary", take)
    go.setEnabled(picker.count() > 0)
    sheet.body.addWidget(Field(tr("Model"), picker))
    sheet.offer(Button(look, tr("Cancel"), on_click=sheet.reject), go)
    sheet.open()
    picker.setFocus()
    return sheet


def ask_collections(
    parent: QWidget,
    look: Look,
    error: OutpostError,
    choices: Choices,
    on_collections: Callable[[tuple[CollectionId, ...]], object],
) -> Question:
    """Ask which collections an imported agent is to answer from."""
    sheet = Question(parent.window(), tr("Choose collections for this agent"), sentence(error))
    field = CollectionsField(look)
    field.offer(choices.collections)

    def take() -> None:
        sheet.accept()
        on_collections(field.chosen())

    go = Button(look, tr("Import agent"), "import", "primary", take)
    go.setEnabled(False)
    field.changed.connect(lambda: go.setEnabled(bool(field.chosen())))
    sheet.body.addWidget(field)
    sheet.offer(Button(look, tr("Cancel"), on_click=sheet.reject), go)
    sheet.open()
    return sheet
