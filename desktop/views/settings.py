"""The Settings page: look, limits, the local API with its tokens, and where everything lies."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QCheckBox, QFrame, QSpinBox, QWidget

from core.records import ApiToken, now
from desktop.theme import Space
from desktop.viewmodels.notices import done
from desktop.viewmodels.settings import SettingsViewModel
from desktop.viewmodels.wording import count, scope, when
from desktop.views.agent_fields import Field, whole
from desktop.views.controls import Button, Choice, Dot, Elided, IconButton, chip, label, line
from desktop.views.dialogs import confirm
from desktop.views.layouts import STRETCH, Page, Screen, card, clear, column, row, scrolled
from desktop.views.look import Look
from desktop.views.tokens import ask_token, show_secret

WIDTH = 760
MINUTE_S = 60


class SettingsPage(Screen):
    """Every setting under its meaning; changes apply as they are made."""

    told = Signal(object)

    def __init__(self, look: Look, model: SettingsViewModel, version: str):
        super().__init__()
        self._look, self._model = look, model
        self._page = Page(self.tr("Settings"), self.tr("Changes are kept as you make them."))
        self._theme = Choice(self.tr("Theme"))
        self._theme.offer(
            [
                (self.tr("Like the system"), "system"),
                (self.tr("Light"), "light"),
                (self.tr("Dark"), "dark"),
            ]
        )
        self._agents = whole(1, 64, 1)
        self._replace = QCheckBox(self.tr("Make room when all places are taken"))
        self._idle = whole(0, 10_080, 5)
        self._idle.setSuffix(self.tr(" min"))
        self._idle.setSpecialValueText(self.tr("never"))
        self._port = whole(0, 65_535, 1)
        self._port.setGroupSeparatorShown(False)
        self._port.setSpecialValueText(self.tr("any free"))
        self._api_dot = Dot(look)
        self._api_text = label(wrap=True)
        self._api_copy = IconButton(look, "copy", self.tr("Copy the address"), self._copy_address)
        self._api_free = Button(look, "", on_click=self._take_free_port)
        self._api_switch = Button(look, "", on_click=self._switch_api)
        self._more_limits = self._make_more_limits()
        self._refused = label(role="muted", wrap=True)
        self._tokens = column(gap=0)
        self._lay_out(version)
        self._connect()
        self._show()
        self._show_api()

    # ------------------------------------------------------------ building

    def _lay_out(self, version: str) -> None:
        body = column(
            self._section(self.tr("Look"), Field(self.tr("Theme"), self._theme, beside=True)),
            self._section(self.tr("Limits"), *self._limit_fields()),
            self._section(self.tr("Local API"), *self._api_parts()),
            self._section(self.tr("Places"), *self._places()),
            self._section(self.tr("About"), *self._about(version)),
            STRETCH,
            gap=Space.XL,
            margins=(0, 0, Space.M, Space.XL),
        )
        inner = QWidget()
        inner.setLayout(body)
        inner.setMaximumWidth(WIDTH)
        outer = QWidget()
        outer.setLayout(row(inner, STRETCH))
        outer.layout().setStretch(0, 100)  # type: ignore[union-attr]
        self._page.body.addWidget(scrolled(outer), 1)
        self.setLayout(column(self._page))
        self.first = self._theme

    def _section(self, title: str, *parts: QWidget) -> QWidget:
        inside = column(gap=Space.M, margins=(Space.L, Space.L, Space.L, Space.L))
        for at, part in enumerate(parts):
            if at:
                inside.addWidget(line())
            inside.addWidget(part)
        made = QWidget()
        made.setLayout(column(label(title, "title"), card(inside), gap=Space.S))
        return made

    def _limit_fields(self) -> list[QWidget]:
        return [
            Field(
                self.tr("Agents deployed at once"),
                self._agents,
                self.tr("Each deployed agent keeps its model in memory."),
                beside=True,
            ),
            Field(
                "",
                self._replace,
                self.tr("Deploying then stops the agent that has been idle for longest."),
            ),
            Field(
                self.tr("Stop an unused agent after"),
                self._idle,
                self.tr("Frees the memory of an agent that nobody has asked for this long."),
                beside=True,
            ),
            *(
                Field(name, self._more_limits[key], meaning, beside=True)
                for key, name, meaning in self._more_words()
            ),
        ]

    def _make_more_limits(self) -> dict[str, QSpinBox]:
        """Return a field for each limit that holds from the next start on."""
        made = {}
        for spec in fields(self._model.settings):
            if spec.name in ("threads", "slots", "trash_days", "rescan_s"):
                low, high = int(spec.metadata["low"]), int(spec.metadata["high"])
                made[spec.name] = whole(low, high, 1)
        made["threads"].setSpecialValueText(self.tr("one per core"))
        made["trash_days"].setSuffix(self.tr(" days"))
        made["trash_days"].setSpecialValueText(self.tr("until emptied"))
        made["rescan_s"].setSuffix(self.tr(" s"))
        return made

    def _more_words(self) -> list[tuple[str, str, str]]:
        """Return (setting, its name, its meaning)."""
        later = self.tr("Applies at the next start.")
        return [
            (
                "slots",
                self.tr("Replies written at once"),
                self.tr("By one deployed model; each takes memory for its context.") + " " + later,
            ),
            (
                "threads",
                self.tr("Processor threads"),
                self.tr("How many a model computes with.") + " " + later,
            ),
            (
                "trash_days",
                self.tr("Keep deleted documents for"),
                self.tr("So long they can be restored from a collection's trash.") + " " + later,
            ),
            (
                "rescan_s",
                self.tr("Look through watched folders every"),
                self.tr("Most changes are noticed at once; this finds the others.") + " " + later,
            ),
        ]

    def _api_parts(self) -> list[QWidget]:
        state = QWidget()
        switches = (self._api_copy, self._api_free, self._api_switch)
        state.setLayout(row(self._api_dot, self._api_text, *switches, gap=Space.M))
        state.layout().setStretch(1, 1)  # type: ignore[union-attr]
        port = Field(
            self.tr("Port"),
            self._port,
            self.tr("Only programs on this machine can reach it."),
            beside=True,
        )
        make = Button(self._look, self.tr("New token…"), "key", on_click=self._ask_token)
        words = column(
            label(self.tr("Tokens"), "strong"),
            label(self.tr("A program needs a token to use the API."), "small", wrap=True),
            gap=2,
        )
        head = row(words, make, gap=Space.M)
        head.setStretch(0, 1)
        tokens = QWidget()
        tokens.setLayout(column(head, self._tokens, gap=Space.M))
        return [state, port, tokens]

    def _places(self) -> list[QWidget]:
        settings = self._model.settings
        return [
            self._place(self.tr("Data"), settings.data_dir),
            self._place(self.tr("Models"), settings.model_storage_path),
            self._place(self.tr("Log"), settings.log_file.parent),
        ]

    def _place(self, name: str, folder: Path) -> QWidget:
        def show() -> None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

        title = label(name, "strong")
        title.setFixedWidth(72)
        path = Elided(str(folder), "muted", Qt.TextElideMode.ElideMiddle)
        button = Button(self._look, self.tr("Open"), "folder", "quiet", show)
        button.setAccessibleName(self.tr("Open folder: {name}").format(name=name))
        made = QWidget()
        made.setLayout(row(title, path, button, gap=Space.M))
        made.layout().setStretch(1, 1)  # type: ignore[union-attr]
        return made

    def _about(self, version: str) -> list[QWidget]:
        text = self.tr(
            "Outpost runs AI agents on this machine and nowhere else. It makes no connection "
            "beyond this machine: no updates, no telemetry, no downloads."
        )
        return [
            label(self.tr("Outpost {version}").format(version=version), "strong"),
            label(text, "muted", wrap=True),
            self._refused,
        ]

    def _connect(self) -> None:
        self._theme.chosen.connect(lambda choice: self._model.choose_theme(str(choice)))
        self._agents.editingFinished.connect(self._store_limits)
        self._idle.editingFinished.connect(self._store_limits)
        self._replace.clicked.connect(lambda on: self._model.store(stop_least_used=on))
        self._port.editingFinished.connect(lambda: self._model.use_port(self._port.value()))
        for name, spin in self._more_limits.items():
            spin.editingFinished.connect(
                lambda name=name, spin=spin: self._model.store(**{name: spin.value()})
            )
        self._model.changed.connect(self._show)
        self._model.api_changed.connect(self._show_api)
        self._model.token_made.connect(self._show_secret)
        self._model.stored.connect(self._tell_stored)

    # ------------------------------------------------------------ showing

    @Slot()
    def _show(self) -> None:
        settings = self._model.settings
        self._theme.select(settings.theme)
        self._agents.setValue(settings.max_deployed_agents)
        self._idle.setValue(settings.agent_timeout_s // MINUTE_S)
        self._port.setValue(settings.port)
        self._replace.setChecked(settings.stop_least_used)
        for name, spin in self._more_limits.items():
            spin.setValue(getattr(settings, name))
        self._refused.setText(self._offline_words())
        clear(self._tokens)
        for token in self._model.tokens:
            self._tokens.addWidget(self._token_row(token))
        if not self._model.tokens:
            self._tokens.addWidget(label(self.tr("No tokens yet."), "muted"))

    def _token_row(self, token: ApiToken) -> QWidget:
        name = Elided(token.name, "strong")
        used = (
            self.tr("used {when}").format(when=when(token.last_used_at, now()))
            if token.last_used_at
            else self.tr("never used")
        )
        ends = (
            self.tr("ends {date}").format(date=f"{token.expires_at.astimezone():%d %b %Y}")
            if token.expires_at
            else self.tr("does not end")
        )
        revoke = Button(
            self._look, self.tr("Revoke"), kind="quiet", on_click=lambda: self._ask_revoke(token)
        )
        revoke.setAccessibleName(self.tr("Revoke {name}").format(name=token.name))
        made = QFrame()
        made.setLayout(
            row(name, chip(scope(token.scope)), label(f"{used} · {ends}", "small"), revoke)
        )
        made.layout().setStretch(0, 1)  # type: ignore[union-attr]
        return made

    @Slot()
    def _show_api(self) -> None:
        api = self._model.api
        if api.url:
            ink, text = "success", self.tr("Answering at {url}").format(url=api.url)
        elif api.problem:
            ink, text = "danger", api.problem
        elif not api.enabled:
            ink, text = "outline", self.tr("Switched off for this run.")
        else:
            ink, text = "warning", self.tr("Starting…")
        self._api_dot.set_ink(ink)
        self._api_text.setText(text)
        self._api_copy.setVisible(bool(api.url))
        on = bool(api.url or api.problem) or api.enabled
        self._api_switch.change(self.tr("Switch off") if on else self.tr("Switch on"), "power")
        free = "" if api.free_port is None else str(api.free_port)
        self._api_free.change(self.tr("Use port {port}").format(port=free), "")
        self._api_free.setVisible(bool(free))

    def _offline_words(self) -> str:
        """Return what the guard against connections has seen since the start."""
        refused = self._model.refused
        if not refused:
            return self.tr("Nothing has tried to connect beyond it since Outpost was started.")
        tried = count(len(refused), self.tr("attempt"), self.tr("attempts"))
        words = self.tr("{attempts} were refused since the start; the last to {address}, by {who}.")
        return words.format(attempts=tried, address=refused[-1][0], who=refused[-1][1])

    def _switch_api(self) -> None:
        api = self._model.api
        self._model.switch_api(not (api.url or api.problem or api.enabled))

    def _take_free_port(self) -> None:
        if (free := self._model.api.free_port) is not None:
            self._model.use_port(free)

    # ------------------------------------------------------------ wishes

    def _store_limits(self) -> None:
        minutes = self._idle.value()
        settings = self._model.settings
        seconds = minutes * MINUTE_S
        if minutes == settings.agent_timeout_s // MINUTE_S:  # seconds set elsewhere are kept
            seconds = settings.agent_timeout_s
        self._model.store(max_deployed_agents=self._agents.value(), agent_timeout_s=seconds)

    def _copy_address(self) -> None:
        QGuiApplication.clipboard().setText(self._model.api.url)
        self.told.emit(done(self.tr("Copied.")))

    def _ask_token(self) -> None:
        ask_token(self, self._look, self._model.make_token)

    @Slot(object, str)
    def _show_secret(self, token: ApiToken, secret: str) -> None:
        show_secret(self, self._look, token.name, secret)

    def _ask_revoke(self, token: ApiToken) -> None:
        confirm(
            self,
            self._look,
            self.tr("Revoke {name}?").format(name=token.name),
            self.tr("Programs that use this token are refused at once."),
            self.tr("Revoke token"),
            lambda: self._model.revoke(token.id),
        )

    @Slot(bool)
    def _tell_stored(self, at_next_start: bool) -> None:
        if at_next_start:
            self.told.emit(done(self.tr("Kept. It applies when Outpost is started again.")))
