"""Backups of everything that SQLite holds, for the owner alone."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Response

from core.api.answers import BackupAnswer, BackupContentsAnswer, Page
from core.api.paging import Paging
from core.api.routing import MANAGES, Caller, Services, require_owner, router

routes = router(tag="Backups", path="/backups")

Name = Annotated[str, Path(description="such as outpost-20261123-021500.sqlite")]


@routes.get("", **MANAGES)
def list_all(caller: Caller, core: Services, paging: Paging) -> Page[BackupAnswer]:
    """List backups, newest first."""
    require_owner(caller)
    return paging.page(core.backups.list(), BackupAnswer.of, key="name")


@routes.post("", status_code=201, **MANAGES)
def make(caller: Caller, core: Services) -> BackupAnswer:
    """Make a verified backup; it is kept until it is deleted."""
    require_owner(caller)
    return BackupAnswer.of(core.backups.make())


@routes.get("/{backup_name}", **MANAGES)
def look(backup_name: Name, caller: Caller, core: Services) -> BackupContentsAnswer:
    """Check a backup as a whole and say what is in it."""
    require_owner(caller)
    return BackupContentsAnswer.model_validate(core.backups.look(backup_name))


@routes.delete("/{backup_name}", status_code=204, **MANAGES)
def delete(backup_name: Name, caller: Caller, core: Services) -> Response:
    """Delete a backup."""
    require_owner(caller)
    core.backups.delete(backup_name)
    return Response(status_code=204)


@routes.post("/{backup_name}/restore", status_code=202, **MANAGES)
def restore(backup_name: Name, caller: Caller, core: Services) -> BackupContentsAnswer:
    """Have the next start of Outpost restore a backup; what is there then is set aside."""
    require_owner(caller)
    return BackupContentsAnswer.model_validate(core.backups.restore(backup_name))


@routes.delete("/{backup_name}/restore", status_code=204, **MANAGES)
def keep_present(backup_name: Name, caller: Caller, core: Services) -> Response:
    """Take the wish to restore this backup back."""
    require_owner(caller)
    core.backups.keep_present(backup_name)
    return Response(status_code=204)
