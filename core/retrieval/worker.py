"""The worker's side of `child.py`: reads requests, limits itself, and replies.

Imported in worker processes only. A worker keeps its standard output for replies alone: whatever
a library prints goes to standard error. It dies with its parent, whatever it is doing.
"""

from __future__ import annotations

import ctypes
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import IO, Any

from core.errors import OutpostError, Unreadable
from core.offline import guard
from core.privacy import forbid_core_dumps
from core.retrieval.child import READY, WORKER_SWITCH, WORKERS, Frame, read_frame

Handler = Callable[[Frame], Frame]
Prepare = Callable[[], tuple[Handler, Mapping[str, Any]]]

LOADING_NICENESS = 5
IDLE = 19
TIDY_AFTER_S = 1.0
"""A lane without work for so long gives back the memory that its work took."""
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
    """Added to the thread's priority where the system knows such a thing (Linux); `IDLE` works
    only where a core would be idle."""
    requests: queue.SimpleQueue[Frame | None] = field(default_factory=queue.SimpleQueue)


def main_if_worker(arguments: list[str]) -> bool:
    """Run the worker that a frozen executable was started as; False where it was not.

    `arguments` are those of the process, its own name left out.
    """
    if arguments[:1] != [WORKER_SWITCH]:
        return False
    import_module(WORKERS[arguments[1]]).main(arguments[2:])
    return True


def serve(
    prepare: Prepare,
    lanes: list[Lane],
    limits: Limits | None = None,
    *,
    gentle: bool = False,
) -> None:
    """Answer requests until standard input closes.

    `prepare` loads what the worker needs and returns the handler and what to say when ready. A
    gentle worker finishes the request it is at when its parent goes, since it writes files.
    """
    if not gentle:
        _die_with_parent()
    _limit(limits or Limits())
    guard()
    requests, replies = _take_standard_streams()
    threading.Thread(target=_read, args=(requests, lanes, gentle), daemon=True).start()
    writer = _Writer(replies)
    try:
        handler, greeting = _prepared(prepare)
    except Exception as error:
        writer.send(READY, _refusal(error))
        return
    writer.send(READY, Frame(dict(greeting)))
    for lane in lanes[1:]:
        threading.Thread(target=_work, args=(lane, handler, writer), daemon=True).start()
    _work(lanes[0], handler, writer)


def _prepared(prepare: Prepare) -> tuple[Handler, Mapping[str, Any]]:
    """Run `prepare` on a thread with low priority, which a thread cannot raise again itself.

    Workers load while the application starts, and must not take the cores from its window.
    """
    outcome: Future[tuple[Handler, Mapping[str, Any]]] = Future()

    def run() -> None:
        be_nice(LOADING_NICENESS)
        try:
            outcome.set_result(prepare())
        except Exception as error:
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return outcome.result()


class _Writer:
    """Sends whole replies, one at a time."""

    def __init__(self, stream: IO[bytes]):
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, number: int, reply: Frame) -> None:
        """Send a reply, and with it what was refused here since the last one."""
        if refused := guard().taken():
            tried = [(each.action, each.address, each.site) for each in refused]
            reply = Frame({**reply.head, "refused": tried}, reply.body)
        with self._lock:
            self._stream.write(reply.packed(number))
            self._stream.flush()


def _work(lane: Lane, handler: Handler, writer: _Writer) -> None:
    be_nice(lane.niceness)
    while (request := _next(lane)) is not None:
        try:
            reply = handler(request)
        except Exception as error:
            reply = _refusal(error)
        writer.send(request.head["id"], reply)


def _next(lane: Lane) -> Frame | None:
    """Wait for the next request; one that does not come soon is waited for with little memory.

    Without this an embedder keeps what its largest batches took: 500 MB instead of 130 (n=3).
    """
    try:
        return lane.requests.get(timeout=TIDY_AFTER_S)
    except queue.Empty:
        return_memory()
        return lane.requests.get()


def _refusal(error: Exception) -> Frame:
    """Turn an error into a reply: a known one with its reason, a bug with its trace."""
    refusal = {"message": str(error), "reason": "bug"}
    if isinstance(error, Unreadable):
        refusal.update(reason=error.reason, advice=error.advice)
    elif isinstance(error, MemoryError):
        refusal.update(reason="too_big")
    elif not isinstance(error, OutpostError):
        refusal.update(trace=traceback.format_exc())
    return Frame({"error": refusal})


def _read(requests: IO[bytes], lanes: list[Lane], gentle: bool) -> None:
    """Hand requests to their lanes; the end of the stream is the end of the parent."""
    while (request := read_frame(requests)) is not None:
        lane = next(lane for lane in lanes if request.head["kind"] in lane.kinds)
        lane.requests.put(request)
    if not gentle:
        os._exit(0)
    for lane in lanes:
        _empty(lane.requests)
        lane.requests.put(None)


def _empty(requests: queue.SimpleQueue[Frame | None]) -> None:
    with suppress(queue.Empty):
        while True:
            requests.get_nowait()


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
    forbid_core_dumps()
    if sys.platform == "win32":
        return
    import resource

    if not limits.writes_files:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if limits.memory_bytes and sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))


def return_memory() -> None:
    """Give back to the system what was freed: glibc keeps it for each thread."""
    if sys.platform == "linux" and hasattr(ctypes.CDLL(None), "malloc_trim"):  # not in musl
        ctypes.CDLL(None).malloc_trim(0)


def be_nice(niceness: int) -> None:
    """Lower this thread's priority; on Linux priorities belong to threads, not processes.

    The lowest priority alone is not low enough: such a thread keeps a core until its slice of some
    milliseconds has ended, and an engine's threads, which wait for each other some hundred times
    for each token, lose that time again and again. An idle thread is preempted at once. Its time
    counts as "nice" besides, which `core.engines.llama.cores` leaves out.
    """
    if niceness and sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, niceness)
        if niceness == IDLE:
            os.sched_setscheduler(thread, os.SCHED_IDLE, os.sched_param(0))
