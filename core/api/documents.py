"""Documents, their text and pages, and the jobs that read them.

A document comes as an upload, or the owner names files and folders of this machine: the path
form spares copying and lets Outpost notice when a file changes. Only the owner may do so, since
the process reads with the owner's rights.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import File, Query, Request, Response, UploadFile

from core.api.answers import (
    BoxAnswer,
    DocumentAnswer,
    JobAnswer,
    Page,
    TextAnswer,
)
from core.api.bodies.library import DocumentChangeBody, PathsBody
from core.api.following import JobStream
from core.api.paging import Paging
from core.api.paths import outside
from core.api.routing import (
    EVENT_STREAM,
    MANAGES,
    READS,
    Caller,
    Services,
    require_owner,
    router,
)
from core.errors import InvalidInput
from core.records import CollectionId, DocumentId, JobId

routes = router(tag="Documents")

PNG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}
}
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The event 'job' at each change, and 'done' at the end",
        "content": EVENT_STREAM,
    }
}
PageNumber = Annotated[int, Query(ge=1, le=10_000_000)]
Width = Annotated[int, Query(ge=16, le=4096, description="pixels")]
Offset = Annotated[int, Query(ge=0, le=2**53)]


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
    paths = [outside(path, core.settings.data_dir) for path in body.paths]
    job = core.collections.add_files(caller.user.id, collection_id, paths)
    return JobAnswer.model_validate(job)


@routes.get("/collections/{collection_id}/documents", **READS)
def documents(
    collection_id: CollectionId,
    caller: Caller,
    core: Services,
    paging: Paging,
    tag: str | None = None,
) -> Page[DocumentAnswer]:
    """List a collection's documents with their states."""
    found = core.collections.documents(caller.user.id, collection_id, tag)
    return paging.page(found, DocumentAnswer.model_validate)


@routes.get("/documents/{document_id}", **READS)
def document(document_id: DocumentId, caller: Caller, core: Services) -> DocumentAnswer:
    """Read one document's state."""
    return DocumentAnswer.model_validate(core.collections.document(caller.user.id, document_id))


@routes.get("/documents/{document_id}/text", **READS)
def text(document_id: DocumentId, caller: Caller, core: Services) -> TextAnswer:
    """Read a document's whole text, and where its pages lie in it."""
    return TextAnswer.of(core.collections.document_text(caller.user.id, document_id))


@routes.get("/documents/{document_id}/page-image", response_class=Response, responses=PNG, **READS)
def page_image(
    document_id: DocumentId,
    caller: Caller,
    core: Services,
    number: PageNumber = 1,
    width: Width = 800,
) -> Response:
    """See a page of a PDF document as a picture."""
    image = core.collections.page_image(caller.user.id, document_id, number, width)
    return Response(image.png, media_type="image/png")


@routes.get("/documents/{document_id}/boxes", **READS)
def boxes(
    document_id: DocumentId, start: Offset, end: Offset, caller: Caller, core: Services
) -> Page[BoxAnswer]:
    """Say what to mark on a PDF document's pages for a span of its text, as for a citation."""
    found = core.collections.passage_boxes(caller.user.id, document_id, start, end)
    return Page(data=[BoxAnswer.model_validate(each) for each in found])


@routes.patch("/documents/{document_id}", **MANAGES)
def change(
    document_id: DocumentId, body: DocumentChangeBody, caller: Caller, core: Services
) -> DocumentAnswer:
    """Give a document other tags, by which agents can limit their search."""
    changed = core.collections.document(caller.user.id, document_id)
    if body.tags is not None:
        changed = core.collections.tag_document(caller.user.id, document_id, body.tags)
    return DocumentAnswer.model_validate(changed)


@routes.delete("/documents/{document_id}", status_code=204, **MANAGES)
def delete(document_id: DocumentId, caller: Caller, core: Services) -> Response:
    """Move a document to its collection's trash."""
    core.collections.delete_document(caller.user.id, document_id)
    return Response(status_code=204)


@routes.post("/documents/{document_id}/restore", **MANAGES)
def restore(document_id: DocumentId, caller: Caller, core: Services) -> DocumentAnswer:
    """Take a document out of the trash."""
    back = core.collections.restore_document(caller.user.id, document_id)
    return DocumentAnswer.model_validate(back)


@routes.post("/documents/{document_id}/retry", status_code=202, **MANAGES)
def retry(document_id: DocumentId, caller: Caller, core: Services) -> JobAnswer:
    """Read a document that failed once more."""
    return JobAnswer.model_validate(core.collections.retry(caller.user.id, document_id))


# ---------------------------------------------------------------- jobs


@routes.get("/jobs", **READS)
def jobs(
    caller: Caller,
    core: Services,
    paging: Paging,
    collection_id: CollectionId | None = None,
) -> Page[JobAnswer]:
    """List the newest jobs, of one collection or of all, newest first."""
    found = core.collections.jobs(caller.user.id, collection_id)
    return paging.page(found, JobAnswer.model_validate)


@routes.get("/jobs/{job_id}", **READS)
def job(job_id: JobId, caller: Caller, core: Services) -> JobAnswer:
    """Read how far the reading of documents is."""
    return JobAnswer.model_validate(core.collections.job(caller.user.id, job_id))


@routes.get("/jobs/{job_id}/events", response_class=Response, responses=EVENTS, **READS)
def events(request: Request, job_id: JobId, caller: Caller, core: Services) -> Response:
    """Follow a job as server-sent events until it has ended."""
    core.collections.job(caller.user.id, job_id)
    return JobStream(core, caller.user.id, job_id)


@routes.post("/jobs/{job_id}/pause", **MANAGES)
def pause(job_id: JobId, caller: Caller, core: Services) -> JobAnswer:
    """Let a job rest until it is resumed, over restarts too."""
    return JobAnswer.model_validate(core.collections.pause_job(caller.user.id, job_id))


@routes.post("/jobs/{job_id}/resume", **MANAGES)
def resume(job_id: JobId, caller: Caller, core: Services) -> JobAnswer:
    """Go on with a job that was paused."""
    return JobAnswer.model_validate(core.collections.resume_job(caller.user.id, job_id))


@routes.post("/jobs/{job_id}/cancel", **MANAGES)
def cancel(job_id: JobId, caller: Caller, core: Services) -> JobAnswer:
    """End a job: what was not read yet goes to the trash."""
    return JobAnswer.model_validate(core.collections.cancel_job(caller.user.id, job_id))
