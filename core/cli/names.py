"""Things that a command names by their name or their id."""

from __future__ import annotations

from core.cli.client import Client, Json
from core.errors import Conflict, NotFound


def named(client: Client, path: str, noun: str, wanted: str) -> Json:
    """Find a thing by its id or name; raises NotFound, or Conflict for a name that is not one's."""
    found = [item for item in client.all(path) if wanted in (item["id"], item["name"])]
    found = [item for item in found if not item.get("revoked_at")] or found
    if not found:
        raise NotFound(noun, wanted)
    if len(found) > 1:
        ids = ", ".join(item["id"] for item in found)
        raise Conflict(f"'{wanted}' is the name of several: {ids}.", advice="Give the id.")
    return found[0]
