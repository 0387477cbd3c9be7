"""Every page for those who do not see it or use no mouse: names, the Tab key, and contrast."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QHeaderView,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QTextEdit,
    QToolButton,
    QWidget,
)

from core.records import Ask, Backup, BackupContents, Licence, MessageState, now
from core.store.conversations import ConversationStore
from desktop.theme import DARK, LIGHT, contrast
from desktop.viewmodels.base import Desk
from desktop.viewmodels.first_run import Step
from desktop.views import stylesheet
from desktop.views.agents import AgentsPage
from desktop.views.chat import ChatPage
from desktop.views.collections import CollectionsPage
from desktop.views.dialogs import ask_text, confirm
from desktop.views.pages import Pages
from desktop.views.palette import show_shortcuts
from desktop.views.settings import SectionKey, SettingsPage
from desktop.views.settings.about import LicencesSheet
from desktop.views.settings.backups import BackupsSection
from desktop.views.settings.users import UsersSection
from desktop.views.tokens import ask_token, show_secret
from desktop.views.window import AGENTS, CHAT, COLLECTIONS, MODELS, SETTINGS, MainWindow
from tests.desktop.conftest import Play, make_agent, until

ACTIVE = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
)
MOST_TABS = 150


def active(widget: QWidget) -> Iterator[QWidget]:
    """Yield what can be used in a widget now: ours, and not the parts that Qt makes of it."""
    for kind in ACTIVE:
        for each in widget.findChildren(kind):
            part = each.objectName().startswith("qt_") or isinstance(
                each.parent(), (QAbstractSpinBox, QComboBox, QLineEdit, QHeaderView)
            )
            part = part or isinstance(each, QHeaderView) or each.inherits("QTableCornerButton")
            part = (
                part or each.inherits("QComboBoxListView") or each.window() is not widget.window()
            )
            if each.isVisible() and not part:
                yield each


def called(widget: QWidget) -> str:
    return (
        f"{type(widget).__name__} '{widget.accessibleName()}' in {type(widget.parent()).__name__}"
    )


def nameless(widget: QWidget) -> list[str]:
    """Return what a screen reader has no word for."""
    return [
        called(each)
        for each in active(widget)
        if not (each.accessibleName() or (isinstance(each, QAbstractButton) and each.text()))
    ]


def out_of_reach(widget: QWidget) -> list[str]:
    """Press Tab all the way round and return what never had the focus."""
    window, seen = widget.window(), set[QWidget]()
    window.activateWindow()
    for _ in range(MOST_TABS):
        focused = QApplication.focusWidget()
        if focused is None or (focused in seen and len(seen) > 1):
            break
        seen.add(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    return [called(each) for each in active(widget) if each.isEnabled() and not reached(each, seen)]


def reached(widget: QWidget, seen: set[QWidget]) -> bool:
    """Whether a widget had the focus; of an exclusive group one, since arrows lead to the rest."""
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    alike = group.buttons() if group is not None and group.exclusive() else [widget]
    return any(each in seen or each.focusProxy() in seen for each in alike)


def write_conversation(desk: Desk) -> None:
    """Store a question that was answered twice, the second time with code."""
    store, agent, done = ConversationStore(desk.core._database), make_agent(desk), MessageState.DONE
    _, branch = store.open_turn(Ask(desk.owner.id, agent.id, "How?"), agent)
    store.close_turn(branch[-1].id, written="So.", state=done, record=None)
    _, branch = store.open_again(desk.owner.id, branch[-1].id, agent)
    written = "Like this:\n\n```python\nprint(1)\n```\n"
    store.close_turn(branch[-1].id, written=written, state=done, record=None)


async def sights(window: MainWindow, pages: Pages, desk: Desk) -> Any:
    """Go through every page in its states, and stop at each for a look."""
    pages.open()
    window.activateWindow()
    window.setFocus()
    agents = window.page(AGENTS)
    assert isinstance(agents, AgentsPage)
    await until(lambda: pages.agents.agents)
    yield "agents"
    agents.begin_new()
    agents.form.show_all_parameters()
    yield "agents, form"
    agents.show_versions(pages.agents.agents[0])
    await until(agents.history.isVisible)
    yield "agents, versions"
    pages.history.close()
    agents.compare()
    yield "agents, compared"
    agents.comparing.leave()
    window.go(CHAT)
    chat = window.page(CHAT)
    assert isinstance(chat, ChatPage)
    await until(lambda: pages.conversations.conversations)
    yield "chat, new"
    pages.chat.open(pages.conversations.conversations[0].id)
    await until(lambda: pages.chat.messages)
    await asyncio.sleep(0.1)
    yield "chat"
    for page, name in ((COLLECTIONS, "collections"), (MODELS, "models")):
        window.go(page)
        await asyncio.sleep(0.1)
        yield name
    window.go(SETTINGS)
    settings = window.page(SETTINGS)
    assert isinstance(settings, SettingsPage)
    for key in SectionKey:
        settings.open_section(key)
        await asyncio.sleep(0.1)
        yield f"settings, {key}"
    pages.show_first_steps()
    for step in Step:
        pages.first_run.go(step)
        yield f"first steps, {step}"
    collections = window.page(COLLECTIONS)
    assert isinstance(collections, CollectionsPage)
    window.go(COLLECTIONS)
    pages.collections.show_trash(True)
    await until(lambda: pages.collections.documents.documents)
    collections.table.selectRow(0)
    yield "collections, trash"
    desk.core.window_lock.set("correct horse")
    await until(lambda: pages.lock.is_set)
    pages.show_settings(SectionKey.LOCK)
    yield "settings, lock set"
    pages.lock.lock()
    yield "locked"


@pytest.fixture
def furnished(desk: Desk, tmp_path: Path) -> Desk:
    """A desk with something on every page."""
    write_conversation(desk)
    desk.core.users.add_token(desk.owner.id, "nightly")
    made = desk.core.collections.create(desk.owner.id, "Manuals")
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(f"{name} boils.", "utf-8")
        desk.core.collections.add_files(desk.owner.id, made.id, [tmp_path / name])
    first = desk.core.collections.documents(desk.owner.id, made.id)[0]
    desk.core.collections.delete_document(desk.owner.id, first.id)
    return desk


def test_every_page_can_be_heard_and_tabbed_through(
    window: MainWindow, pages: Pages, furnished: Desk, play: Play[Any]
) -> None:
    """Whatever can be used on any page has a name, and the Tab key leads to it."""
    faults: dict[str, list[str]] = {}

    async def story() -> None:
        async for sight in sights(window, pages, furnished):
            found = nameless(window) + [f"no Tab: {each}" for each in out_of_reach(window)]
            if found:
                faults[sight] = found

    play(story())
    assert faults == {}


def test_every_sheet_can_be_heard_and_tabbed_through(
    window: MainWindow, pages: Pages, furnished: Desk, play: Play[Any]
) -> None:
    """The same for questions that stand over the window."""
    look = window.look

    def nothing(*_: object) -> None: ...

    async def story() -> list[str]:
        pages.open()
        window.go(SETTINGS)
        settings, collections = window.page(SETTINGS), window.page(COLLECTIONS)
        assert isinstance(settings, SettingsPage)
        assert isinstance(collections, CollectionsPage)
        await until(lambda: pages.collections.current)
        users, backups = settings.section(SectionKey.USERS), settings.section(SectionKey.BACKUPS)
        assert isinstance(users, UsersSection)
        assert isinstance(backups, BackupsSection)
        users.begin()
        await until(lambda: pages.users.users)
        backup = Backup("outpost-20261123-021500.sqlite", now(), 1_000, automatic=True)
        desk_contents = BackupContents("0001", 1, 1, 1, 1, 1)
        sheets: list[Callable[[], QDialog]] = [
            lambda: confirm(window, look, "Delete?", "Gone.", "Delete", nothing),
            lambda: ask_text(window, look, "Rename", "", "Rename", nothing, "Old"),
            lambda: ask_token(settings, look, nothing),
            lambda: show_secret(settings, look, "nightly", "op_secret"),
            collections.show_folders,
            collections.show_reindex,
            users.ask_user,
            lambda: users.ask_password(pages.users.users[0]),
            lambda: backups.show_contents(backup, desk_contents),
            lambda: LicencesSheet(settings, look, [Licence("a", "1", "MIT", "Text.")]),
            pages.show_palette,
            lambda: show_shortcuts(window, look),
        ]
        faults = []
        for opened in sheets:
            sheet = opened()
            await asyncio.sleep(0.02)
            faults += nameless(sheet) + out_of_reach(sheet)
            sheet.reject()
        return faults

    assert play(story()) == []


@pytest.mark.qt_log_ignore("raise\\(\\)", "grabbing the keyboard")
def test_menus_open_by_key(
    window: MainWindow, pages: Pages, furnished: Desk, play: Play[Any]
) -> None:
    """What stands in a menu behind three dots is a Space bar away."""

    async def story() -> None:
        pages.open()
        await until(lambda: pages.agents.agents)
        await asyncio.sleep(0.1)

    play(story())
    found = window.findChildren(QToolButton)
    more = next(each for each in found if each.menu() and each.isVisible())
    menu, entries = more.menu(), list[str]()
    assert isinstance(menu, QMenu)

    def close() -> None:
        entries.extend(action.text() for action in menu.actions() if action.text())
        menu.close()

    QTimer.singleShot(50, menu, close)  # the menu has a loop of its own while it is open
    QTest.keyClick(more, Qt.Key.Key_Space)
    assert {"Edit…", "Versions…", "Export…", "Delete…"} <= set(entries)


RULE = re.compile(r"(?P<who>[^{}]+)\{(?P<what>(?:[^{}]|\$\{\w+\})*)\}")


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_rule_of_the_style_sheet_can_be_read(colours: Any) -> None:
    """Where a rule names both ink and ground, the two reach 4.5:1."""
    rules = list(RULE.finditer(stylesheet._SHEET.template))
    found, faults = 0, []
    for rule in rules:
        ink = re.search(r"(?<![-\w])color: \$(\w+)", rule["what"])
        ground = re.search(r"background: \$(\w+)", rule["what"])
        if ink and ground:
            found += 1
            ratio = contrast(getattr(colours, ink[1]), getattr(colours, ground[1]))
            if ratio < 4.5:
                faults.append(f"{rule['who'].strip()}: {ink[1]} on {ground[1]} is {ratio:.2f}:1")
    assert found > 15
    assert faults == []


def test_the_check_itself_finds_what_is_wrong(window: MainWindow) -> None:
    """A button without a name that Tab leaves out is found, twice."""
    button = QToolButton(window)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.show()
    assert len(nameless(window)) == 1
    window.setFocus()
    assert any("QToolButton" in each for each in out_of_reach(window))
