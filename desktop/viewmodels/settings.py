"""The Settings page: the API and its tokens, the limits, the theme, and where things lie."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from core.changes import Topic
from core.config import Settings
from core.records import ApiToken, Scope, TokenId
from desktop.viewmodels.base import Desk, ViewModel

AT_ONCE = frozenset(
    {
        *("max_deployed_agents", "agent_timeout_s", "stop_least_used", "theme", "port"),
        *("tray", "notifications", "lock_after_min", "zoom_percent"),
    }
)
"""The settings that hold as soon as they are stored; the others hold from the next start."""


ZOOMS = (80, 90, 100, 110, 125, 150, 175, 200)
"""The sizes of text in conversations, in percent."""


@dataclass(frozen=True, slots=True)
class ApiState:
    """Whether the local API answers, and where; `problem` says why it does not."""

    url: str = ""
    problem: str = ""
    enabled: bool = True
    free_port: int | None = None
    """One that could be taken instead of a port in use."""


class SettingsViewModel(ViewModel):
    """Shows and stores settings; creates and revokes tokens."""

    topics = frozenset({Topic.TOKENS})

    changed = Signal()
    api_changed = Signal()
    api_wanted = Signal(bool, int)
    """(on, port): start the API there, move it or stop it; `set_api` then tells how it went."""
    theme_chosen = Signal(str)
    zoom_chosen = Signal(int)
    """Percent: the size of text in conversations."""
    token_made = Signal(object, str)
    """(ApiToken, secret): the secret can be shown this once."""
    stored = Signal(bool)
    """Settings were stored; True where some apply only at the next start."""

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.tokens: list[ApiToken] = []
        self.api = ApiState()
        self._storing = asyncio.Lock()
        self._zoom_percent = 0
        """What was chosen since the start: storing it takes longer than the next key."""

    @property
    def settings(self) -> Settings:
        return self.desk.core.settings

    async def load(self) -> None:
        tokens = await self.call(self.desk.core.users.tokens, self.desk.owner.id)
        self.tokens = [token for token in tokens if token.revoked_at is None]
        self.changed.emit()

    def set_api(self, api: ApiState) -> None:
        """Note how starting the API went."""
        self.api = api
        self.api_changed.emit()

    def store(self, **changes: object) -> None:
        """Store settings; those that are as before are left alone."""
        new = {
            name: value for name, value in changes.items() if getattr(self.settings, name) != value
        }
        if new:
            self.do(self._store(new))

    def switch_api(self, on: bool) -> None:
        """Start or stop the local API for this run; `api_changed` tells how it went."""
        self.api_wanted.emit(on, self.settings.port)

    def use_port(self, port: int) -> None:
        """Remember another port, and move the API there unless it is switched off."""
        if port != self.settings.port or self.api.problem:
            self.store(port=port)
            if self.api.enabled:
                self.api_wanted.emit(True, port)

    def choose_theme(self, choice: str) -> None:
        """Change the theme at once and remember it."""
        self.theme_chosen.emit(choice)
        self.store(theme=choice)

    def zoom(self, percent: int) -> None:
        """Show conversations in another size at once and remember it."""
        self._zoom_percent = percent
        self.zoom_chosen.emit(percent)
        self.store(zoom_percent=percent)

    def zoom_by(self, step: int) -> None:
        """Take the next larger size (1), the next smaller one (-1), or the ordinary one (0)."""
        now = self._zoom_percent or self.settings.zoom_percent
        larger = [each for each in ZOOMS if each > now]
        smaller = [each for each in ZOOMS if each < now]
        self.zoom({1: min(larger, default=now), -1: max(smaller, default=now), 0: 100}[step])

    def make_token(self, name: str, scope: Scope, days: int | None) -> None:
        self.do(self._make_token(name, scope, days))

    def revoke(self, token_id: TokenId) -> None:
        users, owner = self.desk.core.users, self.desk.owner.id
        self.do(self.call(users.revoke_token, owner, token_id))

    async def _store(self, changes: dict[str, object]) -> None:
        async with self._storing:  # one after the other: the last choice is the one that counts
            await self.call(self.desk.core.apply, **changes)
        self.stored.emit(not AT_ONCE.issuperset(changes))
        self.changed.emit()

    async def _make_token(self, name: str, scope: Scope, days: int | None) -> None:
        token, secret = await self.call(
            self.desk.core.users.add_token, self.desk.owner.id, name, scope, days
        )
        self.token_made.emit(token, secret)
