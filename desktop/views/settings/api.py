"""The local API: whether it answers and where, and the tokens that open it."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from core.records import ApiToken, now
from desktop.theme import Space
from desktop.viewmodels.base import tr
from desktop.viewmodels.figures import day
from desktop.viewmodels.notices import done
from desktop.viewmodels.settings import SettingsViewModel
from desktop.viewmodels.wording import scope, when
from desktop.views.agent_fields import Field, whole
from desktop.views.controls import Button, Dot, IconButton, chip, label
from desktop.views.dialogs import confirm
from desktop.views.layouts import holder, row
from desktop.views.look import Look
from desktop.views.settings.section import Rows, Section, entry
from desktop.views.tokens import ask_token, show_secret


class ApiSection(Section):
    """Switches and moves the API, makes and revokes tokens."""

    told = Signal(object)
    """Notice: something to say in passing."""

    def __init__(self, look: Look, model: SettingsViewModel):
        super().__init__(
            tr("Local API"),
            tr("Programs on this machine use your agents through it; no other machine can."),
        )
        self._look, self._model = look, model
        self._dot = Dot(look)
        self._text = label(wrap=True)
        self._copy = IconButton(look, "copy", tr("Copy the address"), self._copy_address)
        self.free = Button(look, "", on_click=self._take_free_port)
        self.switch = Button(look, "", on_click=self._switch)
        self._port = whole(0, 65_535, 1)
        self._port.setGroupSeparatorShown(False)
        self._port.setSpecialValueText(tr("any free"))
        self._tokens = Rows()
        self._lay_out()
        self._connect()
        self._show()
        self._show_state()

    def _lay_out(self) -> None:
        state = row(self._dot, self._text, self._copy, self.free, self.switch, gap=Space.M)
        state.setStretch(1, 1)
        meaning = tr("Another port is taken at once; 0 takes any that is free.")
        port = Field(tr("Port"), self._port, meaning, beside=True)
        self.group(tr("State"), holder(state), port)
        make = Button(self._look, tr("New token…"), "key", on_click=self.ask_token)
        words = label(tr("A program needs a token to use the API."), "muted", wrap=True)
        head = row(words, make, gap=Space.M)
        head.setStretch(0, 1)
        self.group(tr("Tokens"), holder(head))
        self.groups.insertWidget(self.groups.count() - 1, self._tokens)

    def _connect(self) -> None:
        self._port.editingFinished.connect(lambda: self._model.use_port(self._port.value()))
        self._model.changed.connect(self._show)
        self._model.api_changed.connect(self._show_state)
        self._model.token_made.connect(self._show_secret)

    def begin(self) -> None:
        self._model.reload()

    # ------------------------------------------------------------ showing

    @Slot()
    def _show(self) -> None:
        self._port.setValue(self._model.settings.port)
        rows = [self._token_row(token) for token in self._model.tokens]
        self._tokens.fill(*(rows or [label(tr("No tokens yet."), "muted")]))

    def _token_row(self, token: ApiToken) -> QWidget:
        used = (
            tr("used {when}").format(when=when(token.last_used_at, now()))
            if token.last_used_at
            else tr("never used")
        )
        ends = (
            tr("ends {date}").format(date=day(token.expires_at))
            if token.expires_at
            else tr("does not end")
        )
        revoke = Button(
            self._look, tr("Revoke"), kind="quiet", on_click=lambda: self._ask_revoke(token)
        )
        revoke.setAccessibleName(tr("Revoke {name}").format(name=token.name))
        return entry(token.name, f"{used} · {ends}", chip(scope(token.scope)), revoke)

    @Slot()
    def _show_state(self) -> None:
        api = self._model.api
        if api.url:
            ink, text = "success", tr("Answering at {url}").format(url=api.url)
        elif api.problem:
            ink, text = "danger", api.problem
        elif not api.enabled:
            ink, text = "outline", tr("Switched off for this run.")
        else:
            ink, text = "warning", tr("Starting…")
        self._dot.set_ink(ink)
        self._text.setText(text)
        self._copy.setVisible(bool(api.url))
        on = bool(api.url or api.problem) or api.enabled
        self.switch.change(tr("Switch off") if on else tr("Switch on"), "power")
        free = "" if api.free_port is None else str(api.free_port)
        self.free.change(tr("Use port {port}").format(port=free), "")
        self.free.setVisible(bool(free))

    # ------------------------------------------------------------ wishes

    def _switch(self) -> None:
        api = self._model.api
        self._model.switch_api(not (api.url or api.problem or api.enabled))

    def _take_free_port(self) -> None:
        if (free := self._model.api.free_port) is not None:
            self._model.use_port(free)

    def _copy_address(self) -> None:
        QGuiApplication.clipboard().setText(self._model.api.url)
        self.told.emit(done(tr("Copied.")))

    def ask_token(self) -> None:
        """Ask what a new token is for."""
        ask_token(self, self._look, self._model.make_token)

    @Slot(object, str)
    def _show_secret(self, token: ApiToken, secret: str) -> None:
        show_secret(self, self._look, token.name, secret)

    def _ask_revoke(self, token: ApiToken) -> None:
        confirm(
            self,
            self._look,
            tr("Revoke {name}?").format(name=token.name),
            tr("Programs that use this token are refused at once."),
            tr("Revoke token"),
            lambda: self._model.revoke(token.id),
        )
