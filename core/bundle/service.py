"""Everything as one file, for a machine without a network: made, looked into, and brought in.

A bundle holds agents, collections with the text and vectors of their documents, and models if
that was wished. It holds no conversations, no users and no tokens, and not the documents' own
files. Bringing it in deletes nothing: a changed agent becomes a further version, a changed
collection gets the documents that it lacks, a model file never replaces another.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

import core
from core.agents import Agents
from core.agents.portable import MAX_FILE_BYTES, PortableAgent, unpacked
from core.bundle import library
from core.bundle.archive import SUFFIX, BundleReader, BundleWriter, refused
from core.changes import Changes, Topic
from core.errors import InvalidInput, NotFound, StorageFailed
from core.models import Models
from core.models.files import blocks_of
from core.records import (
    Agent,
    BundleContents,
    BundleItem,
    BundleKind,
    BundleWish,
    Collection,
    Difference,
    Model,
    UserId,
    now,
)
from core.retrieval.collections import Collections
from core.store.audit import AuditLog
from core.store.portable import PortableStore
from core.streams import Cancel

MAX_ITEMS = 10_000
MAX_NAME = 200
ORDER = {BundleKind.MODEL: 0, BundleKind.COLLECTION: 1, BundleKind.AGENT: 2}
"""Agents come last: they need the models and collections."""
_DAMAGE = (LookupError, TypeError, ValueError, AttributeError)

Item = dict[str, Any]


class Bundles:
    """Makes, compares and brings in bundles; every call names the owner it acts for."""

    def __init__(
        self,
        agents: Agents,
        collections: Collections,
        models: Models,
        store: PortableStore,
        audit: AuditLog,
        changes: Changes,
    ):
        self._agents = agents
        self._collections = collections
        self._models = models
        self._store = store
        self._audit = audit
        self._changes = changes

    # ------------------------------------------------------------ export

    def export(
        self, owner_id: UserId, path: Path, wish: BundleWish, cancel: Cancel | None = None
    ) -> None:
        """Write a bundle; raises NotFound, Conflict for a name that is taken, StorageFailed."""
        if path.suffix != SUFFIX:
            path = path.with_name(path.name + SUFFIX)
        agents = _chosen(self._agents.list(owner_id), wish.agents, "agent")
        collections = _chosen(self._collections.list(owner_id), wish.collections, "collection")
        models = list(self._models_of(agents)) if wish.models else []
        with BundleWriter(path, Cancel() if cancel is None else cancel) as writer:
            items = [
                *(self._pack_model(writer, each, f"models/{n}") for n, each in _numbered(models)),
                *(self._pack_collection(writer, each, n) for n, each in _numbered(collections)),
                *(self._pack_agent(writer, each, n) for n, each in _numbered(agents)),
            ]
            writer.finish(
                {"made_at": now().isoformat(), "made_by": core.__version__, "items": items}
            )
        self._audit.owe("bundle.export", path.name, owner_id)

    def _models_of(self, agents: Sequence[Agent]) -> Iterator[Model]:
        """Return the models and adapters of agents, each once; the starter's comes with Outpost."""
        ids = [each.draft.model for each in agents]
        ids += [adapter.model for each in agents for adapter in each.draft.adapters]
        for model_id in dict.fromkeys(ids):
            model = self._models.get(model_id)
            if not model.is_starter:
                yield model

    def _pack_model(self, writer: BundleWriter, model: Model, at: str) -> Item:
        writer.add(f"{at}.gguf", blocks_of(model.path), pack=False)
        sha256 = self._models.sha256(model.id)
        return {"id": at, "kind": BundleKind.MODEL, "name": model.path.name, "sha256": sha256}

    def _pack_collection(self, writer: BundleWriter, found: Collection, number: int) -> Item:
        at = f"collections/{number}"
        library.packed(writer, self._store, found, at)
        return {"id": at, "kind": BundleKind.COLLECTION, "name": found.name}

    def _pack_agent(self, writer: BundleWriter, agent: Agent, number: int) -> Item:
        at = f"agents/{number}"
        writer.add(f"{at}.outpost-agent", [self._agents.export_file(agent.owner_id, agent.id)])
        return {"id": at, "kind": BundleKind.AGENT, "name": agent.name}

    # ------------------------------------------------------------ looking into it

    def inspect(self, owner_id: UserId, path: Path, cancel: Cancel | None = None) -> BundleContents:
        """Check a whole bundle and hold it against what is here; raises InvalidInput."""
        with BundleReader(path, Cancel() if cancel is None else cancel) as reader:
            return self._compared(owner_id, reader)

    def _compared(self, owner_id: UserId, reader: BundleReader) -> BundleContents:
        items = _items(reader)
        return BundleContents(
            made_at=_moment(reader),
            made_by=str(reader.manifest.get("made_by", "")),
            size_bytes=reader.path.stat().st_size,
            items=tuple(self._item(owner_id, reader, each, items) for each in items),
        )

    def _item(
        self, owner_id: UserId, reader: BundleReader, item: Item, items: Sequence[Item]
    ) -> BundleItem:
        kind = BundleKind(item["kind"])
        if kind is BundleKind.MODEL:
            return self._model(reader, item)
        if kind is BundleKind.COLLECTION:
            return self._collection(owner_id, reader, item)
        return self._agent(owner_id, reader, item, items)

    def _model(self, reader: BundleReader, item: Item) -> BundleItem:
        """A model is the same where a file of its content is here, whatever its name."""
        size = reader.size(f"{item['id']}.gguf")
        here = any(
            each.size_bytes == size and self._models.sha256(each.id) == item["sha256"]
            for each in self._models.list()
        )
        return BundleItem(
            id=item["id"],
            kind=BundleKind.MODEL,
            name=item["name"],
            size_bytes=size,
            difference=Difference.SAME if here else Difference.NEW,
        )

    def _collection(self, owner_id: UserId, reader: BundleReader, item: Item) -> BundleItem:
        head = library.head_of(reader, item["id"])
        here = self._named(owner_id, head.name)
        known = set(self._store.digests(owner_id, here.id)) if here else set()
        new = [each for each in dict.fromkeys(head.digests) if each not in known]
        changed = Difference.CHANGED if new else Difference.SAME
        parts = ("documents.jsonl", "vectors.f32")
        return BundleItem(
            id=item["id"],
            kind=BundleKind.COLLECTION,
            name=head.name,
            size_bytes=sum(reader.size(f"{item['id']}/{part}") for part in parts),
            difference=changed if here else Difference.NEW,
            documents=len(head.digests),
            new_documents=len(new),
        )

    def _agent(
        self, owner_id: UserId, reader: BundleReader, item: Item, items: Sequence[Item]
    ) -> BundleItem:
        content = reader.read(f"{item['id']}.outpost-agent", MAX_FILE_BYTES)
        agent = unpacked(content)
        here = self._agent_named(owner_id, agent.draft.name)
        difference = Difference.NEW
        if here is not None:
            mine = unpacked(self._agents.export_file(owner_id, here.id))
            alike = _essence(mine) == _essence(agent)
            difference = Difference.SAME if alike else Difference.CHANGED
        return BundleItem(
            id=item["id"],
            kind=BundleKind.AGENT,
            name=agent.draft.name,
            size_bytes=len(content),
            difference=difference,
            missing=tuple(self._missing(owner_id, agent, items)),
        )

    def _missing(
        self, owner_id: UserId, agent: PortableAgent, items: Sequence[Item]
    ) -> Iterator[str]:
        """Say what an agent needs that neither this machine nor the bundle has."""
        coming = {each.get("sha256") for each in items}
        here = {each.size_bytes: each.id for each in self._models.list()}
        for model in (agent.model, *agent.adapters):
            known = here.get(model.size_bytes)
            if model.sha256 in coming or (known and self._models.sha256(known) == model.sha256):
                continue
            yield f"the model '{model.id}'"
        names = {each["name"].casefold() for each in items}
        names |= {each.name.casefold() for each in self._collections.list(owner_id)}
        for name in agent.collections:
            if name.casefold() not in names:
                yield f"the collection '{name}'"
        reranker = agent.draft.retrieval.reranker
        if reranker and reranker not in {each.id for each in self._collections.rerankers()}:
            yield f"the reranker '{reranker}'"

    # ------------------------------------------------------------ bringing in

    def bring_in(
        self,
        owner_id: UserId,
        path: Path,
        chosen: Sequence[str] | None = None,
        cancel: Cancel | None = None,
        *,
        initiator: str = "",
    ) -> list[BundleItem]:
        """Store what was chosen by its ids, else all that is not here; returns what came in.

        Raises InvalidInput for a bad bundle or an agent that lacks something, NotFound for an id
        that is not in it, StorageFailed where the disk is too small. What came in before stays.
        """
        cancel = Cancel() if cancel is None else cancel
        with BundleReader(path, cancel) as reader:
            items = list(self._compared(owner_id, reader).items)
            if unknown := set(chosen or ()) - {each.id for each in items}:
                raise NotFound("part of the bundle", min(unknown))
            wanted = [each for each in items if chosen is None or each.id in chosen]
            wanted = [each for each in wanted if each.difference is not Difference.SAME]
            self._require(wanted)
            for each in sorted(wanted, key=lambda each: ORDER[each.kind]):
                self._store_item(owner_id, reader, each, cancel, initiator)
        self._audit.note("bundle.import", path.name, owner_id, f"{len(wanted)} of {len(items)}")
        return wanted

    def _require(self, wanted: Sequence[BundleItem]) -> None:
        """Refuse before anything is stored what could not be stored whole."""
        for each in wanted:
            if each.missing:
                raise InvalidInput(
                    f"The agent '{each.name}' needs {' and '.join(each.missing)}.",
                    advice="Bring that here first, or leave the agent out.",
                    param="items",
                )
        needed = sum(each.size_bytes for each in wanted)
        free = shutil.disk_usage(self._models.folder).free
        if 2 * needed > free:
            raise StorageFailed(
                f"This needs about {2 * needed / 1e9:.1f} GB; {free / 1e9:.1f} GB are free."
            )

    def _store_item(
        self,
        owner_id: UserId,
        reader: BundleReader,
        item: BundleItem,
        cancel: Cancel,
        initiator: str,
    ) -> None:
        if item.kind is BundleKind.MODEL:
            self._take_model(reader, item, cancel)
        elif item.kind is BundleKind.COLLECTION:
            here = self._named(owner_id, item.name)
            into = library.bring_in(
                reader, item.id, owner_id, self._collections, self._store,
                here.id if here else None, initiator,
            )  # fmt: skip
            self._collections.tidy()
            self._changes.announce(Topic.COLLECTIONS, into, owner_id, initiator)
        else:
            content = reader.read(f"{item.id}.outpost-agent", MAX_FILE_BYTES)
            old = self._agent_named(owner_id, item.name)
            self._agents.import_file(
                owner_id, content, over=old.id if old else None, initiator=initiator
            )

    def _take_model(self, reader: BundleReader, item: BundleItem, cancel: Cancel) -> None:
        """Store a model; where its name is taken by another one, under its name and sum."""
        part, name = f"{item.id}.gguf", PurePath(item.name)
        if (self._models.folder / name).exists():
            name = name.with_stem(f"{name.stem}-{reader.sha256(part)[:8]}")
        self._models.take(str(name), reader.blocks(part), cancel)

    def _named(self, owner_id: UserId, name: str) -> Collection | None:
        found = (each for each in self._collections.list(owner_id) if _alike(each.name, name))
        return next(found, None)

    def _agent_named(self, owner_id: UserId, name: str) -> Agent | None:
        found = (each for each in self._agents.list(owner_id) if _alike(each.name, name))
        return next(found, None)


def _alike(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _numbered(things: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    return enumerate(things, 1)


def _chosen(things: Sequence[Any], ids: Sequence[str] | None, noun: str) -> list[Any]:
    """Return the things of these ids, all where none are named; raises NotFound."""
    if ids is None:
        return list(things)
    by_id = {each.id: each for each in things}
    for each in ids:
        if each not in by_id:
            raise NotFound(noun, each)
    return [by_id[each] for each in dict.fromkeys(ids)]


def _essence(agent: PortableAgent) -> dict[str, Any]:
    """Return what makes an agent the same on two machines: model ids are but their files' names."""
    plain = asdict(agent)
    for model in (plain["model"], *plain["adapters"]):
        del model["id"]
    for field in ("model", "adapters", "collections"):
        del plain["draft"][field]
    plain["scales"] = [each.scale for each in agent.draft.adapters]
    plain["collections"] = [name.casefold() for name in agent.collections]
    return plain


def _items(reader: BundleReader) -> list[Item]:
    """Return what the manifest lists; raises InvalidInput where it lists what is not there."""
    try:
        items: list[Item] = reader.manifest["items"]
        ids = [each["id"] for each in items]
        if len(items) > MAX_ITEMS or len(set(ids)) != len(ids):
            raise refused("its manifest lists things twice, or too many")
        for each in items:
            _expect_parts(reader, each)
    except _DAMAGE as error:
        raise refused("its manifest is damaged") from error
    return items


def _expect_parts(reader: BundleReader, item: Item) -> None:
    """Raises LookupError, TypeError or ValueError for an item that is not whole."""
    at, name = item["id"], item["name"]
    kind = BundleKind(item["kind"])
    if not _is_name(name, kind) or not at.startswith(f"{kind}s/"):
        raise ValueError(at)
    endings = {
        BundleKind.MODEL: (".gguf",),
        BundleKind.COLLECTION: ("/collection.json", "/documents.jsonl", "/vectors.f32"),
        BundleKind.AGENT: (".outpost-agent",),
    }
    for ending in endings[kind]:
        reader.size(at + ending)
    if kind is BundleKind.MODEL and item["sha256"] != reader.sha256(f"{at}.gguf"):
        raise ValueError(at)


def _is_name(name: Any, kind: BundleKind) -> bool:
    """Tell whether something may be called so; a model's name will be its file's."""
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or not name.isprintable():
        return False
    is_file = kind is BundleKind.MODEL
    return not is_file or (not set(name) & set('/\\:*?"<>|') and not name.startswith("."))


def _moment(reader: BundleReader) -> datetime:
    try:
        return datetime.fromisoformat(reader.manifest["made_at"])
    except _DAMAGE as error:
        raise refused("its manifest is damaged") from error
