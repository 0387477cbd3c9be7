"""Agents as files: written for another machine, and read from one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.errors import InvalidInput
from core.records import Agent, AgentId, CollectionId, ModelId
from desktop.viewmodels.base import Desk, ViewModel, writing

SUFFIX = ".outpost-agent"
MOST_BYTES = 16_000_000
"""No agent is so large; what is, is another file."""


@dataclass(frozen=True, slots=True)
class Instead:
    """A file, and what stands in for what it names; None where it has its own."""

    path: Path
    model: ModelId | None = None
    collections: tuple[CollectionId, ...] | None = None


class AgentFilesViewModel(ViewModel):
    """Exports agents and imports them; asks for what the file names and is not here."""

    exported = Signal(str)
    """The path that an agent was written to."""
    imported = Signal(object)
    """Agent: made of a file."""
    missing = Signal(object, object)
    """(Instead, OutpostError): the file names a model or collections that are not here."""

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)

    def export(self, agent_id: AgentId, path: Path) -> None:
        """Write an agent to a file, without its model and documents."""
        self.do(self._export(agent_id, path))

    def bring(self, file: Instead) -> None:
        """Make an agent of a file; what is given stands in for what the file names."""
        self.do(self._bring(file))

    async def _export(self, agent_id: AgentId, path: Path) -> None:
        agents, owner = self.desk.core.agents, self.desk.owner.id
        packed = await self.call(agents.export_file, owner, agent_id)
        with writing(path):
            await self.call(path.write_bytes, packed)
        self.exported.emit(str(path))

    async def _bring(self, file: Instead) -> None:
        agents, owner = self.desk.core.agents, self.desk.owner.id
        packed = await self.call(_read, file.path)
        try:
            agent: Agent = await self.call(
                agents.import_file, owner, packed, model=file.model, collections=file.collections
            )
        except InvalidInput as error:
            if error.param not in ("model", "collections"):
                raise
            self.missing.emit(file, error)
        else:
            self.imported.emit(agent)


def _read(path: Path) -> bytes:
    """Return a file's bytes; raises InvalidInput where it cannot be an agent."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InvalidInput(f"'{path.name}' is too large to be an agent's file.")
        return path.read_bytes()
    except OSError as error:
        why = error.strerror or str(error)
        raise InvalidInput(f"'{path.name}' cannot be read: {why}.") from error
