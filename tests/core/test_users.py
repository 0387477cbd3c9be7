"""Users, tokens and the audit log, on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import core.users
from core.changes import Change, Changes, Topic
from core.errors import Conflict, InvalidInput, NotFound, Unauthenticated
from core.records import Scope, TokenId, UserId, now
from core.store.audit import AuditLog
from core.store.database import Database
from core.store.users import UserStore
from core.users import Users


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A fresh database."""
    made = Database(tmp_path / "outpost.sqlite")
    yield made
    made.close()


@pytest.fixture
def users(database: Database) -> Users:
    """The service over the fresh database."""
    return Users(UserStore(database), Changes())


def test_owner_is_made_once_and_stays(users: Users, database: Database) -> None:
    """The owner is the same person after a restart."""
    owner = users.owner()
    assert owner.is_owner
    assert owner.name
    assert Users(UserStore(database), Changes()).owner() == owner
    assert users.list() == [owner]


def test_a_container_without_a_user_database_has_an_owner(
    users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the operating system knows no name, the owner is called 'owner'."""

    def fail() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr("getpass.getuser", fail)
    assert users.owner().name == "owner"


def test_added_users_are_found_by_id_and_name(users: Users) -> None:
    """A further user can be looked up either way and is no owner."""
    anna = users.add("  anna ")
    assert (users.get(anna.id), users.by_name("anna")) == (anna, anna)
    assert not anna.is_owner
    assert [user.is_owner for user in users.list()] == [True, False]


def test_names_must_be_free_and_printable(users: Users) -> None:
    """A taken, empty, long or unprintable name is refused."""
    users.add("anna")
    with pytest.raises(Conflict):
        users.add("anna")
    for name in ("", "  ", "x" * 65, "a\nb"):
        with pytest.raises(InvalidInput):
            users.add(name)


def test_unknown_users_are_not_found(users: Users) -> None:
    """A missing id or name is an error, never a default."""
    with pytest.raises(NotFound):
        users.get(UserId("usr_none"))
    with pytest.raises(NotFound):
        users.by_name("nobody")


def test_a_token_opens_the_door_for_its_user(users: Users) -> None:
    """The secret names its user and scope."""
    anna = users.add("anna")
    token, secret = users.add_token(anna.id, "nightly", Scope.CHAT)
    principal = users.authenticate(secret)
    assert (principal.user, principal.scope, principal.token_id) == (anna, Scope.CHAT, token.id)
    assert len(secret) >= 43 + len("outp_")


def test_the_secret_is_nowhere_on_disk(users: Users, database: Database) -> None:
    """Neither a token's secret nor the token of the run is in the data folder."""
    _, secret = users.add_token(users.owner().id, "nightly")
    users.authenticate(secret)
    users.authenticate(users.run_token())
    content = b"".join(path.read_bytes() for path in database.path.parent.iterdir())
    assert secret.encode() not in content
    assert users.run_token().encode() not in content


@pytest.mark.parametrize("secret", ["", "outp_", "outp_wrong", "é" * 50, "x" * 5000])
def test_other_secrets_are_refused(users: Users, secret: str) -> None:
    """Anything that is no token's secret is unauthenticated."""
    users.owner()
    with pytest.raises(Unauthenticated):
        users.authenticate(secret)


def test_expired_tokens_are_refused(users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token ends with its last day."""
    _, secret = users.add_token(users.owner().id, "short", days=1)
    users.authenticate(secret)
    monkeypatch.setattr(core.users, "now", lambda: now() + timedelta(days=1, seconds=1))
    with pytest.raises(Unauthenticated):
        users.authenticate(secret)


def test_revoked_tokens_are_refused_and_stay_listed(users: Users) -> None:
    """Revoking takes effect at once; the list remembers the token."""
    owner = users.owner()
    token, secret = users.add_token(owner.id, "gone")
    users.revoke_token(owner.id, token.id)
    users.revoke_token(owner.id, token.id)
    with pytest.raises(Unauthenticated):
        users.authenticate(secret)
    (listed,) = users.tokens(owner.id)
    assert listed.revoked_at is not None


def test_tokens_of_others_cannot_be_revoked(users: Users) -> None:
    """Another user's token answers like a missing one."""
    token, secret = users.add_token(users.owner().id, "mine")
    with pytest.raises(NotFound):
        users.revoke_token(users.add("anna").id, token.id)
    with pytest.raises(NotFound):
        users.revoke_token(users.owner().id, TokenId("tok_none"))
    users.authenticate(secret)


@pytest.mark.parametrize("days", [0, -1, 100_000])
def test_impossible_lifetimes_are_refused(users: Users, days: int) -> None:
    """A token cannot be valid for no time or for centuries."""
    with pytest.raises(InvalidInput):
        users.add_token(users.owner().id, "odd", days=days)


def test_last_use_is_written_at_most_once_a_minute(
    users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy script costs one write a minute, not one a request."""
    owner = users.owner()
    _, secret = users.add_token(owner.id, "busy")
    users.authenticate(secret)
    first = users.tokens(owner.id)[0].last_used_at
    assert first is not None
    users.authenticate(secret)
    assert users.tokens(owner.id)[0].last_used_at == first
    monkeypatch.setattr(core.users, "now", lambda: first + timedelta(seconds=61))
    users.authenticate(secret)
    assert users.tokens(owner.id)[0].last_used_at == first + timedelta(seconds=61)


def test_token_changes_are_announced_to_their_user(database: Database) -> None:
    """Views of tokens hear of new and revoked ones."""
    changes, heard = Changes(), list[Change]()
    changes.subscribe(heard.append)
    users = Users(UserStore(database), changes)
    owner = users.owner()
    token, _ = users.add_token(owner.id, "nightly")
    users.revoke_token(owner.id, token.id)
    assert heard == [Change(Topic.TOKENS, token.id, owner.id)] * 2


def test_users_and_tokens_are_in_the_audit_log(users: Users, database: Database) -> None:
    """Each change names the thing by its id; no name of a user or token is in the log."""
    owner = users.owner()
    token, _ = users.add_token(owner.id, "nightly")
    anna = users.add("anna")
    users.revoke_token(owner.id, token.id)
    events = AuditLog(database).newest()
    assert [(event.action, event.subject) for event in reversed(events)] == [
        ("user.add", owner.id),
        ("token.add", token.id),
        ("user.add", anna.id),
        ("token.revoke", token.id),
    ]
    assert not {"nightly", "anna"} & {event.detail for event in events}
