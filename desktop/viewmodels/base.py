"""What all view-models share: the core, its owner, the bridge, and reloading on change notices."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from PySide6.QtCore import QCoreApplication, QObject, Slot

from core.changes import Topic
from core.errors import StorageFailed
from core.records import User
from desktop.bridge import Bridge

if TYPE_CHECKING:  # importing the core's services takes time that the first paint does not have
    from core.app import Core

P = ParamSpec("P")
T = TypeVar("T")

CONTEXT = "Outpost"
"""The translation context of texts that belong to no QObject."""


def tr(text: str) -> str:
    """Return the text in the user's language."""
    return QCoreApplication.translate(CONTEXT, text)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Within it a file is written for the user; raises StorageFailed where that cannot be."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise StorageFailed(f"'{path.name}' could not be written: {why}.") from error


@dataclass(frozen=True, slots=True)
class Desk:
    """What a view-model works with."""

    core: Core
    owner: User
    bridge: Bridge


class Reload:
    """Runs one coroutine function again whenever asked, never twice at once.

    Requests that come while it runs are answered by one more run after it.
    """

    def __init__(self, bridge: Bridge, work: Callable[[], Coroutine[Any, Any, None]]):
        self._bridge = bridge
        self._work = work
        self._running = False
        self._again = False

    def request(self) -> None:
        self._again = True
        if not self._running:
            self._running = True
            self._bridge.spawn(self._run())

    async def _run(self) -> None:
        try:
            while self._again:
                self._again = False
                await self._work()
        finally:
            self._running = False


class ViewModel(QObject):
    """State and signals of one page; subclasses name the topics that make it reload."""

    topics: frozenset[Topic] = frozenset()

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(parent)
        self.desk = desk
        self._reload = Reload(desk.bridge, self.load)
        desk.bridge.changed.connect(self._changed)

    def reload(self) -> None:
        """Fetch the state anew; the view hears of it by the page's own signal."""
        self._reload.request()

    async def load(self) -> None:
        """Fetch the state; overridden by every page."""
        raise NotImplementedError

    def noticed(self, topic: Topic, subjects: frozenset[str]) -> None:
        """React to a change notice; by default the page's topics reload it."""
        if topic in self.topics:
            self.reload()

    async def call(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a core service on a worker thread."""
        return await self.desk.bridge.run(work, *args, **kwargs)

    def do(self, work: Coroutine[Any, Any, Any]) -> None:
        """Start an action; its error goes to the window's one place for errors."""
        self.desk.bridge.spawn(work)

    @Slot(object, object)
    def _changed(self, topic: Topic, subjects: frozenset[str]) -> None:
        self.noticed(topic, subjects)
