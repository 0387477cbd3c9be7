"""The window around the pages: what is still starting, deployed and reachable."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from core.changes import Topic
from desktop.viewmodels.base import Desk, ViewModel


class ShellViewModel(ViewModel):
    """Follows the steps of starting up."""

    topics = frozenset({Topic.STARTUP})

    changed = Signal()

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.running = ""
        """The step that runs now, or ''."""
        self.problems: list[tuple[str, str]] = []
        """(step, note) of each step that failed."""

    async def load(self) -> None:
        steps = await self.call(self.desk.core.startup.steps)
        self.running = next((step.name for step in steps if step.state == "running"), "")
        self.problems = [(step.name, step.note) for step in steps if step.state == "failed"]
        self.changed.emit()
