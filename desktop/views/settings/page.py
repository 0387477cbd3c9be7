"""The list of sections at the left, and the one that is open beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStackedWidget

from desktop.theme import Size, Space
from desktop.viewmodels.audit import AuditViewModel
from desktop.viewmodels.backups import BackupsViewModel
from desktop.viewmodels.base import tr
from desktop.viewmodels.health import HealthViewModel
from desktop.viewmodels.installation import InstallationViewModel
from desktop.viewmodels.lock import LockViewModel
from desktop.viewmodels.notices import done
from desktop.viewmodels.offline import OfflineViewModel
from desktop.viewmodels.settings import SettingsViewModel
from desktop.viewmodels.users import UsersViewModel
from desktop.views.controls import frame, label
from desktop.views.layouts import Screen, column, row
from desktop.views.look import Look
from desktop.views.settings.about import AboutSection
from desktop.views.settings.api import ApiSection
from desktop.views.settings.appearance import AppearanceSection
from desktop.views.settings.audit import AuditSection
from desktop.views.settings.backups import BackupsSection
from desktop.views.settings.health import HealthSection
from desktop.views.settings.limits import LimitsSection
from desktop.views.settings.lock import LockSection
from desktop.views.settings.log import LogSection
from desktop.views.settings.offline import OfflineSection
from desktop.views.settings.section import Pane
from desktop.views.settings.storage import StorageSection
from desktop.views.settings.users import UsersSection

LIST_PX = 212
ROW_PX = 36


class SectionKey(StrEnum):
    """The sections, in the order of the list."""

    APPEARANCE = "appearance"
    LIMITS = "limits"
    API = "api"
    USERS = "users"
    LOCK = "lock"
    STORAGE = "storage"
    BACKUPS = "backups"
    HEALTH = "health"
    OFFLINE = "offline"
    LOG = "log"
    AUDIT = "audit"
    ABOUT = "about"


def sections() -> dict[SectionKey, tuple[str, str]]:
    """Return (icon, name) of each section."""
    return {
        SectionKey.APPEARANCE: ("sun", tr("Appearance")),
        SectionKey.LIMITS: ("settings", tr("Limits")),
        SectionKey.API: ("key", tr("Local API")),
        SectionKey.USERS: ("user", tr("Users")),
        SectionKey.LOCK: ("screen", tr("Window lock")),
        SectionKey.STORAGE: ("folder", tr("Storage")),
        SectionKey.BACKUPS: ("export", tr("Backups")),
        SectionKey.HEALTH: ("health", tr("Health")),
        SectionKey.OFFLINE: ("lock", tr("Offline report")),
        SectionKey.LOG: ("file", tr("Log")),
        SectionKey.AUDIT: ("check", tr("Audit log")),
        SectionKey.ABOUT: ("note", tr("About")),
    }


@dataclass(frozen=True, slots=True)
class SettingsModels:
    """The view-models behind the sections."""

    settings: SettingsViewModel
    users: UsersViewModel
    lock: LockViewModel
    backups: BackupsViewModel
    installation: InstallationViewModel
    audit: AuditViewModel
    health: HealthViewModel
    offline: OfflineViewModel


class SettingsPage(Screen):
    """Opens one section at a time; each is built when it is first looked at."""

    told = Signal(object)
    tour_wanted = Signal()

    def __init__(self, look: Look, models: SettingsModels, version: str):
        super().__init__()
        self._look, self._models, self._version = look, models, version
        self._open: dict[SectionKey, Pane] = {}
        self.setProperty("role", "page")
        self.list = SectionList(look)
        self._stack = QStackedWidget()
        side = frame("sidebar")
        side.setFixedWidth(LIST_PX)
        title = label(tr("Settings"), "title")
        title.setContentsMargins(Space.S, 0, 0, 0)
        side.setLayout(
            column(title, self.list, gap=Space.M, margins=(Space.M, Space.XL, Space.M, 0))
        )
        whole = row(side, self._stack, gap=0)
        whole.setStretch(1, 1)
        self.setLayout(whole)
        self.first = self.list
        self.list.chosen.connect(self.open_section)
        models.settings.stored.connect(self._tell_stored)
        self.open_section(SectionKey.APPEARANCE)

    def section(self, key: SectionKey) -> Pane:
        """Return a section, built now if it was not looked at yet."""
        if key not in self._open:
            self._open[key] = self._builders()[key]()
            self._stack.addWidget(self._open[key])
        return self._open[key]

    @Slot(str)
    def open_section(self, key: str) -> None:
        """Show a section, with what holds now."""
        pane = self.section(SectionKey(key))
        self._stack.setCurrentWidget(pane)
        self.list.choose(SectionKey(key))
        pane.begin()

    def _builders(self) -> dict[SectionKey, Callable[[], Pane]]:
        look, models = self._look, self._models
        return {
            SectionKey.APPEARANCE: lambda: AppearanceSection(look, models.settings),
            SectionKey.LIMITS: lambda: LimitsSection(look, models.settings),
            SectionKey.API: self._api,
            SectionKey.USERS: lambda: UsersSection(look, models.users),
            SectionKey.LOCK: lambda: LockSection(look, models.lock, models.settings),
            SectionKey.STORAGE: lambda: StorageSection(look, models.installation, models.settings),
            SectionKey.BACKUPS: lambda: BackupsSection(look, models.backups),
            SectionKey.HEALTH: lambda: HealthSection(look, models.health),
            SectionKey.OFFLINE: self._offline,
            SectionKey.LOG: lambda: LogSection(look, models.installation),
            SectionKey.AUDIT: lambda: AuditSection(look, models.audit),
            SectionKey.ABOUT: self._about,
        }

    def _api(self) -> Pane:
        made = ApiSection(self._look, self._models.settings)
        made.told.connect(self.told)
        return made

    def _offline(self) -> Pane:
        made = OfflineSection(self._look, self._models.offline)
        made.told.connect(self.told)
        return made

    def _about(self) -> Pane:
        made = AboutSection(self._look, self._models.installation, self._version)
        made.tour_wanted.connect(self.tour_wanted)
        return made

    @Slot(bool)
    def _tell_stored(self, at_next_start: bool) -> None:
        if at_next_start:
            self.told.emit(done(tr("Kept. It applies when Outpost is started again.")))


class SectionList(QListWidget):
    """The names of the sections, each with its icon."""

    chosen = Signal(str)

    def __init__(self, look: Look):
        super().__init__()
        self._look = look
        self.setProperty("kind", "sections")
        self.setAccessibleName(tr("Sections of the settings"))
        self.setIconSize(QSize(Size.ICON, Size.ICON))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for _, name in sections().values():
            item = QListWidgetItem(name)
            item.setSizeHint(QSize(0, ROW_PX))
            self.addItem(item)
        self._tint()
        look.changed.connect(self._tint)
        self.currentRowChanged.connect(self._tell)

    def choose(self, key: SectionKey) -> None:
        """Show a section as chosen; nothing is announced."""
        self.blockSignals(True)
        self.setCurrentRow(list(SectionKey).index(key))
        self.blockSignals(False)
        self._tint()

    @Slot(int)
    def _tell(self, at: int) -> None:
        if at >= 0:
            self.chosen.emit(list(SectionKey)[at])

    @Slot()
    def _tint(self) -> None:
        for at, (icon, _) in enumerate(sections().values()):
            ink = "accent_text" if at == self.currentRow() else "muted"
            self.item(at).setIcon(self._look.icon(icon, ink))
