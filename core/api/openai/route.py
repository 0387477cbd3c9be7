"""What the routes of /v1 share: their scope, their errors, and which agent a model's name means."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError

from core.api.failures import answer, invalid
from core.api.routing import Handler, ScopedRoute
from core.app import Core
from core.errors import Busy, NoSuchModel, NotDeployed, OutpostError
from core.records import Agent, DeploymentState, EmbeddingModel, UserId

PREFIX = "/v1"


class CompatibleRoute(ScopedRoute):
    """A route whose errors have the statuses that OpenAI's clients know.

    Too many requests are 429 there, and what is no model at the moment is not found.
    """

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def handle_compatibly(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                return compatible(invalid(error))
            except OutpostError as error:
                return compatible(error)

        return handle_compatibly


routes = APIRouter(prefix=PREFIX, tags=["OpenAI"], route_class=CompatibleRoute)
"""All of them; each module of this room adds its own."""


def compatible(error: OutpostError) -> Response:
    """Return the response that tells a client of the error."""
    response = answer(error)
    if isinstance(error, NotDeployed):
        response.status_code = 404
    elif isinstance(error, Busy):
        response.status_code = 429
    return response


def agent_named(core: Core, owner_id: UserId, model: str) -> Agent:
    """Return the agent that a request means by `model`: its id, or its name.

    Raises NoSuchModel, and NotDeployed where there is one that cannot answer now.
    """
    agents = core.agents.list(owner_id)
    found = [agent for agent in agents if agent.id == model] or [
        agent for agent in agents if agent.name.casefold() == model.casefold()
    ]
    if not found:
        raise NoSuchModel(model)
    if found[0].deployment.state is not DeploymentState.DEPLOYED:
        raise NotDeployed(found[0].name, found[0].deployment.state.value)
    return found[0]


def embedder_named(core: Core, model: str) -> EmbeddingModel:
    """Return the embedder that a request means by `model`; raises NoSuchModel."""
    for each in core.collections.embedders():
        if model in (each.id, each.name):
            return each
    raise NoSuchModel(model)
