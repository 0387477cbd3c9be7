"""Models, access and settings."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core.api.bodies.base import Body, Flag, LocalPath, OnlyNumber, Password, Text, TokenName
from core.records import Scope


class ImportBody(Body):
    """A model file of this machine to be copied into the models folder."""

    path: LocalPath


class AcceptBody(Body):
    """A model whose file was replaced on purpose."""

    model: Text


class TokenBody(Body):
    """A new token."""

    name: TokenName
    scope: Scope = Scope.READ
    days: Annotated[int, Field(ge=1, le=3650), OnlyNumber] | None = Field(
        default=None, description="how long it is valid; null means until revoked"
    )
    user: Text | None = Field(
        default=None, description="whose it is; only the owner may name others"
    )


class UserBody(Body):
    """A new user."""

    name: TokenName
    password: Password | None = Field(
        default=None, description="8 characters or more; null for one who is given tokens"
    )


class PasswordBody(Body):
    """A user's new password."""

    password: Password | None = Field(description="8 characters or more; null takes it away")
    current_password: Text = Field(
        default="", description="wanted from everybody but the owner of this installation"
    )


class SettingsBody(Body):
    """Changed settings; what is left out stays as it is."""

    max_deployed_agents: Annotated[int, Field(ge=1, le=64), OnlyNumber] | None = None
    agent_timeout_s: Annotated[int, Field(ge=0, le=604_800), OnlyNumber] | None = None
    stop_least_used: Flag | None = None
    port: Annotated[int, Field(ge=0, le=65_535), OnlyNumber] | None = None
    threads: Annotated[int, Field(ge=0, le=512), OnlyNumber] | None = None
    slots: Annotated[int, Field(ge=1, le=64), OnlyNumber] | None = None
