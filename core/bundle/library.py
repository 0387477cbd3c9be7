"""Collections on their way into a bundle and out of it: documents as lines of JSON, vectors raw.

What comes out of a bundle is foreign: offsets must lie in the text, vectors must be as many as
the chunks, finite, and of one dimension.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.bundle.archive import BundleReader, BundleWriter, refused
from core.errors import InvalidInput
from core.records import Chunk, Collection, CollectionId, ParsedDocument, UserId
from core.store.chunks import MadeBy
from core.store.codec import conforms, from_json, to_json
from core.store.portable import PortableDocument, PortableStore
from core.tags import checked_tags

if TYPE_CHECKING:
    from core.retrieval.collections import Collections

MAX_HEAD_BYTES = 64 << 20
MAX_LINE_BYTES = 256 << 20
MAX_DIMENSION = 16_384
MAX_NAME = 400
VECTOR_BYTES = 4
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DAMAGE = (LookupError, TypeError, ValueError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class PortableCollection:
    """What a bundle says of a collection beside its documents."""

    name: str
    description: str
    embedder: str = ""
    embedder_id: str = ""
    dimension: int = 0
    query_prefix: str = ""
    passage_prefix: str = ""
    digests: tuple[str, ...] = ()
    """The SHA-256 sums of its documents' files, in their order."""


def packed(writer: BundleWriter, store: PortableStore, found: Collection, at: str) -> None:
    """Write a collection's three parts below the place `at`."""
    digests: list[str] = []
    vectors: list[bytes] = []

    def lines() -> Iterator[bytes]:
        for document, blob in store.documents(found.owner_id, found.id):
            digests.append(document.sha256)
            vectors.append(blob)
            yield to_json(document).encode("utf-8", "surrogatepass") + b"\n"

    writer.add(f"{at}/documents.jsonl", lines())
    writer.add(f"{at}/vectors.f32", vectors, pack=False)
    head = PortableCollection(
        found.name,
        found.description,
        found.embedder,
        found.embedder_id or "",
        found.dimension or 0,
        found.query_prefix,
        found.passage_prefix,
        tuple(digests),
    )
    writer.add(f"{at}/collection.json", [to_json(head).encode()])


def head_of(reader: BundleReader, at: str) -> PortableCollection:
    """Read what a bundle says of a collection; raises InvalidInput."""
    try:
        content = reader.read(f"{at}/collection.json", MAX_HEAD_BYTES)
        head = from_json(PortableCollection, content.decode())
    except _DAMAGE as error:
        raise _damaged(error) from error
    if not conforms(head) or not 0 <= head.dimension <= MAX_DIMENSION:
        raise refused("a collection in it holds values of the wrong kind")
    return head


def documents_of(
    reader: BundleReader, at: str, head: PortableCollection
) -> Iterator[tuple[PortableDocument, tuple[bytes, ...]]]:
    """Yield a collection's documents with their vectors; raises InvalidInput."""
    size = head.dimension * VECTOR_BYTES
    blob = _Blob(reader, f"{at}/vectors.f32")
    for line in reader.lines(f"{at}/documents.jsonl", MAX_LINE_BYTES):
        found = _document(line)
        count = len(found.chunks) if found.embedded else 0
        yield found, _vectors(blob.take(count * size), size)
    if blob.rest():
        raise refused("it has more vectors than chunks")


class _Blob:
    """The vectors of a collection, read in pieces."""

    def __init__(self, reader: BundleReader, name: str):
        self._blocks = reader.blocks(name)
        self._held = b""

    def take(self, length: int) -> bytes:
        while len(self._held) < length:
            block = next(self._blocks, b"")
            if not block:
                raise refused("it has fewer vectors than chunks")
            self._held += block
        taken, self._held = self._held[:length], self._held[length:]
        return taken

    def rest(self) -> bytes:
        return self._held or next(self._blocks, b"")


def _vectors(content: bytes, size: int) -> tuple[bytes, ...]:
    """Split the vectors of a document; each is finite."""
    import numpy as np

    if content and not np.isfinite(np.frombuffer(content, "<f4")).all():
        raise refused("it holds vectors that are no numbers")
    return tuple(content[at : at + size] for at in range(0, len(content), size or 1))


def _document(line: bytes) -> PortableDocument:
    """Read one document and give its chunks their texts."""
    try:
        found = from_json(PortableDocument, line.decode("utf-8", "surrogatepass"))
        if not conforms(found):
            raise refused("a document in it holds values of the wrong kind")
        tags = checked_tags(found.tags)
        return replace(found, chunks=_filled(found), document=_checked(found), tags=tags)
    except InvalidInput:
        raise
    except _DAMAGE as error:
        raise _damaged(error) from error


def _checked(found: PortableDocument) -> ParsedDocument:
    """Refuse offsets that do not lie in the text, and names that no file has."""
    parsed, end = found.document, len(found.document.text)
    spans = [
        *((each.start, each.end) for each in parsed.pages),
        *((each.start, each.start) for each in parsed.headings),
        *((each.start, each.header_end) for each in parsed.tables),
        *((each.header_end, each.end) for each in parsed.tables),
        *((each.start, each.end) for each in found.chunks),
    ]
    named = 0 < len(found.name) <= MAX_NAME and found.name.isprintable() and "/" not in found.name
    if not all(0 <= first <= last <= end for first, last in spans) or parsed.attachments:
        raise refused("a document in it names places that its text does not have")
    if not named or not _SHA256.fullmatch(found.sha256) or found.size_bytes < 0:
        raise refused("a document in it has no proper name or sum")
    if [each.ordinal for each in found.chunks] != [*range(len(found.chunks))]:
        raise refused("a document in it has chunks that do not follow each other")
    return parsed


def _filled(found: PortableDocument) -> tuple[Chunk, ...]:
    text = found.document.text
    return tuple(replace(each, text=text[each.start : each.end]) for each in found.chunks)


def bring_in(
    reader: BundleReader,
    at: str,
    owner_id: UserId,
    collections: Collections,
    store: PortableStore,
    into: CollectionId | None,
    initiator: str,
) -> CollectionId:
    """Store those documents of a collection that are not here, in a new or the given one.

    Vectors come along where the collection's are made by the same embedder.
    """
    head = head_of(reader, at)
    if into is None:
        into = collections.create(owner_id, head.name, head.description, initiator=initiator).id
        if head.embedder and head.dimension:
            store.set_embedder(into, _made_by(head))
    here = collections.get(owner_id, into)
    alike = here.embedder == head.embedder and here.dimension == head.dimension
    known = set(store.digests(owner_id, into))
    for found, vectors in documents_of(reader, at, head):
        if found.sha256 not in known:
            store.write(owner_id, into, found, vectors if alike else ())
            known.add(found.sha256)
    return into


def _made_by(head: PortableCollection) -> MadeBy:
    return MadeBy(
        head.embedder, head.embedder_id, head.dimension, head.query_prefix, head.passage_prefix
    )


def _damaged(error: BaseException) -> InvalidInput:
    return refused(f"a collection in it is damaged ({type(error).__name__})")
