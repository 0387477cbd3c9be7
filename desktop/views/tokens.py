"""Making an API token: what it may do, and its secret, shown once."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit, QWidget

from core.records import Scope
from desktop.viewmodels.base import tr
from desktop.viewmodels.wording import scope
from desktop.views.agent_fields import Field
from desktop.views.controls import Button, Choice
from desktop.views.dialogs import Question
from desktop.views.layouts import row
from desktop.views.look import Look

LIFETIMES_DAYS = (30, 90, 365)


def ask_token(
    parent: QWidget, look: Look, on_make: Callable[[str, Scope, int | None], object]
) -> Question:
    """Ask for a token's name, scope and lifetime."""
    sheet = Question(parent.window(), tr("New token"), tr("Name it after the program it is for."))
    name, allowed, lifetime = QLineEdit(), Choice(tr("May do")), Choice(tr("Valid for"))
    name.setPlaceholderText(tr("For example: nightly report"))
    allowed.offer([(scope(kind), kind) for kind in (Scope.CHAT, Scope.READ, Scope.MANAGE)])
    days = ((tr("{days} days").format(days=days), days) for days in LIFETIMES_DAYS)
    lifetime.offer([*days, (tr("No end"), None)])

    lifetime.select(LIFETIMES_DAYS[1])

    def make() -> None:
        ends = lifetime.value()
        sheet.accept()
        kind = Scope(str(allowed.value()))
        on_make(name.text().strip(), kind, ends if isinstance(ends, int) else None)

    go = Button(look, tr("Make token"), kind="primary", on_click=make)
    go.setEnabled(False)
    name.textChanged.connect(lambda text: go.setEnabled(bool(text.strip())))
    name.returnPressed.connect(lambda: make() if name.text().strip() else None)
    for field in (
        Field(tr("Name"), name),
        Field(tr("May do"), allowed),
        Field(tr("Valid for"), lifetime),
    ):
        sheet.body.addWidget(field)
    sheet.offer(Button(look, tr("Cancel"), on_click=sheet.reject), go)
    sheet.open()
    name.setFocus()
    return sheet


def show_secret(parent: QWidget, look: Look, name: str, secret: str) -> Question:
    """Show a token's secret; it cannot be shown again."""
    sheet = Question(
        parent.window(),
        tr("Token for {name}").format(name=name),
        tr("Copy it now: it is shown this once. Send it as 'Authorization: Bearer …'."),
    )
    field = QLineEdit(secret)
    field.setReadOnly(True)
    field.setCursorPosition(0)
    field.setFont(look.theme.mono())
    field.setAccessibleName(tr("The token"))
    copy = Button(look, tr("Copy"), "copy", "primary")

    def take() -> None:
        QGuiApplication.clipboard().setText(secret)
        copy.change(tr("Copied"), "check")

    copy.clicked.connect(lambda: take())
    line = row(field, copy)
    sheet.body.addLayout(line)
    sheet.offer(Button(look, tr("Done"), on_click=sheet.accept))
    sheet.open()
    copy.setFocus()
    return sheet
