"""Work that has ended is told of once, if it took long and nobody cancelled it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.records import (
    AgentId,
    CollectionId,
    IngestJob,
    JobId,
    JobKind,
    JobState,
    Study,
    StudyId,
    StudyKind,
    StudyState,
    UserId,
    now,
)
from desktop.viewmodels import endings
from desktop.viewmodels.base import Desk
from desktop.viewmodels.endings import EndingsViewModel
from desktop.viewmodels.notices import Notice
from tests.desktop.conftest import Play, until

JOB = IngestJob(
    JobId("job"), UserId("usr"), CollectionId("col"), now(), 12, 11, 1, finished=True,
    state=JobState.FINISHED,
)  # fmt: skip


def test_each_end_reads_for_itself() -> None:
    """Documents with what could not be read, vectors, studies; nothing of what was cancelled."""
    read = endings._notice(JOB)
    assert read is not None
    assert read.text == "11 of 12 documents can be asked about. 1 could not be read."
    vectors = endings._notice(replace(JOB, kind=JobKind.REINDEX))
    assert vectors is not None
    assert "vectors are ready" in vectors.title
    assert endings._notice(replace(JOB, state=JobState.CANCELLED)) is None
    study = Study(
        StudyId("std"), UserId("usr"), StudyKind.SUMMARY, AgentId("agt"), "Reader", None, "Pumps",
        (), StudyState.FINISHED, now(), now(), 3, 3, 0, 3, 3, 0,
    )  # fmt: skip
    ready = endings._notice(study)
    assert ready == Notice("The study “Pumps” is ready", "3 of 3 documents read")


def test_a_job_that_ends_is_told_once(
    desk: Desk, play: Play[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was seen to run and runs no more; what ended before the window opened is not told."""
    monkeypatch.setattr(endings, "LONG", timedelta(0))
    collections, owner = desk.core.collections, desk.owner.id
    made = collections.create(owner, "Manuals")
    for name in ("a.pdf", "b.pdf"):
        (tmp_path / name).write_bytes(b"%PDF-1.7 " + name.encode())
    model = EndingsViewModel(desk, desk.bridge)
    told: list[Notice] = []
    model.ended.connect(told.append)

    async def story() -> None:
        model.reload()
        dropped = collections.add_files(owner, made.id, [tmp_path / "a.pdf"])
        await until(lambda: dropped.id in model._running)
        collections.cancel_job(owner, dropped.id)
        await until(lambda: not model._running)
        assert told == []
        read = collections.add_files(owner, made.id, [tmp_path / "b.pdf"])
        await until(lambda: read.id in model._running)
        collections.start()
        await until(lambda: told, 60)
        await model.load()

    play(story())
    assert [notice.title for notice in told] == ["The documents have been read"]
    assert "1 could not be read." in told[0].text
