"""Pictures of every page, light and dark, at 1× and 2×: `dev.py screenshots FOLDER [PAGE…]`.

The real application in a real window over a fresh data folder: the starter agents, a
conversation with a cited answer, a collection with a broken file. On Linux without a screen it
brings its own X server. The pictures are for looking at; nothing is compared.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.xserver import DENSE_SCREEN, SCREEN, x_server

if TYPE_CHECKING:
    from core.app import Core
    from core.records import CollectionId, UserId
    from desktop.views.chat import ChatPage
    from desktop.views.collections import CollectionsPage
    from desktop.views.pages import Pages
    from desktop.views.settings import SettingsPage

QUESTIONS = (
    "Where does Outpost keep its data?",
    "What is a collection?",
    "How do I deploy an agent?",
    "Which port does the API use?",
)
"""Asked until an answer of the very small model can be linked to the guide."""
SHOWCASE = r"""The volume of a ball of radius $r$ is

$$V = \frac{4}{3} \pi r^3$$

so a ball of **2 cm** has about $33.5\,\mathrm{cm}^3$. In Python:

```python
import math

def volume(radius: float) -> float:
    return 4 / 3 * math.pi * radius**3  # in the radius's unit, cubed

print(f"{volume(2):.1f}")
```

| radius | volume |
|-------:|-------:|
| 1 cm | 4.2 cm³ |
| 2 cm | 33.5 cm³ |

1. Measure the radius.
2. Take it to the third power.
"""
PASSPHRASE = "correct horse battery"
PAGES = ("agents", "chat", "collections", "models", "settings")
SETTLE_S = 0.4
SIZE = (1240, 820)
SCREENS = {"1": SCREEN, "2": DENSE_SCREEN}


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("tests.screenshots")
    parser.add_argument("folder", type=Path)
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="only these pages")
    parser.add_argument("--scale", choices=SCREENS, help="only for ordinary or dense screens")
    options = parser.parse_args(argv)
    options.folder.mkdir(parents=True, exist_ok=True)
    if sys.platform == "linux" and not os.environ.get("DISPLAY"):
        return _on_own_screen(options)
    from desktop.bridge import run_loop
    from desktop.main import make_application

    with tempfile.TemporaryDirectory() as data_dir:
        session = Session(options.folder, Path(data_dir), options.pages or PAGES)
        application = make_application()
        return run_loop(application, session.run)


def _on_own_screen(options: argparse.Namespace) -> int:
    """Take the pictures of each size in a process of its own: Qt takes its scale at the start."""
    command = [sys.executable, "-m", "tests.screenshots", str(options.folder), *options.pages]
    for scale in (options.scale,) if options.scale else SCREENS:
        with x_server(SCREENS[scale]) as display:
            environ = {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "QT_SCALE_FACTOR": scale}
            done = subprocess.run(command, env={**os.environ, **environ}, check=False)
        if done.returncode:
            return done.returncode
    return 0


class Session:
    """One run of the application, from its first start to the last picture."""

    def __init__(self, folder: Path, data_dir: Path, pages: Sequence[str]):
        self._folder = folder
        self._wanted = pages
        self._data_dir = data_dir
        self._theme = ""

    async def run(self) -> int:
        from core.config import load_settings
        from desktop.main import Run, parse
        from desktop.theme import Theme
        from desktop.views.window import MainWindow

        options = parse(["--data-dir", str(self._data_dir / "outpost"), "--port", "0"])
        settings = load_settings(data_dir=options.data_dir, port=0)
        self.window = MainWindow(Theme("light"))
        self.window.resize(*SIZE)
        self.window.show()
        self.desktop = Run(self.window, settings, options)
        running = asyncio.ensure_future(self.desktop.run())
        try:
            await self._until(lambda: self.desktop.pages is not None)
            await self._prepare()
            for theme in ("light", "dark"):
                self._theme = theme
                self.window.look.theme.choose(theme)
                await self._take_all()
        finally:
            self.window.close()
            await running
        return 0

    # ------------------------------------------------------------ preparing

    async def _prepare(self) -> None:
        """Bring the application into a state in which every page has something to show."""
        from tests.core.engines.llama.lora import write_adapter

        await self._picture("first-start")
        await self._take_first_steps()
        core, owner = self._core, self._owner
        await self._until(core.startup.finished.is_set, 120)
        agents = {agent.name: agent for agent in core.agents.list(owner)}
        better = replace(agents["Guide"].draft, context_tokens=3072, tags=("starter", "guide"))
        await self._work(lambda: core.agents.edit(owner, agents["Guide"].id, better))
        for each in (agents["Guide"].id, agents["Assistant"].id):
            await self._work(partial(core.agents.deploy, owner, each, wait=True))
        collection = core.collections.list(owner)[0]
        await self._until(lambda: self._all_read(collection.id), 240)
        broken = self._data_dir / "quarterly report.pdf"
        broken.write_bytes(b"%PDF-1.7 and then nothing that could be read")
        await self._work(lambda: core.collections.add_files(owner, collection.id, [broken]))
        core.collections.create(owner, "Maintenance manuals")
        await self._until(lambda: self._all_read(collection.id), 60)
        (core.settings.model_storage_path / "notes.gguf").write_bytes(b"Not a model at all.")
        write_adapter(core.settings.model_storage_path / "plain words.gguf", layers=4)
        write_adapter(core.settings.model_storage_path / "for another model.gguf", width=64)
        await self._work(core.models.scan)
        if "chat" in self._wanted:
            self._write_showcase()
            await self._ask()
        core.users.add_token(owner, "nightly report", days=90)
        core.users.add("Archive", PASSPHRASE)
        await self._work(core.backups.make)

    def _write_showcase(self) -> None:
        """Store a conversation that shows what an answer may hold, and its branches."""
        from core.records import Ask, MessageState
        from core.store.conversations import ConversationStore

        core, owner = self._core, self._owner
        store = ConversationStore(core._database)
        agent = next(each for each in core.agents.list(owner) if each.name == "Assistant")
        conversation, branch = store.open_turn(Ask(owner, agent.id, "How large is a ball?"), agent)
        first, done = branch[-1].id, MessageState.DONE
        store.close_turn(first, written="It depends on its radius.", state=done, record=None)
        _, branch = store.open_again(owner, first, agent)
        store.close_turn(branch[-1].id, written=SHOWCASE, state=done, record=None)
        ask = Ask(owner, agent.id, "And its surface?", conversation.id)
        _, branch = store.open_turn(ask, agent)
        stopped = MessageState.STOPPED
        store.close_turn(branch[-1].id, written="The surface is", state=stopped, record=None)
        core.conversations.pin(owner, conversation.id)
        core.conversations.tag(owner, conversation.id, ["geometry"])

    def _all_read(self, collection_id: CollectionId) -> bool:
        from core.records import DocumentState

        documents = self._core.collections.documents(self._owner, collection_id)
        ended = (DocumentState.READY, DocumentState.FAILED)
        return bool(documents) and all(document.state in ended for document in documents)

    async def _ask(self) -> None:
        """Hold a conversation in the window."""
        from desktop.views.window import CHAT

        chat = self._pages.chat
        self.window.go(CHAT)
        await self._until(lambda: chat.agents)
        guide = next(agent for agent in chat.agents if agent.name == "Guide")
        for question in QUESTIONS:
            chat.new(guide.id)
            await self._until(lambda: chat.can_send)
            chat.send(question)
            await self._until(lambda: chat.live is not None and chat.live.text, 120)
            await self._picture("chat-streaming")
            await self._until(lambda: chat.live is None, 240)
            if chat.messages[-1].citations:
                break

    # ------------------------------------------------------------ pictures

    async def _take_all(self) -> None:
        takes = {
            "agents": self._take_agents,
            "chat": self._take_chat,
            "collections": self._take_collections,
            "models": self._take_models,
            "settings": self._take_settings,
        }
        for page in self._wanted:
            await takes[page]()

    async def _take_first_steps(self) -> None:
        """Go through the short guide in both themes, up to the question that it ends with."""
        from desktop.viewmodels.first_run import Step
        from desktop.views.window import AGENTS

        first_run = self._pages.first_run
        await self._until(lambda: first_run.agent, 60)
        for theme in ("light", "dark"):
            self.window.look.theme.choose(theme)
            self._theme = theme
            for step in Step:
                first_run.go(step)
                await self._picture(f"first-steps-{step + 1}")
        self._theme = ""
        self.window.look.theme.choose("light")
        self.window.go(AGENTS)

    async def _take_agents(self) -> None:
        from core.records import DeploymentState
        from desktop.views.agents import AgentsPage
        from desktop.views.window import AGENTS

        self.window.go(AGENTS)
        await self._picture("agents")
        self._pages.show_palette().field.setText("a")
        await self._picture("palette")
        await self._dismiss()
        self._pages._show_shortcuts()
        await self._picture("shortcuts")
        await self._dismiss()
        page = self.window.page(AGENTS)
        assert isinstance(page, AgentsPage)
        page.begin_new()
        await self._picture("agents-new")
        page.edit(next(agent for agent in self._pages.agents.agents if agent.name == "Guide"))
        page.form.show_all_parameters()
        await self._picture("agents-edit")
        await self._until(page.form._forecast.text)
        await self._picture("agents-forecast")
        page.form.close_form()
        guide = next(agent for agent in self._pages.agents.agents if agent.name == "Guide")
        page.show_versions(guide)
        await self._until(page.history.isVisible)
        await self._picture("agents-versions")
        self._pages.history.close()
        page.compare(guide)
        await self._until(lambda: self._pages.comparison.agents)
        page.comparing.field.setText("What is a collection?")
        self._pages.comparison.ask("What is a collection?")
        await self._until(lambda: not self._pages.comparison.running, 120)
        await self._picture("agents-compare")
        page.comparing.leave()
        agents = self._pages.agents.agents
        deployed = [each for each in agents if each.deployment.state is DeploymentState.DEPLOYED]
        self._pages.agents.pool_full.emit(agents[0], deployed)
        await self._picture("agents-pool-full")
        await self._dismiss()

    async def _take_chat(self) -> None:
        from desktop.views.chat import ChatPage
        from desktop.views.window import CHAT

        chat, source = self._pages.chat, self._pages.source
        conversations = self._pages.conversations
        self.window.go(CHAT)
        chat.new()
        await self._picture("chat-new")
        page = self.window.page(CHAT)
        assert isinstance(page, ChatPage)
        chat.open(next(each for each in conversations.conversations if not each.pinned).id)
        await self._until(lambda: chat.messages)
        await self._picture("chat")
        showcase = next(each for each in conversations.conversations if each.pinned)
        chat.open(showcase.id)
        await self._until(lambda: chat.current is not None and chat.current.id == showcase.id)
        await self._picture("chat-branches", settle_s=1.5)
        page.transcript.reveal(chat.messages[0].id)
        await self._picture("chat-showcase")
        page.list.search.setText("power radius")
        page.list.search.searched.emit("power radius")
        await self._picture("chat-search", settle_s=1.0)
        page.list.search.clear()
        await self._until(lambda: not all(each.pinned for each in conversations.conversations))
        chat.open(next(each for each in conversations.conversations if not each.pinned).id)
        await self._until(lambda: chat.current is not None and chat.current.id != showcase.id)
        explained = next(each for each in chat.messages if each.record is not None)
        page.transcript.why_wanted.emit(explained)
        await self._picture("chat-why")
        await self._take_search(page)
        page.why.close_panel()
        cited = [citation for message in chat.messages for citation in message.citations]
        if cited:
            source.show(cited[0])
            await self._picture("chat-source", settle_s=2.5)
            source.close()

    async def _take_search(self, page: ChatPage) -> None:
        """Ask why a document was not used, and what else the search found."""
        from PySide6.QtWidgets import QScrollArea

        from desktop.views.search_panel import SearchPart

        (part,) = page.why.findChildren(SearchPart)
        area = page.why.findChild(QScrollArea)
        assert isinstance(area, QScrollArea)
        await self._until(lambda: part.choice.count() > 2)
        part.choice.setCurrentIndex(part.choice.count() - 1)
        part.choice.activated.emit(part.choice.count() - 1)
        await self._until(part.answer.count)
        await asyncio.sleep(SETTLE_S)
        area.verticalScrollBar().setValue(part.y())
        await self._picture("chat-why-not")
        self._pages.why.search_again()
        await asyncio.sleep(SETTLE_S)
        area.verticalScrollBar().setValue(part.y())
        await self._picture("chat-why-all")

    async def _take_collections(self) -> None:
        from desktop.views.collections import CollectionsPage
        from desktop.views.window import COLLECTIONS

        self.window.go(COLLECTIONS)
        collections = self._pages.collections
        await self._until(lambda: collections.collections)
        full = max(collections.collections, key=lambda each: each.document_count)
        empty = min(collections.collections, key=lambda each: each.document_count)
        collections.open(full.id)
        await self._until(lambda: collections.failed)
        page = self.window.page(COLLECTIONS)
        assert isinstance(page, CollectionsPage)
        problems = [bool(document.problem) for document in collections.documents.documents]
        page.table.selectRow(problems.index(True))
        await self._picture("collections")
        sheet = page.show_reindex()
        await self._until(sheet._go.isEnabled, 60)
        await self._picture("collections-vectors")
        await self._dismiss()
        collections.open(empty.id)
        await self._picture("collections-empty")
        await self._take_busy_collection(page)

    async def _take_busy_collection(self, page: CollectionsPage) -> None:
        """Watch a folder, pause its reading, and look at the trash."""
        collections = self._pages.collections
        folder = self._data_dir / f"manuals-{self._theme}"
        folder.mkdir()
        for number in range(30):
            text = f"{self._theme} pump {number}: check the seal after {number + 3} weeks. " * 200
            (folder / f"pump {number:02}.txt").write_text(text, "utf-8")
        collections.watch(folder)
        await self._until(lambda: collections.jobs, 60)
        collections.pause(collections.jobs[0].id)
        await self._picture("collections-busy", settle_s=1.5)
        page.show_folders()
        await self._picture("collections-folders")
        await self._dismiss()
        for watched in collections.folders:
            collections.unwatch(watched.id)
        await self._until(lambda: not collections.folders)
        collections.remove([each.id for each in collections.documents.documents])
        collections.show_trash(True)
        await self._until(lambda: len(collections.documents.documents) == 30)
        page.table.selectRow(0)
        await self._picture("collections-trash")
        collections.empty_trash()
        for job in collections.jobs:
            collections.cancel(job.id)
        await self._until(lambda: not collections.documents.documents)
        collections.show_trash(False)

    async def _take_models(self) -> None:
        from desktop.views.models import ModelsPage
        from desktop.views.window import MODELS

        self.window.go(MODELS)
        models, page = self._pages.models, self.window.page(MODELS)
        await self._until(lambda: models.fits)
        await self._picture("models")
        assert isinstance(page, ModelsPage)
        page.show_details(next(each for each in models.models if each.is_starter))
        await self._picture("models-details", settle_s=1.5)
        await self._dismiss()
        broken = next(each for each in models.models if not each.usable)
        page.ask_delete(broken)
        await self._picture("models-delete")
        await self._dismiss()

    async def _take_settings(self) -> None:
        from core.errors import PoolFull
        from desktop.views.settings import SectionKey, SettingsPage
        from desktop.views.tokens import ask_token, show_secret
        from desktop.views.window import SETTINGS

        self.window.go(SETTINGS)
        page = self.window.page(SETTINGS)
        assert isinstance(page, SettingsPage)
        for key in SectionKey:
            page.open_section(key)
            await self._picture(f"settings-{key}", settle_s=1.0)
        await self._take_settings_sheets(page)
        await self._take_lock(page)
        page.open_section(SectionKey.API)
        ask_token(page, self.window.look, lambda *_: None)
        await self._picture("settings-token")
        await self._dismiss()
        show_secret(page, self.window.look, "nightly report", "op_" + "0f1e2d3c" * 5)
        await self._picture("settings-secret")
        await self._dismiss()
        self.window.show_error(PoolFull(2, ["Assistant", "Guide"]))
        self.window.show_error(ValueError("a bug"))
        await self._picture("notices")
        for banner in self.window.banners.banners():
            banner.dismiss()

    async def _take_settings_sheets(self, page: SettingsPage) -> None:
        from desktop.views.settings import SectionKey
        from desktop.views.settings.users import UsersSection

        page.open_section(SectionKey.USERS)
        users, backups = page.section(SectionKey.USERS), self._pages.backups
        assert isinstance(users, UsersSection)
        users.ask_user()
        await self._picture("settings-user")
        await self._dismiss()
        page.open_section(SectionKey.BACKUPS)
        backups.look(backups.backups[0])
        await self._picture("settings-restore", settle_s=1.0)
        await self._dismiss()
        backups.restore(backups.backups[0].name)
        await self._until(lambda: backups.wished)
        await self._picture("settings-restore-wished")
        backups.keep_present()
        self._pages.installation.find_licences()
        await self._until(lambda: self._pages.installation.licences)
        await self._picture("settings-licences")
        await self._dismiss()

    async def _take_lock(self, page: SettingsPage) -> None:
        """Set a passphrase, lock the window, try a wrong passphrase, and open it again."""
        from desktop.views.settings import SectionKey
        from desktop.views.settings.lock import LockSection

        page.open_section(SectionKey.LOCK)
        section, lock = page.section(SectionKey.LOCK), self._pages.lock
        assert isinstance(section, LockSection)
        section.ask()
        await self._picture("settings-lock-sheet")
        await self._dismiss()
        lock.set(PASSPHRASE)
        await self._until(lambda: lock.is_set)
        await self._picture("settings-lock-set")
        lock.lock()
        await self._picture("locked")
        lock.unlock("not this one")
        await self._until(self._pages.locking.screen.problem.text)
        await self._picture("locked-refused")
        lock.unlock(PASSPHRASE)
        await self._until(lambda: not lock.locked)
        lock.remove(PASSPHRASE)
        await self._until(lambda: not lock.is_set)

    async def _picture(self, name: str, settle_s: float = SETTLE_S) -> None:
        """Take the part of the screen where the window is, dialogs and all."""
        await asyncio.sleep(settle_s)
        place = self.window.geometry()
        picture = self.window.screen().grabWindow(
            0, place.x(), place.y(), place.width(), place.height()
        )
        dense = "@2x" if self.window.devicePixelRatio() > 1 else ""
        file = self._folder / f"{name}{'-' if self._theme else ''}{self._theme}{dense}.png"
        assert picture.save(str(file))
        print(file)

    async def _dismiss(self) -> None:
        """Close the dialog that is open."""
        from PySide6.QtWidgets import QApplication, QDialog

        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, QDialog) and widget.isVisible():
                widget.reject()
        await asyncio.sleep(SETTLE_S)

    # ------------------------------------------------------------ waiting

    @property
    def _core(self) -> Core:
        assert self.desktop.core is not None
        return self.desktop.core

    @property
    def _pages(self) -> Pages:
        assert self.desktop.pages is not None
        return self.desktop.pages

    @property
    def _owner(self) -> UserId:
        return self._core.users.owner().id

    async def _work(self, call: Callable[[], object]) -> None:
        await self.desktop.bridge.run(call)

    async def _until(self, condition: Callable[[], object], within_s: float = 30.0) -> None:
        async def wait() -> None:
            while not condition():
                await asyncio.sleep(0.05)

        await asyncio.wait_for(wait(), within_s)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
