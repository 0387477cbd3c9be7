"""What the command line understands."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import core
from core.records import Scope

Subparsers = Any  # argparse keeps the type to itself

EPILOG = "Without a command, the window opens. 'outpost COMMAND --help' describes each command."


def parser() -> argparse.ArgumentParser:
    """Return the parser; a parsed command has its name in `command`, its verb in `verb`."""
    root = argparse.ArgumentParser(
        prog="outpost", description="AI agents that run on this machine alone.", epilog=EPILOG
    )
    root.add_argument("--version", action="version", version=f"outpost {core.__version__}")
    commands = root.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _serve(commands)
    _agents(commands)
    _ask(commands)
    _ingest(commands)
    _models(commands)
    _users(commands)
    _tokens(commands)
    _audit(commands)
    _lock(commands)
    _backups(commands)
    _bundles(commands)
    _doctor(commands)
    _command(commands, "offline-report", "prove that nothing left this machine")
    _command(commands, "status", "show whether Outpost runs, and what is deployed")
    return root


def _command(
    commands: Subparsers, name: str, text: str, *, below: bool = False
) -> argparse.ArgumentParser:
    """Add a command with the options that all of them have.

    A verb `below` a command leaves unset what is not given, else it would overwrite what was
    given before the verb.
    """
    added: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    unset = {"default": argparse.SUPPRESS} if below else {}
    where = "the data folder (else OUTPOST_DATA_DIR)"
    added.add_argument("--data-dir", type=Path, metavar="DIR", help=where, **unset)  # type: ignore[arg-type]
    if name != "serve":
        text = "print JSON, for programs"
        added.add_argument("--json", action="store_true", help=text, **unset)  # type: ignore[arg-type]
    return added


def _verbs(
    commands: Subparsers, name: str, text: str, default: str | None = None
) -> Callable[[str, str], argparse.ArgumentParser]:
    """Add a group of commands, such as 'token add'; returns what adds its verbs."""
    group = _command(commands, name, text)
    verbs = group.add_subparsers(dest="verb", metavar="VERB", required=default is None)
    verbs.default = default
    return lambda verb, help_text: _command(verbs, verb, help_text, below=True)


def _serve(commands: Subparsers) -> None:
    serve = _command(commands, "serve", "run without a window until Ctrl+C")
    serve.add_argument("--port", type=int, help="TCP port of the API; 0 picks a free one")
    text = "take the owner's token of this run from a file, such as a container's secret"
    serve.add_argument("--token-file", type=Path, metavar="FILE", help=text)


def _agents(commands: Subparsers) -> None:
    verb = _verbs(commands, "agents", "list, deploy and stop agents", default="list")
    verb("list", "list agents and their states")
    for name, text in (("deploy", "make an agent ready to answer"), ("stop", "stop an agent")):
        verb(name, text).add_argument("agent", metavar="AGENT", help="name or id")


def _ask(commands: Subparsers) -> None:
    ask = _command(commands, "ask", "ask an agent and print its answer as it is written")
    ask.add_argument("agent", metavar="AGENT", help="name or id")
    ask.add_argument("question", metavar="QUESTION")
    ask.add_argument("--conversation", metavar="ID", help="go on with this conversation")


def _ingest(commands: Subparsers) -> None:
    ingest = _command(commands, "ingest", "add files and folders to a collection")
    ingest.add_argument("collection", metavar="COLLECTION", help="name or id; made if it is new")
    ingest.add_argument("paths", metavar="PATH", nargs="+", type=Path)


def _models(commands: Subparsers) -> None:
    verb = _verbs(commands, "models", "list and import models", default="list")
    verb("list", "list model files")
    importing = verb("import", "copy a GGUF file into the models folder")
    importing.add_argument("file", metavar="FILE", type=Path)
    accepting = verb("accept", "take a model's file as it is, after it was replaced on purpose")
    accepting.add_argument("model", metavar="MODEL", help="its id")


def _users(commands: Subparsers) -> None:
    verb = _verbs(commands, "user", "list, add and remove users, and set their passwords")
    verb("list", "list users")
    add = verb("add", "add a user")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--password", action="store_true", help="ask for a password to log in with")
    password = verb("password", "ask for a user's new password; ends their sessions")
    password.add_argument("name", metavar="NAME")
    remove = verb("remove", "delete a user with all that is theirs, for good")
    remove.add_argument("name", metavar="NAME")
    remove.add_argument("--yes", action="store_true", help="do it; without this nothing happens")
    password.add_argument("--none", action="store_true", help="take the password away instead")


def _audit(commands: Subparsers) -> None:
    verb = _verbs(commands, "audit", "show and check the log of who changed what", default="list")
    showing = verb("list", "show the latest entries, newest first")
    showing.add_argument("--limit", type=int, default=20, help="how many (20)")
    verify = verb("verify", "check that no entry was altered, added or removed")
    verify.add_argument(
        "--noted", default="", metavar="HASH", help="the last hash of an earlier check"
    )


def _lock(commands: Subparsers) -> None:
    verb = _verbs(commands, "lock", "show or remove the window's passphrase", default="show")
    verb("show", "tell whether the window has a passphrase")
    verb("remove", "take away a passphrase that was forgotten; a locked window opens")


def _doctor(commands: Subparsers) -> None:
    doctor = _command(commands, "doctor", "examine this machine and the data folder")
    doctor.add_argument("--repair", action="store_true", help="put the stores right")


def _backups(commands: Subparsers) -> None:
    verb = _verbs(commands, "backup", "list, make and restore backups", default="list")
    verb("list", "list backups, newest first")
    verb("make", "make a backup that is kept until it is deleted")
    for name, text in (
        ("show", "check a backup and tell what is in it"),
        ("restore", "restore a backup at the next start"),
        ("keep", "do not restore the backup after all"),
        ("delete", "delete a backup"),
    ):
        verb(name, text).add_argument("backup", metavar="BACKUP", help="its file's name")


def _bundles(commands: Subparsers) -> None:
    verb = _verbs(commands, "bundle", "take agents, collections and models along as one file")
    export = verb("export", "write everything, or what is named, to a new file")
    export.add_argument("file", metavar="FILE", type=Path)
    for noun in ("agent", "collection"):
        export.add_argument(f"--{noun}", metavar="NAME", action="append", help="only this one")
    export.add_argument("--models", action="store_true", help="the agents' model files too")
    for name, text in (
        ("inspect", "check a bundle and show how it differs from what is here"),
        ("import", "show the differences and bring in what is not here"),
    ):
        added = verb(name, text)
        added.add_argument("file", metavar="FILE", type=Path)
        if name == "import":
            added.add_argument("--only", metavar="ID", action="append", help="only this item")


def _tokens(commands: Subparsers) -> None:
    verb = _verbs(commands, "token", "list, add and revoke tokens")
    verb("list", "list your tokens")
    add = verb("add", "make a token and print its secret, this once")
    add.add_argument("name", metavar="NAME", help="what it is for")
    add.add_argument("--scope", choices=[scope.value for scope in Scope], default=Scope.READ.value)
    add.add_argument("--days", type=int, help="how long it is valid; else until revoked")
    add.add_argument("--user", help="whose it is; else yours")
    verb("revoke", "end a token").add_argument("token", metavar="TOKEN", help="its id or name")
