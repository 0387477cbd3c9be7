"""Agents as files: what goes in comes out, and what others made is checked before it counts."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.agents import Agents, DeploymentLimits, EngineDefaults
from core.agents.portable import CONTENT, MANIFEST, MAX_PART_BYTES, unpacked
from core.agents.versions import differences
from core.changes import Changes
from core.engines.loader import EngineLoader
from core.errors import InvalidInput, NotFound
from core.models import Models
from core.pool import ModelPool
from core.records import (
    Adapter,
    Agent,
    AgentDraft,
    AgentType,
    CollectionId,
    FieldChange,
    ModelId,
    Sampling,
    TagCount,
    UserId,
)
from core.retrieval.reranking import Rerankers
from core.store.agents import AgentStore
from core.store.database import Database
from core.store.documents import Documents
from core.store.models import ModelStore
from core.store.users import UserStore
from tests.core.engines.llama.lora import write_adapter
from tests.core.engines.test_gguf import write_small
from tests.core.loading import Loader


@dataclass
class Desk:
    """The service over a small model file."""

    agents: Agents
    models: Models
    database: Database
    folder: Path
    owner_id: UserId
    other_id: UserId

    def make(self, **changes: object) -> Agent:
        """Store an agent of the owner's."""
        draft = AgentDraft("Ada", AgentType.FINE_TUNED, ModelId("small.gguf"), context_tokens=256)
        fields: dict[str, object] = {"sampling": Sampling(max_tokens=16), **changes}
        return self.agents.create(self.owner_id, replace(draft, **fields))  # type: ignore[arg-type]

    def add_collection(self, name: str, owner_id: UserId | None = None) -> CollectionId:
        """Store an empty collection."""
        return Documents(self.database).create_collection(owner_id or self.owner_id, name).id


@pytest.fixture
def desk(tmp_path: Path, database: Database) -> Iterator[Desk]:
    """A fresh service with one model that is never loaded."""
    folder = tmp_path / "models"
    folder.mkdir()
    write_small(folder / "small.gguf")
    changes = Changes()
    models = Models(folder, ModelStore(database), changes, starter=lambda: None)
    agents = Agents(
        AgentStore(database),
        models,
        ModelPool(Loader(), 2),
        changes,
        engine=EngineDefaults(threads=1, slots=1, prefix_dir=tmp_path / "prefixes"),
        limits=DeploymentLimits(idle_timeout_s=0, stop_least_used=False),
        forecast=EngineLoader().forecast,
        require_reranker=Rerankers(folder).require,
    )
    users = UserStore(database)
    owner, other = users.add("ada", is_owner=True), users.add("bob")
    yield Desk(agents, models, database, folder, owner.id, other.id)
    agents.close()


# ---------------------------------------------------------------- versions


def test_versions_differ_field_by_field(desk: Desk) -> None:
    """Only what was changed is named, by dotted names, in words."""
    made = desk.make(tags=("red",), system_prompt="Be brief.")
    changed = replace(
        made.draft, sampling=Sampling(temperature=0.1, max_tokens=16), tags=("red", "blue")
    )
    desk.agents.edit(desk.owner_id, made.id, changed)
    assert desk.agents.diff(desk.owner_id, made.id, 1, 2) == (
        FieldChange("sampling.temperature", "0.7", "0.1"),
        FieldChange("tags", "red", "red, blue"),
    )
    assert desk.agents.diff(desk.owner_id, made.id, 2, 2) == ()
    seeded = replace(changed, sampling=replace(changed.sampling, seed=4))
    assert differences(changed, seeded) == (FieldChange("sampling.seed", "", "4"),)


def test_going_back_is_a_further_version(desk: Desk) -> None:
    """Nothing that was written is lost by it."""
    made = desk.make(system_prompt="Be brief.")
    desk.agents.edit(desk.owner_id, made.id, replace(made.draft, system_prompt="Be rude."))
    back = desk.agents.rollback(desk.owner_id, made.id, 1)
    assert (back.version, back.draft) == (3, made.draft)
    numbers = [each.version for each in desk.agents.versions(desk.owner_id, made.id)]
    assert numbers == [3, 2, 1]


def test_versions_that_are_not_there_are_not_found(desk: Desk) -> None:
    """Of one's own agent and of another user's."""
    made = desk.make()
    with pytest.raises(NotFound, match="version '7'"):
        desk.agents.rollback(desk.owner_id, made.id, 7)
    with pytest.raises(NotFound):
        desk.agents.diff(desk.owner_id, made.id, 1, 2)
    for call in (
        lambda: desk.agents.diff(desk.other_id, made.id, 1, 1),
        lambda: desk.agents.rollback(desk.other_id, made.id, 1),
        lambda: desk.agents.clone(desk.other_id, made.id),
        lambda: desk.agents.export_file(desk.other_id, made.id),
    ):
        with pytest.raises(NotFound, match=made.id):
            call()


# ---------------------------------------------------------------- copies and tags


def test_a_clone_has_a_free_name(desk: Desk) -> None:
    """It is a first version of its own; a name that is too long makes room for the ending."""
    made = desk.make(tags=("red",))
    names = [desk.agents.clone(desk.owner_id, made.id).name for _ in range(3)]
    assert names == ["Ada (copy)", "Ada (2)", "Ada (3)"]
    named = desk.agents.clone(desk.owner_id, made.id, name=" Eva ")
    assert (named.name, named.version) == ("Eva", 1)
    assert replace(named.draft, name="Ada") == made.draft
    long = desk.make(name="x" * 80)
    assert desk.agents.clone(desk.owner_id, long.id).name == "x" * 73 + " (copy)"


def test_tags_are_counted(desk: Desk) -> None:
    """Over the owner's living agents, in the order of the alphabet."""
    desk.make(name="A", tags=("red", "Blue"))
    gone = desk.make(name="B", tags=("red", "green"))
    assert [(t.tag, t.count) for t in desk.agents.tags(desk.owner_id)] == [
        *(("Blue", 1), ("green", 1), ("red", 2)),
    ]
    desk.agents.delete(desk.owner_id, gone.id)
    assert desk.agents.tags(desk.owner_id) == [TagCount("Blue", 1), TagCount("red", 1)]
    assert desk.agents.tags(desk.other_id) == []


# ---------------------------------------------------------------- files


def test_an_agent_comes_back_from_its_file(desk: Desk) -> None:
    """With everything that its owner decided; a second one gets a free name."""
    write_adapter(desk.folder / "lora.gguf")
    desk.models.scan()
    made = desk.make(
        type=AgentType.RAG,
        collections=(desk.add_collection("Manuals"),),
        adapters=(Adapter(ModelId("lora.gguf"), 0.5),),
        sampling=Sampling(max_tokens=16, stop=("END",), logit_bias=((3, -1.5),), seed=4),
        tags=("red",),
    )
    file = desk.agents.export_file(desk.owner_id, made.id)
    assert file == desk.agents.export_file(desk.owner_id, made.id)
    again = desk.agents.import_file(desk.owner_id, file)
    assert again.name == "Ada (2)"
    assert replace(again.draft, name="Ada") == made.draft
    desk.agents.delete(desk.owner_id, made.id)
    assert desk.agents.import_file(desk.owner_id, file).name == "Ada"


def test_the_model_is_found_by_its_content(desk: Desk) -> None:
    """Another name does not matter, other content does; another model may stand in."""
    file = desk.agents.export_file(desk.owner_id, desk.make().id)
    (desk.folder / "small.gguf").rename(desk.folder / "renamed.gguf")
    desk.models.scan()
    found = desk.agents.import_file(desk.owner_id, file)
    assert found.draft.model == "renamed.gguf"
    content = (desk.folder / "renamed.gguf").read_bytes()
    (desk.folder / "renamed.gguf").write_bytes(content[:-1] + b"\x7f")
    desk.models.scan()
    with pytest.raises(InvalidInput, match=r"small\.gguf.* is not on this machine") as refusal:
        desk.agents.import_file(desk.owner_id, file)
    assert refusal.value.param == "model"
    chosen = ModelId("renamed.gguf")
    assert desk.agents.import_file(desk.owner_id, file, model=chosen).draft.model == chosen


def test_collections_are_found_by_their_names(desk: Desk) -> None:
    """Only one's own; others may stand in for those that are not there."""
    made = desk.make(type=AgentType.RAG, collections=(desk.add_collection("Manuals"),))
    file = desk.agents.export_file(desk.owner_id, made.id)
    with pytest.raises(InvalidInput, match="no collection named 'Manuals'") as refusal:
        desk.agents.import_file(desk.other_id, file)
    assert refusal.value.param == "collections"
    other = desk.add_collection("Laws", desk.other_id)
    chosen = desk.agents.import_file(desk.other_id, file, collections=[other])
    assert chosen.draft.collections == (other,)
    theirs = desk.add_collection("manuals", desk.other_id)
    assert desk.agents.import_file(desk.other_id, file).draft.collections == (theirs,)


def repacked(file: bytes, **parts: bytes | None) -> bytes:
    """Return the file with parts replaced, or without those that are None."""
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**kept, **parts}.items():
            if content is not None:
                archive.writestr(name, content)
    return made.getvalue()


def rewritten(file: bytes, text: str, instead: str) -> bytes:
    """Return the file with its content changed and its SHA-256 made right again."""
    from hashlib import sha256

    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        content = archive.read(CONTENT).decode()
        manifest = json.loads(archive.read(MANIFEST))
    assert text in content
    changed = content.replace(text, instead).encode()
    manifest["sha256"][CONTENT] = sha256(changed).hexdigest()
    return repacked(file, **{CONTENT: changed, MANIFEST: json.dumps(manifest).encode()})


def test_a_changed_file_is_refused(desk: Desk) -> None:
    """Whatever was done to it: nothing is stored, and the refusal says what to do."""
    desk.make()
    file = desk.agents.export_file(desk.owner_id, desk.agents.list(desk.owner_id)[0].id)
    newer = json.dumps({"format": "outpost.agent", "version": 2}).encode()
    wrong = [
        b"",
        b"not a zip",
        file[:-30],
        repacked(file, **{CONTENT: b"{}"}),
        repacked(file, **{CONTENT: None}),
        repacked(file, **{MANIFEST: b"[]"}),
        repacked(file, **{MANIFEST: newer}),
        repacked(file, **{CONTENT: b" " * (MAX_PART_BYTES + 1)}),
        b"x" * (5 << 20),
        rewritten(file, '"temperature":0.7', '"temperature":"hot"'),
        rewritten(file, '"temperature":0.7', '"temperature":70'),
        rewritten(file, '"name":"Ada"', '"name":["Ada"]'),
        rewritten(file, '"type":"fine_tuned"', '"type":"other"'),
        rewritten(file, '"tags":[]', '"tags":7'),
        rewritten(file, '"adapters":[]', '"adapters":[[[[]]]]'),
    ]
    for each in wrong:
        with pytest.raises(InvalidInput) as refusal:
            desk.agents.import_file(desk.owner_id, each)
        assert refusal.value.advice
    assert len(desk.agents.list(desk.owner_id)) == 1


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 255))
def test_no_damage_is_more_than_a_refusal(place: int, value: int) -> None:
    """One byte is another: the file is as it was, or refused."""
    damaged = bytearray(WHOLE)
    damaged[place % len(WHOLE)] = value
    with suppress(InvalidInput):
        assert unpacked(bytes(damaged)) == unpacked(WHOLE)


def _whole() -> bytes:
    from core.agents.portable import NamedModel, PortableAgent, packed

    draft = AgentDraft("Ada", AgentType.FINE_TUNED, ModelId("small.gguf"), tags=("a", "b"))
    return packed(PortableAgent(draft, NamedModel(ModelId("small.gguf"), "ab" * 32, 100)))


WHOLE = _whole()
