"""Embedders: texts to vectors, behind one protocol.

Each lives in a worker process that is started when it is first wanted and ended when nobody has
wanted it for a while. It is replaced when it dies; one that keeps dying is left alone for some
time, and search goes on by keywords alone.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.errors import Busy, Cancelled, EngineFailed
from core.records import EmbedderKind
from core.retrieval.child import Child, ChildDied, ChildLate
from core.retrieval.vocabulary import Vocabulary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

log = logging.getLogger(__name__)

LOAD_LIMIT_S = 180.0
BATCH_LIMIT_S = 180.0
IDLE_LIMIT_S = 1800.0
QUERY_LIMIT_S = 10.0
MAX_DEATHS = 3
PAUSE_AFTER_DEATHS_S = 60.0


@dataclass(frozen=True, slots=True)
class Prefixes:
    """What a model wants to see before a question and before a passage, such as 'query: '."""

    query: str = ""
    passage: str = ""

    @property
    def mark(self) -> str:
        """A part of the vectors' name: other prefixes, other vectors. '' where there are none."""
        if not self.query and not self.passage:
            return ""
        text = f"{self.query}\0{self.passage}"
        return f":{hashlib.sha256(text.encode()).hexdigest()[:8]}"


NO_PREFIXES = Prefixes()


class Embedder(Protocol):
    """Turns texts into vectors of length 1; safe from any thread.

    All methods raise EngineFailed where the embedder cannot be started, and Cancelled once it
    was closed.
    """

    @property
    def name(self) -> str:
        """What the vectors depend on; vectors of different names must not be compared."""

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""

    def start(self) -> None:
        """Begin to load the model without waiting; what goes wrong is told to who needs it."""

    def warm(self) -> None:
        """Load the model and wait until it is ready."""

    def embed_passages(self, texts: Sequence[str], *, gently: bool = False) -> Vectors:
        """Return one row for each text; `gently` only where a core would be idle."""

    def embed_query(self, text: str, wait_s: float = QUERY_LIMIT_S) -> Vectors:
        """Return one vector; raises Busy where none can be had within `wait_s`."""

    def known(self, text: str) -> float:
        """Return the share of the text's words that the model knows, 1 where nobody can tell."""

    def tokens(self, text: str) -> int:
        """Return how many tokens a text has, an estimate where nobody can tell."""

    def close(self) -> None:
        """End it and free its memory."""


class WorkerEmbedder:
    """An embedding model in a worker process.

    `path` is a model folder or a GGUF file, `proof` the file without which there is no model, and
    `exports` where a folder's ONNX graph lies, if it has one. The prefixes are put before texts,
    as the model was trained to see them.
    """

    def __init__(
        self,
        kind: EmbedderKind,
        path: Path,
        proof: Path,
        exports: Path | None = None,
        prefixes: Prefixes = NO_PREFIXES,
    ):
        self._kind = kind
        self._path = path
        self._proof = proof
        self._arguments = [kind.value, str(path), *([str(exports)] if exports else [])]
        self._prefixes = prefixes
        self._vocabulary = Vocabulary(path)
        self._used_at = time.monotonic()
        self._asked = 0
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._closed = False
        self._deaths = 0
        self._resting_until = 0.0
        self._greeting: dict[str, object] | None = None

    @property
    def name(self) -> str:
        return f"{self._kind}:{self._greeted()['sha256']}{self._prefixes.mark}"

    @property
    def dimension(self) -> int:
        return int(str(self._greeted()["dimension"]))

    def known(self, text: str) -> float:
        return self._vocabulary.known(text)

    def tokens(self, text: str) -> int:
        return self._vocabulary.tokens(text)

    @property
    def runtime(self) -> str | None:
        """What runs the model at the moment, None while nothing does."""
        child = self._child
        loaded = child is not None and child.alive and self._greeting is not None
        return str(self._greeting["runtime"]) if loaded and self._greeting else None

    def rest(self, idle_s: float) -> bool:
        """Free the model's memory if nobody has wanted it for so long; True if that was done."""
        with self._lock:
            idle = not self._asked and time.monotonic() - self._used_at >= idle_s
            if not idle or self._child is None or not self._child.alive:
                return False
            if self._greeting is None:  # it is being loaded
                return False
            self._child.close()
            self._child = None
            return True

    def start(self) -> None:
        with suppress(EngineFailed, Cancelled):
            self._started()

    def warm(self) -> None:
        self._loaded()

    def embed_passages(self, texts: Sequence[str], *, gently: bool = False) -> Vectors:
        child = self._loaded()
        kind, limit_s = ("idle", IDLE_LIMIT_S) if gently else ("passages", BATCH_LIMIT_S)
        try:
            return self._ask(child, kind, texts, limit_s)
        except ChildLate as late:
            raise self._failure(child, str(late)) from late

    def embed_query(self, text: str, wait_s: float = QUERY_LIMIT_S) -> Vectors:
        deadline = time.monotonic() + wait_s
        try:
            child = self._ready(wait_s)
            left = max(deadline - time.monotonic(), 0.1)
            vectors: Vectors = self._ask(child, "query", [text], left)[0]
        except ChildLate:
            raise Busy("The embedder is still being loaded.") from None
        return vectors

    def close(self) -> None:
        self._closed = True
        with self._lock:
            if self._child is not None:
                self._child.close()

    def _greeted(self) -> dict[str, object]:
        if self._greeting is None:
            self.warm()
        assert self._greeting is not None
        return self._greeting

    def _loaded(self) -> Child:
        """Return a worker that has loaded the model, however long it takes within reason."""
        try:
            return self._ready(LOAD_LIMIT_S)
        except ChildLate as late:
            raise _unavailable(str(late)) from late

    def _ready(self, wait_s: float) -> Child:
        """Return a worker that has loaded the model; raises ChildLate where it takes longer."""
        child = self._started()
        try:
            head = child.wait_ready(wait_s).head
        except ChildDied as death:
            raise self._failure(child, str(death)) from death
        if "error" in head:
            raise self._failure(child, head["error"]["message"])
        self._greeting = head
        return child

    def _started(self) -> Child:
        with self._lock:
            if self._closed:
                raise Cancelled
            if self._child is not None and self._child.alive:
                return self._child
            if time.monotonic() < self._resting_until:
                raise _unavailable("it failed several times")
            if not self._proof.is_file():
                raise _unavailable(f"there is no model in {self._path}")
            if self._child is not None:
                self._child.close()
            self._used_at = time.monotonic()
            self._child = Child("embedding", *self._arguments)
            return self._child

    def _ask(self, child: Child, kind: str, texts: Sequence[str], deadline_s: float) -> Vectors:
        import numpy as np

        prefix = self._prefixes.query if kind == "query" else self._prefixes.passage
        with self._lock:
            self._asked += 1
        try:
            request = {"kind": kind, "texts": [prefix + each for each in texts]}
            reply = child.ask(request, deadline_s)
        except ChildDied as death:
            raise self._failure(child, str(death)) from death
        finally:
            with self._lock:
                self._asked -= 1
                self._used_at = time.monotonic()
        if "error" in reply.head:
            log.error("the embedder failed: %s", reply.head["error"].get("trace"))
            raise _unavailable(reply.head["error"]["message"])
        self._deaths = 0
        shape = reply.head["rows"], reply.head["dimension"]
        return np.frombuffer(reply.body, dtype="<f4").reshape(shape)

    def _failure(self, child: Child, how: str) -> Cancelled | EngineFailed:
        """Count a death, once for each worker, and rest after too many."""
        with self._lock:
            if self._closed:
                return Cancelled()
            if child is self._child:
                child.close()
                self._child = None
                self._deaths += 1
                if self._deaths >= MAX_DEATHS:
                    self._deaths = 0
                    self._resting_until = time.monotonic() + PAUSE_AFTER_DEATHS_S
        return _unavailable(how)


class SentenceTransformersEmbedder(WorkerEmbedder):
    """Any sentence-transformers model folder with safetensors weights.

    Run by ONNX Runtime where `exports` has a graph of it, by torch where not: the vectors are the
    same, and so is the name.
    """

    def __init__(self, folder: Path, exports: Path | None = None, prefixes: Prefixes = NO_PREFIXES):
        super().__init__(
            EmbedderKind.TRANSFORMER, folder, folder / "config.json", exports, prefixes
        )


class GgufEmbedder(WorkerEmbedder):
    """An embedding model as a GGUF file, run by llama.cpp."""

    def __init__(self, file: Path, prefixes: Prefixes = NO_PREFIXES):
        super().__init__(EmbedderKind.GGUF, file, file, None, prefixes)


def _unavailable(how: str) -> EngineFailed:
    return EngineFailed(
        f"The embedder is not available: {how}.",
        advice="Keyword search works without it; the log has the details.",
    )
