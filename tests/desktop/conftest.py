"""What the desktop's tests share: Qt's loop as asyncio's, a bridge, and a desk over a real core."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QLocale
from PySide6.QtWidgets import QApplication

from core.records import Agent, AgentDraft, AgentType, Sampling
from desktop.bridge import Bridge, close_loop, make_loop
from desktop.theme import Theme
from desktop.viewmodels.base import Desk
from desktop.views.look import Look

if TYPE_CHECKING:
    from core.app import Core

T = TypeVar("T")

Play = Callable[[Coroutine[Any, Any, T]], T]


@pytest.fixture(autouse=True, scope="session")
def _british_habits() -> Iterator[None]:
    """Numbers and dates as in Britain, whatever the machine's own habits are."""
    before = QLocale()
    QLocale.setDefault(QLocale("en_GB"))
    yield
    QLocale.setDefault(before)


@contextmanager
def one_task_at_a_time() -> Iterator[None]:
    """Fail where Qt's events were handled within a task: asyncio would lose the task's next step.

    `QTest.qWait`, `mouseMove` and all that goes to a QWindow do that, and so does any `exec()`.
    """
    run, within = asyncio.Handle._run, []

    def watched(handle: asyncio.Handle) -> None:
        task = asyncio.current_task(handle._loop)  # type: ignore[attr-defined]
        if task is not None:
            within.append(task.get_name())
        run(handle)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.Handle, "_run", watched)
        yield
    assert not within, f"Qt's events were handled within {within}"


@pytest.fixture
def loop(qapp: QApplication) -> Iterator[asyncio.AbstractEventLoop]:
    """Qt's loop as asyncio's, for one test."""
    made = make_loop(qapp)
    with one_task_at_a_time():
        yield made
    close_loop(made)
    asyncio.set_event_loop(None)
    # Else what the test leaves in cycles is collected on any thread, and Qt objects with it.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()


@pytest.fixture
def play(loop: asyncio.AbstractEventLoop) -> Play[Any]:
    """Run a coroutine on Qt's loop to its end."""
    return loop.run_until_complete


@pytest.fixture
def bridge(loop: asyncio.AbstractEventLoop) -> Iterator[Bridge]:
    """A bridge that is closed after the test."""
    made = Bridge()
    yield made
    loop.run_until_complete(made.close())


@pytest.fixture
def failures(bridge: Bridge) -> list[BaseException]:
    """What the bridge reported as failed."""
    found: list[BaseException] = []
    bridge.failed.connect(found.append)
    return found


@pytest.fixture
def desk(core: Core, bridge: Bridge, failures: list[BaseException]) -> Iterator[Desk]:
    """A desk over a real core whose models have been looked at; unseen failures fail the test."""
    core.models.scan()
    bridge.listen(core.changes)
    yield Desk(core, core.users.owner(), bridge)
    assert failures == []


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme("light", qapp)


@pytest.fixture
def look(theme: Theme) -> Look:
    return Look(theme, theme)


async def until(condition: Callable[[], object], within_s: float = 20.0) -> None:
    """Wait on Qt's loop until something holds."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s} s"
        await asyncio.sleep(0.01)


def make_agent(desk: Desk, name: str = "Tester", **draft: Any) -> Agent:
    """Store a fine-tuned agent on the starter model."""
    starter = desk.core.models.starter()
    assert starter is not None
    fields: dict[str, Any] = {
        "type": AgentType.FINE_TUNED,
        "model": starter.id,
        "system_prompt": "Answer briefly.",
        "sampling": Sampling(temperature=0.0, max_tokens=48),
        "context_tokens": 1024,
        **draft,
    }
    return desk.core.agents.create(desk.owner.id, AgentDraft(name=name, **fields))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let Qt's offscreen platform say that it has no window manager to give sizes to."""
    for item in items:
        if "tests/desktop" in item.path.as_posix():
            item.add_marker(pytest.mark.qt_log_ignore("propagateSizeHints"))
