"""Models, tokens, users, and how Outpost itself is doing."""

from __future__ import annotations

from pathlib import Path

from fastapi import Response

import core as outpost
from core.api.answers import (
    AuditAnswer,
    AuditPage,
    ModelAnswer,
    NewTokenAnswer,
    Page,
    StatusAnswer,
    StepAnswer,
    TokenAnswer,
    UserAnswer,
    VerdictAnswer,
    page,
)
from core.api.bodies import ImportBody, PasswordBody, TokenBody, UserBody
from core.api.routing import MANAGES, READS, After, Caller, Limit, Services, require_owner, router
from core.errors import InvalidInput, NotFound, Unauthenticated
from core.records import ApiToken, DeploymentState, ModelId, TokenId, UserId

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


@routes.post("/login", status_code=201, **MANAGES)
def login(caller: Caller, core: Services) -> NewTokenAnswer:
    """Get a token for half a day in exchange for name and password, sent by HTTP Basic."""
    if not caller.by_password:
        raise Unauthenticated(
            "Name and password are wanted here, not a token.",
            advice="Send them by HTTP Basic, as 'curl -X POST -u NAME' does.",
        )
    return _new_token(*core.users.open_session(caller.user.id))


def _new_token(token: ApiToken, secret: str) -> NewTokenAnswer:
    return NewTokenAnswer(**TokenAnswer.model_validate(token).model_dump(), secret=secret)


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
    return _new_token(*core.users.add_token(user.id, body.name, body.scope, body.days))


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
    return UserAnswer.model_validate(core.users.add(body.name, body.password))


@routes.patch("/users/{user_id}", **MANAGES)
def change_user(user_id: UserId, body: PasswordBody, caller: Caller, core: Services) -> UserAnswer:
    """Set a password, or take it away; ends the sessions opened with the old one.

    The owner may do so for everybody; others for themselves, with the password they have now.
    """
    if not caller.user.is_owner:
        if user_id != caller.user.id:
            raise NotFound("user", user_id)
        core.users.authenticate_password(caller.user.name, body.current_password)
    return UserAnswer.model_validate(core.users.set_password(user_id, body.password))


@routes.get("/audit", **MANAGES)
def audit(
    caller: Caller, core: Services, limit: Limit = 100, before: int | None = None
) -> AuditPage:
    """List who changed what, newest first; for the owner alone."""
    require_owner(caller)
    if before is not None and not 0 <= before < 2**63:
        raise InvalidInput("There is no such entry.", param="before")
    found = core.audit.newest(limit + 1, before)
    return AuditPage(
        data=[AuditAnswer.model_validate(each) for each in found[:limit]],
        has_more=len(found) > limit,
    )


@routes.get("/audit/verdict", **MANAGES)
def audit_verdict(caller: Caller, core: Services, noted_hash: str = "") -> VerdictAnswer:
    """Check that no entry was altered, added or removed; for the owner alone.

    `noted_hash` is the last hash of an earlier verdict; where its entry is gone, the end of the
    log was cut off.
    """
    require_owner(caller)
    return VerdictAnswer.model_validate(core.audit.verify(noted_hash))
