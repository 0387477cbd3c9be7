"""Studies over many documents, and the golden questions by which an agent is checked."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response

from core.api.answers import (
    CellAnswer,
    CheckRunAnswer,
    Page,
    QuestionAnswer,
    StudyAnswer,
)
from core.api.bodies.studies import QuestionsBody, StudyBody
from core.api.paging import Paging
from core.api.replies import last_of
from core.api.routing import (
    CHATS,
    MANAGES,
    READS,
    Caller,
    RunningReplies,
    Services,
    download,
    router,
)
from core.errors import Cancelled
from core.records import AgentId, CheckRun, CollectionId, DocumentId, StudyFormat, StudyId

routes = router(tag="Studies")

MEDIA_TYPES = {
    StudyFormat.CSV: "text/csv",
    StudyFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    StudyFormat.MARKDOWN: "text/markdown",
}
EXPORTED: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            media_type: {"schema": {"type": "string", "format": "binary"}}
            for media_type in MEDIA_TYPES.values()
        }
    }
}


@routes.post("/studies", status_code=202, **CHATS)
def begin(body: StudyBody, caller: Caller, core: Services) -> StudyAnswer:
    """Begin to summarise documents, or to ask each question of each of them."""
    owner_id, agent_id = caller.user.id, AgentId(body.agent_id)
    documents = [DocumentId(each) for each in body.document_ids]
    collection = CollectionId(body.collection_id) if body.collection_id else None
    if body.questions:
        study = core.studies.tabulate(
            owner_id, agent_id, body.questions, document_ids=documents, collection_id=collection
        )
    else:
        study = core.studies.summarise(
            owner_id, agent_id, document_ids=documents, collection_id=collection
        )
    return StudyAnswer.model_validate(study)


@routes.get("/studies", **READS)
def list_all(caller: Caller, core: Services, paging: Paging) -> Page[StudyAnswer]:
    """List studies."""
    found = core.studies.list(caller.user.id)
    return paging.page(found, StudyAnswer.model_validate)


@routes.get("/studies/{study_id}", **READS)
def get(study_id: StudyId, caller: Caller, core: Services) -> StudyAnswer:
    """Read how far a study is, and the summary once it is made."""
    return StudyAnswer.model_validate(core.studies.get(caller.user.id, study_id))


@routes.get("/studies/{study_id}/cells", **READS)
def cells(study_id: StudyId, caller: Caller, core: Services, paging: Paging) -> Page[CellAnswer]:
    """List what each document says to each question, or its summary."""
    found = core.studies.cells(caller.user.id, study_id)
    return paging.page(found, CellAnswer.of, key="ordinal")


@routes.get("/studies/{study_id}/export", response_class=Response, responses=EXPORTED, **READS)
def export(
    study_id: StudyId, caller: Caller, core: Services, format: StudyFormat = StudyFormat.CSV
) -> Response:
    """Download a study as a table or as text."""
    content = core.studies.export(caller.user.id, study_id, format)
    title = core.studies.get(caller.user.id, study_id).title
    return download(content, f"{title}.{format}", MEDIA_TYPES[format])


@routes.post("/studies/{study_id}/pause", **CHATS)
def pause(study_id: StudyId, caller: Caller, core: Services) -> StudyAnswer:
    """Let a study rest until it is resumed."""
    return StudyAnswer.model_validate(core.studies.pause(caller.user.id, study_id))


@routes.post("/studies/{study_id}/resume", **CHATS)
def resume(study_id: StudyId, caller: Caller, core: Services) -> StudyAnswer:
    """Go on with a study that was paused."""
    return StudyAnswer.model_validate(core.studies.resume(caller.user.id, study_id))


@routes.post("/studies/{study_id}/cancel", **CHATS)
def cancel(study_id: StudyId, caller: Caller, core: Services) -> StudyAnswer:
    """End a study; what is there of it stays."""
    return StudyAnswer.model_validate(core.studies.cancel(caller.user.id, study_id))


@routes.delete("/studies/{study_id}", status_code=204, **MANAGES)
def delete(study_id: StudyId, caller: Caller, core: Services) -> Response:
    """Delete a study."""
    core.studies.delete(caller.user.id, study_id)
    return Response(status_code=204)


# ---------------------------------------------------------------- golden questions


@routes.get("/agents/{agent_id}/checks", **READS)
def questions(agent_id: AgentId, caller: Caller, core: Services) -> Page[QuestionAnswer]:
    """List an agent's golden questions."""
    found = core.checks.questions(caller.user.id, agent_id)
    return Page(data=[QuestionAnswer.model_validate(each) for each in found])


@routes.put("/agents/{agent_id}/checks", **MANAGES)
def put_questions(
    agent_id: AgentId, body: QuestionsBody, caller: Caller, core: Services
) -> Page[QuestionAnswer]:
    """Store these golden questions instead of the former ones."""
    wanted = [each.question() for each in body.questions]
    stored = core.checks.store(caller.user.id, agent_id, wanted)
    return Page(data=[QuestionAnswer.model_validate(each) for each in stored])


@routes.get("/agents/{agent_id}/checks/runs", **READS)
def runs(agent_id: AgentId, caller: Caller, core: Services, paging: Paging) -> Page[CheckRunAnswer]:
    """List how the agent's versions answered its golden questions, newest run first."""
    found = core.checks.runs(caller.user.id, agent_id)
    return paging.page(found, CheckRunAnswer.model_validate)


@routes.post("/agents/{agent_id}/checks/run", response_model=CheckRunAnswer, **CHATS)
async def run(
    request: Request, agent_id: AgentId, caller: Caller, core: Services, replies: RunningReplies
) -> CheckRunAnswer:
    """Ask the deployed agent all its golden questions, and answer when all are answered."""
    reply = replies.start(lambda cancel: core.checks.run(caller.user.id, agent_id, cancel))
    last = await last_of(request, reply)
    if not isinstance(last, CheckRun):
        raise Cancelled("The run was given up.")
    return CheckRunAnswer.model_validate(last)
