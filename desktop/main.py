"""The desktop's way in: window first, then the core, then the API; and out again in order.

Nothing that takes long is imported before the first paint. The core is built on a worker thread,
the pages follow, and the local API starts last. Closing runs the other way round and ends within
`CLOSE_WITHIN_S`, also in the middle of a reply.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from core.config import Settings, load_settings
from core.errors import AlreadyRunning, InvalidInput, OutpostError, PortInUse
from core.records import User
from desktop.bridge import Bridge, run_loop
from desktop.bridge.neighbour import Doorbell, call_neighbour
from desktop.bridge.quit_signals import QuitSignals
from desktop.language import Language
from desktop.theme import Theme
from desktop.viewmodels.base import Desk, tr
from desktop.viewmodels.notices import in_words
from desktop.viewmodels.settings import ApiState
from desktop.views.window import AGENTS, FIRST_STEPS, MainWindow

if TYPE_CHECKING:
    from core.api.server import ApiSwitch
    from core.app import Core
    from desktop.views.pages import Pages

log = logging.getLogger(__name__)

TASKS_END_WITHIN_S = 1.5
CLOSE_WITHIN_S = 4.5
"""After this the process ends by force: whoever closes a window expects it to go."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the desktop application and return its exit code."""
    options = parse(sys.argv[1:] if argv is None else argv)
    application = make_application()
    settings, problem = _settings(options)
    if problem is None and call_neighbour(settings.data_dir, options.agent):
        sys.stderr.write("Outpost is already running; its window has been raised.\n")
        return 1
    Language(settings.language, application)
    window = MainWindow(Theme(settings.theme, application, zoom_percent=settings.zoom_percent))
    window.show()
    run = Run(window, settings, options, problem)
    code = run_loop(application, run.run)
    if run.overdue:
        logging.shutdown()
        os._exit(code or 1)
    return code


def make_application() -> QApplication:
    """Return the QApplication; only an explicit end stops its loop."""
    application = QApplication(sys.argv[:1])
    application.setApplicationName("Outpost")
    application.setDesktopFileName("outpost")
    application.setQuitOnLastWindowClosed(False)
    return application


def parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("outpost", description="Outpost's desktop window.")
    parser.add_argument("agent", nargs="?", type=Path, help="an agent's file to import")
    parser.add_argument("--data-dir", type=Path, help="where everything Outpost stores lies")
    parser.add_argument("--port", type=int, help="port of the local API; 0 picks a free one")
    parser.add_argument("--no-api", action="store_true", help="do not start the local API")
    parser.add_argument("--report-start", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def _settings(options: argparse.Namespace) -> tuple[Settings, OutpostError | None]:
    """Return the settings, or the defaults and what is wrong with the configured ones."""
    try:
        return load_settings(data_dir=options.data_dir, port=options.port), None
    except OutpostError as error:
        return Settings(), error


class Run:
    """One run of the window, from the first paint to the last thread."""

    def __init__(
        self,
        window: MainWindow,
        settings: Settings,
        options: argparse.Namespace,
        problem: OutpostError | None = None,
    ):
        self.window = window
        self.bridge = Bridge(parent=window)
        self.core: Core | None = None
        self.pages: Pages | None = None
        self.overdue = False
        """True where closing took too long and the process has to be ended by force."""
        self._settings, self._options, self._problem = settings, options, problem
        self._api: ApiSwitch | None = None
        self._doorbell: Doorbell | None = None
        self._code = 0

    async def run(self) -> int:
        """Show, open, wait for the end, close."""
        closing = asyncio.Event()
        signals = QuitSignals(self.window)
        signals.received.connect(closing.set)
        self.window.close_wanted.connect(closing.set)
        self.bridge.failed.connect(self.window.show_error)
        await self._painted(closing)
        try:
            await self._open()
        except Exception as error:
            self._code = 1
            self._show_fatal(error, closing)
        await closing.wait()
        self.window.show_closing()
        await self._close()
        signals.close()
        self.window.allow_close()
        return self._code

    # ------------------------------------------------------------ opening

    async def _painted(self, closing: asyncio.Event) -> None:
        """Wait for the first paint, and report when it was if asked to."""
        painted = asyncio.Event()
        self.window.painted.connect(painted.set)
        if self.window.was_painted:
            painted.set()
        first = asyncio.ensure_future(painted.wait())
        ended = asyncio.ensure_future(closing.wait())
        await asyncio.wait((first, ended), return_when=asyncio.FIRST_COMPLETED)
        for waiting in (first, ended):
            waiting.cancel()
        if self._options.report_start is not None:
            report_start(self._options.report_start)

    async def _open(self) -> None:
        if self._problem is not None:
            raise self._problem
        self.core = await self.bridge.run(_build, self._settings)
        owner = await self.bridge.run(self.core.users.owner)
        self._doorbell = Doorbell(self._settings.data_dir, self.window)
        self._doorbell.rung.connect(self.window.come_forward)
        self._doorbell.brought.connect(self._bring)
        self.bridge.listen(self.core.changes)
        await self._show_pages(self.core, owner)
        await self.bridge.run(self.core.start)
        self.bridge.spawn(self._open_api(self.core))
        if self._options.agent is not None:
            self._bring(str(self._options.agent))

    def _bring(self, file: str) -> None:
        """Import an agent's file, on the page that tells how it went."""
        from desktop.viewmodels.agent_files import Instead

        pages = self.pages
        assert pages is not None

        def bring() -> None:
            self.window.go(AGENTS)
            pages.agent_files.bring(Instead(Path(file)))

        pages.locking.when_open(bring)

    async def _show_pages(self, core: Core, owner: User) -> None:
        from desktop.views.pages import Pages

        pages = Pages(self.window, Desk(core, owner, self.bridge))
        await pages.lock.begin()
        pages.open(FIRST_STEPS if await pages.first_run.due() else AGENTS)
        self.pages = pages

    async def _open_api(self, core: Core) -> None:
        """Start the local API unless it is not wanted, and let the Settings page switch it."""
        assert self.pages is not None
        self._api = await self.bridge.run(_api_switch, core)
        self.pages.settings.api_wanted.connect(self._switch_api)
        if self._options.no_api:
            self.pages.settings.set_api(ApiState(enabled=False))
        else:
            await self._start_api(self._api, None)

    def _switch_api(self, on: bool, port: int) -> None:
        if self._api is not None:
            self.bridge.spawn(self._start_api(self._api, port) if on else self._stop_api(self._api))

    async def _start_api(self, api: ApiSwitch, port: int | None) -> None:
        """Start or move the API; a taken port is told, and everything else goes on."""
        assert self.pages is not None
        try:
            state = ApiState(url=await self.bridge.run(api.start, port))
        except (PortInUse, InvalidInput) as error:
            free = error.free_port if isinstance(error, PortInUse) else None
            state = ApiState(api.url or "", in_words(error), free_port=free)
            self.window.show_error(error)
        self.pages.settings.set_api(state)

    async def _stop_api(self, api: ApiSwitch) -> None:
        assert self.pages is not None
        await self.bridge.run(api.stop)
        self.pages.settings.set_api(ApiState(enabled=False))

    def _show_fatal(self, error: Exception, closing: asyncio.Event) -> None:
        if not isinstance(error, OutpostError):
            log.critical("Outpost could not be started", exc_info=error)
        if isinstance(error, AlreadyRunning):
            sys.stderr.write(f"{error}\n")
        self.window.show_fatal(error, tr("Quit"), closing.set)

    # ------------------------------------------------------------ closing

    async def _close(self) -> None:
        """End streams and tasks, then the API and the core on a thread that nobody waits for."""
        began_s = time.monotonic()
        if self._doorbell is not None:
            self._doorbell.close()
        if self.pages is not None:
            self.pages.tray.close()
        await self.bridge.close(TASKS_END_WITHIN_S)
        left_s = CLOSE_WITHIN_S - (time.monotonic() - began_s)
        self.overdue = not await self.bridge.finish(self._end, left_s)
        if self.overdue:
            log.critical("closing took longer than %s s: ending by force", CLOSE_WITHIN_S)

    def _end(self) -> None:
        """Stop what runs outside the window; on a thread of its own."""
        if self._api is not None:
            self._api.stop()
        if self.core is not None:
            self.core.close()


def _build(settings: Settings) -> Core:
    """Import and build the core; on a worker, since that is what takes time."""
    from core.app import build

    return build(settings)


def _api_switch(core: Core) -> ApiSwitch:
    from core.api.server import ApiSwitch

    return ApiSwitch(core)


def report_start(file: Path) -> None:
    """Write how long after the process's creation the window was painted."""
    import psutil

    shown_s = time.time() - psutil.Process().create_time()
    file.write_text(json.dumps({"window_shown_s": round(shown_s, 3)}), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
