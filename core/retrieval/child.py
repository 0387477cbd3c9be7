"""Worker processes: where code runs that may crash, hang, or stall the window's event loop.

This is the parent's side. A worker is this same program started with a switch; requests go to
its standard input and replies come from its standard output, each a line of JSON, followed where
it says so by raw bytes. Nothing is ever unpickled. A worker ends when its standard input closes,
so none outlives its parent for long. `worker.py` is the other side.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from core.offline import Attempt, guard
from core.records import now

log = logging.getLogger(__name__)

WORKER_SWITCH = "--outpost-worker"
"""Looked for in a frozen executable's arguments before anything heavy is imported."""

WORKERS = {
    "parsing": "core.retrieval.parsing.worker",
    "embedding": "core.retrieval.embedding_worker",
    "reranking": "core.retrieval.reranking_worker",
    "vectors": "core.retrieval.vectors",
    "lexical-probe": "core.retrieval.lexical_probe",
    "model": "core.models.probe_worker",
}
"""The modules that a worker may run; each has a `main(arguments)`."""

READY = 0
"""The number of the reply that a worker sends by itself once it can take requests."""

_ROOT = Path(__file__).resolve().parents[2]
_KEPT_OF_STDERR = 2000
EXIT_LIMIT_S = 2.0
GENTLE_S = 1.5
"""How long a worker may go on with what it is doing where somebody waits for its end."""
_WINDOWS_FLAGS = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(
    subprocess, "CREATE_NEW_PROCESS_GROUP", 0
)


class ChildDied(Exception):
    """The worker ended before it replied; says how.

    `code` is its exit code where it ended by itself, negative for the signal that ended it;
    `last_words` are the end of what it wrote to standard error.
    """

    def __init__(self, how: str, code: int | None = None, last_words: str = ""):
        super().__init__(how)
        self.code = code
        self.last_words = last_words


class ChildLate(Exception):
    """The worker did not reply in time; it is still running."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A request or reply: the line's object, and the bytes that follow it."""

    head: dict[str, Any]
    body: bytes = b""

    def packed(self, number: int) -> bytes:
        """Return what goes through the pipe."""
        head = {**self.head, "id": number, "bytes": len(self.body)}
        return json.dumps(head).encode() + b"\n" + self.body


def read_frame(stream: IO[bytes]) -> Frame | None:
    """Return the next frame of a pipe, None at its end; raises ValueError for anything else."""
    line = stream.readline()
    if not line:
        return None
    head = json.loads(line)
    body = stream.read(head["bytes"])
    return Frame(head, body) if len(body) == head["bytes"] else None


def worker_command(name: str, *arguments: str) -> list[str]:
    """Return the command line that starts a worker: the one place that knows it.

    A frozen executable is its own worker; it must call `worker.main_if_worker()` first of all.
    """
    if getattr(sys, "frozen", False):
        return [sys.executable, WORKER_SWITCH, name, *arguments]
    return [sys.executable, "-m", WORKERS[name], *arguments]


class Child:
    """One worker process and the requests that wait for its replies; safe from any thread.

    It is not restarted: who needs another makes another.
    """

    def __init__(self, name: str, *arguments: str):
        self.name = name
        self._command = worker_command(name, *arguments)
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._pending: dict[int, Future[Frame]] = {READY: Future()}
        self._ready = self._pending[READY]
        self._last_number = READY
        self._process: subprocess.Popen[bytes] | None = None
        self._ended: ChildDied | None = None
        self._killed = False
        self._exit_limit_s = EXIT_LIMIT_S
        started = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(started,), name=f"outpost-child-{name}", daemon=True
        )
        self._thread.start()
        started.wait()

    @property
    def alive(self) -> bool:
        """False once the worker has ended or was told to."""
        return self._ended is None and not self._killed

    @property
    def pid(self) -> int | None:
        """The worker's process id."""
        return self._process.pid if self._process else None

    def wait_ready(self, deadline_s: float) -> Frame:
        """Wait for the worker's first word; raises ChildDied or ChildLate."""
        return self._result(self._ready, deadline_s)

    def ask(self, request: dict[str, Any], deadline_s: float, body: bytes = b"") -> Frame:
        """Send a request and wait for its reply; raises ChildDied or ChildLate."""
        future: Future[Frame] = Future()
        with self._lock:
            if self._ended is not None:
                raise self._ended
            self._last_number += 1
            number = self._last_number
            self._pending[number] = future
        self._send(Frame(request, body).packed(number))
        try:
            return self._result(future, deadline_s)
        finally:
            with self._lock:
                self._pending.pop(number, None)

    def kill(self) -> None:
        """End the worker at once; whoever waits for a reply gets ChildDied."""
        self._killed = True
        if self._process is not None:
            self._process.kill()

    def close(self, timeout_s: float = 2.0) -> None:
        """End the worker and wait until its thread is gone."""
        self.kill()
        self._thread.join(timeout_s)

    def close_gently(self, timeout_s: float = GENTLE_S) -> bool:
        """Let a worker that got so far finish what it is doing, within limits, and end it.

        False where it had to be killed.
        """
        if not self._ready.done():
            self.close()
            return False
        self._killed = True
        self._exit_limit_s = max(EXIT_LIMIT_S, timeout_s)
        process = self._process
        if process is not None and process.stdin is not None:
            with self._writing, suppress(OSError):
                process.stdin.close()
        self._thread.join(timeout_s)
        ended = not self._thread.is_alive() and process is not None and process.returncode == 0
        self.close()
        return ended

    def _result(self, future: Future[Frame], deadline_s: float) -> Frame:
        try:
            return future.result(deadline_s)
        except FutureTimeout:
            raise ChildLate(f"no reply within {deadline_s:g} s") from None

    def _send(self, packed: bytes) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return  # it could not be started, and the thread says so to every waiter
        try:
            with self._writing:
                process.stdin.write(packed)
                process.stdin.flush()
        except (OSError, ValueError):
            pass  # it has ended, and the thread says so to every waiter

    # ------------------------------------------------------------ the thread

    def _run(self, started: threading.Event) -> None:
        """Start the worker and hand out its replies until it ends.

        The worker is started here because Linux kills a child with the thread that started it,
        and this thread lives exactly as long as the child.
        """
        with tempfile.TemporaryFile() as errors:
            try:
                process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    cwd=None if getattr(sys, "frozen", False) else _ROOT,
                    # Ctrl+C in a terminal is for the parent, who ends its workers in order. A
                    # session of its own would do too, but Linux weighs sessions against each
                    # other first ("autogroups"): a worker's low priority would mean nothing.
                    process_group=0,
                    creationflags=_WINDOWS_FLAGS,
                )
            except OSError as error:
                started.set()
                self._end(ChildDied(f"it could not be started: {error}"))
                return
            self._process = process
            started.set()
            self._read(process)
            code = _exit_code(process, self._exit_limit_s)
            _close_pipes(process)
            self._end(self._obituary(code, errors))

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        try:
            while (frame := read_frame(process.stdout)) is not None:
                self._deliver(frame)
        except (ValueError, KeyError, TypeError) as error:
            log.error("the %s worker sent something unreadable: %s", self.name, error)

    def _deliver(self, reply: Frame) -> None:
        for action, address, site in reply.head.get("refused", ()):
            guard().note(Attempt(action, address, f"{site}, in the {self.name} worker", now()))
        with self._lock:
            future = self._pending.pop(reply.head["id"], None)
        if future is not None:  # None: who asked did not wait any longer
            future.set_result(reply)

    def _end(self, death: ChildDied) -> None:
        with self._lock:
            self._ended = death
            waiting, self._pending = self._pending, {}
        for future in waiting.values():
            future.set_exception(death)

    def _obituary(self, code: int, errors: IO[bytes]) -> ChildDied:
        if self._killed:
            return ChildDied("it was stopped")
        errors.seek(0)
        last_words = errors.read()[-_KEPT_OF_STDERR:].decode("utf-8", "replace").strip()
        log.warning("the %s worker ended with code %s: %s", self.name, code, last_words)
        return ChildDied(f"it ended with code {code}", code, last_words)


def _exit_code(process: subprocess.Popen[bytes], limit_s: float) -> int:
    """Wait for a worker that has closed its output; one that does not end is killed."""
    try:
        return process.wait(limit_s)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _close_pipes(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):  # what was not sent any more cannot be flushed either
            if pipe is not None:
                pipe.close()
