"""Which embedding models there are, and the running one of each collection.

The starter is always there; others are model folders and GGUF files below the models folder. Each
is loaded when it is first wanted and unloaded when nobody has wanted it for a while.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from core.engines.gguf import read_header
from core.errors import EngineFailed, OutpostError
from core.records import EmbedderId, EmbedderKind, EmbeddingModel
from core.retrieval.child import Child, ChildDied, ChildLate
from core.retrieval.embedding import (
    Embedder,
    GgufEmbedder,
    Prefixes,
    SentenceTransformersEmbedder,
    WorkerEmbedder,
)
from core.retrieval.embedding_onnx import GRAPH, NOTE, find_export, weights_of
from core.retrieval.reranking import is_reranker
from core.starter import EMBEDDER_NAME
from core.store.chunks import MadeBy

log = logging.getLogger(__name__)

STARTER = EmbedderId("starter")
IDLE_S = 900.0
"""An embedder that nobody has wanted for so long is unloaded."""
UNASKED_S = 60.0
"""While no agent is deployed, what is back in a second rests after so long: the starter's, and
the vector index."""
SLOW = "torch"
"""What takes ten times as long to load a model."""
EXPORT_AFTER_S = 60.0
"""A model folder is exported once Outpost has run for so long: not while it starts."""
EXPORT_LIMIT_S = 600.0
MAX_DEPTH = 3
"""How many folders below the models folder models are looked for."""

PREFIXES = {
    "nomic-embed": Prefixes("search_query: ", "search_document: "),
    "multilingual-e5": Prefixes("query: ", "passage: "),
    "e5-": Prefixes("query: ", "passage: "),
    "bge-": Prefixes("Represent this sentence for searching relevant passages: "),
    "mxbai-embed": Prefixes("Represent this sentence for searching relevant passages: "),
    "snowflake-arctic-embed": Prefixes("Represent this sentence for searching relevant passages: "),
}
"""Of models whose files do not carry them, by how their name begins; from their model cards."""
NO_RULE = ("bge-m3",)
"""Names that begin like one above and want no prefix."""


class Embedders:
    """The embedding models of this machine; safe from any thread.

    One that is given stands for the starter's and is its giver's to close.
    """

    def __init__(self, models: Path, exports: Path, starter: Path, given: Embedder | None = None):
        self._models = models
        self._exports = exports
        self._starter = starter
        self._given = given
        self._lock = threading.Lock()
        self._running: dict[EmbedderId, Embedder] = {STARTER: given} if given else {}
        self._began = time.monotonic()
        self._export: Child | None = None
        self._export_until = 0.0
        self._tried: set[EmbedderId] = set()
        self._expecting = False

    def list(self) -> list[EmbeddingModel]:
        """Return the starter, and what the models folder has, by name."""
        found = sorted(self._found(), key=lambda each: each.name.casefold())
        if self._given is None and not (self._starter / "config.json").is_file():
            return found
        return [_folder_model(STARTER, self._starter), *found]

    def model(self, embedder_id: EmbedderId) -> EmbeddingModel:
        """Return one model; raises EngineFailed where it is not there (any more)."""
        for each in [_folder_model(STARTER, self._starter), *self._found()]:
            if each.id == embedder_id:
                return each
        raise EngineFailed(
            f"The embedder '{embedder_id}' is not on this machine.",
            advice="Copy it back into the models folder, or choose another for the collection.",
        )

    def of(self, embedder_id: EmbedderId | str) -> Embedder:
        """Return the embedder of that id, '' meaning the starter; raises EngineFailed."""
        embedder_id = EmbedderId(embedder_id or STARTER)
        with self._lock:
            if embedder_id not in self._running:
                self._running[embedder_id] = self._made(self.model(embedder_id))
            return self._running[embedder_id]

    def made_by(self, embedder_id: EmbedderId | str) -> MadeBy:
        """Return what vectors of this embedder depend on; loads it. Raises EngineFailed."""
        embedder_id = EmbedderId(embedder_id or STARTER)
        model, embedder = self.model(embedder_id), self.of(embedder_id)
        return MadeBy(
            embedder.name,
            embedder_id,
            embedder.dimension,
            model.query_prefix,
            model.passage_prefix,
        )

    def start(self) -> None:
        """Begin to load the starter's if that takes long; else it is loaded when it is wanted."""
        if self._given is not None or not find_export(self._starter, self._place(self._starter)):
            self.of(STARTER).start()

    def sweep(self, *, expecting: bool) -> None:
        """Unload what nobody wants, and export what runs slower than it could.

        While questions are expected, models stay for longer; when the first ones are, the
        starter's is loaded.
        """
        if expecting and not self._expecting:
            self.of(STARTER).start()
        self._expecting = expecting
        if self._export is not None:
            self._collect(self._export)
        with self._lock:
            running = list(self._running.items())
        for embedder_id, each in running:
            if isinstance(each, WorkerEmbedder) and each is not self._given:
                stays = expecting or each.runtime == SLOW
                if each.rest(IDLE_S if stays else UNASKED_S):
                    log.info("unloaded the embedder %s", embedder_id)
                self._look_after_export(embedder_id, each)

    def close(self) -> None:
        """End them all."""
        with self._lock:
            running = [each for each in self._running.values() if each is not self._given]
            if self._export is not None:
                self._export.close()
        for each in running:
            each.close()

    # ------------------------------------------------------------ exports

    def _look_after_export(self, embedder_id: EmbedderId, embedder: WorkerEmbedder) -> None:
        """Export a model that torch runs, in a process of its own, and change over when done."""
        if embedder.runtime != SLOW or time.monotonic() - self._began < EXPORT_AFTER_S:
            return
        path = self.model(embedder_id).path
        place = self._place(path)
        if find_export(path, place) is not None:
            embedder.rest(1.0)  # it comes back faster
        elif self._export is None and embedder_id not in self._tried:
            self._tried.add(embedder_id)
            self._export_until = time.monotonic() + EXPORT_LIMIT_S
            with self._lock:
                self._export = Child("embedding", "export", str(path), str(place))

    def _collect(self, export: Child) -> None:
        """Note how an export ended, if it has or takes too long, and free its memory."""
        try:
            head = export.wait_ready(0.01).head
        except ChildLate:
            if time.monotonic() < self._export_until:
                return
            head = {"error": {"message": f"it takes more than {EXPORT_LIMIT_S:g} s"}}
        except ChildDied as death:
            head = {"error": {"message": str(death)}}
        log.info("an embedder was exported: %s", head.get("error", head))
        export.close()
        self._export = None

    def export(self, embedder_id: EmbedderId) -> bool:
        """Export a model folder now and wait for it; False where its vectors would differ.

        Raises EngineFailed where it cannot be exported at all.
        """
        path = self.model(embedder_id).path
        child = Child("embedding", "export", str(path), str(self._place(path)))
        try:
            head = child.wait_ready(EXPORT_LIMIT_S).head
        except (ChildDied, ChildLate) as problem:
            raise EngineFailed(f"The embedder could not be exported: {problem}.") from problem
        finally:
            child.close()
        if "error" in head:
            raise EngineFailed(f"The embedder could not be exported: {head['error']['message']}.")
        return bool(head["same"])

    def _place(self, folder: Path) -> Path:
        """Return where a folder's export lies: with it, as in a packaged Outpost, or with ours."""
        if (folder / NOTE).is_file():
            return folder
        return self._exports / hashlib.sha256(str(folder).encode()).hexdigest()[:16]

    # ------------------------------------------------------------ what there is

    def _made(self, model: EmbeddingModel) -> Embedder:
        prefixes = Prefixes(model.query_prefix, model.passage_prefix)
        if model.kind is EmbedderKind.GGUF:
            return GgufEmbedder(model.path, prefixes)
        return SentenceTransformersEmbedder(model.path, self._place(model.path), prefixes)

    def _found(self) -> Iterator[EmbeddingModel]:
        """Look through the models folder."""
        for place, folders, files in os.walk(self._models):
            depth = len(Path(place).relative_to(self._models).parts)
            path = Path(place)
            if "modules.json" in files and "config.json" in files:
                folders.clear()
                if is_reranker(path):
                    continue
                yield _folder_model(_id(path, self._models), path)
                continue
            if depth >= MAX_DEPTH:
                folders.clear()
            for name in files:
                if name.lower().endswith(".gguf"):
                    yield from _gguf_model(Path(place, name), self._models)


def _id(path: Path, models: Path) -> EmbedderId:
    return EmbedderId(path.relative_to(models).as_posix())


def _folder_model(embedder_id: EmbedderId, folder: Path) -> EmbeddingModel:
    prefixes = _prompts(folder)
    return EmbeddingModel(
        embedder_id,
        EMBEDDER_NAME if embedder_id == STARTER else folder.name,
        EmbedderKind.TRANSFORMER,
        folder,
        _size(folder),
        is_starter=embedder_id == STARTER,
        query_prefix=prefixes.query,
        passage_prefix=prefixes.passage,
    )


def _size(folder: Path) -> int:
    """Return the bytes of a folder's weights, or of the graph that it carries instead."""
    weights = weights_of(folder) or list(folder.glob(GRAPH))
    return sum(each.stat().st_size for each in weights)


def _gguf_model(file: Path, models: Path) -> Iterator[EmbeddingModel]:
    """Yield the model of a GGUF file if it is one that embeds."""
    try:
        header = read_header(file)
        size = file.stat().st_size
    except (OutpostError, OSError):
        return  # the page of models says what is wrong with it
    if header.pooling in (None, "none", "rank"):
        return
    name = header.name or file.stem
    prefixes = _prefixes_of(name)
    yield EmbeddingModel(
        _id(file, models),
        name,
        EmbedderKind.GGUF,
        file,
        size,
        query_prefix=prefixes.query,
        passage_prefix=prefixes.passage,
    )


def _prompts(folder: Path) -> Prefixes:
    """Return the prompts that a model folder names, else those known of a model of its name."""
    try:
        text = (folder / "config_sentence_transformers.json").read_text("utf-8")
        prompts = json.loads(text).get("prompts") or {}
    except (OSError, ValueError, AttributeError):
        prompts = {}
    passage = prompts.get("document") or prompts.get("passage") or ""
    found = Prefixes(str(prompts.get("query") or ""), str(passage))
    return found if found.mark else _prefixes_of(folder.name)


def _prefixes_of(name: str) -> Prefixes:
    known = name.lower().replace(" ", "-").replace("_", "-")
    if known.startswith(NO_RULE):
        return Prefixes()
    return next((each for begin, each in PREFIXES.items() if known.startswith(begin)), Prefixes())
