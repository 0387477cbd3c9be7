"""Collections, what makes their vectors, the folders they follow, and search without a model."""

from __future__ import annotations

from fastapi import Response

from core.agents.validation import checked_retrieval
from core.api.answers import (
    CollectionAnswer,
    CountAnswer,
    DocumentAnswer,
    EmbedderAnswer,
    EstimateAnswer,
    FolderAnswer,
    InspectionAnswer,
    JobAnswer,
    Page,
    PassageAnswer,
    RerankerAnswer,
)
from core.api.bodies.library import CollectionBody, FolderBody, InspectBody, ReindexBody, SearchBody
from core.api.paging import Paging
from core.api.paths import outside
from core.api.routing import MANAGES, READS, Caller, Services, require_owner, router
from core.errors import NotFound
from core.records import (
    AgentId,
    CollectionId,
    DocumentId,
    EmbedderId,
    FolderId,
    RerankerId,
    RetrievalSettings,
)

routes = router(tag="Collections")

DEFAULTS = RetrievalSettings()


@routes.post("/collections", status_code=201, **MANAGES)
def create(body: CollectionBody, caller: Caller, core: Services) -> CollectionAnswer:
    """Create a collection."""
    made = core.collections.create(caller.user.id, body.name, body.description)
    return CollectionAnswer.model_validate(made)


@routes.get("/collections", **READS)
def list_all(caller: Caller, core: Services, paging: Paging) -> Page[CollectionAnswer]:
    """List collections."""
    found = core.collections.list(caller.user.id)
    return paging.page(found, CollectionAnswer.model_validate)


@routes.get("/collections/{collection_id}", **READS)
def get(collection_id: CollectionId, caller: Caller, core: Services) -> CollectionAnswer:
    """Read one collection."""
    return CollectionAnswer.model_validate(core.collections.get(caller.user.id, collection_id))


@routes.delete("/collections/{collection_id}", status_code=204, **MANAGES)
def delete(collection_id: CollectionId, caller: Caller, core: Services) -> Response:
    """Delete a collection with its documents."""
    core.collections.delete(caller.user.id, collection_id)
    return Response(status_code=204)


@routes.get("/collections/{collection_id}/trash", **READS)
def trashed(
    collection_id: CollectionId,
    caller: Caller,
    core: Services,
    paging: Paging,
) -> Page[DocumentAnswer]:
    """List the documents that can be restored, the one deleted last first."""
    found = core.collections.trashed(caller.user.id, collection_id)
    return paging.page(found, DocumentAnswer.model_validate)


@routes.post("/collections/{collection_id}/trash/empty", **MANAGES)
def empty_trash(collection_id: CollectionId, caller: Caller, core: Services) -> CountAnswer:
    """Give up the documents in a collection's trash."""
    return CountAnswer(count=core.collections.empty_trash(caller.user.id, collection_id))


@routes.post("/collections/{collection_id}/folders", status_code=201, **MANAGES)
def watch(
    collection_id: CollectionId, body: FolderBody, caller: Caller, core: Services
) -> FolderAnswer:
    """Follow a folder of this machine: its files come, change and go. For the owner alone."""
    require_owner(caller)
    folder = outside(body.path, core.settings.data_dir)
    if not folder.is_dir():
        raise NotFound("folder", body.path)
    watched = core.collections.watch(caller.user.id, collection_id, folder, body.ignore)
    return FolderAnswer.of(watched)


@routes.get("/collections/{collection_id}/folders", **READS)
def watched(
    collection_id: CollectionId,
    caller: Caller,
    core: Services,
    paging: Paging,
) -> Page[FolderAnswer]:
    """List the folders that a collection follows."""
    found = core.collections.watched(caller.user.id, collection_id)
    return paging.page(found, FolderAnswer.of)


@routes.delete("/folders/{folder_id}", status_code=204, **MANAGES)
def unwatch(folder_id: FolderId, caller: Caller, core: Services) -> Response:
    """Follow a folder no longer; its documents stay as they are."""
    core.collections.unwatch(caller.user.id, folder_id)
    return Response(status_code=204)


@routes.get("/embedders", **READS)
def embedders(caller: Caller, core: Services) -> Page[EmbedderAnswer]:
    """List the embedding models of this machine, the starter first."""
    return Page(data=[EmbedderAnswer.model_validate(each) for each in core.collections.embedders()])


@routes.get("/rerankers", **READS)
def rerankers(caller: Caller, core: Services) -> Page[RerankerAnswer]:
    """List the cross-encoders of this machine, by which agents can have passages ordered."""
    return Page(data=[RerankerAnswer.model_validate(each) for each in core.collections.rerankers()])


@routes.get("/collections/{collection_id}/reindex", **READS)
def reindex_estimate(
    collection_id: CollectionId, embedder: str, caller: Caller, core: Services
) -> EstimateAnswer:
    """Say what new vectors by another embedder would cost, from a trial on some chunks."""
    chosen = _embedder(core, embedder)
    estimate = core.collections.reindex_estimate(caller.user.id, collection_id, chosen)
    return EstimateAnswer.model_validate(estimate)


@routes.post("/collections/{collection_id}/reindex", status_code=202, **MANAGES)
def reindex(
    collection_id: CollectionId, body: ReindexBody, caller: Caller, core: Services
) -> JobAnswer:
    """Make new vectors by another embedder; the old ones answer until all are there."""
    chosen = _embedder(core, body.embedder)
    return JobAnswer.model_validate(core.collections.reindex(caller.user.id, collection_id, chosen))


def _embedder(core: Services, named: str) -> EmbedderId:
    """Return the embedder of that id; raises NotFound."""
    for each in core.collections.embedders():
        if each.id == named:
            return each.id
    raise NotFound("embedder", named)


@routes.post("/search", **READS)
def search(body: SearchBody, caller: Caller, core: Services) -> Page[PassageAnswer]:
    """Find passages without asking a model, best first, however little speaks for them."""
    owner_id = caller.user.id
    named = [CollectionId(each) for each in body.collections]
    wanted = named or [each.id for each in core.collections.list(owner_id)]
    found = core.collections.find(
        owner_id, body.query, wanted, body.limit, settings=RetrievalSettings(min_evidence=0.0)
    )
    return Page(data=[PassageAnswer.model_validate(passage) for passage in found])


@routes.post("/search/inspect", **READS)
def inspect(body: InspectBody, caller: Caller, core: Services) -> InspectionAnswer:
    """Say how each index ranks what a search considered, and what became of it.

    With a document, of that one alone, and in a sentence why it is not found.
    """
    owner_id = caller.user.id
    draft = core.agents.get(owner_id, AgentId(body.agent_id)).draft if body.agent_id else None
    settings = checked_retrieval(body.retrieval.over(draft.retrieval if draft else DEFAULTS))
    core.collections.require_reranker(RerankerId(body.retrieval.reranker))
    wanted = [CollectionId(each) for each in body.collections]
    if not wanted and draft is not None:
        wanted = list(draft.collections)
    elif not wanted:
        wanted = [each.id for each in core.collections.list(owner_id)]
    if body.document_id is None:
        found = core.collections.inspect(owner_id, body.query, wanted, settings)
    else:
        document_id = DocumentId(body.document_id)
        found = core.collections.why_not(owner_id, body.query, document_id, wanted, settings)
    return InspectionAnswer.model_validate(found)
