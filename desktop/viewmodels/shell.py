"""The window around the pages: what is still starting, deployed and reachable."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from core.changes import Topic
from desktop.viewmodels.base import Desk, ViewModel, tr
from desktop.viewmodels.notices import Notice


class ShellViewModel(ViewModel):
    """Follows the steps of starting up."""

    topics = frozenset({Topic.STARTUP, Topic.STORAGE})

    changed = Signal()

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.running = ""
        """The step that runs now, or ''."""
        self.problems: list[tuple[str, str]] = []
        """(step, note) of each step that failed."""
        self.disk_full = False
        """True from when the disk was full until it has room again."""

    async def load(self) -> None:
        steps = await self.call(self.desk.core.startup.steps)
        self.running = next((step.name for step in steps if step.state == "running"), "")
        self.problems = [(step.name, step.note) for step in steps if step.state == "failed"]
        self.disk_full = self.desk.core.reserve.is_used_up
        self.changed.emit()


def disk_full() -> Notice:
    """Return what is to be told for as long as the disk is full."""
    text = tr(
        "Nothing more can be stored. Reading, deleting and exporting still work; make room, and "
        "Outpost goes on by itself."
    )
    return Notice(tr("The disk is full"), text, "danger")


def repairing() -> Notice:
    """Return what is to be told for as long as an index is being put right."""
    text = tr("Everything can be used meanwhile; searches may find less than usual.")
    return Notice(tr("The search indexes are being put right"), text)
