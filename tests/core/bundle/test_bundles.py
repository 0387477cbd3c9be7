"""A bundle from one machine to another: whole, compared before it comes in, refused if spoiled."""

from __future__ import annotations

import json
import shutil
import stat
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update

from core.app import Core, build
from core.bundle.archive import BundleWriter
from core.config import load_settings
from core.errors import Conflict, InvalidInput, NotFound
from core.records import (
    AgentDraft,
    AgentType,
    BundleKind,
    BundleWish,
    Difference,
    DocumentId,
    ModelId,
    Sampling,
    UserId,
)
from core.store.chunks import ChunkStore, MadeBy
from core.store.schema import document
from core.streams import Cancel
from tests.core.engines.test_gguf import write_small
from tests.core.retrieval.builders import add_document

TEXTS = {"walrus.txt": ["The walrus rests on ice.", "It has tusks."], "fox.txt": ["Foxes run."]}
EVERYTHING = BundleWish(models=True)
BY = MadeBy("test:sha", "starter", 4, "query: ", "")


@pytest.fixture
def there(tmp_path: Path, migrated_file: Path) -> Iterator[Core]:
    """The machine without a network: another data folder, empty."""
    settings = load_settings({"OUTPOST_DATA_DIR": str(tmp_path / "there"), "OUTPOST_PORT": "0"})
    settings.data_dir.mkdir()
    shutil.copy(migrated_file, settings.database_file)
    made = build(settings)
    yield made
    made.close()


def owner(core: Core) -> UserId:
    return core.users.owner().id


def fill(core: Core, *names: str) -> None:
    """Put documents with vectors into the collection 'Animals'."""
    me, store = owner(core), ChunkStore(core._database)
    here = [each for each in core.collections.list(me) if each.name == "Animals"]
    animals = here[0] if here else core.collections.create(me, "Animals", "What lives.")
    store.set_embedder(animals.id, BY)
    for name in names:
        made = add_document(core._database, me, animals.id, name, TEXTS[name], heading="Ice")
        _set_digest(core, made.id, sha256(name.encode()).hexdigest())
        ids = [each.id for each in store.chunks(made.id)]
        blobs = [np.full(4, at + 0.5, "<f4").tobytes() for at in range(len(ids))]
        store.store_vectors(animals.id, ids, blobs)


def _set_digest(core: Core, document_id: DocumentId, digest: str) -> None:
    wanted = update(document).where(document.c.id == document_id).values(sha256=digest)
    core._database.write(lambda c: c.execute(wanted))


@pytest.fixture
def packed(core: Core, tmp_path: Path) -> Path:
    """A bundle with a model, a collection and an agent on both."""
    write_small(core.settings.model_storage_path / "m.gguf")
    core.models.scan()
    fill(core, "walrus.txt", "fox.txt")
    animals = core.collections.list(owner(core))[0]
    draft = AgentDraft(
        "Keeper",
        AgentType.RAG,
        ModelId("m.gguf"),
        system_prompt="Be brief.",
        context_tokens=256,
        sampling=Sampling(max_tokens=64),
        collections=(animals.id,),
    )
    core.agents.create(owner(core), draft)
    path = tmp_path / "all.outpost-bundle"
    core.bundles.export(owner(core), path, EVERYTHING)
    return path


def test_everything_arrives(core: Core, there: Core, packed: Path) -> None:
    """Texts, chunks, vectors and their embedder, the model's bytes, and the agent on both."""
    contents = there.bundles.inspect(owner(there), packed)
    assert {each.difference for each in contents.items} == {Difference.NEW}
    assert [each.missing for each in contents.items] == [(), (), ()]
    brought = there.bundles.bring_in(owner(there), packed)
    assert {each.kind for each in brought} == set(BundleKind)
    old, new = (each.collections.list(owner(each))[0] for each in (core, there))
    assert (new.name, new.description, new.embedder) == (old.name, old.description, "test:sha")
    assert (new.chunk_count, new.query_prefix, new.dimension) == (3, "query: ", 4)
    texts = [
        [there.collections.document_text(owner(there), each.id).text, each.embedded_count]
        for each in there.collections.documents(owner(there), new.id)
    ]
    assert texts == [["Foxes run.", 1], ["The walrus rests on ice.\nIt has tusks.", 2]]
    vectors = [
        sorted(ChunkStore(each._database).collection_vectors(where.id).blobs)
        for each, where in ((core, old), (there, new))
    ]
    assert vectors[0] == vectors[1]
    there.models.scan()
    (agent,) = there.agents.list(owner(there))
    assert agent.draft.system_prompt == "Be brief."
    assert agent.draft.collections == (new.id,)
    assert there.models.sha256(agent.draft.model) == core.models.sha256(ModelId("m.gguf"))
    again = there.bundles.inspect(owner(there), packed)
    assert {each.difference for each in again.items} == {Difference.SAME}
    assert there.bundles.bring_in(owner(there), packed) == []


def test_differences_are_shown_and_nothing_is_lost(
    core: Core, there: Core, packed: Path, tmp_path: Path
) -> None:
    """A changed agent becomes a version, a changed collection gets what it lacks."""
    there.bundles.bring_in(owner(there), packed)
    (agent,) = core.agents.list(owner(core))
    core.agents.edit(owner(core), agent.id, replace(agent.draft, system_prompt="Be long."))
    TEXTS["bear.txt"] = ["Bears sleep."]
    fill(core, "bear.txt")
    later = tmp_path / "later.outpost-bundle"
    core.bundles.export(owner(core), later, EVERYTHING)
    shown = {each.kind: each for each in there.bundles.inspect(owner(there), later).items}
    assert shown[BundleKind.MODEL].difference is Difference.SAME
    assert shown[BundleKind.AGENT].difference is Difference.CHANGED
    assert shown[BundleKind.COLLECTION].difference is Difference.CHANGED
    assert shown[BundleKind.COLLECTION].new_documents == 1
    there.bundles.bring_in(owner(there), later)
    (agent,) = there.agents.list(owner(there))
    assert (agent.version, agent.draft.system_prompt) == (2, "Be long.")
    names = {d.name for d in there.collections.documents(owner(there), agent.draft.collections[0])}
    assert names == {"walrus.txt", "fox.txt", "bear.txt"}


def test_only_what_was_chosen_comes_in(there: Core, packed: Path) -> None:
    """The rest stays out; an id that is not in the bundle is not found."""
    there.bundles.bring_in(owner(there), packed, ["collections/1"])
    assert len(there.collections.list(owner(there))) == 1
    assert there.agents.list(owner(there)) == []
    with pytest.raises(NotFound):
        there.bundles.bring_in(owner(there), packed, ["collections/2"])


def test_an_agent_without_its_model_is_told_before(
    core: Core, there: Core, packed: Path, tmp_path: Path
) -> None:
    """A bundle without models names what is missing, and stores nothing half."""
    path = tmp_path / "small.outpost-bundle"
    core.bundles.export(owner(core), path, BundleWish())
    agent = there.bundles.inspect(owner(there), path).items[-1]
    assert agent.missing == ("the model 'm.gguf'",)
    with pytest.raises(InvalidInput, match=r"needs the model 'm\.gguf'"):
        there.bundles.bring_in(owner(there), path)
    assert there.collections.list(owner(there)) == []


def test_vectors_of_another_embedder_are_made_anew(core: Core, there: Core, packed: Path) -> None:
    """A collection that is there keeps its embedder; what comes in waits for its vectors."""
    mine = there.collections.create(owner(there), "Animals")
    ChunkStore(there._database).set_embedder(mine.id, replace(BY, embedder="other:sha"))
    there.bundles.bring_in(owner(there), packed, ["collections/1"])
    documents = there.collections.documents(owner(there), mine.id)
    assert [each.embedded_count for each in documents] == [0, 0]


def test_a_model_does_not_replace_another(there: Core, packed: Path) -> None:
    """One of the same name and other content stays, and the new one gets another name."""
    path = write_small(there.settings.model_storage_path / "m.gguf", layers=3)
    before = path.read_bytes()
    there.models.scan()
    there.bundles.bring_in(owner(there), packed, ["models/1"])
    assert path.read_bytes() == before
    assert len([each for each in there.models.list() if not each.is_starter]) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="no modes there")
def test_a_bundle_is_its_owners_alone(core: Core, packed: Path) -> None:
    """Mode 0600, no second file under its name, and nothing left of one that failed."""
    assert stat.S_IMODE(packed.stat().st_mode) == 0o600
    with pytest.raises(Conflict):
        core.bundles.export(owner(core), packed, EVERYTHING)
    cancel = Cancel()
    cancel.set()
    with pytest.raises(Exception, match="stopped"):
        core.bundles.export(owner(core), packed.with_stem("other"), EVERYTHING, cancel)
    assert [each.name for each in packed.parent.glob("*bundle*")] == [packed.name]


# ---------------------------------------------------------------- spoiled ones

Parts = dict[str, bytes]


def _resum(parts: Parts) -> None:
    """Make the manifest say what the parts are."""
    manifest = json.loads(parts["manifest.json"])
    manifest["parts"] = {
        name: {"sha256": sha256(content).hexdigest(), "size_bytes": len(content)}
        for name, content in parts.items()
        if name != "manifest.json"
    }
    parts["manifest.json"] = json.dumps(manifest).encode()


def _with(parts: Parts, changed: Parts) -> None:
    """Change parts, and the manifest with them."""
    parts.update(changed)
    _resum(parts)


def _swap(parts: Parts, name: str, old: bytes, new: bytes) -> None:
    assert old in parts[name]
    parts[name] = parts[name].replace(old, new)
    if name != "manifest.json":
        _resum(parts)


DOCUMENTS, VECTORS = "collections/1/documents.jsonl", "collections/1/vectors.f32"
SPOILED: dict[str, Callable[[Parts], object]] = {
    "a changed part": lambda p: p.update({DOCUMENTS: p[DOCUMENTS].replace(b"walrus", b"Walrus")}),
    "a missing part": lambda p: p.pop(VECTORS),
    "a part more": lambda p: p.update({"agents/9.outpost-agent": b"x"}),
    "a climbing part": lambda p: _with(p, {"../../climbed": b"x"}),
    "an absolute part": lambda p: _with(p, {"/tmp/climbed": b"x"}),
    "no manifest": lambda p: p.pop("manifest.json"),
    "a broken manifest": lambda p: p.update({"manifest.json": b"{"}),
    "a manifest of another shape": lambda p: p.update({"manifest.json": b"[]"}),
    "a newer format": lambda p: _swap(p, "manifest.json", b'"version": 1', b'"version": 2'),
    "a deep manifest": lambda p: p.update({"manifest.json": b"[" * 100_000}),
    "an item twice": lambda p: _swap(p, "manifest.json", b"agents/1", b"collections/1"),
    "a model that climbs": lambda p: _swap(p, "manifest.json", b'"m.gguf"', b'"../m.gguf"'),
    "an item of no kind": lambda p: _swap(p, "manifest.json", b'"agent"', b'"spell"'),
    "an agent that is none": lambda p: _with(p, {"agents/1.outpost-agent": b"x"}),
    "a bomb": lambda p: _with(p, {DOCUMENTS: b"a" * 400_000_000}),
    "places beyond the text": lambda p: _swap(p, DOCUMENTS, b'"end":10', b'"end":99999'),
    "places of another kind": lambda p: _swap(p, DOCUMENTS, b'"start":0', b'"start":"0"'),
    "a document without a name": lambda p: _swap(p, DOCUMENTS, b'"walrus.txt"', b'"a/../b"'),
    "too few vectors": lambda p: _with(p, {VECTORS: p[VECTORS][:-4]}),
    "too many vectors": lambda p: _with(p, {VECTORS: p[VECTORS] * 2}),
    "vectors that are no numbers": lambda p: _with(p, {VECTORS: b"\xff" * len(p[VECTORS])}),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILED)
def test_a_spoiled_bundle_is_refused(there: Core, packed: Path, name: str, tmp_path: Path) -> None:
    """Each way of spoiling one ends in invalid_input; nothing is written outside."""
    with zipfile.ZipFile(packed) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    SPOILED[name](parts)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in parts.items():
            archive.writestr(each, content)
    with pytest.raises(InvalidInput):
        there.bundles.bring_in(owner(there), packed)
    assert not (tmp_path.parent / "climbed").exists()
    assert there.agents.list(owner(there)) == []


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_cut_bundle_is_refused(there: Core, packed: Path, share: float) -> None:
    """A file that was not copied to its end is told before anything of it is used."""
    content = packed.read_bytes()
    packed.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InvalidInput, match="no bundle"):
        there.bundles.inspect(owner(there), packed)


def test_parts_are_what_was_added(tmp_path: Path) -> None:
    """A writer that is left by an error leaves no file."""

    def write_half() -> None:
        with BundleWriter(tmp_path / "x.outpost-bundle", Cancel()) as made:
            made.add("agents/1.outpost-agent", [b"x"])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert list(tmp_path.iterdir()) == []
