"""Puts view-models and pages together: what the window shows once the core is open."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence, QShortcut

import core
from core.records import AgentId
from desktop.viewmodels.agent_files import AgentFilesViewModel
from desktop.viewmodels.agent_history import HistoryViewModel
from desktop.viewmodels.agents import AgentsViewModel
from desktop.viewmodels.audit import AuditViewModel
from desktop.viewmodels.backups import BackupsViewModel
from desktop.viewmodels.base import Desk, tr
from desktop.viewmodels.chat import ChatViewModel
from desktop.viewmodels.collections import CollectionsViewModel
from desktop.viewmodels.comparison import ComparisonViewModel
from desktop.viewmodels.conversations import ConversationsViewModel
from desktop.viewmodels.endings import EndingsViewModel
from desktop.viewmodels.first_run import FirstRunViewModel
from desktop.viewmodels.health import HealthViewModel
from desktop.viewmodels.installation import InstallationViewModel
from desktop.viewmodels.lock import LockViewModel
from desktop.viewmodels.models import ModelsViewModel
from desktop.viewmodels.offline import OfflineViewModel
from desktop.viewmodels.running import RunningViewModel
from desktop.viewmodels.settings import SettingsViewModel
from desktop.viewmodels.shell import ShellViewModel, disk_full, repairing
from desktop.viewmodels.source import SourceViewModel
from desktop.viewmodels.users import UsersViewModel
from desktop.viewmodels.why import WhyViewModel
from desktop.views.agents import AgentsPage
from desktop.views.chat import ChatPage
from desktop.views.collections import CollectionsPage
from desktop.views.commands import Commands
from desktop.views.first_run import FirstRunPage
from desktop.views.layouts import Screen
from desktop.views.locking import Locking
from desktop.views.models import ModelsPage
from desktop.views.palette import Palette, show_shortcuts
from desktop.views.settings import SectionKey, SettingsModels, SettingsPage
from desktop.views.settings.section import Pane
from desktop.views.tray import Tray
from desktop.views.window import (
    AGENTS,
    CHAT,
    COLLECTIONS,
    FIRST_STEPS,
    MODELS,
    SETTINGS,
    MainWindow,
)


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
        self.why = WhyViewModel(desk, window)
        self.collections = CollectionsViewModel(desk, window)
        self.models = ModelsViewModel(desk, window)
        self.settings = SettingsViewModel(desk, window)
        self.users = UsersViewModel(desk, window)
        self.lock = LockViewModel(desk, window)
        self.locking = Locking(window, self.lock, self.settings)
        self.backups = BackupsViewModel(desk, window)
        self.installation = InstallationViewModel(desk, window)
        self.audit = AuditViewModel(desk, window)
        self.health = HealthViewModel(desk, window)
        self.offline = OfflineViewModel(desk, window)
        self.running = RunningViewModel(desk, window)
        self.endings = EndingsViewModel(desk, window)
        self.first_run = FirstRunViewModel(desk, window)
        self._builders = {
            AGENTS: self._agents_page,
            CHAT: self._chat_page,
            COLLECTIONS: self._collections_page,
            MODELS: self._models_page,
            SETTINGS: self._settings_page,
            FIRST_STEPS: self._first_run_page,
        }

    def open(self, first: int = AGENTS) -> None:
        """Show the first page and begin to follow the core."""
        desk_theme = self._window.look.theme
        self.settings.theme_chosen.connect(desk_theme.choose)
        self.settings.zoom_chosen.connect(desk_theme.zoom)
        self._window.footer.follow(self.shell, self.agents, self.settings)
        self._window.open_pages(self.build, first)
        self._bind_keys()
        self.shell.changed.connect(self._hold_banners)
        self.health.changed.connect(self._hold_banners)
        self.shell.reload()
        if first != AGENTS:
            self.agents.reload()  # the footer and the palette want to know them
        self._open_tray()

    def _bind_keys(self) -> None:
        for keys, call in (
            ("Ctrl+K", self.show_palette),
            ("Ctrl+L", self.lock_window),
            ("F1", self._show_shortcuts),
        ):
            shortcut = QShortcut(QKeySequence(keys), self._window)
            shortcut.setEnabled(not self._window.is_covered)
            shortcut.activated.connect(call)

    def _hold_banners(self) -> None:
        """Tell over every page what lasts: a full disk, an index that is being put right."""
        banners, health = self._window.banners, self.health.health
        room = (tr("Show storage"), lambda: self.show_settings(SectionKey.STORAGE))
        banners.hold(disk_full(), self.shell.disk_full, room)
        banners.hold(repairing(), health is not None and health.repairing)

    def show_settings(self, key: SectionKey) -> Pane | None:
        """Open a section of the Settings page."""
        self._window.go(SETTINGS)
        page = self._window.page(SETTINGS)
        if not isinstance(page, SettingsPage):
            return None
        page.open_section(key)
        return page.section(key)

    def _open_tray(self) -> None:
        """Show what runs outside the window, and tell there what has ended."""
        self.tray = Tray(self._window, self.running, self.settings, self.lock)
        self.tray.open_wanted.connect(self._window.come_forward)
        self.tray.quit_wanted.connect(self._window.close_wanted)
        self.endings.ended.connect(self.tray.notify)
        self.running.reload()
        self.endings.reload()

    def lock_window(self) -> None:
        """Lock the window, or show where it gets a passphrase."""
        if not self.lock.lock():
            self.show_settings(SectionKey.LOCK)

    def show_palette(self) -> Palette:
        """Open the command palette over whatever is on show."""
        commands = Commands(self._window, self).all()
        return Palette(self._window, self._window.look, commands)

    def show_first_steps(self) -> None:
        """Show the short guide, from its beginning."""
        self._window.go(FIRST_STEPS)
        self.first_run.begin()

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
        page = ChatPage(
            self._window.look,
            self.chat,
            self.conversations,
            self.source,
            self.agents,
            self.why,
        )
        page.models_wanted.connect(lambda: self._window.go(MODELS))
        page.agents_wanted.connect(lambda: self._window.go(AGENTS))
        page.told.connect(self._window.tell)
        page.zoom_wanted.connect(self.settings.zoom_by)
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
        models = SettingsModels(
            self.settings,
            self.users,
            self.lock,
            self.backups,
            self.installation,
            self.audit,
            self.health,
            self.offline,
        )
        page = SettingsPage(self._window.look, models, core.__version__)
        page.told.connect(self._window.tell)
        page.tour_wanted.connect(self.show_first_steps)
        self.settings.reload()
        return page

    def _first_run_page(self) -> Screen:
        page = FirstRunPage(self._window.look, self.first_run)
        page.left.connect(lambda: self._leave_first_steps(AGENTS))
        page.models_wanted.connect(lambda: self._leave_first_steps(MODELS))
        page.asked.connect(self._ask_first)
        self.first_run.begin()
        return page

    def _leave_first_steps(self, page: int) -> None:
        self.first_run.end()
        self._window.go(page)

    def _ask_first(self, agent_id: AgentId, question: str) -> None:
        """End the first steps in a conversation that begins with this question."""
        self._leave_first_steps(CHAT)
        self._chat_with(agent_id)
        self.chat.do(self._send_first(question))

    async def _send_first(self, question: str) -> None:
        await self.chat.load()  # or it may not know yet that the agent is deployed
        self.chat.send(question)

    def _chat_with(self, agent_id: AgentId) -> None:
        """Open a new chat with an agent of the list."""
        self._window.go(CHAT)
        page = self._window.page(CHAT)
        if isinstance(page, ChatPage):
            page.begin_with(agent_id)
