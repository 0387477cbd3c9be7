"""Models, tokens, users, and how Outpost itself is doing."""

from __future__ import annotations

from pathlib import Path

from fastapi import Response

import core as outpost
from core.api.answers import (
    ModelAnswer,
    NewTokenAnswer,
    Page,
    StatusAnswer,
    StepAnswer,
    TokenAnswer,
    UserAnswer,
    page,
)
from core.api.bodies import ImportBody, TokenBody, UserBody
from core.api.routing import MANAGES, READS, After, Caller, Limit, Services, require_owner, router
from core.errors import InvalidInput
from core.records import DeploymentState, ModelId, TokenId

routes = router(tag="System")


@routes.get("/models", **READS)
def models(
    caller: Caller, core: Services, limit: Limit = 100, after: After = None
) -> Page[ModelAnswer]:
    """List every model file, with the reason where one cannot be used."""
    return page([ModelAnswer.model_validate(each) for each in core.models.list()], limit, after)


@routes.post("/models/scan", **MANAGES)
def scan(caller: Caller, core: Services) -> Page[ModelAnswer]:
    """Look at the models folder again and list what is there."""
    found = [ModelAnswer.model_validate(each) for each in core.models.scan()]
    return page(found, 100, None)


@routes.post("/models/import", status_code=201, **MANAGES)
def import_model(body: ImportBody, caller: Caller, core: Services) -> ModelAnswer:
    """Copy a model file of this machine into the models folder; for the owner alone."""
    require_owner(caller)
    path = Path(body.path)
    if not path.is_absolute():
        raise InvalidInput(f"The path '{path}' is not absolute.", param="path")
    return ModelAnswer.model_validate(core.models.import_file(path))


@routes.get("/models/{model_id:path}", **READS)
def model(model_id: ModelId, caller: Caller, core: Services) -> ModelAnswer:
    """Read one model."""
    return ModelAnswer.model_validate(core.models.get(model_id))


@routes.get("/status", **READS)
def status(caller: Caller, core: Services) -> StatusAnswer:
    """Say how far starting up is, what is deployed, and who is asking."""
    deployed = core.agents.list(caller.user.id, state=DeploymentState.DEPLOYED)
    return StatusAnswer(
        version=outpost.__version__,
        ready=core.startup.finished.is_set(),
        startup=[StepAnswer.model_validate(step) for step in core.startup.steps()],
        user=UserAnswer.model_validate(caller.user),
        scope=caller.scope,
        deployed=[agent.name for agent in deployed],
        max_deployed_agents=core.settings.max_deployed_agents,
    )


@routes.get("/tokens", **MANAGES)
def tokens(
    caller: Caller, core: Services, limit: Limit = 20, after: After = None
) -> Page[TokenAnswer]:
    """List the caller's tokens, newest first; secrets are never shown again."""
    found = core.users.tokens(caller.user.id)
    return page([TokenAnswer.model_validate(each) for each in found], limit, after)


@routes.post("/tokens", status_code=201, **MANAGES)
def add_token(body: TokenBody, caller: Caller, core: Services) -> NewTokenAnswer:
    """Make a token; its secret is shown in this answer alone."""
    user = caller.user
    if body.user is not None and body.user != user.name:
        require_owner(caller)
        user = core.users.by_name(body.user)
    token, secret = core.users.add_token(user.id, body.name, body.scope, body.days)
    return NewTokenAnswer(**TokenAnswer.model_validate(token).model_dump(), secret=secret)


@routes.delete("/tokens/{token_id}", status_code=204, **MANAGES)
def revoke_token(token_id: TokenId, caller: Caller, core: Services) -> Response:
    """Revoke a token at once and for good."""
    core.users.revoke_token(caller.user.id, token_id)
    return Response(status_code=204)


@routes.get("/users", **MANAGES)
def users(
    caller: Caller, core: Services, limit: Limit = 20, after: After = None
) -> Page[UserAnswer]:
    """List the users of this installation; for the owner alone."""
    require_owner(caller)
    return page([UserAnswer.model_validate(each) for each in core.users.list()], limit, after)


@routes.post("/users", status_code=201, **MANAGES)
def add_user(body: UserBody, caller: Caller, core: Services) -> UserAnswer:
    """Add a user; for the owner alone."""
    require_owner(caller)
    return UserAnswer.model_validate(core.users.add(body.name))
