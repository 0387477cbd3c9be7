"""GET /v1/models: the deployed agents, and the embedders."""

from __future__ import annotations

from core.api.openai.answers import ModelAnswer, ModelsAnswer
from core.api.openai.route import agent_named, embedder_named, routes
from core.api.routing import READS, Caller, Services
from core.errors import NoSuchModel
from core.records import Agent, AgentType, DeploymentState


@routes.get("/models", response_model=ModelsAnswer, **READS)
def list_models(caller: Caller, core: Services) -> ModelsAnswer:
    """List what programs can ask: deployed agents by their names, and embedders."""
    agents = core.agents.list(caller.user.id, state=DeploymentState.DEPLOYED)
    embedders = [_embedder(each.id) for each in core.collections.embedders()]
    return ModelsAnswer(data=[*map(_model, agents), *embedders])


@routes.get("/models/{model:path}", response_model=ModelAnswer, **READS)
def get_model(model: str, caller: Caller, core: Services) -> ModelAnswer:
    """Show one of them, named by a deployed agent's name or id."""
    try:
        return _model(agent_named(core, caller.user.id, model))
    except NoSuchModel:
        return _embedder(embedder_named(core, model).id)


def _model(agent: Agent) -> ModelAnswer:
    can = ["chat"] if agent.draft.type is AgentType.RAG else ["chat", "completion"]
    created = int(agent.created_at.timestamp())
    return ModelAnswer(id=agent.name, created=created, agent_id=agent.id, capabilities=can)


def _embedder(name: str) -> ModelAnswer:
    return ModelAnswer(id=name, created=0, capabilities=["embedding"])
