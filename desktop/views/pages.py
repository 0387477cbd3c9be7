"""Puts view-models and pages together: what the window shows once the core is open."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence, QShortcut

import core
from core.records import AgentId
from desktop.viewmodels.agent_files import AgentFilesViewModel
from desktop.viewmodels.agent_history import HistoryViewModel
from desktop.viewmodels.agents import AgentsViewModel
from desktop.viewmodels.base import Desk
from desktop.viewmodels.chat import ChatViewModel
from desktop.viewmodels.collections import CollectionsViewModel
from desktop.viewmodels.comparison import ComparisonViewModel
from desktop.viewmodels.conversations import ConversationsViewModel
from desktop.viewmodels.models import ModelsViewModel
from desktop.viewmodels.settings import SettingsViewModel
from desktop.viewmodels.shell import ShellViewModel
from desktop.viewmodels.source import SourceViewModel
from desktop.views.agents import AgentsPage
from desktop.views.chat import ChatPage
from desktop.views.collections import CollectionsPage
from desktop.views.commands import Commands
from desktop.views.layouts import Screen
from desktop.views.models import ModelsPage
from desktop.views.palette import Palette, show_shortcuts
from desktop.views.settings import SettingsPage
from desktop.views.window import AGENTS, CHAT, COLLECTIONS, MODELS, SETTINGS, MainWindow


class Pages:
    """All view-models of one window, and the pages as they are asked for."""

    def __init__(self, window: MainWindow, desk: Desk):
        self._window = window
        self.shell = ShellViewModel(desk, window)
        self.agents = AgentsViewModel(desk, window)
        self.agent_files = AgentFilesViewModel(desk, window)
        self.history = HistoryViewModel(desk, window)
        self.comparison = ComparisonViewModel(desk, window)
        self.chat = ChatViewModel(desk, window)
        self.conversations = ConversationsViewModel(desk, window)
        self.source = SourceViewModel(desk, window)
        self.collections = CollectionsViewModel(desk, window)
        self.models = ModelsViewModel(desk, window)
        self.settings = SettingsViewModel(desk, window)
        self._builders = {
            AGENTS: self._agents_page,
            CHAT: self._chat_page,
            COLLECTIONS: self._collections_page,
            MODELS: self._models_page,
            SETTINGS: self._settings_page,
        }

    def open(self) -> None:
        """Show the first page and begin to follow the core."""
        desk_theme = self._window.look.theme
        self.settings.theme_chosen.connect(desk_theme.choose)
        self._window.footer.follow(self.shell, self.agents, self.settings)
        self._window.open_pages(self.build)
        for keys, call in (("Ctrl+K", self.show_palette), ("F1", self._show_shortcuts)):
            QShortcut(QKeySequence(keys), self._window).activated.connect(call)
        self.shell.reload()

    def show_palette(self) -> Palette:
        """Open the command palette over whatever is on show."""
        commands = Commands(self._window, self).all()
        return Palette(self._window, self._window.look, commands)

    def _show_shortcuts(self) -> None:
        show_shortcuts(self._window, self._window.look)

    def build(self, page: int) -> Screen:
        return self._builders[page]()

    def _agents_page(self) -> Screen:
        page = AgentsPage(
            self._window.look,
            self.agents,
            self.agent_files,
            self.history,
            self.comparison,
            self.shell,
        )
        page.told.connect(self._window.tell)
        page.chat_wanted.connect(self._chat_with)
        self.agents.reload()
        return page

    def _chat_page(self) -> Screen:
        page = ChatPage(self._window.look, self.chat, self.conversations, self.source, self.agents)
        page.models_wanted.connect(lambda: self._window.go(MODELS))
        page.agents_wanted.connect(lambda: self._window.go(AGENTS))
        page.told.connect(self._window.tell)
        page.undo_offered.connect(self._window.banners.tell)
        self.chat.reload()
        self.conversations.reload()
        return page

    def _collections_page(self) -> Screen:
        page = CollectionsPage(self._window.look, self.collections)
        self.collections.reload()
        return page

    def _models_page(self) -> Screen:
        page = ModelsPage(self._window.look, self.models)
        page.told.connect(self._window.tell)
        self.models.reload()
        return page

    def _settings_page(self) -> Screen:
        page = SettingsPage(self._window.look, self.settings, core.__version__)
        page.told.connect(self._window.tell)
        self.settings.reload()
        return page

    def _chat_with(self, agent_id: AgentId) -> None:
        """Open a new chat with an agent of the list."""
        self._window.go(CHAT)
        page = self._window.page(CHAT)
        if isinstance(page, ChatPage):
            page.begin_with(agent_id)
