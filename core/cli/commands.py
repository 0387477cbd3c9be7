"""What each command does: ask the instance, print the answer."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from getpass import getpass
from pathlib import Path
from typing import Any

from core.cli.backups import BACKUP_COMMANDS
from core.cli.bundles import BUNDLE_COMMANDS
from core.cli.client import Client, Json
from core.cli.doctor import doctor
from core.cli.instance import Instance, instance, running
from core.cli.names import named
from core.cli.offline import offline_report
from core.cli.output import note, print_json, print_list
from core.config import Settings
from core.errors import Conflict, InvalidInput, NotFound

POLL_S = 0.3
ROUTES = {"fine_tuned": "/chat", "rag": "/rag-chat"}


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run a command against an instance and return the exit status."""
    if arguments.command == "status":
        return status(arguments, settings)
    if arguments.command == "doctor":
        return doctor(arguments, settings)
    if arguments.command == "ingest":
        arguments.paths = _existing(arguments.paths)  # before anything slow is started
    started = arguments.command in ("agents", "ask", "ingest")
    with instance(settings, started=started) as there:
        name = "_".join(filter(None, (arguments.command, getattr(arguments, "verb", None))))
        name = name.replace("-", "_")
        result: int | None = COMMANDS[name](there, arguments)
        return result or 0


# ---------------------------------------------------------------- status


def status(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print how the running instance is doing; exit status 1 where there is none."""
    with running(settings) as client:
        if client is None:
            print_json({"running": False}) if arguments.json else print(
                f"Outpost is not running on {settings.data_dir}."
            )
            return 1
        answer = client.get("/status")
    if arguments.json:
        print_json({"running": True, **answer})
        return 0
    print(f"Outpost {answer['version']} is running on {settings.data_dir}.")
    for step in answer["startup"]:
        print(f"  {step['name']}: {step['state']} {step['note']}".rstrip())
    deployed = ", ".join(answer["deployed"]) or "none"
    print(f"Deployed agents (of {answer['max_deployed_agents']}): {deployed}")
    memory, taken = answer["memory"], answer["pool"]
    print(f"Places taken: {taken['taken']} of {taken['places']}; replies: {taken['replies']}")
    print(f"Memory: {_gb(memory['outpost_bytes'])} taken, {_gb(memory['available_bytes'])} free")
    return 0


def _gb(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB"


# ---------------------------------------------------------------- agents


def agents_list(there: Instance, arguments: argparse.Namespace) -> None:
    agents = list(there.client.all("/agents"))
    print_list(arguments, agents, ("name", "type", "status", "model", "id"))


def agents_deploy(there: Instance, arguments: argparse.Namespace) -> None:
    _lifecycle(there, arguments, "deploy", "is deployed")


def agents_stop(there: Instance, arguments: argparse.Namespace) -> None:
    _lifecycle(there, arguments, "stop", "is stopped")


def _lifecycle(there: Instance, arguments: argparse.Namespace, verb: str, done: str) -> None:
    if there.temporary:
        raise Conflict(
            "Outpost is not running, so no agent can be deployed or stopped.",
            advice="Start it with 'outpost' or 'outpost serve' first.",
        )
    agent = named(there.client, "/agents", "agent", arguments.agent)
    answer = there.client.post(f"/agents/{agent['id']}/{verb}", wait=True)
    print_json(answer) if arguments.json else print(f"'{agent['name']}' {done}.")


def ask(there: Instance, arguments: argparse.Namespace) -> None:
    """Print the answer while it is written, then its sources."""
    agent = named(there.client, "/agents", "agent", arguments.agent)
    if there.temporary:
        note(f"Outpost is not running; starting '{agent['name']}' for this question alone.")
        there.client.post(f"/agents/{agent['id']}/deploy", wait=True)
        _wait_for_documents(there.client, agent)
    body = {"agent_id": agent["id"], "message": arguments.question}
    if arguments.conversation:
        body["conversation_id"] = arguments.conversation
    route = ROUTES[agent["type"]]
    if arguments.json:
        print_json(there.client.post(route, body))
        return
    for name, content in there.client.events(route, {**body, "stream": True}):
        if name == "delta":
            print(content["text"], end="", flush=True)
        elif name == "done":
            print()
            _print_sources(content)


def _wait_for_documents(client: Client, agent: Json) -> None:
    """Wait until what the agent answers from has been read, as it may be at a first start."""
    for collection_id in agent["collections"]:
        while True:
            collection = client.get(f"/collections/{collection_id}")
            if (
                collection["ready_count"] + collection["failed_count"]
                >= collection["document_count"]
            ):
                break
            time.sleep(POLL_S)


def _print_sources(reply: Json) -> None:
    sources: dict[tuple[Any, ...], Json] = {}
    supported = [each for each in reply["citations"] if each["named"] or each["state"] == "linked"]
    for citation in supported:
        key = (citation["document_name"], citation["first_page"], citation["last_page"])
        sources.setdefault(key, citation)
    if sources:
        print("\nSources:")
    for citation in sources.values():
        print(f"  [{citation['number']}] {_place(citation)} ({citation['state']})")
    if bare := len(reply["citations"]) - len(supported):
        note(f"Sentences that no source supports: {bare}.")
    if reply["message"]["state"] != "done":
        note(f"The answer was {reply['message']['state']}.")


def _place(citation: Json) -> str:
    first, last = citation["first_page"], citation["last_page"]
    if first is None:
        return str(citation["document_name"])
    pages = f"page {first}" if last in (None, first) else f"pages {first}-{last}"
    return f"{citation['document_name']}, {pages}"


# ---------------------------------------------------------------- documents


def ingest(there: Instance, arguments: argparse.Namespace) -> int:
    """Add files by path and wait until they are read; exit status 1 if any could not be."""
    collection = _collection(there.client, arguments.collection)
    route = f"/collections/{collection['id']}"
    job = there.client.post(f"{route}/paths", {"paths": [str(path) for path in arguments.paths]})
    for newer in _progress(there.client, job):
        _show_progress(job := newer)
    failed = [
        document
        for document in there.client.all(f"{route}/documents")
        if document["state"] == "failed"
    ]
    if arguments.json:
        print_json({"job": job, "failed": failed})
    else:
        print(f"{job['done']} of {job['total']} documents are in '{collection['name']}'.")
        for document in failed:
            note(f"{document['name']}: {document['problem']}")
    return 1 if job["failed"] else 0


def _existing(paths: Sequence[Path]) -> list[Path]:
    absolute = [path.expanduser().absolute() for path in paths]
    for path in absolute:
        if not path.exists():
            raise InvalidInput(f"There is no file or folder '{path}'.", advice="Check the path.")
    return absolute


def _collection(client: Client, wanted: str) -> Json:
    try:
        return named(client, "/collections", "collection", wanted)
    except NotFound:
        note(f"Making the collection '{wanted}'.")
        return client.post("/collections", {"name": wanted})


def _progress(client: Client, job: Json) -> Iterator[Json]:
    while not job["finished"]:
        time.sleep(POLL_S)
        job = client.get(f"/jobs/{job['id']}")
        yield job
    yield job


def _show_progress(job: Json) -> None:
    if sys.stderr.isatty():
        end = "\n" if job["finished"] else ""
        text = f"\r{job['done'] + job['failed']} of {job['total']} documents read"
        print(text, end=end, file=sys.stderr, flush=True)


# ---------------------------------------------------------------- models, users, tokens


def models_list(there: Instance, arguments: argparse.Namespace) -> None:
    models = there.client.post("/models/scan")["data"]
    print_list(
        arguments, models, ("id", "architecture", "quantisation", "context_tokens", "problem")
    )


def models_import(there: Instance, arguments: argparse.Namespace) -> None:
    path = arguments.file.expanduser().absolute()
    model = there.client.post("/models/import", {"path": str(path)})
    print_json(model) if arguments.json else print(f"'{model['id']}' can be used now.")


def models_accept(there: Instance, arguments: argparse.Namespace) -> None:
    model = there.client.post("/models/accept", {"model": arguments.model})
    print_json(model) if arguments.json else print(f"'{model['id']}' is taken as it is now.")


def user_list(there: Instance, arguments: argparse.Namespace) -> None:
    print_list(arguments, list(there.client.all("/users")), ("name", "is_owner", "id"))


def user_add(there: Instance, arguments: argparse.Namespace) -> None:
    password = _asked_password() if arguments.password else None
    user = there.client.post("/users", {"name": arguments.name, "password": password})
    print_json(user) if arguments.json else print(f"'{user['name']}' was added.")


def user_password(there: Instance, arguments: argparse.Namespace) -> None:
    """Set a password, or take it away."""
    user = named(there.client, "/users", "user", arguments.name)
    password = None if arguments.none else _asked_password()
    user = there.client.patch(f"/users/{user['id']}", {"password": password})
    done = "has a new password" if user["has_password"] else "has no password any more"
    print_json(user) if arguments.json else print(f"'{user['name']}' {done}.")


def user_remove(there: Instance, arguments: argparse.Namespace) -> None:
    """Remove a user with all that is theirs; without --yes only say what would go."""
    user = named(there.client, "/users", "user", arguments.name)
    if not arguments.yes:
        raise InvalidInput(
            f"This deletes '{user['name']}' with all their agents, documents and conversations.",
            advice="Repeat it with --yes; there is no way back.",
        )
    there.client.delete(f"/users/{user['id']}")
    print_json({"removed": user["id"]}) if arguments.json else print(
        f"'{user['name']}' was removed."
    )


def _asked_password() -> str:
    """Return what is typed twice alike, or the first line of what is piped in."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass("Password: ")
    if getpass("Once more: ") != password:
        raise InvalidInput("The two passwords differ.", advice="Type the same one twice.")
    return password


def token_list(there: Instance, arguments: argparse.Namespace) -> None:
    tokens = list(there.client.all("/tokens"))
    columns = ("name", "scope", "expires_at", "last_used_at", "revoked_at", "id")
    print_list(arguments, tokens, columns)


def token_add(there: Instance, arguments: argparse.Namespace) -> None:
    """Print the secret alone on stdout, so that a script can keep it in a variable."""
    body = {"name": arguments.name, "scope": arguments.scope}
    optional = {"days": arguments.days, "user": arguments.user}
    given = {name: value for name, value in optional.items() if value is not None}
    token = there.client.post("/tokens", {**body, **given})
    if arguments.json:
        print_json(token)
        return
    note("Keep this secret; it is not shown again:")
    print(token["secret"])


def token_revoke(there: Instance, arguments: argparse.Namespace) -> None:
    token = named(there.client, "/tokens", "token", arguments.token)
    there.client.delete(f"/tokens/{token['id']}")
    print_json({"revoked": token["id"]}) if arguments.json else print("The token is revoked.")


def audit_list(there: Instance, arguments: argparse.Namespace) -> None:
    events = there.client.get("/audit", limit=arguments.limit)["data"]
    print_list(arguments, events, ("seq", "at", "user_id", "route", "action", "subject"))


def audit_verify(there: Instance, arguments: argparse.Namespace) -> int:
    """Print the verdict; exit status 1 where the log was tampered with."""
    verdict = there.client.get("/audit/verdict", noted_hash=arguments.noted)
    if arguments.json:
        print_json(verdict)
    elif verdict["whole"]:
        print(f"All {verdict['entries']} entries are as they were written.")
        print(f"Note the last hash, to find a cut-off end later: {verdict['last_hash']}")
    elif verdict["broken_at"] is not None:
        print(f"Entry {verdict['broken_at']} does not fit to those before it.")
    else:
        print("The entry of the noted hash is gone: the end of the log was cut off.")
    return 0 if verdict["whole"] else 1


def lock_show(there: Instance, arguments: argparse.Namespace) -> None:
    lock = there.client.get("/window-lock")
    words = "The window has a passphrase." if lock["is_set"] else "The window has no passphrase."
    print_json(lock) if arguments.json else print(words)


def lock_remove(there: Instance, arguments: argparse.Namespace) -> None:
    there.client.delete("/window-lock")
    removed = "The window has no passphrase any more; one that is locked opens."
    print_json({"is_set": False}) if arguments.json else print(removed)


COMMANDS: dict[str, Any] = {
    function.__name__: function
    for function in (
        agents_list,
        agents_deploy,
        agents_stop,
        ask,
        ingest,
        models_list,
        models_import,
        models_accept,
        user_list,
        user_add,
        user_password,
        user_remove,
        audit_list,
        audit_verify,
        lock_show,
        lock_remove,
        token_list,
        token_add,
        token_revoke,
        offline_report,
        *BACKUP_COMMANDS,
        *BUNDLE_COMMANDS,
    )
}
