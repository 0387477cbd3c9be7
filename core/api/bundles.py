"""Everything as one file: exported as a download, compared and imported from this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi.responses import StreamingResponse

from core.api.answers import BroughtAnswer, BundleAnswer
from core.api.bodies.bundles import BundleBody, BundleImportBody, BundlePathBody
from core.api.paths import existing
from core.api.routing import MANAGES, Caller, Services, require_owner, router
from core.models.files import blocks_of
from core.records import new_id, now

routes = router(tag="Bundles", path="/bundle")

SUFFIX = ".outpost-bundle"
FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
}


@routes.post("/export", response_class=StreamingResponse, responses=FILE, **MANAGES)
def export(body: BundleBody, caller: Caller, core: Services) -> StreamingResponse:
    """Download agents, collections with their vectors, and models as one file; for the owner."""
    require_owner(caller)
    path = core.settings.bundle_dir / f"{new_id('exp')}{SUFFIX}"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    core.bundles.export(caller.user.id, path, body.wish())
    name = f"outpost-{now():%Y%m%d-%H%M%S}{SUFFIX}"
    headers = {
        "Content-Length": str(path.stat().st_size),
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return StreamingResponse(_sent(path), media_type="application/zip", headers=headers)


@routes.post("/inspect", **MANAGES)
def inspect(body: BundlePathBody, caller: Caller, core: Services) -> BundleAnswer:
    """Check a bundle of this machine as a whole, and say how it differs; for the owner alone."""
    require_owner(caller)
    found = core.bundles.inspect(caller.user.id, existing(body.path))
    return BundleAnswer.model_validate(found)


@routes.post("/import", **MANAGES)
def bring_in(body: BundleImportBody, caller: Caller, core: Services) -> BroughtAnswer:
    """Bring in what was chosen of a bundle; nothing that is here is lost. For the owner alone."""
    require_owner(caller)
    brought = core.bundles.bring_in(caller.user.id, existing(body.path), body.items)
    return BroughtAnswer.model_validate({"items": brought}, from_attributes=True)


def _sent(path: Path) -> Iterator[bytes]:
    """Yield a file's content and delete it, also where the client does not wait for its end."""
    try:
        yield from blocks_of(path)
    finally:
        path.unlink(missing_ok=True)
