"""Studies through the real engine: summaries and tables that can be paused and give way."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from sqlalchemy import select

from core.errors import Conflict, InvalidInput, NotFound
from core.records import (
    AgentId,
    Ask,
    CellState,
    CitationState,
    CollectionId,
    Sampling,
    Study,
    StudyFormat,
    StudyId,
    StudyState,
    TurnDone,
    UserId,
)
from core.store.schema import study_note
from core.store.studies import StudyStore
from core.streams import Cancel
from core.studies.service import Studies
from tests.core.engines.llama.asking import wait_until
from tests.core.studies.conftest import Library

pytestmark = pytest.mark.model

HOW_MANY = "How many flowers does a bee visit on a single day?"


def notes(library: Library, study: Study) -> dict[str, str]:
    """Return what was written for a study so far, by its keys."""
    query = select(study_note).where(study_note.c.study_id == study.id)
    rows = library.core._database.read(lambda connection: connection.execute(query).all())
    return {row.key: row.text for row in rows}


def test_a_study_goes_on_after_a_restart(quiet_library: Library) -> None:
    """What was stored by the services of before is done by those of now, from the same notes."""
    core = quiet_library.core

    def services() -> Studies:
        return Studies(
            StudyStore(core._database), core.agents, core.pool, core.collections, core.changes
        )

    before = services()
    owner_id, agent_id = quiet_library.owner_id, quiet_library.agent.id
    study = before.summarise(owner_id, agent_id, document_ids=[quiet_library.log_book.id])
    before.start()
    wait_until(lambda: len(notes(quiet_library, study)) > 0, 60)
    before.close()
    written = notes(quiet_library, study)
    assert core.studies.get(owner_id, study.id).state is StudyState.RUNNING
    after = services()
    after.start()
    quiet_library.ended(study)
    after.close()
    assert written.items() <= notes(quiet_library, study).items()


def test_a_table_asks_each_document_each_question(library: Library) -> None:
    """One cell for each pair; answers are cited, and what cannot be read says why."""
    studies = library.core.studies
    made = studies.tabulate(
        library.owner_id,
        library.agent.id,
        [HOW_MANY, "  How long is\na whale? ", HOW_MANY, " "],
        collection_id=library.collection_id,
    )
    assert (made.total, made.documents, made.questions) == (
        *(6, 3),
        (HOW_MANY, "How long is a whale?"),
    )
    done = library.ended(made)
    assert (done.done, done.failed) == (4, 2)
    assert done.coverage == "2 of 3 documents read; 1 could not be"
    cells = studies.cells(library.owner_id, made.id)
    assert [(each.document_name, each.question) for each in cells[:3]] == [
        ("bees.md", HOW_MANY),
        ("bees.md", "How long is a whale?"),
        ("broken.pdf", HOW_MANY),
    ]
    assert cells[0].state is CellState.DONE
    assert cells[0].text
    assert {each.document_name for each in cells[0].citations} <= {"bees.md"}
    assert (cells[2].state, cells[2].text) == (CellState.FAILED, "")
    assert cells[2].problem


def test_a_summary_of_each_and_of_all(library: Library) -> None:
    """Each document has its own, whose sentences are compared with the document."""
    studies = library.core.studies
    made = studies.summarise(
        library.owner_id, library.agent.id, collection_id=library.collection_id
    )
    assert made.title == "Summary of Animals"
    done = library.ended(made)
    assert done.text
    assert done.coverage == "2 of 3 documents read; 1 could not be"
    cells = studies.cells(library.owner_id, made.id)
    assert [each.state for each in cells] == [
        *(CellState.DONE, CellState.FAILED, CellState.DONE),
    ]
    whole = library.core.collections.document_text(library.owner_id, cells[0].document_id).text
    assert all(whole[each.start : each.end] == each.quote for each in cells[0].citations)
    text = studies.export(library.owner_id, made.id, StudyFormat.MARKDOWN).decode()
    assert done.coverage in text
    assert cells[0].text in text


def test_a_long_document_is_read_in_parts(library: Library) -> None:
    """What exceeds the context is divided, and the parts' summaries become one."""
    studies, owner_id = library.core.studies, library.owner_id
    study = studies.summarise(owner_id, library.agent.id, document_ids=[library.log_book.id])
    done = library.ended(study)
    (cell,) = studies.cells(owner_id, study.id)
    assert cell.state is CellState.DONE
    assert done.text == cell.text != ""
    assert done.coverage == "1 of 1 documents read"
    assert len(notes(library, study)) >= 3


def test_a_paused_study_does_nothing_until_it_is_resumed(library: Library) -> None:
    """Pausing ends the step in progress; resuming goes on where it was."""
    studies, owner_id = library.core.studies, library.owner_id
    with library.core.pool.lease(library.agent.id, "a reply", Cancel()):
        made = studies.tabulate(
            owner_id, library.agent.id, [HOW_MANY], collection_id=library.collection_id
        )
        paused = studies.pause(owner_id, made.id)
    assert (paused.state, paused.done) == (StudyState.PAUSED, 0)
    other = studies.tabulate(
        owner_id, library.agent.id, ["What?"], document_ids=[library.documents[0].id]
    )
    library.ended(other)
    assert library.now(made) == paused
    studies.resume(owner_id, made.id)
    assert library.ended(made).done == 2
    with pytest.raises(Conflict):
        studies.pause(owner_id, made.id)


def test_a_cancelled_study_keeps_what_it_has(library: Library) -> None:
    """It ends for good unless it is resumed."""
    studies, owner_id = library.core.studies, library.owner_id
    with library.core.pool.lease(library.agent.id, "a reply", Cancel()):
        made = studies.summarise(owner_id, library.agent.id, collection_id=library.collection_id)
        assert studies.cancel(owner_id, made.id).state is StudyState.CANCELLED
    with pytest.raises(Conflict):
        studies.cancel(owner_id, made.id)
    studies.delete(owner_id, made.id)
    with pytest.raises(NotFound):
        studies.get(owner_id, made.id)


def test_a_study_gives_way_to_a_reply(library: Library) -> None:
    """While a person is answered nothing is written for studies; afterwards it goes on."""
    core, owner_id = library.core, library.owner_id
    begun = threading.Event()
    watch = core.changes.subscribe(lambda change: begun.set() if change.subject else None)
    study = core.studies.tabulate(
        owner_id,
        library.agent.id,
        [f"{HOW_MANY} ({number})" for number in range(4)],
        document_ids=[library.documents[0].id],
    )
    assert begun.wait(10)
    ask = Ask(owner_id, library.agent.id, HOW_MANY, sampling=Sampling(max_tokens=40))
    before = None
    for event in core.chat.reply(ask, Cancel()):
        before = before or core.studies.get(owner_id, study.id).done
        if isinstance(event, TurnDone):
            assert core.studies.get(owner_id, study.id).done <= before + 1
    watch()
    assert library.ended(study).done == 4


def test_a_study_waits_for_its_agent(library: Library) -> None:
    """Where the agent is stopped the study waits, and says for what; deploying wakes it."""
    core, owner_id = library.core, library.owner_id
    agent = core.agents.create(owner_id, replace(library.agent.draft, name="Sleeper"))
    study = core.studies.tabulate(
        owner_id, agent.id, ["Who?"], document_ids=[library.documents[0].id]
    )
    waiting = library.ended(study, StudyState.WAITING)
    assert waiting.problem == "Goes on as soon as the agent 'Sleeper' is deployed."
    core.agents.deploy(owner_id, agent.id, wait=True)
    done = library.ended(study)
    assert (done.done, done.problem) == (1, None)
    core.agents.delete(owner_id, agent.id, force=True)


def test_nothing_is_asked_twice(library: Library) -> None:
    """A cell that has to be written again is answered from the note that was kept."""
    studies, owner_id = library.core.studies, library.owner_id
    made = studies.tabulate(
        owner_id, library.agent.id, [HOW_MANY], document_ids=[library.documents[0].id]
    )
    library.ended(made)
    (cell,) = studies.cells(owner_id, made.id)
    ((key, _),) = notes(library, made).items()
    studies._store.keep_note(made.id, key, "Kept.")
    studies._store.write_cell(made.id, replace(cell, state=CellState.FAILED))
    studies.resume(owner_id, made.id)
    library.ended(made)
    assert [each.text for each in studies.cells(owner_id, made.id)] == ["Kept."]


def test_what_cannot_be_studied_is_refused(library: Library) -> None:
    """Foreign and empty subjects, no questions and too many."""
    studies, owner_id, agent_id = library.core.studies, library.owner_id, library.agent.id
    ids = [library.documents[0].id]
    with pytest.raises(NotFound):
        studies.summarise(owner_id, AgentId("agt_none"), document_ids=ids)
    with pytest.raises(NotFound):
        studies.summarise(owner_id, agent_id, collection_id=CollectionId("col_none"))
    with pytest.raises(NotFound):
        studies.get(UserId("usr_other"), StudyId("stu_none"))
    for questions in ([], [" "], [f"{number}?" for number in range(51)], ["w" * 2001]):
        with pytest.raises(InvalidInput):
            studies.tabulate(owner_id, agent_id, questions, document_ids=ids)
    with pytest.raises(InvalidInput):
        studies.summarise(owner_id, agent_id)


def test_supported_answers_name_their_place(library: Library) -> None:
    """A citation of a cell leads to the words of the document."""
    studies, owner_id = library.core.studies, library.owner_id
    made = studies.summarise(owner_id, library.agent.id, document_ids=[library.documents[0].id])
    library.ended(made)
    (cell,) = studies.cells(owner_id, made.id)
    states = {each.state for each in cell.citations}
    assert states <= set(CitationState)
    assert all(each.document_name == "bees.md" for each in cell.citations)
