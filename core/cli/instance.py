"""Finds the running Outpost, or starts one for the length of a command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from core.cli.client import Client, Refused, Unreachable
from core.config import Settings

READY_S = 120.0


@dataclass(frozen=True, slots=True)
class Instance:
    """An Outpost to talk to."""

    client: Client
    temporary: bool
    """True if it was started for this command alone, and ends with it."""


@contextmanager
def running(settings: Settings) -> Iterator[Client | None]:
    """Yield a client of the instance that owns the data folder, or None.

    A `runtime.json` left by a process that was killed is ignored: its process is gone, or is
    another program that does not know the token.
    """
    found = _runtime(settings)
    if found is None:
        yield None
        return
    with Client(found["url"], found["owner_token"]) as client:
        try:
            client.get("/settings")  # not /status, which loads the engine to tell of the machine
        except (Refused, Unreachable):
            yield None
            return
        yield client


@contextmanager
def instance(settings: Settings, *, started: bool) -> Iterator[Instance]:
    """Yield the running instance, or one made for now; raises AlreadyRunning.

    `started` says whether the command needs the starter agents and the collections; without
    them an instance is there in half a second.
    """
    with running(settings) as client:
        if client is not None:
            yield Instance(client, temporary=False)
            return
    with _temporary(settings, started) as client:
        yield Instance(client, temporary=True)


@contextmanager
def _temporary(settings: Settings, started: bool) -> Iterator[Client]:
    from core.api.server import ApiServer
    from core.app import build

    core = build(settings)
    try:
        server = ApiServer(core, 0)
        server.start()
        try:
            if started:
                core.start()
                core.startup.finished.wait(READY_S)
            with Client(server.url, core.users.run_token()) as client:
                yield client
        finally:
            server.stop()
    finally:
        core.close()


def _runtime(settings: Settings) -> dict[str, str] | None:
    try:
        content = json.loads(settings.runtime_file.read_text("utf-8"))
        alive = psutil.pid_exists(int(content["pid"]))
        return {"url": content["url"], "owner_token": content["owner_token"]} if alive else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
