"""`outpost backup`: list, make, look into, restore and delete backups."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from core.cli.instance import Instance
from core.cli.output import print_json, print_list

COUNTED = ("agents", "collections", "documents", "conversations", "messages")


def backup_list(there: Instance, arguments: argparse.Namespace) -> None:
    print_list(arguments, list(there.client.all("/backups")), ("id", "size_bytes", "automatic"))


def backup_make(there: Instance, arguments: argparse.Namespace) -> None:
    made = there.client.post("/backups", {})
    print_json(made) if arguments.json else print(made["id"])


def backup_show(there: Instance, arguments: argparse.Namespace) -> None:
    """Check the whole backup and print what is in it."""
    found = there.client.get(f"/backups/{arguments.backup}")
    print_json(found) if arguments.json else print(f"It is whole: {_counted(found)}.")


def backup_restore(there: Instance, arguments: argparse.Namespace) -> None:
    found = there.client.post(f"/backups/{arguments.backup}/restore", {})
    if arguments.json:
        print_json(found)
        return
    print(f"The next start restores {_counted(found)}. What is there now will be set aside.")


def backup_keep(there: Instance, arguments: argparse.Namespace) -> None:
    """Take the wish for a restore back."""
    there.client.delete(f"/backups/{arguments.backup}/restore")
    print_json({"kept": True}) if arguments.json else print("The present data stay.")


def backup_delete(there: Instance, arguments: argparse.Namespace) -> None:
    there.client.delete(f"/backups/{arguments.backup}")
    print_json({"deleted": arguments.backup}) if arguments.json else print("It is deleted.")


BACKUP_COMMANDS: tuple[Callable[..., Any], ...] = (
    backup_list,
    backup_make,
    backup_show,
    backup_restore,
    backup_keep,
    backup_delete,
)


def _counted(found: dict[str, Any]) -> str:
    return ", ".join(f"{found[name]} {name}" for name in COUNTED)
