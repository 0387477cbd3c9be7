"""Collections over REST, with the real parser, embedder and indexes."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from core.records import Scope
from tests.core.api.conftest import WALRUS, Api, Json, error_of

LIGHTHOUSE = "The lighthouse keeper lights the lamp at dusk and cleans its lens at dawn.\n"


def finished(client: httpx.Client, job: Json, seconds: float = 60) -> Json:
    """Wait for a job to end."""
    deadline = time.monotonic() + seconds
    while not job["finished"]:
        assert time.monotonic() < deadline, job
        time.sleep(0.05)
        job = client.get(f"/jobs/{job['id']}").json()
    return job


def test_collections_are_made_listed_and_deleted(api: Api) -> None:
    """A collection's life without documents."""
    client = api.owner
    response = client.post("/collections", json={"name": "Papers", "description": "All of them"})
    assert response.status_code == 201
    made = response.json()
    assert (made["object"], made["name"], made["document_count"]) == ("collection", "Papers", 0)
    assert client.get(f"/collections/{made['id']}").json() == made
    assert client.get("/collections").json()["data"] == [made]
    error_of(client.post("/collections", json={"name": "Papers"}), 409)
    error_of(client.post("/collections", json={"name": ""}), 400)
    assert client.delete(f"/collections/{made['id']}").status_code == 204
    error_of(client.get(f"/collections/{made['id']}"), 404)


@pytest.mark.model
def test_documents_are_uploaded_read_and_found(house: Api, tmp_path: Path) -> None:
    """Upload, job, documents, search, delete: one story."""
    client = house.owner
    made = client.post("/collections", json={"name": "Sea"}).json()["id"]
    path, tusks = f"/collections/{made}", {"query": "animals with tusks", "collections": [made]}
    accepted = client.post(f"{path}/documents", files={"file": ("walrus.txt", WALRUS.encode())})
    assert accepted.status_code == 202
    assert accepted.json()["total"] == 1
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "lighthouse.md").write_text(LIGHTHOUSE)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing else")
    second = client.post(f"{path}/paths", json={"paths": [str(folder)]})
    assert second.status_code == 202
    assert finished(client, accepted.json())["done"] == 1
    job = finished(client, second.json())
    assert (job["done"], job["failed"]) == (1, 1)

    documents = {each["name"]: each for each in client.get(f"{path}/documents").json()["data"]}
    assert documents["walrus.txt"]["state"] == "ready"
    assert documents["walrus.txt"]["characters"] == len(WALRUS)
    assert (documents["broken.pdf"]["state"], documents["broken.pdf"]["problem"] is None) == (
        "failed",
        False,
    )

    broken, good = (f"/documents/{documents[name]['id']}" for name in ("broken.pdf", "walrus.txt"))
    again = client.post(f"{broken}/retry")
    assert again.status_code == 202
    assert finished(client, again.json())["failed"] == 1
    error_of(client.post(f"{good}/retry"), 409)

    found = client.post("/search", json={**tusks, "limit": 1}).json()["data"]
    assert [passage["document_name"] for passage in found] == ["walrus.txt"]
    assert WALRUS.strip() in found[0]["text"]

    tagged = client.patch(good, json={"tags": [" sea ", "tusks", "sea"]}).json()
    assert tagged["tags"] == ["sea", "tusks"] == client.get("/tags").json()["documents"]
    listed = client.get(f"{path}/documents?tag=tusks").json()["data"]
    assert [each["name"] for each in listed] == ["walrus.txt"]
    error_of(client.patch(good, json={"tags": ["x" * 41]}), 400)
    assert client.patch(good, json={}).json()["tags"] == ["sea", "tusks"]
    dry = {"query": tusks["query"], "collections": [made], "retrieval": {"tags": ["dry"]}}
    assert client.post("/search/inspect", json=dry).json()["candidates"] == []

    gone = documents["walrus.txt"]["id"]
    assert client.get(f"/documents/{gone}").json()["name"] == "walrus.txt"
    assert client.delete(f"/documents/{gone}").status_code == 204
    error_of(client.get(f"/documents/{gone}"), 404)
    found = client.post("/search", json=tusks).json()["data"]
    assert "walrus.txt" not in [passage["document_name"] for passage in found]


@pytest.mark.allow_log(r"python_multipart\.multipart:WARNING:Expected boundary")
def test_uploads_must_be_files_with_names(api: Api) -> None:
    """A form without a file and a nameless file are each 400, a JSON body is 415."""
    path = f"/collections/{api.owner.post('/collections', json={'name': 'Sea'}).json()['id']}"
    upload = f"{path}/documents"
    error_of(api.owner.post(upload, json={"file": "x"}), 415)
    error_of(api.owner.post(upload, files={"other": ("a.txt", b"x")}), 400)
    error_of(api.owner.post(upload, data={"file": "x"}, files={"z": ("z.txt", b"")}), 400)
    error_of(api.owner.post(upload, files={"file": ("/", b"x")}), 400)
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    error_of(api.owner.post(upload, content=b"no form at all", headers=headers), 400)


def test_paths_are_for_the_owner_and_must_exist(api: Api, tmp_path: Path) -> None:
    """Others may not make Outpost read the owner's files; no path is 400, a missing one 404."""
    made = api.owner.post("/collections", json={"name": "Sea"}).json()
    path = f"/collections/{made['id']}/paths"
    error_of(api.owner.post(path, json={"paths": [str(tmp_path / "missing")]}), 404)
    error_of(api.owner.post(path, json={"paths": ["/" + "x" * 4000]}), 404)
    error_of(api.owner.post(path, json={"paths": ["/"]}), 403)
    for wrong in ([], ["relative.txt"], [""], ["/a\0"]):
        assert error_of(api.owner.post(path, json={"paths": wrong}), 400)["param"] in (
            "paths",
            "paths.0",
        )
    anna = api.user("anna")
    theirs = anna.post("/collections", json={"name": "Mine"}).json()
    refused = anna.post(f"/collections/{theirs['id']}/paths", json={"paths": ["/etc/hostname"]})
    error_of(refused, 403)


def test_collections_of_others_do_not_exist(api: Api, tmp_path: Path) -> None:
    """Every route answers for another user's collection, document and job as for missing ones."""
    made = api.owner.post("/collections", json={"name": "Sea"}).json()
    path = f"/collections/{made['id']}"
    job = api.owner.post(f"{path}/documents", files={"file": ("walrus.txt", WALRUS)}).json()
    (document,) = api.owner.get(f"{path}/documents").json()["data"]
    anna = api.user("anna")
    for method, foreign in (
        ("GET", path),
        ("DELETE", path),
        ("GET", f"{path}/documents"),
        ("GET", f"/documents/{document['id']}"),
        ("DELETE", f"/documents/{document['id']}"),
        ("GET", f"/jobs/{job['id']}"),
    ):
        error_of(anna.request(method, foreign), 404)
    error_of(anna.post(f"{path}/documents", files={"file": ("a.txt", b"x")}), 404)
    sought = anna.post("/search", json={"query": "walrus", "collections": [made["id"]]})
    assert sought.status_code == 404 or sought.json()["data"] == []
    assert anna.get("/collections").json()["data"] == []
    assert api.owner.get(path).json()["document_count"] == 1


def test_searches_must_be_asked_rightly(api: Api) -> None:
    """A search is for readers too; a limit out of range is 400."""
    reader = api.user("anna", Scope.READ)
    assert reader.post("/search", json={"query": "walrus"}).json()["data"] == []
    for wrong in ({"query": "x", "limit": 0}, {"query": "x", "limit": 51}, {"limit": 1}):
        error_of(api.owner.post("/search", json=wrong), 400)
