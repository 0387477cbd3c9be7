"""A measured program in a process of its own, asked by lines of JSON over its pipes.

Two runtimes in one process would share OpenMP's threads, and what one side keeps in memory would
be counted for the other. A child that is not asked sleeps.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

Answers = Mapping[str, Callable[..., Any]]
"""What a child can be asked, by name."""


class Child:
    """A child process made from a module of this folder; use as a context manager."""

    def __init__(self, module: str, *, environ: Mapping[str, str] | None = None, **options: Any):
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"tests.benchmarks.{module}", json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(os.environ if environ is None else environ),
            text=True,
        )

    def ask(self, question: str, **arguments: Any) -> Any:
        """Have the child do something and return its answer; raises RuntimeError with its error."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([question, arguments]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the child ended with status {self._process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["answer"]

    def close(self) -> None:
        """Let the child end by itself, which it does at the end of its input."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve(make: Callable[..., Answers]) -> None:
    """Answer the parent until it closes the pipe; `make` gets the parent's options.

    What libraries print goes to stderr, so that it cannot be taken for an answer.
    """
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    answers = make(**json.loads(sys.argv[1]))
    for line in sys.stdin:
        question, arguments = json.loads(line)
        try:
            reply: dict[str, Any] = {"answer": answers[question](**arguments)}
        except Exception as error:
            reply = {"error": f"{question}: {error!r}"}
        channel.write(json.dumps(reply) + "\n")
        channel.flush()
    answers.get("close", lambda: None)()
