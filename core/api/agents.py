"""Agents: create, list, read, change, copy, compare, carry away and bring in, deploy, stop."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import File, Form, Query, Response, UploadFile

from core.agents.validation import checked
from core.api.answers import (
    AgentAnswer,
    DeploymentAnswer,
    FieldChangeAnswer,
    ForecastAnswer,
    Page,
    VersionAnswer,
)
from core.api.bodies.agents import AgentBody, AgentChangeBody, CloneBody, RollbackBody
from core.api.bodies.base import Text
from core.api.paging import Paging
from core.api.routing import MANAGES, READS, Caller, Services, download, router
from core.errors import InvalidInput
from core.records import AgentId, AgentType, CollectionId, DeploymentState, ModelId

routes = router(tag="Agents", path="/agents")

MAX_AGENT_FILE_BYTES = 16 << 20
ZIP: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
}
Version = Annotated[int, Query(ge=1, le=2**53, description="the number of a version")]
WAITED: dict[int | str, dict[str, Any]] = {
    200: {"description": "It was waited for, and is done", "model": DeploymentAnswer}
}


@routes.post("", status_code=201, **MANAGES)
def create(body: AgentBody, caller: Caller, core: Services) -> AgentAnswer:
    """Create an agent."""
    return AgentAnswer.of(core.agents.create(caller.user.id, body.draft()))


@routes.get("", **READS)
def list_all(
    caller: Caller,
    core: Services,
    paging: Paging,
    tag: str | None = None,
    type: AgentType | None = None,
    status: DeploymentState | None = None,
    q: str = "",
) -> Page[AgentAnswer]:
    """List agents, oldest first; `q` looks into names and descriptions."""
    found = core.agents.list(caller.user.id, text=q, tag=tag, type=type, state=status)
    return paging.page(found, AgentAnswer.of)


@routes.post("/import", status_code=201, **MANAGES)
def import_file(
    file: Annotated[UploadFile, File(description="an agent as GET /agents/{id}/export gives it")],
    caller: Caller,
    core: Services,
    model: Annotated[Text | None, Form(description="a model instead of the file's own")] = None,
    collections: Annotated[
        list[Text] | None, Form(description="collections instead of the file's own")
    ] = None,
) -> AgentAnswer:
    """Store the agent of an exported file, under a name that is free."""
    content = file.file.read(MAX_AGENT_FILE_BYTES + 1)
    if len(content) > MAX_AGENT_FILE_BYTES:
        raise InvalidInput("The file is too large to be an exported agent.", param="file")
    agent = core.agents.import_file(
        caller.user.id,
        content,
        model=ModelId(model) if model else None,
        collections=None if collections is None else [CollectionId(each) for each in collections],
    )
    return AgentAnswer.of(agent)


@routes.post("/forecast", **READS)
def forecast(body: AgentBody, core: Services) -> ForecastAnswer:
    """Say what memory deploying such an agent would take, and what is free; nothing is stored."""
    return ForecastAnswer.model_validate(core.agents.forecast(checked(body.draft())))


@routes.get("/{agent_id}", **READS)
def get(agent_id: AgentId, caller: Caller, core: Services) -> AgentAnswer:
    """Read one agent."""
    return AgentAnswer.of(core.agents.get(caller.user.id, agent_id))


@routes.patch("/{agent_id}", **MANAGES)
def change(agent_id: AgentId, body: AgentChangeBody, caller: Caller, core: Services) -> AgentAnswer:
    """Change the fields that are sent; each change is a new version."""
    agent = core.agents.get(caller.user.id, agent_id)
    if not body.model_fields_set:
        return AgentAnswer.of(agent)
    return AgentAnswer.of(core.agents.edit(caller.user.id, agent_id, body.over(agent.draft)))


@routes.delete("/{agent_id}", status_code=204, **MANAGES)
def delete(agent_id: AgentId, caller: Caller, core: Services, force: bool = False) -> Response:
    """Delete an agent; a deployed one only with force=true."""
    core.agents.delete(caller.user.id, agent_id, force=force)
    return Response(status_code=204)


@routes.post("/{agent_id}/deploy", status_code=202, responses=WAITED, **MANAGES)
def deploy(
    agent_id: AgentId, caller: Caller, core: Services, response: Response, wait: bool = False
) -> DeploymentAnswer:
    """Make an agent ready to answer; with wait=true the answer comes when it is (200)."""
    deployment = core.agents.deploy(caller.user.id, agent_id, wait=wait)
    response.status_code = 200 if wait else 202
    return DeploymentAnswer.of(agent_id, deployment)


@routes.post("/{agent_id}/stop", status_code=202, responses=WAITED, **MANAGES)
def stop(
    agent_id: AgentId, caller: Caller, core: Services, response: Response, wait: bool = False
) -> DeploymentAnswer:
    """Stop an agent and free its memory; with wait=true the answer comes when it is done (200)."""
    deployment = core.agents.stop(caller.user.id, agent_id, wait=wait)
    response.status_code = 200 if wait else 202
    return DeploymentAnswer.of(agent_id, deployment)


@routes.post("/{agent_id}/clone", status_code=201, **MANAGES)
def clone(agent_id: AgentId, body: CloneBody, caller: Caller, core: Services) -> AgentAnswer:
    """Make a second agent like this one, under a free name where none is given."""
    return AgentAnswer.of(core.agents.clone(caller.user.id, agent_id, name=body.name))


@routes.get("/{agent_id}/versions", **READS)
def versions(
    agent_id: AgentId, caller: Caller, core: Services, paging: Paging
) -> Page[VersionAnswer]:
    """List every version of an agent, newest first."""
    found = core.agents.versions(caller.user.id, agent_id)
    return paging.page(found, VersionAnswer.of_version, key="version_id")


@routes.get("/{agent_id}/diff", **READS)
def diff(
    agent_id: AgentId, old: Version, new: Version, caller: Caller, core: Services
) -> Page[FieldChangeAnswer]:
    """Say which fields differ between two versions, with both values."""
    found = core.agents.diff(caller.user.id, agent_id, old, new)
    return Page(data=[FieldChangeAnswer.model_validate(each) for each in found])


@routes.post("/{agent_id}/rollback", **MANAGES)
def rollback(agent_id: AgentId, body: RollbackBody, caller: Caller, core: Services) -> AgentAnswer:
    """Make an old version the newest one again, as a further version."""
    return AgentAnswer.of(core.agents.rollback(caller.user.id, agent_id, body.version))


@routes.get("/{agent_id}/export", response_class=Response, responses=ZIP, **READS)
def export(agent_id: AgentId, caller: Caller, core: Services) -> Response:
    """Download an agent as one file, without its model and documents."""
    content = core.agents.export_file(caller.user.id, agent_id)
    name = core.agents.get(caller.user.id, agent_id).name
    return download(content, f"{name}.outpost-agent", "application/zip")
