"""The commands of the palette, gathered from what the pages show now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.records import AgentId, CollectionId, ConversationId, DeploymentState
from desktop.viewmodels.base import tr
from desktop.viewmodels.commands import Command
from desktop.views.agents import AgentsPage
from desktop.views.collections import CollectionsPage
from desktop.views.models import ModelsPage
from desktop.views.palette import show_shortcuts
from desktop.views.settings import SectionKey
from desktop.views.settings.api import ApiSection
from desktop.views.settings.page import sections
from desktop.views.settings.users import UsersSection
from desktop.views.window import AGENTS, CHAT, COLLECTIONS, MODELS, MainWindow

if TYPE_CHECKING:
    from desktop.views.pages import Pages

MOST_CONVERSATIONS = 200
STARTABLE = (DeploymentState.STOPPED, DeploymentState.FAILED)


class Commands:
    """Knows what can be done from anywhere, and does it."""

    def __init__(self, window: MainWindow, pages: Pages):
        self._window, self._pages = window, pages

    def all(self) -> list[Command]:
        return [
            *self._places(),
            *self._beginnings(),
            *self._things(),
            *self._settings(),
            *self._looks(),
        ]

    def _places(self) -> Iterator[Command]:
        for at, (_, name) in enumerate(self._window.entries()):
            keys = f"Ctrl+{at + 1}"
            yield Command(name, tr("Page"), lambda at=at: self._window.go(at), keys)  # type: ignore[misc]

    def _beginnings(self) -> Iterator[Command]:
        yield Command(tr("New chat"), tr("Chat"), self._new_chat, "Ctrl+N")
        yield Command(tr("New agent"), tr("Agents"), self._new_agent)
        yield Command(tr("Compare two agents"), tr("Agents"), self._compare)
        yield Command(tr("New collection"), tr("Collections"), self._new_collection)
        yield Command(tr("Import a model…"), tr("Models"), self._import_model)

    def _things(self) -> Iterator[Command]:
        pages, about = self._pages, tr("Agent")
        for agent in pages.agents.agents:
            chat, name = tr("Chat with {name}"), agent.name
            yield Command(chat.format(name=name), about, lambda a=agent.id: self._chat(a))  # type: ignore[misc]
            if agent.deployment.state in STARTABLE:
                words, run = tr("Deploy {name}"), lambda a=agent: pages.agents.deploy(a)
            else:
                words, run = tr("Stop {name}"), lambda a=agent: pages.agents.stop(a.id)
            yield Command(words.format(name=name), about, run)
        for each in pages.collections.collections:
            yield Command(each.name, tr("Collection"), lambda c=each.id: self._collection(c))  # type: ignore[misc]
        for found in pages.conversations.conversations[:MOST_CONVERSATIONS]:
            about = tr("Conversation with {name}").format(name=found.agent_name)
            yield Command(found.title, about, lambda c=found.id: self._conversation(c))  # type: ignore[misc]

    def _settings(self) -> Iterator[Command]:
        about = tr("Settings")
        for key, (_, name) in sections().items():
            yield Command(name, about, lambda key=key: self._pages.show_settings(key))  # type: ignore[misc]
        yield Command(tr("Lock the window"), about, self._pages.lock_window, "Ctrl+L")
        yield Command(tr("New token…"), about, self._new_token)
        yield Command(tr("Add user…"), about, self._new_user)
        yield Command(tr("Back up now"), about, self._back_up)
        yield Command(tr("Licences"), about, self._licences)

    def _looks(self) -> Iterator[Command]:
        choose, about = self._pages.settings.choose_theme, tr("Theme")
        yield Command(tr("Light theme"), about, lambda: choose("light"))
        yield Command(tr("Dark theme"), about, lambda: choose("dark"))
        yield Command(tr("Theme like the system"), about, lambda: choose("system"))
        yield Command(tr("First steps"), tr("Help"), self._pages.show_first_steps)
        shortcuts = tr("Keyboard shortcuts")
        window = self._window
        yield Command(shortcuts, tr("Help"), lambda: show_shortcuts(window, window.look), "F1")

    # ------------------------------------------------------------ doing

    def _new_chat(self) -> None:
        self._window.go(CHAT)
        self._pages.chat.new()

    def _chat(self, agent_id: AgentId) -> None:
        self._window.go(CHAT)
        self._pages.chat.new(agent_id)

    def _conversation(self, conversation_id: ConversationId) -> None:
        self._window.go(CHAT)
        self._pages.chat.open(conversation_id)

    def _collection(self, collection_id: CollectionId) -> None:
        self._window.go(COLLECTIONS)
        self._pages.collections.open(collection_id)

    def _new_agent(self) -> None:
        page = self._go(AGENTS)
        if isinstance(page, AgentsPage):
            page.begin_new()

    def _compare(self) -> None:
        page = self._go(AGENTS)
        if isinstance(page, AgentsPage):
            page.compare()

    def _new_collection(self) -> None:
        page = self._go(COLLECTIONS)
        if isinstance(page, CollectionsPage):
            page.begin_new()

    def _import_model(self) -> None:
        page = self._go(MODELS)
        if isinstance(page, ModelsPage):
            page.choose_file()

    def _new_token(self) -> None:
        section = self._pages.show_settings(SectionKey.API)
        if isinstance(section, ApiSection):
            section.ask_token()

    def _new_user(self) -> None:
        section = self._pages.show_settings(SectionKey.USERS)
        if isinstance(section, UsersSection):
            section.ask_user()

    def _back_up(self) -> None:
        self._pages.show_settings(SectionKey.BACKUPS)
        self._pages.backups.make()

    def _licences(self) -> None:
        self._pages.show_settings(SectionKey.ABOUT)
        self._pages.installation.find_licences()

    def _go(self, page: int) -> object:
        self._window.go(page)
        return self._window.page(page)
