"""The guide's page on the REST API, held against the routes themselves."""

from __future__ import annotations

import re

from fastapi.routing import APIRoute

import resources
from core.api.app import ROOMS
from core.api.routing import PREFIX


def test_the_guide_lists_the_routes_that_there_are() -> None:
    """The REST page names every route of the API and none that does not exist."""
    there = {
        f"{method} {re.sub('{[^}]+}', '{id}', route.path.removeprefix(PREFIX))}"
        for room in ROOMS
        for route in room.routes.routes
        if isinstance(route, APIRoute) and route.path.startswith(PREFIX)
        for method in route.methods or ()
    }
    text = (resources.guide_dir() / "rest-api.md").read_text("utf-8")
    named = re.findall(r"\b((?:GET|POST|PATCH|DELETE)(?:, [A-Z]+)*) (/[a-z0-9{}/-]+[a-z}])", text)
    listed = {
        f"{method} {path.removeprefix(PREFIX)}"
        for methods, path in named
        for method in methods.split(", ")
    }
    assert listed == there
