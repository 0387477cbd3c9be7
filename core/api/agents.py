"""Agents: create, list, read, change, delete, deploy, stop."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from core.api.answers import AgentAnswer, DeploymentAnswer, Page, page
from core.api.bodies import AgentBody, AgentChangeBody
from core.api.routing import MANAGES, READS, After, Caller, Limit, Services, router
from core.records import AgentId, AgentType, DeploymentState

routes = router(tag="Agents", path="/agents")

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
    tag: str | None = None,
    type: AgentType | None = None,
    status: DeploymentState | None = None,
    q: str = "",
    limit: Limit = 20,
    after: After = None,
) -> Page[AgentAnswer]:
    """List agents, oldest first; `q` looks into names and descriptions."""
    found = core.agents.list(caller.user.id, text=q, tag=tag, type=type, state=status)
    return page([AgentAnswer.of(agent) for agent in found], limit, after)


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
