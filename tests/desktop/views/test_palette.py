"""The command palette, the list of shortcuts, and files dropped into a chat."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QWidget

from core.records import AgentType
from desktop.viewmodels.base import Desk
from desktop.viewmodels.commands import Command, matching
from desktop.views.chat import ChatPage
from desktop.views.dialogs import Question
from desktop.views.pages import Pages
from desktop.views.palette import Palette
from desktop.views.window import AGENTS, CHAT, COLLECTIONS, MainWindow
from tests.desktop.conftest import Play, make_agent, until


def titles(palette: Palette) -> list[str]:
    return [palette.list.item(at).text() for at in range(palette.list.count())]


def test_words_find_a_command_in_any_order() -> None:
    """All words have to be there; what begins with them comes first."""

    def command(title: str, about: str) -> Command:
        return Command(title, about, lambda: None)

    chat, new, page = command("Chat with Guide", "Agent"), command("New chat", "Chat"), "Chat"
    commands = [new, chat, command(page, "Page")]
    assert [each.title for each in matching(commands, "chat")] == [
        "Chat with Guide",
        "Chat",
        "New chat",
    ]
    assert matching(commands, "guide CHAT") == [chat]
    assert matching(commands, "guide page") == []
    assert len(matching(commands, " ")) == 3


def test_a_command_is_typed_and_run(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """Ctrl+K, some letters, Enter: the page is open, and by arrows another one."""
    make_agent(desk, "Writer")
    desk.core.collections.create(desk.owner.id, "Manuals")

    async def story() -> None:
        pages.open()
        window.activateWindow()
        await until(lambda: pages.agents.agents)
        window.page(COLLECTIONS)
        await until(lambda: pages.collections.current)
        QTest.keySequence(window, QKeySequence("Ctrl+K"))
        await until(lambda: window.findChildren(Palette))
        (palette,) = window.findChildren(Palette)
        assert {"Agents", "Chat with Writer", "Deploy Writer", "Manuals"} <= set(titles(palette))
        QTest.keyClicks(palette.field, "no such thing")
        assert titles(palette) == []
        QTest.keyClick(palette.field, Qt.Key.Key_Return)
        assert palette.isVisible()
        palette.field.setText("writer")
        assert titles(palette) == ["Chat with Writer", "Deploy Writer"]
        QTest.keyClick(palette.field, Qt.Key.Key_Down)
        assert palette.list.currentRow() == 1
        palette.field.setText("manuals")
        QTest.keyClick(palette.field, Qt.Key.Key_Return)
        await until(lambda: window._stack.currentWidget() is window.page(COLLECTIONS))
        assert not palette.isVisible()

    play(story())


def test_every_command_runs(window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]) -> None:
    """None of what the palette offers fails; what opens a sheet can be left again."""
    make_agent(desk, "Writer")
    desk.core.collections.create(desk.owner.id, "Manuals")

    async def story() -> int:
        pages.open()
        await until(lambda: pages.agents.agents)
        palette = pages.show_palette()
        slow = ("Import a model…", "Deploy Writer")  # a dialog of the system, a model to load
        safe = [each for each in palette._commands if each.title not in slow]
        palette.reject()
        for command in safe:
            command.run()
            for sheet in window.findChildren(Question):
                sheet.reject()
        await until(lambda: pages.settings.settings.theme == "system")
        return len(safe)

    assert play(story()) > 12


def test_f1_lists_the_keys(window: MainWindow, pages: Pages, play: Play[Any]) -> None:
    """The list names the palette's own key."""

    async def story() -> None:
        pages.open()
        window.activateWindow()
        QTest.keySequence(window, QKeySequence("F1"))
        await until(lambda: window.findChildren(Question))
        (sheet,) = window.findChildren(Question)
        assert sheet.accessibleName() == "Keyboard shortcuts"
        sheet.reject()

    play(story())


def test_arrows_lead_from_page_to_page(window: MainWindow, pages: Pages, play: Play[Any]) -> None:
    """In the rail, Tab stands on the page on show, and the arrows go on from there."""

    async def story() -> None:
        pages.open()
        window.activateWindow()
        chosen = window.rail._buttons[AGENTS]
        chosen.setFocus()
        QTest.keyClick(chosen, Qt.Key.Key_Down)
        await until(lambda: window._stack.currentWidget() is window.page(CHAT))
        assert window.rail._buttons[CHAT].focusPolicy() is Qt.FocusPolicy.StrongFocus
        assert chosen.focusPolicy() is Qt.FocusPolicy.ClickFocus

    play(story())


def test_files_dropped_into_a_chat_go_to_its_collection(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any], tmp_path: Path
) -> None:
    """A RAG agent's collection takes them after one question."""
    made = desk.core.collections.create(desk.owner.id, "Manuals")
    make_agent(desk, "Reader", type=AgentType.RAG, collections=(made.id,))
    (tmp_path / "pump.txt").write_text("Check the seal.", "utf-8")

    async def story() -> None:
        page = await at_chat(window, pages)
        drop(page, tmp_path / "pump.txt")
        (sheet,) = window.findChildren(Question)
        buttons = sheet.findChildren(QAbstractButton)
        go = next(b for b in buttons if b.accessibleName() == "Add to collection")
        QTest.mouseClick(go, Qt.MouseButton.LeftButton)
        await until(window.banners.banners)
        (banner,) = window.banners.banners()
        assert "1 file is being read into Manuals." in banner.accessibleName()

    play(story())
    (document,) = desk.core.collections.documents(desk.owner.id, made.id)
    assert document.name == "pump.txt"


def test_an_agent_without_documents_says_why_it_takes_no_files(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any], tmp_path: Path
) -> None:
    """The typing field leaves files to the page, and the page says what would help."""
    make_agent(desk, "Writer")
    dragged = QMimeData()
    dragged.setUrls([QUrl.fromLocalFile(str(tmp_path))])

    async def story() -> None:
        page = await at_chat(window, pages)
        assert not page.composer.field.canInsertFromMimeData(dragged)
        drop(page, tmp_path)
        (banner,) = window.banners.banners()
        assert "Writer answers from its model alone" in banner.accessibleName()

    play(story())


async def at_chat(window: MainWindow, pages: Pages) -> ChatPage:
    """Open the Chat page and wait for its agents."""
    pages.open()
    window.go(CHAT)
    page = window.page(CHAT)
    assert isinstance(page, ChatPage)
    await until(lambda: pages.chat.agent and pages.agents.loaded)
    return page


def drop(page: QWidget, file: Path) -> None:
    """Let go of a file over a page, as a file browser does."""
    dragged = QMimeData()
    dragged.setUrls([QUrl.fromLocalFile(str(file))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    page.dropEvent(QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, dragged, buttons, keys))
