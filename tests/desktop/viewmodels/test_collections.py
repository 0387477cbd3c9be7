"""The Collections page over a real core: jobs, watched folders, the trash and new vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.records import DocumentState, FolderState, JobKind, JobState
from desktop.viewmodels.base import Desk
from desktop.viewmodels.collections import CollectionsViewModel
from tests.desktop.conftest import Play, until


def test_a_collection_is_filled_and_tells_what_could_not_be_read(
    desk: Desk, play: Play[Any], tmp_path: Path
) -> None:
    """A good and a broken file: one goes on, the other says what to do, and can be removed."""
    good, bad = tmp_path / "good.txt", tmp_path / "bad.pdf"
    good.write_text("Water boils at one hundred degrees at sea level.", "utf-8")
    bad.write_bytes(b"%PDF-1.7 broken")
    desk.core.collections.start()
    model = CollectionsViewModel(desk, desk.bridge)

    def states() -> dict[str, DocumentState]:
        return {document.name: document.state for document in model.documents.documents}

    async def story() -> None:
        model.create("Manuals")
        await until(lambda: model.current is not None and model.current.name == "Manuals")
        model.add([good, bad])
        await until(lambda: states().get("bad.pdf") is DocumentState.FAILED, 60)
        broken = next(d for d in model.documents.documents if d.name == "bad.pdf")
        assert broken.problem
        assert "1 could not be read" in model.summary
        model.remove([broken.id])
        await until(lambda: "bad.pdf" not in states())
        assert model.current is not None
        model.delete(model.current.id)
        await until(lambda: model.collections == [])

    play(story())


def written(folder: Path, *names: str) -> Path:
    """Write a short text file for each name."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text(f"{name}: water boils at 100 degrees.", "utf-8")
    return folder


def test_a_job_is_paused_resumed_and_cancelled(desk: Desk, play: Play[Any], tmp_path: Path) -> None:
    """What is decided about a job is seen; cancelled, it leaves the page and its files go."""
    desk.core.collections.create(desk.owner.id, "Manuals")
    model = CollectionsViewModel(desk, desk.bridge)

    def state() -> JobState | None:
        return model.jobs[0].state if model.jobs else None

    async def story() -> None:
        model.reload()
        await until(lambda: model.current)
        model.add([written(tmp_path / "docs", "a.txt", "b.txt")])
        await until(lambda: state() is JobState.RUNNING)
        assert (model.jobs[0].kind, model.jobs[0].total) == (JobKind.INGEST, 2)
        model.pause(model.jobs[0].id)
        await until(lambda: state() is JobState.PAUSED)
        model.resume(model.jobs[0].id)
        await until(lambda: state() is JobState.RUNNING)
        model.cancel(model.jobs[0].id)
        await until(lambda: state() is None)

    play(story())  # the collections were not started: nothing is read meanwhile
    assert len(desk.core.collections.trashed(desk.owner.id, model.collections[0].id)) == 2


def test_a_folder_is_watched_until_it_is_not(desk: Desk, play: Play[Any], tmp_path: Path) -> None:
    """The page tells of the folder and of its documents; these stay when it is let go."""
    desk.core.collections.create(desk.owner.id, "Manuals")
    desk.core.collections.start()
    model = CollectionsViewModel(desk, desk.bridge)
    folder = written(tmp_path / "docs", "a.txt")

    async def story() -> None:
        model.reload()
        await until(lambda: model.current)
        model.watch(folder)
        await until(lambda: model.folders and model.documents.documents)
        assert model.folders[0].state is FolderState.WATCHED
        assert "1 watched folder" in model.summary
        model.unwatch(model.folders[0].id)
        await until(lambda: not model.folders)
        assert [each.name for each in model.documents.documents] == ["a.txt"]

    play(story())


def test_the_trash_gives_documents_back_until_it_is_emptied(
    desk: Desk, play: Play[Any], tmp_path: Path
) -> None:
    """Removed documents are listed in the trash alone, restored ones among the others."""
    desk.core.collections.create(desk.owner.id, "Manuals")
    model = CollectionsViewModel(desk, desk.bridge)

    def names() -> list[str]:
        return sorted(each.name for each in model.documents.documents)

    async def story() -> None:
        model.reload()
        await until(lambda: model.current)
        model.add([written(tmp_path / "docs", "a.txt", "b.txt")])
        await until(lambda: names() == ["a.txt", "b.txt"])
        model.remove([each.id for each in model.documents.documents])
        await until(lambda: names() == [])
        model.show_trash(True)
        await until(lambda: names() == ["a.txt", "b.txt"])
        assert {each.state for each in model.documents.documents} == {DocumentState.TRASHED}
        model.restore([model.documents.documents[0].id])
        await until(lambda: len(names()) == 1)
        model.empty_trash()
        await until(lambda: names() == [])
        model.show_trash(False)
        await until(lambda: len(names()) == 1)

    play(story())


def test_new_vectors_are_a_job_like_any_other(desk: Desk, play: Play[Any], tmp_path: Path) -> None:
    """The embedders of this machine are offered; the chosen one's work can be cancelled."""
    collection = desk.core.collections.create(desk.owner.id, "Manuals")
    folder = written(tmp_path / "docs", "a.txt")
    desk.core.collections.add_files(desk.owner.id, collection.id, [folder])
    model = CollectionsViewModel(desk, desk.bridge)
    embedders: list[Any] = []
    model.embedders_known.connect(embedders.extend)

    def kinds() -> set[JobKind]:
        return {job.kind for job in model.jobs}

    async def story() -> None:
        model.reload()
        await until(lambda: model.current)
        model.look_for_embedders()
        await until(lambda: embedders)
        model.reindex(embedders[0].id)
        await until(lambda: JobKind.REINDEX in kinds())
        model.cancel(next(job.id for job in model.jobs if job.kind is JobKind.REINDEX))
        await until(lambda: kinds() == {JobKind.INGEST})

    play(story())
