"""A job as server-sent events, for whoever does not want to ask again and again.

    job    how far the job is, at the beginning and at each change
    done   the same, once nothing more will happen
    error  the envelope of every error

The stream sleeps until a change is announced: followers that wait cost nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

from fastapi.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from core.api.answers import JobAnswer
from core.api.failures import bug, envelope, event
from core.app import Core
from core.changes import Change, Topic
from core.errors import OutpostError
from core.records import JobId, UserId

log = logging.getLogger(__name__)

PING = b": still there\n\n"
PING_S = 15.0
PAUSE_S = 0.25
"""At least so long lies between two events: a job with a thousand small files is no flood."""
TOPICS = (Topic.DOCUMENTS, Topic.COLLECTIONS)


class JobStream(StreamingResponse):
    """Follows one job of the owner's, which is known to exist."""

    media_type = "text/event-stream"

    def __init__(self, core: Core, owner_id: UserId, job_id: JobId):
        super().__init__(_told(core, owner_id, job_id), headers={"Cache-Control": "no-store"})


async def _told(core: Core, owner_id: UserId, job_id: JobId) -> AsyncIterator[bytes]:
    loop, changed = asyncio.get_running_loop(), asyncio.Event()

    def hear(change: Change) -> None:
        if change.topic in TOPICS and change.owner_id in (owner_id, None):
            loop.call_soon_threadsafe(changed.set)

    unsubscribe = core.changes.subscribe(hear)
    try:
        async for piece in _pieces(core, owner_id, job_id, changed):
            yield piece
    except OutpostError as error:
        yield event("error", envelope(error))
    except Exception:
        log.exception("following a job failed")
        yield event("error", envelope(bug()))
    finally:
        unsubscribe()


async def _pieces(
    core: Core, owner_id: UserId, job_id: JobId, changed: asyncio.Event
) -> AsyncIterator[bytes]:
    last = b""
    while True:
        job = await run_in_threadpool(core.collections.job, owner_id, job_id)
        content = JobAnswer.model_validate(job).model_dump(mode="json")
        told = event("done" if job.finished else "job", content)
        if told != last:
            yield (last := told)
        if job.finished:
            return
        await asyncio.sleep(PAUSE_S)
        while not await _happened(changed):
            yield PING
        changed.clear()


async def _happened(changed: asyncio.Event) -> bool:
    """Wait for a change; False once it is time to say that the stream is alive."""
    try:
        await asyncio.wait_for(changed.wait(), PING_S)
    except TimeoutError:
        return False
    return True
