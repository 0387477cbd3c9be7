"""Cross-encoders that the operator has installed: models that read question and passage together.

They order passages better than any comparison of separate vectors, and take a hundred times as
long; so they get only the first of what search has found, and only for agents that ask for one.
Where the one that an agent asks for cannot be had, its question fails and says what to do. It is
never silently left out: whoever switched it on relies on its order, and could not tell answers
that came from another one.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from core.errors import Cancelled, EngineFailed, InvalidInput
from core.records import RerankerId, RerankingModel
from core.retrieval.child import Child, ChildDied, ChildLate
from core.retrieval.embedding_onnx import weights_of

log = logging.getLogger(__name__)

IDLE_S = 900.0
"""A model that nobody has wanted for so long is unloaded."""
LOAD_LIMIT_S = 120.0
SCORE_LIMIT_S = 60.0
MAX_DEPTH = 3
"""How many folders below the models folder models are looked for."""
TOKENIZERS = ("tokenizer.json", "vocab.txt", "sentencepiece.bpe.model", "spiece.model")
ARCHITECTURE = "ForSequenceClassification"
IF_GONE = "Copy it back into the models folder, or switch reranking off in the agent's settings."
IF_BROKEN = (
    "Ask again; if it happens again, switch reranking off in the agent's settings. The log has the "
    "details."
)


class Rerankers:
    """The cross-encoders of this machine; safe from any thread. Close it after use."""

    def __init__(self, models: Path):
        self._models = models
        self._lock = threading.Lock()
        self._running: dict[RerankerId, Reranker] = {}

    def list(self) -> list[RerankingModel]:
        """Return what the models folder has, by name; nothing in an Outpost without torch."""
        if find_spec("torch") is None:
            return []
        return sorted(self._found(), key=lambda each: each.name.casefold())

    def require(self, reranker_id: RerankerId) -> None:
        """Raises InvalidInput where a cross-encoder is named that is not on this machine."""
        if reranker_id and reranker_id not in {each.id for each in self.list()}:
            raise InvalidInput(
                f"The reranker '{reranker_id}' is not on this machine.",
                advice=IF_GONE,
                param="retrieval.reranker",
            )

    def scores(
        self, reranker_id: RerankerId, question: str, texts: Sequence[str]
    ) -> Sequence[float]:
        """Return for each text how well it answers the question, higher is better.

        Loads the model where it is not. Raises EngineFailed where it is not there (any more),
        cannot be loaded, crashes or takes too long, and Cancelled once this was closed.
        """
        return self._of(reranker_id).scores(question, texts)

    def sweep(self) -> None:
        """Unload what nobody wants."""
        with self._lock:
            running = [*self._running.items()]
        for reranker_id, each in running:
            if each.rest(IDLE_S):
                log.info("unloaded the reranker %s", reranker_id)

    def close(self) -> None:
        """End them all."""
        with self._lock:
            running = [*self._running.values()]
        for each in running:
            each.close()

    def _of(self, reranker_id: RerankerId) -> Reranker:
        folder = next((each.path for each in self._found() if each.id == reranker_id), None)
        with self._lock:
            if folder is None:
                if gone := self._running.pop(reranker_id, None):
                    gone.close()
                raise EngineFailed(
                    f"The reranker '{reranker_id}' is not on this machine.", advice=IF_GONE
                )
            return self._running.setdefault(reranker_id, Reranker(folder))

    def _found(self) -> Iterator[RerankingModel]:
        """Look through the models folder."""
        for place, folders, files in os.walk(self._models):
            path = Path(place)
            if "config.json" in files and is_reranker(path):
                folders.clear()
                yield RerankingModel(
                    RerankerId(path.relative_to(self._models).as_posix()),
                    path.name,
                    path,
                    sum(each.stat().st_size for each in weights_of(path)),
                )
            elif len(path.relative_to(self._models).parts) >= MAX_DEPTH:
                folders.clear()


class Reranker:
    """One cross-encoder in a worker process, started when it is first wanted."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._closed = False
        self._asked = 0
        self._used_at = time.monotonic()

    def scores(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """Return a number for each text; raises as `Rerankers.scores`."""
        child = self._begin()
        try:
            head = child.wait_ready(LOAD_LIMIT_S).head
            if "error" not in head:
                request = {"kind": "score", "question": question, "texts": [*texts]}
                head = child.ask(request, SCORE_LIMIT_S).head
        except (ChildDied, ChildLate) as problem:
            raise self._failure(child, str(problem)) from problem
        finally:
            self._end()
        if "error" in head:
            raise self._failure(child, head["error"]["message"])
        scores: Sequence[float] = head["scores"]
        return scores

    def rest(self, idle_s: float) -> bool:
        """Free the model's memory if nobody has wanted it for so long; True if that was done."""
        with self._lock:
            idle = not self._asked and time.monotonic() - self._used_at >= idle_s
            if not idle or self._child is None:
                return False
            self._child.close()
            self._child = None
            return True

    def close(self) -> None:
        """End the worker; whoever waits for it gets Cancelled."""
        with self._lock:
            self._closed = True
            if self._child is not None:
                self._child.close()

    def _begin(self) -> Child:
        """Return the worker, which is kept from resting until `_end`."""
        with self._lock:
            if self._closed:
                raise Cancelled
            if self._child is None or not self._child.alive:
                self._child = Child("reranking", str(self._folder))
            self._asked += 1
            return self._child

    def _end(self) -> None:
        with self._lock:
            self._asked -= 1
            self._used_at = time.monotonic()

    def _failure(self, child: Child, how: str) -> Cancelled | EngineFailed:
        """End the worker, so that the next question gets a fresh one, and say what happened."""
        with self._lock:
            if self._closed:
                return Cancelled()
            child.close()
            if child is self._child:
                self._child = None
        log.error("the reranker %s failed: %s", self._folder.name, how)
        return EngineFailed(f"The reranker '{self._folder.name}' failed: {how}.", advice=IF_BROKEN)


def is_reranker(folder: Path) -> bool:
    """Tell whether a folder holds a cross-encoder: a classifier with one label, and its parts."""
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        kinds = [str(each) for each in config.get("architectures") or ()]
        labels = len(config["id2label"]) if "id2label" in config else config.get("num_labels")
    except (OSError, ValueError, AttributeError, TypeError):
        return False
    classifies = labels == 1 and any(kind.endswith(ARCHITECTURE) for kind in kinds)
    tokenizes = any((folder / name).is_file() for name in TOKENIZERS)
    return classifies and tokenizes and bool(weights_of(folder))
