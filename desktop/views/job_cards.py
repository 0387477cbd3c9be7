"""What a collection is busy with: how far each job is, and what can be done with it."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QProgressBar, QWidget

from core.records import IngestJob, JobId, JobState
from desktop.theme import Space
from desktop.viewmodels.collections import CollectionsViewModel
from desktop.viewmodels.wording import job_title
from desktop.views.controls import Button, label
from desktop.views.layouts import column, row
from desktop.views.look import Look


class JobCard(QFrame):
    """One job with its progress, and Pause, Resume and Cancel."""

    def __init__(self, look: Look, model: CollectionsViewModel, job: IngestJob):
        super().__init__()
        self._model, self._job = model, job
        self.setProperty("role", "card")
        self._title = label(role="strong", wrap=True)
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Documents read"))
        self._pause = Button(look, self.tr("Pause"), "pause", on_click=self._toggle)
        cancel = Button(
            look, self.tr("Cancel"), "close", on_click=lambda: model.cancel(self._job.id)
        )
        words = column(self._title, self._bar, gap=Space.S)
        parts = row(words, self._pause, cancel, gap=Space.S)
        parts.setContentsMargins(Space.L, Space.M, Space.M, Space.M)
        parts.setStretch(0, 1)
        self.setLayout(parts)

    def show_job(self, job: IngestJob, share: float | None) -> None:
        """Show how far the job is; `share` is that of all documents, 0 to 1."""
        self._job = job
        self._title.setText(job_title(job))
        ended = (job.done + job.failed) / max(1, job.total)
        self._bar.setValue(round(max(ended, share or 0.0) * 1000))
        paused = job.state is JobState.PAUSED
        words = (self.tr("Resume"), "play") if paused else (self.tr("Pause"), "pause")
        self._pause.change(*words)
        self.setAccessibleName(self._title.text())

    def _toggle(self) -> None:
        if self._job.state is JobState.PAUSED:
            self._model.resume(self._job.id)
        else:
            self._model.pause(self._job.id)


class JobCards(QWidget):
    """The jobs that have not ended, newest first; those that stay keep their place and focus."""

    def __init__(self, look: Look, model: CollectionsViewModel):
        super().__init__()
        self._look, self._model = look, model
        self._cards: dict[JobId, JobCard] = {}
        self._stack = column(gap=Space.S)
        self.setLayout(self._stack)
        self.hide()

    def refresh(self) -> None:
        """Bring the cards up to date."""
        jobs = {job.id: job for job in self._model.jobs}
        for gone in [each for each in self._cards if each not in jobs]:
            card = self._cards.pop(gone)
            self._stack.removeWidget(card)
            card.deleteLater()
        alone = self._model.share_done if len(jobs) == 1 and not self._model.in_trash else None
        for at, job in enumerate(jobs.values()):
            if job.id not in self._cards:
                self._cards[job.id] = JobCard(self._look, self._model, job)
                self._stack.insertWidget(at, self._cards[job.id])
            self._cards[job.id].show_job(job, alone)
        self.setVisible(bool(jobs))
