"""One run of the application: it opens, says what is wrong, and closes in time."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from core.api.server import free_port
from core.app import build
from core.config import Settings
from core.errors import InvalidInput
from core.records import DeploymentState, MessageState
from desktop.bridge.neighbour import Doorbell, call_neighbour
from desktop.main import CLOSE_WITHIN_S, Run, parse
from desktop.theme import Theme
from desktop.views.window import MainWindow
from tests.desktop.conftest import Play, until

NO_API = ["--no-api"]


def play_run(
    play: Play[Any],
    qapp: QApplication,
    settings: Settings,
    story: Callable[[Run], Coroutine[Any, Any, None]],
    *options: str,
    problem: InvalidInput | None = None,
) -> tuple[int, float]:
    """Run the application with a story in it; its exit code and how long closing took."""
    window = MainWindow(Theme("light", qapp))
    window.show()
    run = Run(window, settings, parse(options), problem)
    closing_s = 0.0

    async def whole() -> int:
        nonlocal closing_s
        running = asyncio.ensure_future(run.run())
        try:
            await story(run)
        finally:
            began_s = time.monotonic()
            window.close()
            code = await running
            closing_s = time.monotonic() - began_s
        return code

    try:
        return play(whole()), closing_s
    finally:
        assert not run.overdue
        assert not window.isVisible()
        window.deleteLater()


def words(window: MainWindow) -> str:
    return " ".join(label.text() for label in window.findChildren(QLabel) if label.isVisible())


@pytest.mark.model
def test_a_window_closes_in_the_middle_of_a_reply(
    play: Play[Any], qapp: QApplication, settings: Settings, tmp_path: Path
) -> None:
    """Closing stops the reply, keeps its text, and takes less than five seconds."""

    async def story(run: Run) -> None:
        await until(lambda: run.pages is not None, 30)
        assert run.pages is not None
        assert run.core is not None
        await until(run.core.startup.finished.is_set, 60)
        chat, agents = run.pages.chat, run.core.agents
        run.window.go(1)
        await until(lambda: len(chat.agents) == 2, 20)
        assistant = next(agent for agent in chat.agents if agent.name == "Assistant")
        chat.new(assistant.id)
        await run.bridge.run(agents.deploy, run.core.users.owner().id, assistant.id, wait=True)
        await until(lambda: chat.can_send)
        chat.send("Count from one to one thousand in words, without stopping.")
        await until(lambda: chat.live is not None and chat.live.text, 60)

    code, closing_s = play_run(play, qapp, settings, story, *NO_API)
    assert code == 0
    assert closing_s < 5
    copy = tmp_path / "as another process finds it"
    shutil.copytree(settings.data_dir, copy)
    core = build(replace(settings, data_dir=copy))
    owner = core.users.owner().id
    conversation = core.conversations.list(owner)[0]
    reply = core.conversations.messages(owner, conversation.id)[-1]
    assert reply.state is MessageState.STOPPED
    assert reply.text
    assert {a.deployment.state for a in core.agents.list(owner)} == {DeploymentState.STOPPED}
    core.close()


def test_a_window_that_is_closed_at_once_closes(
    play: Play[Any], qapp: QApplication, settings: Settings
) -> None:
    """Who changes their mind while it opens does not wait for it to be open."""

    async def story(run: Run) -> None:
        await asyncio.sleep(0)

    code, closing_s = play_run(play, qapp, settings, story, *NO_API)
    assert code == 0
    assert closing_s < CLOSE_WITHIN_S


def test_the_api_is_there_while_the_window_is(
    play: Play[Any], qapp: QApplication, settings: Settings
) -> None:
    """Its address is shown once it answers, and runtime.json goes with the window."""

    async def story(run: Run) -> None:
        await until(lambda: run.pages is not None and run.pages.settings.api.url, 30)
        assert run.pages is not None
        assert run.pages.settings.api.url in settings.runtime_file.read_text("utf-8")

    play_run(play, qapp, settings, story)
    assert not settings.runtime_file.exists()


def test_the_api_is_moved_and_switched_while_the_window_is_open(
    play: Play[Any], qapp: QApplication, settings: Settings
) -> None:
    """What the Settings page asks for happens, and the page is told where the API is then."""
    wanted = free_port(23_000)
    assert wanted is not None

    async def story(run: Run) -> None:
        await until(lambda: run.pages is not None and run.pages.settings.api.url, 30)
        assert run.pages is not None
        page = run.pages.settings
        page.api_wanted.emit(True, wanted)
        await until(lambda: page.api.url.endswith(f":{wanted}"), 20)
        assert page.api.url in settings.runtime_file.read_text("utf-8")
        page.api_wanted.emit(False, 0)
        await until(lambda: not page.api.enabled, 20)
        assert not settings.runtime_file.exists()

    play_run(play, qapp, settings, story)


def test_a_taken_port_is_told_and_everything_else_goes_on(
    play: Play[Any], qapp: QApplication, settings: Settings
) -> None:
    """Another program on the port costs the API, not the window."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        async def story(run: Run) -> None:
            await until(lambda: run.pages is not None and run.pages.settings.api.problem, 30)
            assert run.pages is not None
            assert str(port) in run.pages.settings.api.problem
            assert run.pages.settings.api.free_port
            assert run.window.banners.banners()
            run.window.go(4)

        code, _ = play_run(play, qapp, replace(settings, port=port), story)
    assert code == 0


def test_a_folder_in_use_is_told_and_nothing_else_happens(
    play: Play[Any], qapp: QApplication, settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    """A second process over the same data says so, offers to quit, and ends with 1."""
    core = build(settings)

    async def story(run: Run) -> None:
        await until(lambda: "already running" in words(run.window), 30)
        assert run.pages is None

    try:
        code, _ = play_run(play, qapp, settings, story, *NO_API)
    finally:
        core.close()
    assert code == 1
    assert "already running" in capfd.readouterr().err


def test_settings_that_cannot_be_read_are_told_in_the_window(
    play: Play[Any], qapp: QApplication, settings: Settings
) -> None:
    """A wrong value names itself instead of a window that never comes."""
    problem = InvalidInput("OUTPOST_PORT is 'x'; it must be a whole number.")

    async def story(run: Run) -> None:
        await until(lambda: "OUTPOST_PORT" in words(run.window))

    code, _ = play_run(play, qapp, settings, story, *NO_API, problem=problem)
    assert code == 1


def test_a_second_start_raises_the_first_window(qtbot: QtBot, settings: Settings) -> None:
    """The doorbell rings once for every caller; without one, nobody answers."""
    assert not call_neighbour(settings.data_dir)
    doorbell = Doorbell(settings.data_dir)
    rung: list[bool] = []
    doorbell.rung.connect(lambda: rung.append(True))
    code = (
        "import sys; from pathlib import Path; from PySide6.QtCore import QCoreApplication;"
        "app = QCoreApplication([]); from desktop.bridge.neighbour import call_neighbour;"
        "sys.exit(0 if call_neighbour(Path(sys.argv[1])) else 3)"
    )
    caller = subprocess.Popen([sys.executable, "-c", code, str(settings.data_dir)])
    qtbot.waitUntil(lambda: caller.poll() is not None and bool(rung), timeout=20_000)
    assert caller.returncode == 0
    assert rung == [True]
    doorbell.close()
    assert not call_neighbour(settings.data_dir)


def test_a_second_start_hands_its_file_over(qtbot: QtBot, settings: Settings) -> None:
    """Whoever opens an agent's file while Outpost runs gets it into the window that is there."""
    doorbell = Doorbell(settings.data_dir)
    brought: list[str] = []
    doorbell.brought.connect(brought.append)
    file = settings.data_dir / "Größe und Maß.outpost-agent"
    assert call_neighbour(settings.data_dir, file)
    qtbot.waitUntil(lambda: brought == [str(file)], timeout=20_000)
    doorbell.close()


def test_a_file_on_the_command_line_is_imported(
    play: Play[Any], qapp: QApplication, settings: Settings, tmp_path: Path
) -> None:
    """A file that is no agent's is refused on the page of agents, where imports are told."""
    file = tmp_path / "broken.outpost-agent"
    file.write_bytes(b"not an agent")

    async def story(run: Run) -> None:
        await until(lambda: "no agent that can be imported" in words(run.window))

    code, _ = play_run(play, qapp, settings, story, *NO_API, str(file))
    assert code == 0


def test_a_socket_left_behind_does_not_block_the_next_start(settings: Settings) -> None:
    """After a crash the file is still there; nobody answers, and it is used again."""
    (settings.data_dir / "window.sock").touch()
    assert not call_neighbour(settings.data_dir)
    Doorbell(settings.data_dir).close()


def test_a_long_data_folder_still_has_a_doorbell(tmp_path: Path, qapp: QApplication) -> None:
    """A path that is too long for a socket's address gets a short name instead."""
    folder = tmp_path / ("a" * 90) / ("b" * 90)
    folder.mkdir(parents=True)
    doorbell = Doorbell(folder)
    assert not (folder / "window.sock").exists()
    assert call_neighbour(folder)
    doorbell.close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_sigterm_closes_the_window_in_order(tmp_path: Path) -> None:
    """A process asked to end does so with exit code 0 and leaves nothing behind."""
    report = tmp_path / "start.json"
    command = [sys.executable, "-m", "desktop.main", "--data-dir", str(tmp_path / "outpost")]
    command += ["--port", "0", "--report-start", str(report)]
    environ = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    process = subprocess.Popen(command, env=environ)
    runtime_file = tmp_path / "outpost" / "runtime.json"
    deadline = time.monotonic() + 60
    while not runtime_file.exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    assert 0 < json.loads(report.read_text("utf-8"))["window_shown_s"] < 30
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert not runtime_file.exists()


def test_nothing_heavy_is_imported_before_the_window_is_shown(tmp_path: Path) -> None:
    """What the first paint waits for holds no database, no engine, no index and no server."""
    code = (
        "import sys, desktop.main as main\n"
        "from desktop.theme import Theme\nfrom desktop.views.window import MainWindow\n"
        "app = main.make_application(); window = MainWindow(Theme('light')); window.show()\n"
        "app.processEvents()\n"
        "heavy = {'torch', 'chromadb', 'tantivy', 'llama_cpp', 'fastapi', 'uvicorn', 'numpy',"
        " 'sentence_transformers', 'sqlalchemy', 'alembic', 'pydantic', 'core.app'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    environ = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_pythons_own_import_stays_in_place() -> None:
    """PySide's, which looks into every module, is gone once the application is imported."""
    look = "import builtins, desktop, desktop.main; print(builtins.__import__)"
    ran = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "<built-in function __import__>"
