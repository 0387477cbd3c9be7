"""Studies, checks, vectors and watched folders over REST, on one core with a document and agent."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest

from tests.core.api.conftest import WALRUS, Api, Json, error_of, until
from tests.core.retrieval.cross_encoder import write_cross_encoder

QUESTION = "What does the walrus climb out with?"


pytestmark = pytest.mark.model


def only(client: httpx.Client, path: str) -> Json:
    """The one thing that a list has."""
    (found,) = client.get(path).json()["data"]
    content: Json = found
    return content


def test_a_search_is_looked_into(house: Api) -> None:
    """Ranks, scores and verdicts are told; and for a document, why it is not found."""
    owner, agent = house.owner, only(house.owner, "/agents")
    document = only(owner, f"/collections/{agent['collections'][0]}/documents")
    asked = {"query": QUESTION, "agent_id": agent["id"]}
    seen = owner.post("/search/inspect", json=asked).json()
    (candidate,) = seen["candidates"]
    assert (candidate["verdict"], seen["with_vectors"], seen["reason"]) == ("kept", True, "")
    passage = candidate["passage"]
    assert (passage["lexical_rank"], passage["vector_rank"], passage["text"]) == (
        1,
        1,
        WALRUS.strip(),
    )
    assert candidate["evidence"] >= seen["min_evidence"] > 0
    strict = {**asked, "retrieval": {"min_evidence": 1.0}, "document_id": document["id"]}
    why = owner.post("/search/inspect", json=strict).json()
    assert why["candidates"][0]["verdict"] == "no_evidence"
    assert "1.00 are needed" in why["reason"]
    error_of(owner.post("/search/inspect", json={"query": "x", "document_id": "doc_none"}), 404)
    wrong = {"query": "x", "retrieval": {"min_evidence": 2}}
    assert error_of(owner.post("/search/inspect", json=wrong), 400)["param"] == "min_evidence"
    anna = house.user("anna")
    assert anna.post("/search/inspect", json={"query": QUESTION}).json()["candidates"] == []
    error_of(anna.post("/search/inspect", json=asked), 404)


def test_memory_is_forecast_and_told(house: Api) -> None:
    """A larger context takes more; the status tells of places and memory."""
    owner, agent = house.owner, only(house.owner, "/agents")
    draft = {"name": "Draft", "type": "fine_tuned", "model": agent["model"]}
    small, large = (
        owner.post("/agents/forecast", json={**draft, "parameters": {"context_tokens": size}})
        for size in (1024, 8192)
    )
    assert small.json()["fits"]
    assert small.json()["shares_weights"]
    assert 0 < small.json()["needed_bytes"] < large.json()["needed_bytes"]
    error_of(owner.post("/agents/forecast", json={**draft, "model": "none.gguf"}), 400)
    assert [each["name"] for each in owner.get("/agents").json()["data"]] == ["Keeper"]
    status = owner.get("/status").json()
    assert status["pool"] == {"places": status["max_deployed_agents"], "taken": 1, "replies": 0}
    assert 0 < status["memory"]["outpost_bytes"] < status["memory"]["total_bytes"]
    assert status["hardware"] == {**owner.get("/hardware").json(), **volatile(status["hardware"])}


def volatile(hardware: Json) -> Json:
    """What may differ between two looks at the machine."""
    return {name: hardware[name] for name in ("available_bytes", "devices")}


def test_an_agent_is_checked_by_golden_questions(house: Api) -> None:
    """Stored questions are asked of the deployed agent, and the run is kept with its results."""
    agent = only(house.owner, "/agents")
    path = f"/agents/{agent['id']}/checks"
    error_of(house.owner.post(f"{path}/run"), 409)
    golden = {"questions": [{"text": "Zzyzx qwfpgj?", "refusal": True}]}
    stored = house.owner.put(path, json=golden).json()["data"]
    assert stored == house.owner.get(path).json()["data"]
    assert (stored[0]["text"], stored[0]["refusal"]) == ("Zzyzx qwfpgj?", True)
    run = house.owner.post(f"{path}/run").json()
    assert (run["passed"], run["total"], run["version"]) == (1, 1, agent["version"])
    assert run["results"][0]["passed"]
    assert only(house.owner, f"{path}/runs") == run
    error_of(house.owner.put(path, json={"questions": [{"text": "x", "page": 2}]}), 400)
    error_of(house.user("anna").post(f"{path}/run"), 404)


def test_a_study_asks_every_document_and_is_carried_away(house: Api) -> None:
    """A table is filled, its cells are listed and exported; a finished study cannot be paused."""
    owner, agent = house.owner, only(house.owner, "/agents")
    body = {"agent_id": agent["id"], "collection_id": agent["collections"][0]}
    begun = owner.post("/studies", json={**body, "questions": [QUESTION]})
    assert (begun.status_code, begun.json()["kind"], begun.json()["total"]) == (202, "table", 1)
    path = f"/studies/{begun.json()['id']}"
    until(lambda: owner.get(path).json()["state"] == "finished")
    cell = only(owner, f"{path}/cells")
    assert (cell["document_name"], cell["question"]) == ("walrus.txt", QUESTION)
    assert (cell["state"], bool(cell["text"])) == ("done", True)
    exported = owner.get(f"{path}/export?format=csv")
    assert exported.headers["content-type"].startswith("text/csv")
    assert "walrus.txt" in exported.text
    assert owner.get(f"{path}/export?format=xlsx").content.startswith(b"PK")
    error_of(owner.post(f"{path}/pause"), 409)
    error_of(owner.post("/studies", json={"agent_id": agent["id"]}), 400)
    error_of(house.user("anna").get(path), 404)
    assert owner.delete(path).status_code == 204
    assert owner.get("/studies").json()["data"] == []


def test_rerankers_are_listed_and_an_agent_takes_one(house: Api) -> None:
    """What the models folder has is offered; search and agents refuse one that is not there."""
    owner, agent = house.owner, only(house.owner, "/agents")
    assert owner.get("/rerankers").json()["data"] == []
    folder = house.core.settings.model_storage_path / "ranker"
    write_cross_encoder(folder)
    try:
        found = only(owner, "/rerankers")
        assert (found["id"], found["name"], found["size_bytes"] > 0) == ("ranker", "ranker", True)
        forecast = {"name": "Draft", "type": "fine_tuned", "model": agent["model"]}
        draft = {**forecast, "retrieval": {"reranker": "ranker", "tags": [" a ", "a"]}}
        made = owner.post("/agents", json=draft).json()
        assert (made["retrieval"]["reranker"], made["retrieval"]["tags"]) == ("ranker", ["a"])
        assert owner.delete(f"/agents/{made['id']}").status_code == 204
    finally:
        shutil.rmtree(folder)
    gone = {"query": QUESTION, "retrieval": {"reranker": "ranker"}}
    for route, body in (("/search/inspect", gone), ("/agents", draft)):
        wrong = error_of(owner.post(route, json=body), 400)
        assert (wrong["param"], "not on this machine" in wrong["message"]) == (
            "retrieval.reranker",
            True,
        )


def test_vectors_can_be_made_by_another_embedder(house: Api) -> None:
    """Embedders are listed, the cost is told from a trial, and a job makes the vectors anew."""
    owner = house.owner
    embedder = owner.get("/embedders").json()["data"][0]
    assert (embedder["is_starter"], embedder["size_bytes"] > 0) == (True, True)
    path = f"/collections/{only(owner, '/agents')['collections'][0]}/reindex"
    cost = owner.get(path, params={"embedder": embedder["id"]}).json()
    assert (cost["object"], cost["chunks"]) == ("reindex.estimate", 1)
    error_of(owner.get(path, params={"embedder": "none"}), 404)
    error_of(owner.get(path), 400)
    error_of(owner.post(path, json={"embedder": "none"}), 404)
    job = owner.post(path, json={"embedder": embedder["id"]})
    assert (job.status_code, job.json()["kind"]) == (202, "reindex")
    until(lambda: owner.get(f"/jobs/{job.json()['id']}").json()["finished"])


def test_a_watched_folder_is_followed(house: Api, tmp_path: Path) -> None:
    """A file that comes is read, one that goes goes; given up, the folder's documents stay."""
    owner, folder = house.owner, tmp_path / "papers"
    folder.mkdir()
    (folder / "seal.txt").write_text("Seals sleep under water.")
    made = owner.post("/collections", json={"name": "Watched"}).json()
    path = f"/collections/{made['id']}"
    watched = owner.post(f"{path}/folders", json={"path": str(folder)}).json()
    until(lambda: owner.get(path).json()["ready_count"] == 1)
    (folder / "puffin.txt").write_text("Puffins nest in burrows.")
    until(lambda: owner.get(path).json()["ready_count"] == 2)
    (folder / "seal.txt").unlink()
    until(lambda: owner.get(path).json()["document_count"] == 1)
    assert only(owner, f"{path}/folders")["scanned_at"] is not None
    assert owner.delete(f"/folders/{watched['id']}").status_code == 204
    assert only(owner, f"{path}/documents")["name"] == "puffin.txt"
