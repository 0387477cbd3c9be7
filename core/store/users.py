"""Users and their tokens on disk; of a token only its SHA-256 is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, literal, select, update

from core.errors import Conflict, NotFound
from core.records import ApiToken, Scope, TokenId, User, UserId, new_id, now
from core.store import messages
from core.store.audit import append
from core.store.database import Database
from core.store.schema import api_token, collection, document, metadata, outbox, user


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token together with the hash that its secret must have."""

    token: ApiToken
    secret_sha256: str


class UserStore:
    """The repository of users and tokens."""

    def __init__(self, database: Database):
        self._database = database

    def owner(self) -> User | None:
        """Return the user who runs this installation, once there is one."""
        found = self._users(user.c.is_owner.is_(True))
        return found[0] if found else None

    def list(self) -> list[User]:
        """Return all users in the order in which they came."""
        return [*self._users()]

    def get(self, user_id: UserId) -> User:
        """Return a user; raises NotFound."""
        return _only(self._users(user.c.id == user_id), user_id)

    def by_name(self, name: str) -> User:
        """Return the user of that name; raises NotFound."""
        return _only(self._users(user.c.name == name), name)

    def add(
        self,
        name: str,
        *,
        is_owner: bool = False,
        password_hash: str | None = None,
        by: UserId | None = None,
    ) -> User:
        """Add a user; raises Conflict where the name is taken. `by` is who acts in the window."""
        added = User(UserId(new_id("usr")), name, is_owner, now(), password_hash is not None)

        def write(connection: Connection) -> User:
            if connection.execute(select(user.c.id).where(user.c.name == name)).first():
                raise Conflict(f"There is already a user '{name}'.", param="name")
            connection.execute(
                insert(user).values(
                    id=added.id,
                    name=name,
                    is_owner=is_owner,
                    password_hash=password_hash,
                    created_at=added.created_at.isoformat(),
                )
            )
            append(connection, "user.add", added.id, by or added.id)
            return added

        return self._database.write(write)

    def add_token(self, token: ApiToken, secret_sha256: str) -> None:
        """Store a new token."""

        def write(connection: Connection) -> None:
            if token.is_session:
                _forget_old_sessions(connection, token.user_id)
            connection.execute(
                insert(api_token).values(
                    id=token.id,
                    user_id=token.user_id,
                    name=token.name,
                    scope=token.scope.value,
                    secret_sha256=secret_sha256,
                    created_at=token.created_at.isoformat(),
                    expires_at=token.expires_at.isoformat() if token.expires_at else None,
                    is_session=token.is_session,
                )
            )
            append(connection, "token.add", token.id, token.user_id, detail=token.scope)

        self._database.write(write)

    def tokens(self, user_id: UserId) -> Sequence[ApiToken]:
        """Return a user's tokens, newest first, revoked ones included."""
        query = select(api_token).where(api_token.c.user_id == user_id)
        query = query.order_by(api_token.c.created_at.desc(), api_token.c.id)
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return [_token(row) for row in rows]

    def token_by_hash(self, secret_sha256: str) -> StoredToken | None:
        """Return the token whose secret has this hash."""
        query = select(api_token).where(api_token.c.secret_sha256 == secret_sha256)
        row = self._database.read(lambda connection: connection.execute(query).first())
        return StoredToken(_token(row), row.secret_sha256) if row else None

    def token(self, token_id: TokenId) -> StoredToken | None:
        """Return the token of this id, whosever it is."""
        query = select(api_token).where(api_token.c.id == token_id)
        row = self._database.read(lambda connection: connection.execute(query).first())
        return StoredToken(_token(row), row.secret_sha256) if row else None

    def touch_token(self, token_id: TokenId, at: datetime) -> None:
        """Remember when a token was last used."""
        change = update(api_token).where(api_token.c.id == token_id)
        values = change.values(last_used_at=at.isoformat())
        self._database.write(lambda connection: connection.execute(values).rowcount)

    def revoke_token(self, user_id: UserId, token_id: TokenId) -> None:
        """End a token for good; raises NotFound for one of somebody else."""
        own = (api_token.c.id == token_id) & (api_token.c.user_id == user_id)

        def write(connection: Connection) -> None:
            row = connection.execute(select(api_token.c.revoked_at).where(own)).first()
            if row is None:
                raise NotFound("token", token_id)
            if row.revoked_at is None:
                at = now().isoformat()
                connection.execute(update(api_token).where(own).values(revoked_at=at))
                append(connection, "token.revoke", token_id, user_id)

        self._database.write(write)

    def password_hash(self, user_id: UserId) -> str | None:
        """Return what is stored of the user's password."""
        query = select(user.c.password_hash).where(user.c.id == user_id)
        return self._database.read(lambda connection: connection.execute(query).scalar())

    def set_password(
        self, user_id: UserId, password_hash: str | None, by: UserId
    ) -> Sequence[TokenId]:
        """Store another password, or none, and revoke the sessions opened with the old one.

        `by` is who acts in the window. Returns the revoked ones; raises NotFound.
        """
        open_sessions = (
            (api_token.c.user_id == user_id)
            & api_token.c.is_session
            & api_token.c.revoked_at.is_(None)
        )

        def write(connection: Connection) -> Sequence[TokenId]:
            change = update(user).where(user.c.id == user_id).values(password_hash=password_hash)
            if not connection.execute(change).rowcount:
                raise NotFound("user", user_id)
            ended = connection.execute(select(api_token.c.id).where(open_sessions)).scalars().all()
            revoked = {"revoked_at": now().isoformat()}
            connection.execute(update(api_token).where(open_sessions).values(revoked))
            append(connection, "user.password", user_id, by)
            return [TokenId(each) for each in ended]

        return self._database.write(write)

    def remove(self, user_id: UserId, by: UserId) -> Sequence[Path]:
        """Delete a user with every row that is theirs; return the files of their documents.

        What the search indexes hold is left to the outbox. Raises NotFound, and Conflict for
        who runs this installation and while a reply is being written.
        """

        def write(connection: Connection) -> Sequence[Path]:
            row = connection.execute(select(user.c.is_owner).where(user.c.id == user_id)).first()
            if row is None:
                raise NotFound("user", user_id)
            if row.is_owner:
                raise Conflict("Who runs this installation cannot be removed.")
            messages.forget_owner(connection, user_id)
            files = select(document.c.path).where(document.c.owner_id == user_id)
            paths = [Path(each) for each in connection.execute(files).scalars()]
            _delete_owned(connection, user_id)
            connection.execute(delete(user).where(user.c.id == user_id))
            append(connection, "user.remove", user_id, by)
            return paths

        return self._database.write(write)

    def note_refused_login(self, user_id: UserId | None) -> None:
        """Put into the audit log that somebody gave a wrong password."""
        self._database.write(
            lambda connection: append(connection, "login.refused", user_id or "", None)
        )

    def _users(self, *where: ColumnElement[bool]) -> Sequence[User]:
        query = select(user).where(*where).order_by(user.c.created_at, user.c.id)
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return [_user(row) for row in rows]


def _forget_old_sessions(connection: Connection, user_id: UserId) -> None:
    """Delete sessions that have ended by themselves; there is one for each login."""
    ended = api_token.c.expires_at <= now().isoformat()
    own = (api_token.c.user_id == user_id) & api_token.c.is_session
    connection.execute(delete(api_token).where(own & ended))


def _delete_owned(connection: Connection, user_id: UserId) -> None:
    """Delete from every table what belongs to a user, and have the indexes forget it."""
    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")  # their things name each other
    drop = select(literal("drop"), collection.c.id, literal(now().isoformat()))
    theirs = drop.where(collection.c.owner_id == user_id)
    columns = ["action", "collection_id", "created_at"]
    connection.execute(insert(outbox).from_select(columns, theirs))
    for table in metadata.sorted_tables:
        if "owner_id" in table.c:
            connection.execute(delete(table).where(table.c.owner_id == user_id))


def _only(found: Sequence[User], wanted: str) -> User:
    if not found:
        raise NotFound("user", wanted)
    return found[0]


def _user(row: Row[tuple[object, ...]]) -> User:
    return User(
        id=UserId(row.id),
        name=row.name,
        is_owner=row.is_owner,
        created_at=datetime.fromisoformat(row.created_at),
        has_password=row.password_hash is not None,
    )


def _token(row: Row[tuple[object, ...]]) -> ApiToken:
    return ApiToken(
        id=TokenId(row.id),
        user_id=UserId(row.user_id),
        name=row.name,
        scope=Scope(row.scope),
        created_at=datetime.fromisoformat(row.created_at),
        expires_at=_moment(row.expires_at),
        last_used_at=_moment(row.last_used_at),
        revoked_at=_moment(row.revoked_at),
        is_session=row.is_session,
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
