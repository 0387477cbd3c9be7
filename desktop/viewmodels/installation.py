"""This installation itself: its room on the disk, its log, and what it is made of."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.records import Licence, PlaceKind, Storage
from desktop.viewmodels.base import Desk, ViewModel, tr

LOG_LINES = 400
_LEVEL = re.compile(r"^\S+ \S+ (DEBUG|INFO|WARNING|ERROR|CRITICAL) ")
_SERIOUS = ("WARNING", "ERROR", "CRITICAL")


class InstallationViewModel(ViewModel):
    """Fetches each part when it is wanted; nothing of it announces its changes."""

    storage_known = Signal()
    log_known = Signal()
    licences_known = Signal()

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.storage = Storage((), 0)
        self.log: list[str] = []
        self.licences: list[Licence] = []

    @property
    def log_folder(self) -> Path:
        return self.desk.core.settings.log_file.parent

    @property
    def data_folder(self) -> Path:
        return self.desk.core.settings.data_dir

    async def load(self) -> None:
        """Nothing is loaded before one of its parts is wanted."""

    def measure(self) -> None:
        """Look how much room everything takes; `storage_known` tells."""
        self.do(self._measure())

    async def _measure(self) -> None:
        self.storage = await self.call(self.desk.core.storage)
        self.storage_known.emit()

    def read_log(self) -> None:
        """Read the end of the log; `log_known` tells."""
        self.do(self._read_log())

    async def _read_log(self) -> None:
        self.log = await self.call(self.desk.core.log_tail, LOG_LINES)
        self.log_known.emit()

    def find_licences(self) -> None:
        """Gather the licences, once; `licences_known` tells."""
        self.do(self._find_licences())

    async def _find_licences(self) -> None:
        if not self.licences:
            self.licences = await self.call(self.desk.core.licences)
        self.licences_known.emit()


def serious(lines: list[str]) -> list[str]:
    """Return the log's warnings and errors, each with the lines that belong to it."""
    kept, keeping = [], False
    for line in lines:
        if match := _LEVEL.match(line):
            keeping = match[1] in _SERIOUS
        if keeping:
            kept.append(line)
    return kept


def place_name(kind: PlaceKind) -> str:
    return {
        PlaceKind.DATABASE: tr("Database"),
        PlaceKind.INDEX: tr("Search indexes"),
        PlaceKind.UPLOADS: tr("Uploaded documents"),
        PlaceKind.CACHE: tr("Cache"),
        PlaceKind.BACKUPS: tr("Backups"),
        PlaceKind.LOG: tr("Log"),
        PlaceKind.MODELS: tr("Models"),
    }[kind]


def place_meaning(kind: PlaceKind) -> str:
    """Return what lies in a place, and what it means to lose it."""
    return {
        PlaceKind.DATABASE: tr("Agents, conversations, and the text and vectors of documents."),
        PlaceKind.INDEX: tr("For searching; made again from the database where it is lost."),
        PlaceKind.UPLOADS: tr("Copies of documents that programs sent."),
        PlaceKind.CACHE: tr("Makes deploying quicker; it can be deleted while Outpost is closed."),
        PlaceKind.BACKUPS: tr("Copies of the database; the models are not in them."),
        PlaceKind.LOG: tr(
            "What Outpost noted about itself; never questions, answers or documents."
        ),
        PlaceKind.MODELS: tr("The files that agents run on."),
    }[kind]
