"""The Collections page: its jobs, its trash, and the sheet of watched folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QMenu, QWidget

from core.records import EmbedderId, JobState, ReindexEstimate
from desktop.viewmodels.base import Desk
from desktop.views.collections import CollectionsPage
from desktop.views.dialogs import Question
from desktop.views.job_cards import JobCard
from desktop.views.pages import Pages
from desktop.views.window import COLLECTIONS, MainWindow
from tests.desktop.conftest import Play, until


def opened(window: MainWindow, pages: Pages) -> CollectionsPage:
    pages.open()
    window.go(COLLECTIONS)
    page = window.page(COLLECTIONS)
    assert isinstance(page, CollectionsPage)
    return page


def press(widget: QWidget, name: str) -> None:
    """Click the button that a screen reader calls so."""
    found = widget.findChildren(QAbstractButton)
    button = next(b for b in found if b.accessibleName() == name and b.isVisible())
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_job_is_held_and_let_go_on_its_card(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any], tmp_path: Path
) -> None:
    """Pause becomes Resume on the same card; a cancelled job takes its card along."""
    desk.core.collections.create(desk.owner.id, "Manuals")
    (tmp_path / "a.txt").write_text("Water boils.", "utf-8")

    async def story() -> None:
        page = opened(window, pages)
        await until(lambda: pages.collections.current)
        pages.collections.add([tmp_path / "a.txt"])
        await until(page.jobs.isVisible)
        (card,) = page.jobs.findChildren(JobCard)
        assert "0 of 1" in card.accessibleName()
        press(card, "Pause")
        await until(lambda: pages.collections.jobs[0].state is JobState.PAUSED)
        assert "paused" in card.accessibleName()
        press(card, "Resume")
        await until(lambda: pages.collections.jobs[0].state is JobState.RUNNING)
        press(card, "Cancel")
        await until(page.jobs.isHidden)

    play(story())


def test_the_trash_takes_the_documents_place(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any], tmp_path: Path
) -> None:
    """By the menu into the trash, a document restored there, and back to the documents."""
    collection = desk.core.collections.create(desk.owner.id, "Manuals")
    (tmp_path / "a.txt").write_text("Water boils.", "utf-8")
    desk.core.collections.add_files(desk.owner.id, collection.id, [tmp_path / "a.txt"])
    for document in desk.core.collections.documents(desk.owner.id, collection.id):
        desk.core.collections.delete_document(desk.owner.id, document.id)

    async def story() -> None:
        page = opened(window, pages)
        await until(lambda: pages.collections.current)
        menu = QMenu()
        page._fill(menu)
        next(each for each in menu.actions() if each.text() == "Trash").trigger()
        await until(lambda: page._name._full == "Trash of Manuals")
        await until(lambda: pages.collections.documents.documents)
        page.table.selectRow(0)
        press(page.detail, "Restore")
        await until(lambda: not pages.collections.documents.documents)
        assert page._body.currentIndex() == 2
        press(page, "Back to the documents")
        await until(lambda: pages.collections.documents.documents)
        assert page._name._full == "Manuals"

    play(story())


def test_a_document_is_tagged_below_the_table(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any], tmp_path: Path
) -> None:
    """The button asks for all tags, and the document shows them; a dash takes them away."""
    collection = desk.core.collections.create(desk.owner.id, "Manuals")
    (tmp_path / "a.txt").write_text("Water boils.", "utf-8")
    desk.core.collections.add_files(desk.owner.id, collection.id, [tmp_path / "a.txt"])

    async def story() -> None:
        page = opened(window, pages)
        shown = pages.collections.documents
        await until(lambda: shown.documents)
        page.table.selectRow(0)
        _keep_tags(window, page, "#sea, law ,sea")
        await until(lambda: shown.documents[0].tags == ("law", "sea"))
        await until(lambda: page.detail._tags._full == "#law #sea")
        _keep_tags(window, page, "-")
        await until(lambda: not shown.documents[0].tags)
        await until(page.detail._tags.isHidden)

    play(story())


def _keep_tags(window: MainWindow, page: CollectionsPage, text: str) -> None:
    """Enter tags into the sheet that the button opens."""
    press(page.detail, "Tags…")
    sheet = window.findChildren(Question)[-1]
    (field,) = sheet.findChildren(QLineEdit)
    field.setText(text)
    press(sheet, "Keep tags")


def test_folders_are_listed_and_let_go(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any], tmp_path: Path
) -> None:
    """The sheet follows what is watched, while it is open."""
    collection = desk.core.collections.create(desk.owner.id, "Manuals")

    async def story() -> None:
        page = opened(window, pages)
        await until(lambda: pages.collections.current)
        sheet = page.show_folders()
        desk.core.collections.watch(desk.owner.id, collection.id, tmp_path)
        await until(lambda: pages.collections.folders)
        press(sheet, f"Stop watching {tmp_path}")
        await until(lambda: not pages.collections.folders)
        sheet.reject()

    play(story())


def test_new_vectors_wait_for_their_cost(
    window: MainWindow,
    pages: Pages,
    desk: Desk,
    play: Play[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing can be begun before the cost is known, nor for a collection without passages."""
    desk.core.collections.create(desk.owner.id, "Manuals")
    monkeypatch.setattr(pages.collections, "estimate", lambda _: None)  # it would load torch

    async def story() -> None:
        page = opened(window, pages)
        await until(lambda: pages.collections.current)
        model, sheet = pages.collections, page.show_reindex()
        await until(lambda: sheet._picker.count())
        chosen = sheet._chosen()
        assert not sheet._go.isEnabled()
        model.estimated.emit(EmbedderId("another"), ReindexEstimate(3, 4.0, 5))
        assert not sheet._go.isEnabled()
        model.estimated.emit(chosen, ReindexEstimate(0, None, 0))
        assert not sheet._go.isEnabled()
        model.estimated.emit(chosen, ReindexEstimate(120, 95.0, 184_320))
        assert sheet._cost.text() == (
            "120 passages get new vectors in about 2 min; they take 184 kB."
        )
        assert sheet._go.isEnabled()
        sheet.reject()

    play(story())
