"""A user who is removed: everything of theirs goes, and nothing of anybody else."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, select

from core.app import Core
from core.errors import Conflict, NotFound, Unauthenticated
from core.records import Scope
from core.store.conversations import ConversationStore
from core.store.schema import audit_event, metadata, outbox
from tests.core.api.conftest import Api, error_of
from tests.core.api.people import PASSWORD, person

OF_NOBODY = (audit_event, outbox)
"""The log outlives who is named in it; the outbox says what the indexes have still to forget."""


def rows(core: Core) -> dict[str, list[Any]]:
    """Everything that is stored of users, table by table."""
    return {
        table.name: [*core._database.read(partial(_all, table))]
        for table in metadata.sorted_tables
        if table not in OF_NOBODY
    }


def _all(table: Table, connection: Connection) -> Sequence[Any]:
    return connection.execute(select(table)).all()


def test_a_removed_user_leaves_nothing_behind(api: Api, tmp_path: Path) -> None:
    """No row of any table is left, no file and no token; what others have is as it was."""
    core = api.core
    person(core, "berta", tmp_path)
    before = rows(core)
    anna = person(core, "anna", tmp_path)
    upload = {"file": ("walrus.txt", b"Walruses live on the ice.")}
    api.client(anna.tokens[Scope.MANAGE]).post(
        f"/collections/{anna.things['collection_id']}/documents", files=upload
    )
    assert len(list(core.settings.uploads_dir.iterdir())) == 1
    ConversationStore(core._database).interrupt_unfinished()
    assert api.owner.delete(f"/users/{anna.user.id}").status_code == 204
    after = rows(core)
    del before["message"], after["message"]  # berta's was interrupted, too
    assert after == before
    assert list(core.settings.uploads_dir.iterdir()) == []
    assert (tmp_path / "anna.txt").exists()
    newest = core.audit.newest(1)[0]
    assert (newest.action, newest.subject) == ("user.remove", anna.user.id)
    assert newest.user_id == core.users.owner().id
    assert core.audit.verify().whole
    with pytest.raises(Unauthenticated):
        core.users.authenticate(anna.tokens[Scope.READ])
    with pytest.raises(Unauthenticated):
        core.users.authenticate_password("anna", PASSWORD)


def test_the_owner_stays_and_only_the_owner_removes(api: Api) -> None:
    """Nobody removes the owner, others remove nobody, and who is gone is not found."""
    owner, anna = api.core.users.owner(), api.user("anna")
    error_of(api.owner.delete(f"/users/{owner.id}"), 409)
    error_of(anna.delete(f"/users/{api.core.users.by_name('anna').id}"), 403)
    error_of(api.owner.delete("/users/usr_none"), 404)
    with pytest.raises(Conflict):
        api.core.users.remove(owner.id)
    with pytest.raises(NotFound):
        api.core.remove_user(type(owner.id)("usr_none"))


def test_what_was_said_by_a_removed_user_is_not_found(api: Api, tmp_path: Path) -> None:
    """The full-text index forgets their words and stays whole."""
    core = api.core
    anna = person(core, "anna", tmp_path)
    ConversationStore(core._database).interrupt_unfinished()
    assert core.conversations.search(anna.user.id, "Hello")
    core.remove_user(anna.user.id)
    check = "INSERT INTO message_fts(message_fts, rank) VALUES('integrity-check', 1)"
    core._database.write(lambda c: c.exec_driver_sql(check))
