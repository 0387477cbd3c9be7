"""Studies: summaries of many documents, and questions asked of each of them.

Starting a study stores what is to be done and returns; a thread does it while nobody is waiting
for a reply. It survives restarts, can be paused, and says how much of the documents it rests on.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence

from core.agents import Agents
from core.changes import Change, Changes, Topic
from core.errors import Conflict, InvalidInput
from core.pool import ModelPool
from core.records import (
    Agent,
    AgentId,
    CellState,
    CollectionId,
    Document,
    DocumentId,
    DocumentState,
    Study,
    StudyCell,
    StudyFormat,
    StudyId,
    StudyKind,
    StudyState,
    UserId,
    new_id,
    now,
)
from core.retrieval.collections import Collections
from core.store.studies import StudyStore
from core.studies.export import exported
from core.studies.worker import Worker

MAX_QUESTIONS = 50
MAX_QUESTION = 2000
"""Characters."""
MAX_CELLS = 20_000
TITLE_CHARACTERS = 80


class Studies:
    """All that can be done with studies; every call names the owner it acts for."""

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
        self._collections = collections
        self._changes = changes
        self._worker = Worker(store, agents, pool, collections, changes)
        self._unsubscribe = changes.subscribe(self._on_change)

    def start(self) -> None:
        """Go on with the studies that an earlier run left undone."""
        self._worker.start()

    def close(self) -> None:
        """End the step in progress; the rest is done after the next start."""
        self._unsubscribe()
        self._worker.close()

    def _on_change(self, change: Change) -> None:
        if change.topic is Topic.DEPLOYMENTS:
            self._worker.wake()

    # ---- starting

    def summarise(
        self,
        owner_id: UserId,
        agent_id: AgentId,
        *,
        document_ids: Sequence[DocumentId] = (),
        collection_id: CollectionId | None = None,
        initiator: str = "",
    ) -> Study:
        """Begin to summarise documents, each for itself and all together.

        Raises NotFound for what is not the owner's, InvalidInput where no document is named.
        """
        agent, documents = self._subjects(owner_id, agent_id, document_ids, collection_id)
        title = self._title("Summary of", documents, owner_id, collection_id)
        return self._begin(StudyKind.SUMMARY, agent, title, (), documents, collection_id, initiator)

    def tabulate(
        self,
        owner_id: UserId,
        agent_id: AgentId,
        questions: Sequence[str],
        *,
        document_ids: Sequence[DocumentId] = (),
        collection_id: CollectionId | None = None,
        initiator: str = "",
    ) -> Study:
        """Begin to ask each question of each document; raises as `summarise` does."""
        asked = tuple(dict.fromkeys(" ".join(each.split()) for each in questions if each.strip()))
        _check_questions(asked)
        agent, documents = self._subjects(owner_id, agent_id, document_ids, collection_id)
        title = self._title(f"{asked[0]} –", documents, owner_id, collection_id)
        return self._begin(
            StudyKind.TABLE, agent, title, asked, documents, collection_id, initiator
        )

    def _subjects(
        self,
        owner_id: UserId,
        agent_id: AgentId,
        document_ids: Sequence[DocumentId],
        collection_id: CollectionId | None,
    ) -> tuple[Agent, builtins.list[Document]]:
        agent = self._agents.get(owner_id, agent_id)
        named = [self._collections.document(owner_id, each) for each in dict.fromkeys(document_ids)]
        whole = self._collections.documents(owner_id, collection_id) if collection_id else []
        documents = [*named, *(each for each in whole if each not in named)]
        if not documents:
            raise InvalidInput(
                "There are no documents to read.",
                advice="Name documents, or a collection that has some.",
                param="document_ids",
            )
        return agent, documents

    def _title(
        self,
        start: str,
        documents: Sequence[Document],
        owner_id: UserId,
        collection_id: CollectionId | None,
    ) -> str:
        subject = f"{len(documents)} documents" if len(documents) > 1 else documents[0].name
        if collection_id:
            subject = self._collections.get(owner_id, collection_id).name
        title = f"{start} {subject}"
        return title if len(title) <= TITLE_CHARACTERS else title[: TITLE_CHARACTERS - 1] + "…"

    def _begin(
        self,
        kind: StudyKind,
        agent: Agent,
        title: str,
        questions: tuple[str, ...],
        documents: Sequence[Document],
        collection_id: CollectionId | None,
        initiator: str,
    ) -> Study:
        cells = _cells(documents, questions or ("",))
        when = now()
        made = Study(
            id=StudyId(new_id("stu")),
            owner_id=agent.owner_id,
            kind=kind,
            agent_id=agent.id,
            agent_name=agent.name,
            collection_id=collection_id,
            title=title,
            questions=questions,
            state=StudyState.RUNNING,
            created_at=when,
            updated_at=when,
            total=len(cells),
            done=0,
            failed=0,
            documents=len(documents),
            documents_read=0,
            documents_unread=0,
        )
        made = self._store.create(made, cells)
        self._changed(made, initiator)
        return made

    # ---- what there is

    def list(self, owner_id: UserId) -> builtins.list[Study]:
        """Return the owner's studies, newest first."""
        return self._store.list(owner_id)

    def get(self, owner_id: UserId, study_id: StudyId) -> Study:
        """Return one study; raises NotFound."""
        return self._store.get(owner_id, study_id)

    def cells(self, owner_id: UserId, study_id: StudyId) -> builtins.list[StudyCell]:
        """Return what each document says to each question, in order; raises NotFound."""
        return self._store.cells(owner_id, study_id)

    def export(self, owner_id: UserId, study_id: StudyId, format: StudyFormat) -> bytes:
        """Return a study, finished or not, as a file; raises NotFound."""
        study = self._store.get(owner_id, study_id)
        return exported(study, self._store.cells(owner_id, study_id), format)

    # ---- going on or not

    def pause(self, owner_id: UserId, study_id: StudyId, *, initiator: str = "") -> Study:
        """Stop a study until it is resumed; raises NotFound, Conflict where it has ended."""
        return self._change(owner_id, study_id, StudyState.PAUSED, initiator)

    def cancel(self, owner_id: UserId, study_id: StudyId, *, initiator: str = "") -> Study:
        """End a study; what was written stays. Raises NotFound, Conflict where it has ended."""
        return self._change(owner_id, study_id, StudyState.CANCELLED, initiator)

    def resume(self, owner_id: UserId, study_id: StudyId, *, initiator: str = "") -> Study:
        """Go on with a study that was paused or cancelled, and try again what failed.

        Raises NotFound, and Conflict where there is nothing left to do.
        """
        study = self._store.get(owner_id, study_id)
        if study.state is StudyState.FINISHED and not study.failed:
            raise Conflict(f"The study '{study.title}' is finished.", advice="Start another one.")
        changed = self._store.change(owner_id, study_id, StudyState.RUNNING)
        self._changed(changed, initiator)
        return changed

    def delete(self, owner_id: UserId, study_id: StudyId, *, initiator: str = "") -> None:
        """Delete a study, ending it if it is going on; raises NotFound."""
        study = self._store.get(owner_id, study_id)
        self._store.delete(owner_id, study_id)
        self._changed(study, initiator)

    def _change(
        self, owner_id: UserId, study_id: StudyId, state: StudyState, initiator: str
    ) -> Study:
        study = self._store.get(owner_id, study_id)
        if study.state in (StudyState.FINISHED, StudyState.CANCELLED):
            raise Conflict(
                f"The study '{study.title}' is {study.state.value} already.",
                advice="Only a study that is going on can be stopped.",
            )
        changed = self._store.change(owner_id, study_id, state)
        self._changed(changed, initiator)
        return changed

    def _changed(self, study: Study, initiator: str) -> None:
        self._worker.interrupt(study.id)
        self._changes.announce(Topic.STUDIES, study.id, study.owner_id, initiator)


def _cells(documents: Sequence[Document], questions: Sequence[str]) -> list[StudyCell]:
    """Return the cells to be written; those of documents without text are failed already."""
    count = len(documents) * len(questions)
    if count > MAX_CELLS:
        raise InvalidInput(
            f"That would be {count} cells; up to {MAX_CELLS} are possible.",
            advice="Ask fewer questions, or read fewer documents at once.",
            param="questions",
        )
    pairs = [(document, question) for document in documents for question in questions]
    return [_cell(at, document, question) for at, (document, question) in enumerate(pairs)]


def _cell(ordinal: int, document: Document, question: str) -> StudyCell:
    unread = document.state is DocumentState.FAILED
    return StudyCell(
        ordinal=ordinal,
        document_id=document.id,
        document_name=document.name,
        question=question,
        state=CellState.FAILED if unread else CellState.WAITING,
        problem=document.problem if unread else None,
    )


def _check_questions(questions: Sequence[str]) -> None:
    if not 1 <= len(questions) <= MAX_QUESTIONS:
        raise InvalidInput(
            f"A table needs 1 to {MAX_QUESTIONS} questions; these are {len(questions)}.",
            param="questions",
        )
    if any(len(each) > MAX_QUESTION for each in questions):
        raise InvalidInput(
            f"A question may have up to {MAX_QUESTION} characters.", param="questions"
        )
