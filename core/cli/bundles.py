"""`outpost bundle`: everything as one file, for a machine that has no network."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from core.cli.client import Json
from core.cli.instance import Instance
from core.cli.names import named
from core.cli.output import note, print_json, print_list
from core.errors import Conflict

COLUMNS = ("id", "difference", "name", "documents", "new_documents", "size_bytes")


def bundle_export(there: Instance, arguments: argparse.Namespace) -> None:
    """Write a new file with what was named, else everything."""
    path = arguments.file.expanduser().absolute()
    if path.exists():
        raise Conflict(f"There is already a file '{path}'.", advice="Choose another name.")
    body = {
        "agents": _ids(there, "/agents", "agent", arguments.agent),
        "collections": _ids(there, "/collections", "collection", arguments.collection),
        "models": arguments.models,
    }
    size = there.client.download("/bundle/export", body, path)
    made = {"file": str(path), "size_bytes": size}
    print_json(made) if arguments.json else print(f"{path} has {size / 1e6:.1f} MB.")


def bundle_inspect(there: Instance, arguments: argparse.Namespace) -> None:
    """Check a bundle and print how it differs from what is here."""
    found = there.client.post("/bundle/inspect", {"path": _path(arguments)})
    if arguments.json:
        print_json(found)
        return
    note(f"Made by Outpost {found['made_by']} on {found['made_at'][:10]}; it is whole.")
    print_list(arguments, found["items"], COLUMNS)
    _note_missing(found["items"])


def bundle_import(there: Instance, arguments: argparse.Namespace) -> None:
    """Show the differences, then bring in what was chosen, else all that is not here."""
    if not arguments.json:
        bundle_inspect(there, arguments)
    body = {"path": _path(arguments), "items": arguments.only or None}
    brought = there.client.post("/bundle/import", body)
    if arguments.json:
        print_json(brought)
    else:
        names = ", ".join(f"'{each['name']}'" for each in brought["items"]) or "nothing new"
        print(f"Brought in: {names}.")


BUNDLE_COMMANDS: tuple[Callable[..., Any], ...] = (bundle_export, bundle_inspect, bundle_import)


def _path(arguments: argparse.Namespace) -> str:
    return str(arguments.file.expanduser().absolute())


def _ids(there: Instance, path: str, noun: str, names: list[str] | None) -> list[str] | None:
    """Return the ids of things given by id or name; None where none was given."""
    if not names:
        return None
    return [named(there.client, path, noun, name)["id"] for name in names]


def _note_missing(items: list[Json]) -> None:
    for each in items:
        if each["missing"]:
            note(f"The agent '{each['name']}' lacks {' and '.join(each['missing'])}.")
