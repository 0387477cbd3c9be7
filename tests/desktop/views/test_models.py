"""The Models page: details in a sheet, and a deletion that tells what depends on the file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QLabel, QWidget

from core.records import Adapter, Deployment, DeploymentState, ModelId
from desktop.viewmodels.base import Desk
from desktop.views.agents import AgentsPage
from desktop.views.dialogs import Question
from desktop.views.models import ModelsPage
from desktop.views.pages import Pages
from desktop.views.window import AGENTS, MODELS, MainWindow
from tests.core.engines.llama.lora import write_adapter
from tests.core.engines.test_gguf import write_small
from tests.desktop.conftest import Play, make_agent, until


async def press(widget: QWidget, name: str) -> None:
    """Click the button that a screen reader calls so, once it is there: cards are made anew."""

    def there() -> list[QAbstractButton]:
        found = widget.findChildren(QAbstractButton)
        return [b for b in found if b.accessibleName() == name and b.isVisible()]

    await until(there)
    QTest.mouseClick(there()[0], Qt.MouseButton.LeftButton)


def words(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


def opened(window: MainWindow, pages: Pages) -> ModelsPage:
    pages.open()
    window.go(MODELS)
    page = window.page(MODELS)
    assert isinstance(page, ModelsPage)
    return page


def sheet(window: MainWindow) -> Question:
    return next(each for each in window.findChildren(Question) if each.isVisible())


def test_deleting_tells_who_runs_on_the_model(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """The sheet names the agents, and only its red button deletes the file."""
    file = desk.core.settings.model_storage_path / "small.gguf"
    write_small(file)
    desk.core.models.scan()
    make_agent(desk, "Writer", model=ModelId("small.gguf"), context_tokens=256)

    async def story() -> None:
        page = opened(window, pages)
        await until(lambda: len(pages.models.models) == 2 and pages.models.agents)
        await press(page, "Delete small")
        assert "will need another model: Writer." in words(sheet(window))
        await press(sheet(window), "Cancel")
        assert file.exists()
        await press(page, "Delete small")
        await press(sheet(window), "Delete model")
        await until(lambda: len(pages.models.models) == 1)

    play(story())


def test_a_model_in_use_is_not_offered_for_deletion(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """Its deployed agents are named instead."""
    write_small(desk.core.settings.model_storage_path / "small.gguf")
    desk.core.models.scan()
    agent = make_agent(desk, "Writer", model=ModelId("small.gguf"), context_tokens=256)

    async def story() -> None:
        page = opened(window, pages)
        await until(lambda: len(pages.models.models) == 2 and pages.models.agents)
        pages.models.agents = [replace(agent, deployment=Deployment(DeploymentState.DEPLOYED))]
        await press(page, "Delete small")
        assert not [each for each in window.findChildren(Question) if each.isVisible()]
        (banner,) = window.banners.banners()
        assert "Stop Writer first." in banner.accessibleName()

    play(story())


def test_details_show_the_header(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """Each model that can be used says what it is; the starter cannot be deleted."""

    async def story() -> None:
        page = opened(window, pages)
        await until(lambda: pages.models.models)
        starter = pages.models.models[0]
        names = [each.accessibleName() for each in page.findChildren(QAbstractButton)]
        assert f"Delete {starter.name}" not in names
        await press(page, f"Details of {starter.name}")
        await until(lambda: any(each.isVisible() for each in window.findChildren(Question)))
        await until(lambda: desk.core.models.sha256(starter.id)[:32] in words(sheet(window)))
        assert "135M" in words(sheet(window))
        sheet(window).reject()

    play(story())


def test_adapters_stand_apart_with_what_they_fit(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """The one for the starter names it, the other fits nothing here; an agent applies the first."""
    folder, starter = desk.core.settings.model_storage_path, desk.core.models.starter()
    assert starter is not None
    write_adapter(folder / "style.gguf", layers=1)
    write_adapter(folder / "foreign.gguf", layers=1, width=64)
    desk.core.models.scan()
    make_agent(desk, "Writer", adapters=(Adapter(ModelId("style.gguf"), 0.5),))

    async def story() -> None:
        page = opened(window, pages)
        await until(lambda: pages.models.bases.get(ModelId("style.gguf")))
        await until(lambda: "Applied by Writer." in words(page))
        shown = words(page)
        assert f"Fits {starter.name}." in shown
        assert "Fits none of the models here." in shown
        await press(page, "Delete style")
        assert "apply it and will have to go without: Writer." in words(sheet(window))
        await press(sheet(window), "Cancel")

    play(story())


def test_an_agents_form_offers_the_adapters_that_fit(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """Of two adapters the one for the agent's model can be ticked, with its strength."""
    folder = desk.core.settings.model_storage_path
    write_adapter(folder / "style.gguf", layers=1)
    write_adapter(folder / "foreign.gguf", layers=1, width=64)
    desk.core.models.scan()
    make_agent(desk, "Writer", adapters=(Adapter(ModelId("style.gguf"), 0.5),))

    async def story() -> None:
        pages.open()
        await until(lambda: pages.agents.agents and pages.agents.choices.fitting)
        page = window.page(AGENTS)
        assert isinstance(page, AgentsPage)
        page.edit(pages.agents.agents[0])
        page.form.show_all_parameters()
        boxes = [each.text() for each in page.form.findChildren(QCheckBox) if each.isVisible()]
        assert "style" in boxes
        assert "foreign" not in boxes
        assert page.form.draft().adapters == (Adapter(ModelId("style.gguf"), 0.5),)

    play(story())
