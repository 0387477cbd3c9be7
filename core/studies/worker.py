"""The thread that does studies, one step after another, while nobody is waiting for a reply.

All state is in SQLite: which cells are still to be written, and what the model wrote on the way.
A thread that finds nothing to do sleeps until it is woken.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import replace

from core.agents import Agents
from core.changes import Changes, Topic
from core.chat.citations import cite
from core.chat.grounding import passages_of_document
from core.engines.base import Session
from core.errors import Cancelled, EngineFailed, NotDeployed, NotFound, OutpostError, StorageFailed
from core.pool import ModelPool
from core.records import (
    Agent,
    AgentDraft,
    CellState,
    DeploymentState,
    Passage,
    Study,
    StudyCell,
    StudyId,
    StudyKind,
    StudyState,
)
from core.retrieval.collections import Collections
from core.store.studies import StudyStore
from core.streams import Cancel
from core.studies.summary import COLLECTION, condense, summarise_document
from core.studies.writing import Writer

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 5.0
JOIN_S = 4.0


class Worker:
    """Runs from `start` to `close`; `wake` after every write that gives it something to do."""

    def __init__(
        self,
        store: StudyStore,
        agents: Agents,
        pool: ModelPool,
        collections: Collections,
        changes: Changes,
    ):
        self._store = store
        self._agents = agents
        self._pool = pool
        self._collections = collections
        self._changes = changes
        self._awake = threading.Event()
        self._lock = threading.Lock()
        self._closing = False
        self._current: tuple[StudyId, Cancel] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Go on with what an earlier run left undone."""
        with self._lock:
            if self._thread is None and not self._closing:
                self._thread = threading.Thread(
                    target=self._run, name="outpost-studies", daemon=True
                )
                self._thread.start()

    def wake(self) -> None:
        self._awake.set()

    def interrupt(self, study_id: StudyId) -> None:
        """End the step of a study that its owner has paused, cancelled or deleted."""
        with self._lock:
            if self._current and self._current[0] == study_id:
                self._current[1].set()
        self.wake()

    def close(self) -> None:
        """End the step in progress and the thread; what was written so far is kept."""
        with self._lock:
            self._closing = True
            if self._current:
                self._current[1].set()
        self.wake()
        if self._thread is not None:
            self._thread.join(JOIN_S)

    # ---- on the thread

    def _run(self) -> None:
        while not self._closing:
            self._awake.clear()
            try:
                busy = any(self._round())
            except StorageFailed as error:
                log.error("studies pause: %s", error)
                busy = False
            except Exception:
                log.exception("a study failed unexpectedly")
                busy = False
            if not busy:
                self._awake.wait(LOOK_AGAIN_S)

    def _round(self) -> list[bool]:
        """Do one step of each study that is to go on, so that none waits for another's end."""
        return [self._advance(study) for study in self._store.going()]

    def _advance(self, study: Study) -> bool:
        """Do a study's next step; False where it cannot go on at the moment."""
        agent = self._ready_agent(study)
        if agent is None or not self._store.move(study.id, StudyState.RUNNING):
            return False
        stop = Cancel()
        with self._lock:
            if self._closing:
                return False
            self._current = study.id, stop
        try:
            self._step(study, Writer(self._pool, self._store, study.id, agent, stop), agent)
        except (Cancelled, NotDeployed):  # paused, closing, or the agent was stopped: see again
            pass
        except EngineFailed as error:
            self._agents.note_engine_failure(agent, error)
        finally:
            with self._lock:
                self._current = None
        self._announce(study)
        return True

    def _ready_agent(self, study: Study) -> Agent | None:
        """Return the study's agent if it is deployed; else note what the study waits for."""
        try:
            agent = self._agents.get(study.owner_id, study.agent_id)
        except NotFound:
            self._move(study, StudyState.PAUSED, "Its agent was deleted.")
            return None
        if agent.deployment.state is DeploymentState.DEPLOYED:
            return agent
        waits = f"Goes on as soon as the agent '{agent.name}' is deployed."
        if study.problem != waits:
            self._move(study, StudyState.WAITING, waits)
        return None

    def _step(self, study: Study, writer: Writer, agent: Agent) -> None:
        cell = self._store.next_cell(study.id)
        if cell is None:
            self._finish(study, writer, agent)
            return
        try:
            written = self._write(study, cell, writer, agent)
        except (Cancelled, NotDeployed, EngineFailed, StorageFailed):
            raise
        except OutpostError as error:  # this document cannot be read; the others can
            problem = f"{error} {error.advice}".strip()
            written = replace(cell, state=CellState.FAILED, problem=problem)
        except Exception as error:
            log.exception("a step of a study failed")
            written = replace(cell, state=CellState.FAILED, problem=f"Unexpected error: {error}")
        self._store.write_cell(study.id, written)

    def _write(self, study: Study, cell: StudyCell, writer: Writer, agent: Agent) -> StudyCell:
        document = self._collections.document_text(study.owner_id, cell.document_id)
        if study.kind is StudyKind.SUMMARY:
            instructions = agent.draft.system_prompt.strip()
            text, parts = summarise_document(document, writer, instructions)
            return replace(cell, state=CellState.DONE, text=text, citations=cite(text, parts))

        def find(draft: AgentDraft, session: Session) -> Sequence[Passage]:
            return passages_of_document(self._collections, document, cell.question, draft, session)

        answer = writer.answer(cell.question, find)
        if answer.text is None:
            return replace(cell, state=CellState.NO_EVIDENCE)
        cited = cite(answer.text, answer.passages)
        return replace(cell, state=CellState.DONE, text=answer.text, citations=cited)

    def _finish(self, study: Study, writer: Writer, agent: Agent) -> None:
        text = ""
        if study.kind is StudyKind.SUMMARY:
            cells = self._store.cells(study.owner_id, study.id)
            texts = [cell.text for cell in cells if cell.text]
            text = condense(texts, writer, agent.draft.system_prompt.strip(), COLLECTION)
        self._store.move(study.id, StudyState.FINISHED, text=text)

    def _move(self, study: Study, state: StudyState, problem: str) -> None:
        self._store.move(study.id, state, problem=problem)
        self._announce(study)

    def _announce(self, study: Study) -> None:
        self._changes.announce(Topic.STUDIES, study.id, study.owner_id)
