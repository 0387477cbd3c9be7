"""A cross-encoder that the operator installed sets the order, or the question fails and says so."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import Cancelled, EngineFailed
from core.records import RerankerId, RetrievalSettings, UserId
from core.retrieval import reranking
from core.retrieval.child import WORKERS
from core.retrieval.embedders import Embedders
from core.retrieval.embedding import SentenceTransformersEmbedder
from core.retrieval.reranking import Rerankers
from core.store.database import Database
from tests.core.retrieval.cross_encoder import write_cross_encoder
from tests.core.retrieval.test_search import Shelf

TINY = RerankerId("maker/tiny")
QUESTION = "Which bearing of a pump needs grease?"
TEXTS = (
    "Grease the bearing of pump XQ-4711 once a year and replace its gasket.",
    "A pump hums.",
    "Bearings turn in oil, not in grease.",
    "The vixen feeds on grease.",
    "Which form is needed for the income from pumps?",
)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A models folder with a cross-encoder in it."""
    write_cross_encoder(tmp_path / "models" / TINY)
    return tmp_path / "models"


@pytest.fixture
def rerankers(models: Path) -> Iterator[Rerankers]:
    """What there is; closed afterwards."""
    made = Rerankers(models)
    yield made
    made.close()


@pytest.fixture
def shelf(
    tmp_path: Path,
    models: Path,
    database: Database,
    owner: UserId,
) -> Iterator[Shelf]:
    """Five documents that keyword search finds; none has vectors, so no embedder is started."""
    made = Shelf(tmp_path, database, owner, SentenceTransformersEmbedder(tmp_path))
    for number, text in enumerate(TEXTS):
        made.put(f"{number}.txt", text, vectors=False)
    yield made
    made.close()


def test_cross_encoders_are_told_from_other_folders(rerankers: Rerankers, models: Path) -> None:
    """One label, weights and a tokenizer make one; to embedders it is none of theirs."""
    (models / TINY / "modules.json").write_text("[]")
    for name, change in (("labels", {"id2label": {"0": "no", "1": "yes"}}), ("other", {})):
        shutil.copytree(models / TINY, models / name)
        config = json.loads((models / name / "config.json").read_text())
        kind = {"architectures": ["BertModel"]} if name == "other" else {}
        (models / name / "config.json").write_text(json.dumps({**config, **change, **kind}))
    for name, gone in (("unweighed", "model.safetensors"), ("wordless", "vocab.txt")):
        shutil.copytree(models / TINY, models / name)
        (models / name / gone).unlink()
    (models / "broken").mkdir()
    (models / "broken" / "config.json").write_text("[")
    (found,) = rerankers.list()
    assert (found.id, found.name, found.path) == (TINY, "tiny", models / TINY)
    assert found.size_bytes == (models / TINY / "model.safetensors").stat().st_size
    embedders = Embedders(models, models / "exports", models / "none")
    offered = {str(each.id) for each in embedders.list()}
    assert "other" in offered
    assert str(TINY) not in offered


@pytest.mark.allow_log(r"core\.retrieval\.questions:WARNING:vector search failed")
def test_the_cross_encoder_sets_the_order(
    shelf: Shelf, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order is that of its own scores, evidence stays; once its folder goes there is none."""
    settings = RetrievalSettings(reranker=TINY, min_evidence=0.0, join_neighbours=False)
    asked = shelf.owner, QUESTION, [shelf.collection]
    plain = shelf.search.inspect(*asked, RetrievalSettings(min_evidence=0.0)).candidates
    with ThreadPoolExecutor(1) as beside:  # both load torch, which takes seconds
        beside.submit(shelf.rerankers.scores, TINY, QUESTION, ["a"])
        scores = _scores_of(models / TINY)
    expected = sorted(scores, key=lambda text: -scores[text])
    assert expected != [each.passage.text for each in plain]

    seen = shelf.search.inspect(*asked, settings).candidates
    assert [each.passage.text for each in seen] == expected
    assert [each.passage.rerank_score for each in seen] == pytest.approx(
        [scores[text] for text in expected], abs=1e-5
    )
    assert {(each.passage.chunk_id, each.evidence) for each in seen} == {
        (each.passage.chunk_id, each.evidence) for each in plain
    }
    found = shelf.search.find(*asked, 2, settings=settings)
    assert [each.text for each in found] == expected[:2]
    last = next(each.passage for each in seen if each.passage.text == expected[-1])
    few = RetrievalSettings(reranker=TINY, passages=1, min_evidence=0.0)
    why = shelf.search.why_not(*asked[:2], last.document_id, asked[2], few)
    assert "The reranker prefers the 1 passages" in why.reason

    monkeypatch.setattr("core.retrieval.search.RERANKED", 2)
    seen = shelf.search.inspect(*asked, settings).candidates
    read = {each.passage.text for each in seen if each.passage.rerank_score is not None}
    assert read == {each.passage.text for each in plain[:2]}
    assert [each.passage.text for each in seen[2:]] == [each.passage.text for each in plain[2:]]

    (models / TINY).rename(models / "away")
    (models / "away" / "config.json").unlink()
    with pytest.raises(EngineFailed, match="not on this machine") as failure:
        shelf.search.find(*asked, 2, settings=settings)
    assert "Copy it back" in failure.value.advice


def _scores_of(folder: Path) -> dict[str, float]:
    """What sentence-transformers itself says of the texts."""
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(str(folder), device="cpu", local_files_only=True)
    predicted = model.predict([(QUESTION, text) for text in TEXTS], show_progress_bar=False)
    return dict(zip(TEXTS, map(float, predicted), strict=True))


@pytest.mark.allow_log(r"core\.retrieval\.(child|reranking):(WARNING|ERROR):the rerank")
def test_what_crashes_or_takes_too_long_is_told(
    rerankers: Rerankers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both end the question with what to do about it, and the worker with it."""
    monkeypatch.setattr(reranking, "LOAD_LIMIT_S", 0.01)
    with pytest.raises(EngineFailed, match="no reply within"):
        rerankers.scores(TINY, QUESTION, ["a"])
    monkeypatch.setattr(reranking, "LOAD_LIMIT_S", 60.0)
    monkeypatch.setitem(WORKERS, "reranking", "tests.core.no_such_worker")
    with pytest.raises(EngineFailed, match="ended with code 1") as failure:
        rerankers.scores(TINY, QUESTION, ["a"])
    assert "switch reranking off" in failure.value.advice
    assert rerankers._running[TINY]._child is None


def test_an_idle_one_is_unloaded_and_a_closed_one_stays_away(
    rerankers: Rerankers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resting ends the worker only once nobody has wanted it for so long."""
    monkeypatch.setitem(WORKERS, "reranking", "tests.core.retrieval.length_worker")
    assert rerankers.scores(TINY, QUESTION, ["abc", "a"]) == [3.0, 1.0]
    rerankers.sweep()
    assert rerankers._running[TINY]._child is not None
    monkeypatch.setattr(reranking, "IDLE_S", 0.0)
    rerankers.sweep()
    assert rerankers._running[TINY]._child is None
    assert rerankers.scores(TINY, QUESTION, ["ab"]) == [2.0]
    rerankers.close()
    with pytest.raises(Cancelled):
        rerankers.scores(TINY, QUESTION, ["ab"])
