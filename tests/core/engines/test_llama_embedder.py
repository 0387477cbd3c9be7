"""The GGUF embedder gives the vectors that the model's own library gives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.engines.llama.embedder import LlamaEmbedder
from core.errors import UnusableModel
from core.starter import starter_embedder_dir
from tests.gguf_files import bert_gguf

pytestmark = pytest.mark.model

TEXTS = [
    "How many agents can be deployed at once?",
    "The pool is full.",
    "Ein deutscher Satz über Bäume und Häuser.",
    "word " * 2000,
    "",
]


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaEmbedder]:
    folder = starter_embedder_dir()
    assert folder is not None
    path = bert_gguf(folder, tmp_path_factory.mktemp("gguf") / "minilm.gguf")
    made = LlamaEmbedder(path, threads=1)
    yield made
    made.close()


def test_vectors_are_the_models_own(embedder: LlamaEmbedder) -> None:
    """Cosine similarity to sentence-transformers' vectors is 1 but for rounding."""
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(starter_embedder_dir()), device="cpu")
    reference.max_seq_length = 512
    wanted = reference.encode(TEXTS[:3], normalize_embeddings=True)
    cosines = np.sum(embedder.embed(TEXTS[:3]) * wanted, axis=1)
    assert cosines.min() > 0.999


def test_batches_change_nothing(embedder: LlamaEmbedder) -> None:
    """A text's vector does not depend on what else is in the batch, and rows keep their order."""
    many = [f"{text} {number}" for number in range(12) for text in TEXTS[:3]]
    together = embedder.embed(many)
    alone = np.concatenate([embedder.embed([text]) for text in many])
    assert np.abs(together - alone).max() < 1e-3


def test_any_length_gives_a_unit_vector(embedder: LlamaEmbedder) -> None:
    """Empty texts and texts beyond the context have vectors of length 1 too."""
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_chat_model_is_refused(starter_model_path: Path) -> None:
    """A model that writes text is not taken for an embedder."""
    with pytest.raises(UnusableModel, match="not an embedding model"):
        LlamaEmbedder(starter_model_path, threads=1)
