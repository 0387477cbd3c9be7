"""Which embedders there are, and how a collection changes from one to another."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.changes import Changes
from core.config import Settings
from core.errors import Conflict, EngineFailed, NotFound
from core.records import (
    CollectionId,
    EmbedderId,
    EmbedderKind,
    JobKind,
    JobState,
    UserId,
)
from core.retrieval.child import Child
from core.retrieval.collections import Collections
from core.retrieval.embedders import STARTER, Embedders
from core.retrieval.embedding import GgufEmbedder, Prefixes, SentenceTransformersEmbedder
from core.retrieval.embedding_onnx import Export, write_note
from core.store.database import Database
from tests.gguf_files import bert_gguf

pytestmark = pytest.mark.model

OTHER = EmbedderId("minilm.gguf")


@pytest.fixture(scope="module")
def gguf(tmp_path_factory: pytest.TempPathFactory, embedder_dir: Path) -> Path:
    """The starter embedder as a GGUF file."""
    return bert_gguf(embedder_dir, tmp_path_factory.mktemp("gguf") / "minilm.gguf")


@pytest.fixture
def models(settings: Settings, gguf: Path, starter_model_path: Path) -> Path:
    """A models folder with an embedding model, a chat model and something broken."""
    folder = settings.model_storage_path
    (folder / "minilm.gguf").symlink_to(gguf)
    (folder / "chat.gguf").symlink_to(starter_model_path)
    (folder / "broken.gguf").write_bytes(b"GGUF and nothing else")
    return folder


@pytest.fixture
def collections(
    settings: Settings,
    models: Path,
    database: Database,
    embedder: SentenceTransformersEmbedder,
) -> Iterator[Collections]:
    """Running collections on a machine with two embedders."""
    made = Collections(settings, database, Changes(), embedder)
    made.start()
    yield made
    made.close()


@pytest.fixture
def shelf(collections: Collections, owner: UserId, tmp_path: Path) -> CollectionId:
    """A collection of three texts."""
    made = collections.create(owner, "Shelf").id
    for name, text in (("fox", "A fox eats mice."), ("pump", "Grease it."), ("gate", "It closes.")):
        (tmp_path / f"{name}.txt").write_text(text)
    job = collections.add_files(owner, made, sorted(tmp_path.glob("*.txt")))
    until(lambda: collections.job(owner, job.id).finished)
    return made


def until(condition: Callable[[], object], limit_s: float = 90.0) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


def test_models_that_embed_are_found_with_their_rules(tmp_path: Path, gguf: Path) -> None:
    """Folders and GGUF files count, other models do not; prefixes come from file or name."""
    folder = tmp_path / "models" / "maker" / "multilingual-e5-small"
    folder.mkdir(parents=True)
    for name in ("modules.json", "config.json"):
        (folder / name).write_text("{}")
    prompted = tmp_path / "models" / "own"
    prompted.mkdir()
    for name in ("modules.json", "config.json"):
        (prompted / name).write_text("{}")
    prompts = {"prompts": {"query": "ask: ", "document": "tell: "}}
    (prompted / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    (tmp_path / "models" / "minilm.gguf").symlink_to(gguf)
    embedders = Embedders(tmp_path / "models", tmp_path / "exports", tmp_path / "none")
    found = {each.id: each for each in embedders.list()}
    assert set(found) == {"maker/multilingual-e5-small", "own", "minilm.gguf"}
    e5, own = found[EmbedderId("maker/multilingual-e5-small")], found[EmbedderId("own")]
    assert (e5.query_prefix, e5.passage_prefix) == ("query: ", "passage: ")
    assert (own.query_prefix, own.passage_prefix) == ("ask: ", "tell: ")
    assert found[OTHER].kind is EmbedderKind.GGUF
    with pytest.raises(EngineFailed, match="not on this machine"):
        embedders.of("gone")


def test_prefixes_are_part_of_what_vectors_depend_on(gguf: Path) -> None:
    """Another rule gives other vectors and another name; the question gets its own."""
    plain = GgufEmbedder(gguf)
    ruled = GgufEmbedder(gguf, Prefixes("query: ", "passage: "))
    try:
        assert ruled.name.startswith(plain.name)
        assert ruled.name != plain.name
        row = ruled.embed_passages(["A fox."])[0]
        assert row @ plain.embed_passages(["passage: A fox."])[0] == pytest.approx(1, abs=1e-5)
        question = ruled.embed_query("A fox.")
        assert question @ plain.embed_query("query: A fox.") == pytest.approx(1, abs=1e-5)
    finally:
        plain.close()
        ruled.close()


def test_an_embedder_rests_sooner_while_nobody_can_ask(
    tmp_path: Path, gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an agent deployed it stays for long; without one its memory is free soon."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / OTHER).symlink_to(gguf)
    embedders = Embedders(tmp_path / "models", tmp_path / "exports", tmp_path / "none")
    try:
        made = embedders.of(OTHER)
        assert isinstance(made, GgufEmbedder)
        made.warm()
        monkeypatch.setattr("core.retrieval.embedders.UNASKED_S", 0.0)
        embedders.sweep(expecting=True)
        assert made.runtime == "llama.cpp"
        embedders.sweep(expecting=False)
        assert made.runtime is None
    finally:
        embedders.close()


def test_the_starter_is_loaded_when_questions_are_expected(
    tmp_path: Path, embedder_dir: Path
) -> None:
    """With an ONNX graph it is there in a second, so not before; without one at once."""
    quick = tmp_path / "quick"
    quick.mkdir()
    (quick / "config.json").touch()
    write_note(quick, Export("", [], [], 384, 256, 0))
    loading = []
    for folder in (quick, embedder_dir):
        embedders = Embedders(tmp_path / "models", tmp_path / "exports", folder)
        starter = embedders.of(STARTER)
        assert isinstance(starter, SentenceTransformersEmbedder)
        embedders.start()
        loading.append(starter._child is not None)
        embedders.sweep(expecting=True)
        assert starter._child is not None
        embedders.close()
    assert loading == [False, True]


@pytest.fixture
def by_torch(
    tmp_path: Path, embedder_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Embedders, SentenceTransformersEmbedder]]:
    """Embedders that export at once, and the starter's, which torch runs until then."""
    monkeypatch.setattr("core.retrieval.embedders.EXPORT_AFTER_S", 0.0)
    embedders = Embedders(tmp_path / "models", tmp_path / "exports", embedder_dir)
    starter = embedders.of(STARTER)
    assert isinstance(starter, SentenceTransformersEmbedder)
    starter.warm()
    assert starter.runtime == "torch"
    yield embedders, starter
    embedders.close()


def exporting(embedders: Embedders) -> Child:
    """Have the export begun and return its worker."""
    embedders.sweep(expecting=True)
    assert embedders._export is not None
    return embedders._export


def test_an_export_takes_over_and_its_worker_ends(
    by_torch: tuple[Embedders, SentenceTransformersEmbedder],
) -> None:
    """torch runs a model until its graph is there; then nothing of torch is held any more."""
    embedders, starter = by_torch
    export = exporting(embedders)

    def took_over() -> bool:
        embedders.sweep(expecting=True)
        starter.warm()
        return starter.runtime == "onnxruntime" and embedders._export is None

    until(took_over)
    assert not export.alive


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
def test_an_export_that_hangs_is_given_up(
    by_torch: tuple[Embedders, SentenceTransformersEmbedder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker is ended, it is not tried again, and torch goes on."""
    monkeypatch.setattr("core.retrieval.embedders.EXPORT_LIMIT_S", 0.0)
    embedders, starter = by_torch
    export = exporting(embedders)
    assert export.pid is not None
    os.kill(export.pid, signal.SIGSTOP)
    for _ in range(2):
        embedders.sweep(expecting=True)
        assert embedders._export is None
    assert not export.alive
    assert starter.runtime == "torch"


def test_a_collection_changes_to_another_embedder(
    collections: Collections, owner: UserId, shelf: CollectionId, tmp_path: Path
) -> None:
    """After an estimate, the old vectors answer until all new ones are there; then those do."""
    before = collections.get(owner, shelf)
    assert (before.embedder_id, before.dimension, before.generation) == (STARTER, 384, 1)
    assert [each.id for each in collections.embedders()] == [STARTER, OTHER]
    estimate = collections.reindex_estimate(owner, shelf, OTHER)
    assert (estimate.chunks, estimate.bytes) == (3, 3 * 384 * 4)
    assert estimate.seconds is not None
    job = collections.reindex(owner, shelf, OTHER)
    assert (job.kind, job.total) == (JobKind.REINDEX, 3)
    found = collections.find(owner, "What do foxes eat?", [shelf])
    assert found[0].vector_rank == 1
    until(lambda: collections.job(owner, job.id).finished)
    done = collections.job(owner, job.id)
    assert (done.state, done.done, done.embedded) == (JobState.FINISHED, 3, 3)
    after = collections.get(owner, shelf)
    assert (after.embedder_id, after.generation) == (OTHER, 2)
    assert after.embedder.startswith("gguf:")
    found = collections.find(owner, "What do foxes eat?", [shelf])
    assert (found[0].document_name, found[0].vector_rank) == ("fox.txt", 1)
    (tmp_path / "hen.txt").write_text("A hen lays eggs.")
    added = collections.add_files(owner, shelf, [tmp_path / "hen.txt"])
    until(lambda: collections.job(owner, added.id).finished)
    assert collections.find(owner, "Which bird lays eggs?", [shelf])[0].document_name == "hen.txt"
    query = "SELECT generation, count(*) FROM embedding GROUP BY generation"
    database = collections._documents._database
    until(lambda: database.read(lambda c: c.exec_driver_sql(query).all()) == [(2, 4)])


def test_new_vectors_can_be_given_up_and_begun_again(
    collections: Collections, owner: UserId, stranger: UserId, shelf: CollectionId
) -> None:
    """Only one job at a time; a cancelled one leaves the collection as it was."""
    collections._ingest.stop()
    collections._ingest.join(5)
    job = collections.reindex(owner, shelf, OTHER)
    with pytest.raises(Conflict, match="already"):
        collections.reindex(owner, shelf, STARTER)
    with pytest.raises(NotFound):
        collections.reindex(stranger, shelf, OTHER)
    with pytest.raises(EngineFailed):
        collections.reindex(owner, shelf, EmbedderId("gone"))
    assert collections.cancel_job(owner, job.id).state is JobState.CANCELLED
    assert collections._generations.next() is None
    assert collections.get(owner, shelf).generation == 1
    again = collections.reindex(owner, shelf, OTHER)
    made = collections._generations.next()
    assert made is not None
    assert (made.job_id, made.generation) == (again.id, 3)
