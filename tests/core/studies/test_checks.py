"""Golden questions: stored, asked, judged, kept, and in the way of a bad deployment."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import Cancelled, CheckFailed, Conflict, InvalidInput, NotDeployed, NotFound
from core.records import (
    AgentId,
    CheckResult,
    CheckRun,
    ChunkId,
    Citation,
    CitationState,
    DeploymentState,
    DocumentId,
    Evidence,
    GoldenQuestion,
)
from core.streams import Cancel
from core.studies.checks import missing
from tests.core.studies.conftest import Library

ON_PAGE = Citation(
    *(1, CitationState.LINKED, DocumentId("d"), "a.pdf", ChunkId("c"), 2, 3, 0, 9, "it", 0, 5, 0.9),
)
NOWHERE = replace(ON_PAGE, state=CitationState.UNSUPPORTED)
SHOWN, NOTHING = Evidence.SHOWN, Evidence.NOTHING_FOUND


@pytest.mark.parametrize(
    ("question", "answer", "citation", "evidence", "passes"),
    [
        (GoldenQuestion("?", document="a.pdf"), "x", ON_PAGE, SHOWN, True),
        (GoldenQuestion("?", document="a.pdf"), "x", NOWHERE, SHOWN, False),
        (GoldenQuestion("?", document="b.pdf"), "x", ON_PAGE, SHOWN, False),
        (GoldenQuestion("?", document="a.pdf", page=3), "x", ON_PAGE, SHOWN, True),
        (GoldenQuestion("?", document="a.pdf", page=4), "x", ON_PAGE, SHOWN, False),
        (
            GoldenQuestion("?", phrase="Five  thousand"),
            "It is five\nthousand.",
            ON_PAGE,
            SHOWN,
            True,
        ),
        (GoldenQuestion("?", phrase="six thousand"), "It is five thousand.", ON_PAGE, SHOWN, False),
        (GoldenQuestion("?", refusal=True), "No.", NOWHERE, NOTHING, True),
        (GoldenQuestion("?", refusal=True), "No.", ON_PAGE, SHOWN, False),
    ],
)
def test_an_answer_is_judged_by_what_is_asked_of_it(
    question: GoldenQuestion, answer: str, citation: Citation, evidence: Evidence, passes: bool
) -> None:
    """Document, page, phrase and refusal; whatever is missing is said."""
    assert (missing(question, answer, [citation], evidence) == "") is passes


@pytest.mark.model
def test_a_run_is_kept_with_the_version_that_it_asked(quiet_library: Library) -> None:
    """Each result comes when it is there, the run at the end, and again when it is looked up."""
    checks, owner_id, agent = (
        *(quiet_library.core.checks, quiet_library.owner_id, quiet_library.agent),
    )
    with pytest.raises(Conflict, match="no golden questions"):
        list(checks.run(owner_id, agent.id, Cancel()))
    asked = (
        GoldenQuestion("Zzyzx qwfpgj?", refusal=True),
        GoldenQuestion("How long is a blue whale?", phrase="no model would say this"),
    )
    assert checks.store(owner_id, agent.id, asked) == asked == checks.questions(owner_id, agent.id)
    *results, run = checks.run(owner_id, agent.id, Cancel())
    assert isinstance(run, CheckRun)
    assert run.results == tuple(results)
    assert (run.passed, run.total, run.version) == (1, 2, agent.version)
    wrong = results[1]
    assert isinstance(wrong, CheckResult)
    assert wrong.why == "It does not say 'no model would say this'."
    assert wrong.answer
    assert checks.runs(owner_id, agent.id) == [run]


@pytest.mark.model
def test_a_cancelled_run_is_not_kept(quiet_library: Library) -> None:
    """Half an examination says nothing about an agent."""
    checks, owner_id, agent_id = (
        *(quiet_library.core.checks, quiet_library.owner_id, quiet_library.agent.id),
    )
    checks.store(owner_id, agent_id, [GoldenQuestion("How long is a blue whale?", phrase="long")])
    before = checks.runs(owner_id, agent_id)
    cancel = Cancel()
    cancel.set()
    with pytest.raises(Cancelled):
        list(checks.run(owner_id, agent_id, cancel))
    assert checks.runs(owner_id, agent_id) == before


@pytest.mark.model
def test_an_agent_that_fails_its_check_is_not_deployed(quiet_library: Library) -> None:
    """The deployment says which question was answered wrongly; without the wish it goes through."""
    core, owner_id = quiet_library.core, quiet_library.owner_id
    draft = replace(quiet_library.agent.draft, name="Examined", check_before_deploy=True)
    agent = core.agents.create(owner_id, draft)
    with pytest.raises(NotDeployed):
        list(core.checks.run(owner_id, agent.id, Cancel()))
    core.checks.store(owner_id, agent.id, [GoldenQuestion("Who?", phrase="nobody would say this")])
    with pytest.raises(CheckFailed):
        core.agents.deploy(owner_id, agent.id, wait=True)
    deployment = core.agents.get(owner_id, agent.id).deployment
    assert deployment.state is DeploymentState.FAILED
    assert "1 of 1 golden questions failed, the first of them 'Who?'" in str(deployment.reason)
    assert len(core.checks.runs(owner_id, agent.id)) == 1
    core.checks.store(owner_id, agent.id, [])
    core.agents.deploy(owner_id, agent.id, wait=True)
    assert core.agents.get(owner_id, agent.id).deployment.state is DeploymentState.DEPLOYED
    core.agents.delete(owner_id, agent.id, force=True)


@pytest.mark.model
@pytest.mark.parametrize(
    "question",
    [
        GoldenQuestion(" ", phrase="x"),
        GoldenQuestion("Who?"),
        GoldenQuestion("Who?", phrase="x" * 5000),
        GoldenQuestion("Who?", page=2, phrase="x"),
    ],
)
def test_a_question_has_to_say_what_is_right(
    quiet_library: Library, question: GoldenQuestion
) -> None:
    """Nothing is stored of a list with one that does not."""
    checks, owner_id, agent_id = (
        *(quiet_library.core.checks, quiet_library.owner_id, quiet_library.agent.id),
    )
    before = checks.questions(owner_id, agent_id)
    with pytest.raises(InvalidInput):
        checks.store(owner_id, agent_id, [question])
    assert checks.questions(owner_id, agent_id) == before
    with pytest.raises(NotFound):
        checks.store(owner_id, AgentId("agt_none"), [])
