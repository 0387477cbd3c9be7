"""The worker's side of `child.py`: reads requests, limits itself, and replies.

Imported in worker processes only. A worker keeps its standard output for replies alone: whatever
a library prints goes to standard error. It dies with its parent, whatever it is doing.
"""

from __future__ import annotations

import ctypes
import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import IO, Any

from core.errors import OutpostError, Unreadable
from core.offline import guard
from core.retrieval.child import READY, WORKER_SWITCH, WORKERS, Reply

Handler = Callable[[dict[str, Any]], Reply]

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker denies itself, on Linux and in part on macOS; 0 leaves a limit as it is."""

    memory_bytes: int = 0
    """Address space: an allocation beyond it fails instead of making the machine swap."""
    writes_files: bool = True


@dataclass(slots=True)
class Lane:
    """Requests of one kind, handled one after another on a thread of their own."""

    kinds: frozenset[str]
    niceness: int = 0
    """Added to the thread's priority where the system knows such a thing (Linux)."""
    requests: queue.SimpleQueue[dict[str, Any]] = field(default_factory=queue.SimpleQueue)


def main_if_worker(arguments: list[str]) -> bool:
    """Run the worker that a frozen executable was started as; False where it was not."""
    if len(arguments) != 3 or arguments[1] != WORKER_SWITCH:
        return False
    import_module(WORKERS[arguments[2]]).main()
    return True


def serve(
    prepare: Callable[[], tuple[Handler, Mapping[str, Any]]],
    lanes: list[Lane],
    limits: Limits | None = None,
) -> None:
    """Answer requests until standard input closes.

    `prepare` loads what the worker needs and returns the handler and what to say when ready.
    """
    _die_with_parent()
    _limit(limits or Limits())
    guard()
    requests, replies = _take_standard_streams()
    threading.Thread(target=_read, args=(requests, lanes), daemon=True).start()
    writer = _Writer(replies)
    try:
        handler, greeting = prepare()
    except Exception as error:
        writer.send(READY, _refusal(error))
        return
    writer.send(READY, Reply(dict(greeting)))
    for lane in lanes[1:]:
        threading.Thread(target=_work, args=(lane, handler, writer), daemon=True).start()
    _work(lanes[0], handler, writer)


class _Writer:
    """Sends whole replies, one at a time."""

    def __init__(self, stream: IO[bytes]):
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, number: int, reply: Reply) -> None:
        head = {**reply.head, "id": number}
        if reply.body:
            head["bytes"] = len(reply.body)
        with self._lock:
            self._stream.write(json.dumps(head).encode() + b"\n" + reply.body)
            self._stream.flush()


def _work(lane: Lane, handler: Handler, writer: _Writer) -> None:
    _be_nice(lane.niceness)
    while True:
        request = lane.requests.get()
        try:
            reply = handler(request)
        except Exception as error:
            reply = _refusal(error)
        writer.send(request["id"], reply)


def _refusal(error: Exception) -> Reply:
    """Turn an error into a reply: a known one with its reason, a bug with its trace."""
    refusal = {"message": str(error), "reason": "bug"}
    if isinstance(error, Unreadable):
        refusal.update(reason=error.reason, advice=error.advice)
    elif isinstance(error, MemoryError):
        refusal.update(reason="too_big")
    elif not isinstance(error, OutpostError):
        refusal.update(trace=traceback.format_exc())
    return Reply({"error": refusal})


def _read(requests: IO[bytes], lanes: list[Lane]) -> None:
    """Hand requests to their lanes; the end of the stream is the end of the parent."""
    for line in requests:
        request = json.loads(line)
        lane = next(lane for lane in lanes if request["kind"] in lane.kinds)
        lane.requests.put(request)
    os._exit(0)


def _take_standard_streams() -> tuple[IO[bytes], IO[bytes]]:
    """Keep the two pipes for ourselves and point standard output at standard error."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return requests, replies


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _limit(limits: Limits) -> None:
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not limits.writes_files:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if limits.memory_bytes and sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))


def _be_nice(niceness: int) -> None:
    """Lower this thread's priority; on Linux priorities belong to threads, not processes."""
    if niceness and sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
