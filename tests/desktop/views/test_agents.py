"""The Agents page: versions beside the list, comparing in its place, and what files lack."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from core.records import AgentType
from desktop.viewmodels.base import Desk
from desktop.views.agents import AgentsPage
from desktop.views.controls import Choice
from desktop.views.dialogs import Question
from desktop.views.pages import Pages
from desktop.views.window import AGENTS, MainWindow
from tests.core.retrieval.cross_encoder import write_cross_encoder
from tests.desktop.conftest import Play, make_agent, until


def opened(window: MainWindow, pages: Pages) -> AgentsPage:
    pages.open()
    page = window.page(AGENTS)
    assert isinstance(page, AgentsPage)
    return page


def button(widget: QWidget, name: str) -> QAbstractButton:
    """Return the button that a screen reader calls so."""
    found = widget.findChildren(QAbstractButton)
    return next(each for each in found if each.accessibleName() == name)


def words(widget: QWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget)]


def test_a_reranker_is_offered_only_where_there_is_one(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """Its choice and the tags come back as they were saved; one that is gone is told as missing."""
    sea = desk.core.collections.create(desk.owner.id, "Sea")
    agent = make_agent(desk, "Keeper", type=AgentType.RAG, collections=(sea.id,))
    folder = desk.core.settings.model_storage_path / "ranker"

    async def story() -> None:
        page = opened(window, pages)
        await until(lambda: pages.agents.agents)
        page.form.begin(pages.agents.agents[0])
        field = page.form.fields["retrieval.reranker"]
        assert field.isHidden()
        write_cross_encoder(folder)
        pages.agents.reload()
        await until(field.isVisible)
        page.form._reranker.select("ranker")
        page.form._wanted_tags.setText("a, b,a")
        page.form._submit()
        await until(lambda: pages.agents.agents[0].version == 2)
        shutil.rmtree(folder)
        pages.agents.reload()
        await until(lambda: not pages.agents.choices.rerankers)
        page.form.begin(pages.agents.agents[0])
        assert page.form._reranker.currentText() == "ranker (missing)"
        assert page.form.draft() == pages.agents.agents[0].draft
        page.form.close_form()

    play(story())
    kept = desk.core.agents.get(desk.owner.id, agent.id).draft.retrieval
    assert (kept.reranker, kept.tags) == ("ranker", ("a", "b"))


def test_versions_stand_beside_the_list_and_lead_back(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """The panel shows what changed; its button stores the old draft as a new version."""
    agent = make_agent(desk, "Writer")
    desk.core.agents.edit(desk.owner.id, agent.id, replace(agent.draft, system_prompt="Rhyme."))

    async def story() -> None:
        page = opened(window, pages)
        await until(lambda: pages.agents.agents)
        page.show_versions(pages.agents.agents[0])
        await until(page.history.isVisible)
        assert {"Instructions", "− Answer briefly.", "+ Rhyme."} <= set(words(page.history))
        back = button(page.history, "Go back to version 1")
        QTest.mouseClick(back, Qt.MouseButton.LeftButton)
        await until(lambda: len(pages.history.versions) == 3)
        assert pages.history.versions[0].agent.draft.system_prompt == "Answer briefly."
        page.begin_new()
        assert page.history.isHidden()
        page.form.close_form()

    play(story())


def test_a_row_tells_what_it_takes_and_when_it_was_used(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """Memory and last use stand in the row once they are known."""
    agent = make_agent(desk)

    async def story() -> None:
        page = opened(window, pages)
        await until(lambda: pages.agents.need(agent.draft))
        await until(lambda: any("MB of memory" in each for each in words(page._rows[agent.id])))
        assert "never used" in words(page._rows[agent.id])

    play(story())


def test_comparing_takes_the_place_of_the_list_and_gives_it_back(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """Both agents can be chosen and deployed there; Escape leads back."""
    make_agent(desk, "One"), make_agent(desk, "Two")

    async def story() -> None:
        page = opened(window, pages)
        await until(lambda: len(pages.agents.agents) == 2)
        page.compare(pages.agents.agents[1])
        await until(lambda: page.comparing.sides[0].picker.count() == 2)
        chosen = [side.picker.currentText() for side in page.comparing.sides]
        assert chosen == ["Two", "One"]
        assert all(side.deploy.isVisible() for side in page.comparing.sides)
        QTest.keyClicks(page.comparing.field, "Hello?")
        assert not page.comparing._go.isEnabled()  # neither is deployed
        QTest.keyClick(page.comparing.field, Qt.Key.Key_Escape)
        await until(lambda: page.filters.isVisible())

    play(story())


def test_an_agent_is_dropped_in_and_asks_for_its_collection(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any], tmp_path: Path
) -> None:
    """A file of an agent is dragged onto the page; what it lacks here is asked for once."""
    owner, core = desk.owner.id, desk.core
    old, new = (core.collections.create(owner, name) for name in ("Old", "New"))
    agent = make_agent(desk, "Reader", type=AgentType.RAG, collections=(old.id,))
    file = tmp_path / "reader.outpost-agent"
    file.write_bytes(core.agents.export_file(owner, agent.id))
    core.agents.delete(owner, agent.id)
    core.collections.delete(owner, old.id)

    async def story() -> None:
        page = opened(window, pages)
        await until(lambda: pages.agents.choices.collections)
        drop(page, file)
        await until(lambda: window.findChildren(Question))
        (sheet,) = window.findChildren(Question)
        button(sheet, "New").click()
        QTest.mouseClick(button(sheet, "Import agent"), Qt.MouseButton.LeftButton)
        await until(lambda: pages.agents.agents)
        assert pages.agents.agents[0].draft.collections == (new.id,)

    play(story())


def test_an_agent_whose_model_is_not_here_asks_for_another(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any], tmp_path: Path
) -> None:
    """The models that can be used are offered instead."""
    core, starter = desk.core, desk.core.models.starter()
    assert starter is not None
    copy = core.settings.model_storage_path / "other.gguf"
    content = bytearray(starter.path.read_bytes())
    content[-1] ^= 1  # other weights under the same header
    copy.write_bytes(content)
    core.models.scan()
    other = next(each for each in core.models.list() if not each.is_starter)
    agent = make_agent(desk, "Traveller", model=other.id)
    file = tmp_path / "traveller.outpost-agent"
    file.write_bytes(core.agents.export_file(desk.owner.id, agent.id))
    core.agents.delete(desk.owner.id, agent.id)
    copy.unlink()
    core.models.scan()

    async def story() -> None:
        page = opened(window, pages)
        await until(lambda: pages.agents.choices.models)
        drop(page, file)
        await until(lambda: window.findChildren(Question))
        (sheet,) = window.findChildren(Question)
        picker = sheet.findChild(Choice)
        assert isinstance(picker, Choice)
        assert picker.value() == starter.id
        QTest.mouseClick(button(sheet, "Import agent"), Qt.MouseButton.LeftButton)
        await until(lambda: pages.agents.agents)
        assert pages.agents.agents[0].draft.model == starter.id

    play(story())


@pytest.mark.model
def test_the_form_tells_the_memory_before_saving(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """A new agent's memory stands above Save, and follows what is entered."""
    make_agent(desk)

    async def story() -> None:
        page = opened(window, pages)
        await until(lambda: pages.agents.choices.models)
        page.begin_new()
        await until(page.form._forecast.text)
        small = page.form._forecast.text()
        assert "Deploying takes about" in small
        page.form._sampling._context.setValue(8192)
        await until(lambda: page.form._forecast.text() != small)
        page.form.close_form()

    play(story())


def drop(page: QWidget, file: Path) -> None:
    """Let go of a file over a page, as a file browser does."""
    dragged = QMimeData()
    dragged.setUrls([QUrl.fromLocalFile(str(file))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    event = QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, dragged, buttons, keys)
    page.dropEvent(event)
