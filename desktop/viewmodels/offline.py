"""Whether this run of Outpost kept to its machine: the guard's own report, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QObject, Signal

from desktop.viewmodels.base import Desk, ViewModel, tr
from desktop.viewmodels.figures import count


@dataclass(frozen=True, slots=True)
class Refusal:
    """A connection beyond this machine that was refused: when, where to, and by which code."""

    at: datetime
    address: str
    who: str


@dataclass(frozen=True, slots=True)
class Socket:
    """An open Internet socket: whose it is and where it leads."""

    process: str
    place: str
    leaves: bool
    """True where another machine is at its other end, or could be."""


@dataclass(frozen=True, slots=True)
class OfflineState:
    """What the report says."""

    on: bool
    """The guard is on, and refused an attempt that was made for the report."""
    since: datetime
    refused: int
    refusals: tuple[Refusal, ...]
    """The newest of them, the oldest first."""
    sockets: tuple[Socket, ...]

    @property
    def clean(self) -> bool:
        return self.on and not self.refused and not any(each.leaves for each in self.sockets)


class OfflineViewModel(ViewModel):
    """Asks for the report when it is looked at; attempts are never announced."""

    changed = Signal()

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.state: OfflineState | None = None

    async def load(self) -> None:
        report = await self.call(self.desk.core.offline.full_report)
        self.state = OfflineState(
            on=report.on and report.bites,
            since=report.since,
            refused=report.refused,
            refusals=tuple(Refusal(each.at, each.address, each.site) for each in report.attempts),
            sockets=tuple(
                Socket(
                    each.process, " → ".join(filter(None, (each.local, each.remote))), each.leaves
                )
                for each in report.sockets
            ),
        )
        self.changed.emit()


def verdict(state: OfflineState) -> str:
    """Return in one sentence whether anything left the machine."""
    if not state.on:
        return tr("The guard is off: Outpost cannot promise that it stays on this machine.")
    if any(each.leaves for each in state.sockets):
        return tr("A socket reaches beyond this machine.")
    if state.refused:
        tried = count(state.refused, "attempt was", "attempts were")
        return tr("{attempts} refused; nothing left this machine.").format(attempts=tried)
    return tr("Nothing has tried to connect beyond this machine.")


def report_text(state: OfflineState) -> str:
    """Return the report as plain text, for handing on."""
    lines = [
        verdict(state),
        tr("Since {moment}").format(moment=f"{state.since:%Y-%m-%d %H:%M} UTC"),
    ]
    lines += [f"{each.at:%H:%M:%S} UTC  {each.address}  {each.who}" for each in state.refusals]
    lines += [f"{each.process}  {each.place}" for each in state.sockets]
    return "\n".join(lines)
