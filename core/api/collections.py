"""Collections, their documents, the jobs that read them, and search without a model.

A document comes as an upload, or the owner names files and folders of this machine: the path
form spares copying and lets Outpost notice when a file changes. Only the owner may do so, since
the process reads with the owner's rights.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import File, Response, UploadFile

from core.api.answers import (
    CollectionAnswer,
    DocumentAnswer,
    JobAnswer,
    Page,
    PassageAnswer,
    page,
)
from core.api.bodies import CollectionBody, PathsBody, SearchBody
from core.api.routing import MANAGES, READS, After, Caller, Limit, Services, require_owner, router
from core.errors import InvalidInput
from core.records import CollectionId, DocumentId, JobId

routes = router(tag="Collections")


@routes.post("/collections", status_code=201, **MANAGES)
def create(body: CollectionBody, caller: Caller, core: Services) -> CollectionAnswer:
    """Create a collection."""
    made = core.collections.create(caller.user.id, body.name, body.description)
    return CollectionAnswer.model_validate(made)


@routes.get("/collections", **READS)
def list_all(
    caller: Caller, core: Services, limit: Limit = 20, after: After = None
) -> Page[CollectionAnswer]:
    """List collections."""
    found = core.collections.list(caller.user.id)
    return page([CollectionAnswer.model_validate(each) for each in found], limit, after)


@routes.get("/collections/{collection_id}", **READS)
def get(collection_id: CollectionId, caller: Caller, core: Services) -> CollectionAnswer:
    """Read one collection."""
    return CollectionAnswer.model_validate(core.collections.get(caller.user.id, collection_id))


@routes.delete("/collections/{collection_id}", status_code=204, **MANAGES)
def delete(collection_id: CollectionId, caller: Caller, core: Services) -> Response:
    """Delete a collection with its documents."""
    core.collections.delete(caller.user.id, collection_id)
    return Response(status_code=204)


@routes.post("/collections/{collection_id}/documents", status_code=202, **MANAGES)
def upload(
    collection_id: CollectionId,
    file: Annotated[UploadFile, File(description="the document; its name tells its format")],
    caller: Caller,
    core: Services,
) -> JobAnswer:
    """Upload a document; the job tells how far its reading is."""
    name = (file.filename or "").replace("\\", "/").rpartition("/")[2].strip()
    if not name or "\0" in name:
        raise InvalidInput("The uploaded file has no name.", param="file")
    job = core.collections.add_upload(caller.user.id, collection_id, name, file.file)
    return JobAnswer.model_validate(job)


@routes.post("/collections/{collection_id}/paths", status_code=202, **MANAGES)
def add_paths(
    collection_id: CollectionId, body: PathsBody, caller: Caller, core: Services
) -> JobAnswer:
    """Add files and whole folders of this machine by path; for the owner alone."""
    require_owner(caller)
    paths = [Path(path) for path in body.paths]
    for path in paths:
        if not path.is_absolute():
            raise InvalidInput(f"The path '{path}' is not absolute.", param="paths")
        if not path.exists():
            raise InvalidInput(f"There is no file or folder '{path}'.", param="paths")
    job = core.collections.add_files(caller.user.id, collection_id, paths)
    return JobAnswer.model_validate(job)


@routes.get("/collections/{collection_id}/documents", **READS)
def documents(
    collection_id: CollectionId,
    caller: Caller,
    core: Services,
    limit: Limit = 20,
    after: After = None,
) -> Page[DocumentAnswer]:
    """List a collection's documents with their states."""
    found = core.collections.documents(caller.user.id, collection_id)
    return page([DocumentAnswer.model_validate(each) for each in found], limit, after)


@routes.get("/documents/{document_id}", **READS)
def document(document_id: DocumentId, caller: Caller, core: Services) -> DocumentAnswer:
    """Read one document's state."""
    return DocumentAnswer.model_validate(core.collections.document(caller.user.id, document_id))


@routes.delete("/documents/{document_id}", status_code=204, **MANAGES)
def delete_document(document_id: DocumentId, caller: Caller, core: Services) -> Response:
    """Delete a document from its collection."""
    core.collections.delete_document(caller.user.id, document_id)
    return Response(status_code=204)


@routes.post("/documents/{document_id}/retry", status_code=202, **MANAGES)
def retry(document_id: DocumentId, caller: Caller, core: Services) -> JobAnswer:
    """Read a document that failed once more."""
    return JobAnswer.model_validate(core.collections.retry(caller.user.id, document_id))


@routes.get("/jobs/{job_id}", **READS)
def job(job_id: JobId, caller: Caller, core: Services) -> JobAnswer:
    """Read how far the reading of documents is."""
    return JobAnswer.model_validate(core.collections.job(caller.user.id, job_id))


@routes.post("/search", **READS)
def search(body: SearchBody, caller: Caller, core: Services) -> Page[PassageAnswer]:
    """Find passages without asking a model, best first."""
    owner_id = caller.user.id
    named = [CollectionId(each) for each in body.collections]
    wanted = named or [each.id for each in core.collections.list(owner_id)]
    found = core.collections.find(owner_id, body.query, wanted, body.limit)
    return Page(data=[PassageAnswer.model_validate(passage) for passage in found])
