"""Who may come in, and what was done: login, tokens, users, the window's
passphrase and the audit log.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from core.api.answers import (
    AuditAnswer,
    AuditPage,
    NewTokenAnswer,
    Page,
    TokenAnswer,
    UserAnswer,
    VerdictAnswer,
    WindowLockAnswer,
)
from core.api.bodies.system import PasswordBody, TokenBody, UserBody
from core.api.paging import Limit, Paging
from core.api.routing import MANAGES, Caller, Services, require_owner, router
from core.errors import NotFound, Unauthenticated
from core.records import ApiToken, TokenId, UserId

routes = router(tag="Access")

Before = Annotated[int | None, Query(ge=0, le=2**53, description="the seq where entries end")]


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
def tokens(caller: Caller, core: Services, paging: Paging) -> Page[TokenAnswer]:
    """List the caller's tokens, newest first; secrets are never shown again."""
    found = core.users.tokens(caller.user.id)
    return paging.page(found, TokenAnswer.model_validate)


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
def users(caller: Caller, core: Services, paging: Paging) -> Page[UserAnswer]:
    """List the users of this installation; for the owner alone."""
    require_owner(caller)
    return paging.page(core.users.list(), UserAnswer.model_validate)


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


@routes.delete("/users/{user_id}", status_code=204, **MANAGES)
def remove_user(user_id: UserId, caller: Caller, core: Services) -> Response:
    """Remove a user with all that is theirs, for good; for the owner alone."""
    require_owner(caller)
    core.remove_user(user_id)
    return Response(status_code=204)


@routes.get("/window-lock", **MANAGES)
def window_lock(caller: Caller, core: Services) -> WindowLockAnswer:
    """Tell whether the window has a passphrase; for the owner alone."""
    require_owner(caller)
    return WindowLockAnswer(is_set=core.window_lock.is_set())


@routes.delete("/window-lock", status_code=204, **MANAGES)
def remove_window_lock(caller: Caller, core: Services) -> Response:
    """Take the window's passphrase away; a locked window opens; for the owner alone."""
    require_owner(caller)
    core.window_lock.give_up()
    return Response(status_code=204)


@routes.get("/audit", **MANAGES)
def audit(caller: Caller, core: Services, limit: Limit = 100, before: Before = None) -> AuditPage:
    """List who changed what, newest first; for the owner alone."""
    require_owner(caller)
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
