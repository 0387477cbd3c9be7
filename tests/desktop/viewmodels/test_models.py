"""The Models page over a real core: what fits, what headers say, who uses what, deleting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.records import ModelId
from desktop.viewmodels.base import Desk
from desktop.viewmodels.models import ModelsViewModel
from tests.core.engines.test_gguf import write_small
from tests.desktop.conftest import Play, make_agent, until


def test_a_header_is_told_with_its_sum(desk: Desk, play: Play[Any]) -> None:
    """What the file says about itself stands in words; its SHA-256 follows."""
    model = ModelsViewModel(desk, desk.bridge)
    told: list[dict[str, str]] = []
    sums: list[str] = []
    model.described.connect(lambda _, rows: told.append(dict(rows)))
    model.hashed.connect(lambda _, digest: sums.append(digest))
    starter = desk.core.models.starter()
    assert starter is not None

    async def story() -> None:
        model.describe(starter)
        await until(lambda: sums)

    play(story())
    assert told[0]["Parameters"] == "135M"
    assert told[0]["Layers"] == "30"
    assert told[0]["Chat template"] == "yes"
    assert sums == [desk.core.models.sha256(starter.id)]


@pytest.mark.model
def test_what_fits_and_who_uses_it_is_known(desk: Desk, play: Play[Any]) -> None:
    """The starter takes some memory of this machine, and the agent on it is named."""
    agent = make_agent(desk, "Writer")
    model = ModelsViewModel(desk, desk.bridge)

    async def story() -> None:
        model.reload()
        await until(lambda: model.fits)

    play(story())
    (fit,) = model.fits.values()
    assert 50_000_000 < fit.needed_bytes < fit.available_bytes
    assert model.users(model.models[0]) == [agent]


def test_a_deleted_model_leaves_the_page_and_the_disk(desk: Desk, play: Play[Any]) -> None:
    """Deleting is for good; the list follows by itself."""
    file = desk.core.settings.model_storage_path / "small.gguf"
    write_small(file)
    desk.core.models.scan()
    model = ModelsViewModel(desk, desk.bridge)

    async def story() -> None:
        model.reload()
        await until(lambda: len(model.models) == 2)
        model.delete(ModelId("small.gguf"))
        await until(lambda: len(model.models) == 1)

    play(story())
    assert not file.exists()


def test_several_files_are_copied_one_after_the_other(
    desk: Desk, play: Play[Any], tmp_path: Path
) -> None:
    """All that were dropped arrive; they do not fight over the disk."""
    model = ModelsViewModel(desk, desk.bridge)
    ended: list[bool] = []
    model.import_ended.connect(lambda: ended.append(True))

    async def story() -> None:
        for name in ("one.gguf", "two.gguf", "three.gguf"):
            write_small(tmp_path / name)
            model.import_file(tmp_path / name)
        await until(lambda: len(ended) == 3)
        await until(lambda: len(model.models) == 4)

    play(story())
