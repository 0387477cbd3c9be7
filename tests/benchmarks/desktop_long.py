"""A conversation of thousands of messages: how soon it is open, and how smoothly it scrolls.

Measured in the real window on Qt's own thread. Opening is from the click to the end of the paint
that shows the last messages; scrolling is each step of the bar with its paint, by the wheel's
distance from the end upwards, 60 times a second. A frame is late by the time from when it was due
to when it was painted, so what is done between two frames counts too.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from tests.benchmarks.figures import Figure, emit, percentile

if TYPE_CHECKING:
    from core.app import Core
    from core.records import Conversation
    from desktop.main import Run
    from desktop.views.transcript import Transcript

MESSAGES = 2_000
OPENINGS = 7
STEPS = 300
STEP_PX = 120
FRAME_S = 1 / 60
ANSWER = """Here is what was asked for in number {n}:

1. first **point**
2. second point with `code`

```python
def f{n}(x: int) -> int:
    return x + {n}
```

A closing sentence of some length, so that the paragraph goes over a line's end in the window.
"""


def main() -> None:
    from core.config import load_settings
    from desktop.bridge import run_loop
    from desktop.main import Run, make_application, parse
    from desktop.theme import Theme
    from desktop.views.window import MainWindow

    with tempfile.TemporaryDirectory() as folder:
        application = make_application()
        window = MainWindow(Theme("light"))
        window.show()
        settings = load_settings(data_dir=Path(folder) / "outpost", port=0)
        run = Run(window, settings, parse(["--port", "0"]))

        async def whole() -> int:
            running = asyncio.ensure_future(run.run())
            try:
                await measure(run)
            finally:
                window.close()
                await running
            return 0

        run_loop(application, whole)


async def measure(run: Run) -> None:
    from desktop.views.chat import ChatPage
    from desktop.views.window import CHAT
    from tests.benchmarks.bench_desktop import until

    await until(lambda: run.pages is not None)
    assert run.core is not None
    assert run.pages is not None
    await until(run.core.startup.finished.is_set)
    long, short = write(run.core, MESSAGES), write(run.core, 2)
    run.window.go(CHAT)
    page = run.window.page(CHAT)
    assert isinstance(page, ChatPage)
    listed = run.pages.conversations
    await until(lambda: len(listed.conversations) == 2)
    opened_ms = []
    for _ in range(OPENINGS):
        await shown(run, page, short, 2)
        opened_ms.append(await shown(run, page, long, MESSAGES))
        await asyncio.sleep(0.3)
    emit(Figure("open_2000_messages_ms", median(opened_ms), "ms", 300, "lower", OPENINGS))
    steps_ms, late_ms = await scroll(page.transcript)
    emit(Figure("scroll_step_median_ms", median(steps_ms), "ms", 16.7, "lower", STEPS))
    emit(Figure("scroll_step_p95_ms", percentile(steps_ms, 0.95), "ms", 16.7, "lower", STEPS))
    emit(Figure("scroll_frame_late_median_ms", median(late_ms), "ms", 16.7, "lower", STEPS))
    emit(Figure("scroll_frame_late_p95_ms", percentile(late_ms, 0.95), "ms", 16.7, "lower", STEPS))


async def scroll(transcript: Transcript) -> tuple[list[float], list[float]]:
    """Scroll up by one step a frame; how long each step took, and how late each frame was."""
    bar, steps_ms, late_ms = transcript.verticalScrollBar(), [], []
    started_s = time.perf_counter()
    for frame in range(1, STEPS + 1):
        due_s = started_s + frame * FRAME_S
        await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
        began_s = time.perf_counter()
        bar.setValue(bar.value() - STEP_PX)
        transcript.viewport().repaint()
        painted_s = time.perf_counter()
        steps_ms.append((painted_s - began_s) * 1000)
        late_ms.append((painted_s - due_s) * 1000)
    return steps_ms, late_ms


async def shown(run: Run, page: object, conversation: Conversation, count: int) -> float:
    """Open a conversation; how long until its end is painted."""
    from desktop.views.chat import ChatPage

    assert run.pages is not None
    assert isinstance(page, ChatPage)
    chat = run.pages.chat
    began_s = time.perf_counter()
    chat.open(conversation.id)
    while len(chat.messages) != count:
        await asyncio.sleep(0.001)
    page.transcript.viewport().repaint()
    return (time.perf_counter() - began_s) * 1000


def write(core: Core, messages: int) -> Conversation:
    """Store a conversation of so many messages, in one transaction."""
    from sqlalchemy import Connection

    from core.records import Ask, MessageState, Role
    from core.store import messages as rows
    from core.store.conversation_rows import add_conversation, find

    owner = core.users.owner().id
    agent = next(each for each in core.agents.list(owner) if each.name == "Assistant")

    def action(connection: Connection) -> Conversation:
        made = add_conversation(connection, Ask(owner, agent.id, f"{messages} messages"), agent)
        last, done = None, MessageState.DONE
        for number in range(messages):
            asked = number % 2 == 0
            role = Role.USER if asked else Role.ASSISTANT
            text = f"Question {number}?" if asked else ANSWER.format(n=number)
            last = rows.add(connection, made, last, role, text, done, None)
        return find(connection, owner, made)

    return core._database.write(action)


if __name__ == "__main__":
    main()
