"""Long work that has ended: what to tell somebody who went to do something else meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta

from PySide6.QtCore import QObject, QTimer, Signal

from core.changes import Topic
from core.records import IngestJob, JobKind, JobState, Study, StudyState, now
from desktop.viewmodels.base import Desk, ViewModel, tr
from desktop.viewmodels.notices import Notice

LONG = timedelta(seconds=10)
"""Work that took less is not worth telling of."""
LOOK_EVERY_MS = 1000
"""An ingest announces itself many times a second; its end may be told a moment late."""

Work = IngestJob | Study


class EndingsViewModel(ViewModel):
    """Watches jobs and studies that run, and tells when one of them ends."""

    topics = frozenset({Topic.COLLECTIONS, Topic.STUDIES})

    ended = Signal(object)
    """Notice: what has ended, and how."""

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self._running: dict[str, datetime] = {}
        """When each was first seen to run."""
        self._soon = QTimer(self, singleShot=True, interval=LOOK_EVERY_MS)
        self._soon.timeout.connect(self.reload)

    def noticed(self, topic: Topic, subjects: frozenset[str]) -> None:
        if topic in self.topics and not self._soon.isActive():
            self._soon.start()

    async def load(self) -> None:
        core, owner = self.desk.core, self.desk.owner.id
        jobs: list[IngestJob] = list(await self.call(core.collections.jobs, owner))
        studies: list[Study] = list(await self.call(core.studies.list, owner))
        works: list[Work] = [*jobs, *studies]
        at = now()
        running = {each.id: each for each in works if _runs(each)}
        ended = [each for each in works if each.id in self._running and not _runs(each)]
        for each in ended:
            began = self._running.pop(each.id)
            notice = _notice(each)
            if at - began >= LONG and notice is not None:
                self.ended.emit(notice)
        self._running = {each: self._running.get(each, at) for each in running}


def _runs(work: Work) -> bool:
    if isinstance(work, IngestJob):
        return work.state in (JobState.RUNNING, JobState.PAUSED)
    return work.state in (StudyState.RUNNING, StudyState.WAITING, StudyState.PAUSED)


def _notice(work: Work) -> Notice | None:
    """Return what to tell of work that has ended; nothing of what somebody cancelled."""
    if isinstance(work, IngestJob):
        return _of_job(work) if work.state is JobState.FINISHED else None
    if work.state is not StudyState.FINISHED:
        return None
    return Notice(tr("The study “{title}” is ready").format(title=work.title), work.coverage)


def _of_job(job: IngestJob) -> Notice:
    if job.kind is JobKind.REINDEX:
        return Notice(
            tr("The new vectors are ready"), tr("The collection is searched by them now.")
        )
    words = tr("{done} of {total} documents can be asked about.")
    text = words.format(done=job.done, total=job.total)
    if job.failed:
        text += " " + tr("{count} could not be read.").format(count=job.failed)
    return Notice(tr("The documents have been read"), text, "warning" if job.failed else "success")
