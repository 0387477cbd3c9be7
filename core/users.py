"""Who may use this installation, and the tokens by which programs prove it.

A token's secret has 256 random bits, so a plain SHA-256 protects it as well as a slow hash
would, and checking one costs nothing. The owner's token of each run is never stored at all. Who
has no access to the data folder logs in with a password, and gets a token for half a day.
"""

from __future__ import annotations

import getpass
import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from core.changes import Changes, Topic
from core.errors import InvalidInput, Unauthenticated
from core.passwords import Attempts, hash_password, is_password
from core.records import ApiToken, Scope, TokenId, User, UserId, new_id, now
from core.store.users import StoredToken, UserStore

PREFIX = "outp_"
SECRET_BYTES = 32
TOUCH_INTERVAL = timedelta(minutes=1)
"""A busy script must not cost a durable write for each request."""
MAX_NAME_LENGTH = 64
MAX_DAYS = 3650
SESSION = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking, and how much the token that they showed allows."""

    user: User
    scope: Scope
    token_id: TokenId | None
    """None for the owner's token of this run, and for who has just given a password."""
    expires_at: datetime | None = None
    by_password: bool = False
    """True for who gave name and password instead of a token, which opens a session alone."""


class Users:
    """Users and tokens."""

    def __init__(self, store: UserStore, changes: Changes):
        self._store = store
        self._changes = changes
        self._lock = threading.Lock()
        self._owner: User | None = None
        self._attempts = Attempts()
        self._touched: dict[TokenId, datetime] = {}
        self._run_token = PREFIX + secrets.token_urlsafe(SECRET_BYTES)

    def owner(self) -> User:
        """Return the user who runs this installation, made at the first start."""
        with self._lock:
            if self._owner is None:
                self._owner = self._store.owner() or self._store.add(_os_user(), is_owner=True)
            return self._owner

    def list(self) -> list[User]:
        """Return all users, the owner first."""
        self.owner()
        return self._store.list()

    def add(self, name: str, password: str | None = None) -> User:
        """Add a further user; raises Conflict where the name is taken, InvalidInput."""
        owner = self.owner()
        stored = hash_password(password) if password is not None else None
        added = self._store.add(_checked_name(name), password_hash=stored, by=owner.id)
        self._changes.announce(Topic.USERS, added.id)
        return added

    def get(self, user_id: UserId) -> User:
        """Return a user; raises NotFound."""
        return self._store.get(user_id)

    def by_name(self, name: str) -> User:
        """Return the user of that name; raises NotFound."""
        return self._store.by_name(name)

    def authenticate(self, secret: str) -> Principal:
        """Return whose token this is; raises Unauthenticated if nobody's, expired or revoked."""
        if hmac.compare_digest(secret.encode(), self._run_token.encode()):
            return Principal(self.owner(), Scope.MANAGE, None)
        digest = _digest(secret)
        stored = self._store.token_by_hash(digest)
        if stored is None or not _valid(stored, digest):
            raise Unauthenticated("The token is unknown, expired or revoked.")
        self._touch(stored.token)
        token = stored.token
        return Principal(self._store.get(token.user_id), token.scope, token.id, token.expires_at)

    def authenticate_password(self, name: str, password: str) -> Principal:
        """Return who that is; raises Unauthenticated, or TooManyAttempts after wrong ones."""
        self._attempts.begin(name)
        found = next((user for user in self._store.list() if user.name == name), None)
        if not is_password(password, self._store.password_hash(found.id) if found else None):
            self._store.note_refused_login(found.id if found else None)
            raise Unauthenticated(
                "Name and password do not belong together.",
                advice="Check both; the owner of this installation can set another password.",
            )
        assert found is not None  # only a stored password can be the right one
        self._attempts.succeeded(name)
        return Principal(found, Scope.MANAGE, None, by_password=True)

    def open_session(self, user_id: UserId) -> tuple[ApiToken, str]:
        """Make the token that somebody gets for the right password, good for half a day."""
        return self._make_token(user_id, "login", Scope.MANAGE, SESSION, is_session=True)

    def set_password(self, user_id: UserId, password: str | None) -> User:
        """Give the user another password, or none; ends the sessions opened with the old one."""
        stored = hash_password(password) if password is not None else None
        for token_id in self._store.set_password(user_id, stored, self.owner().id):
            self._changes.announce(Topic.TOKENS, token_id, user_id)
        self._changes.announce(Topic.USERS, user_id)
        return self._store.get(user_id)

    def shut_out(self, user_id: UserId) -> None:
        """End every token of a user, streams included; raises NotFound."""
        self.set_password(user_id, None)
        for token in self.tokens(user_id):
            if token.revoked_at is None:
                self.revoke_token(user_id, token.id)

    def remove(self, user_id: UserId) -> Sequence[Path]:
        """Delete a user with all that is theirs, for good; return the files of their documents.

        Raises NotFound, and Conflict for the owner and while a reply to them is being written.
        """
        files = self._store.remove(user_id, self.owner().id)
        self._changes.announce(Topic.USERS, user_id)
        return files

    def is_valid(self, token_id: TokenId) -> bool:
        """Tell whether the token still opens the door."""
        stored = self._store.token(token_id)
        return stored is not None and _valid(stored, stored.secret_sha256)

    def add_token(
        self, user_id: UserId, name: str, scope: Scope = Scope.MANAGE, days: int | None = None
    ) -> tuple[ApiToken, str]:
        """Make a token and return it with its secret, which is never shown again.

        `days` is how long it is valid; None means until it is revoked.
        """
        if days is not None and not 1 <= days <= MAX_DAYS:
            raise InvalidInput(f"A token is valid for 1 to {MAX_DAYS} days.", param="days")
        life = timedelta(days=days) if days is not None else None
        return self._make_token(user_id, _checked_name(name), scope, life)

    def _make_token(
        self,
        user_id: UserId,
        name: str,
        scope: Scope,
        life: timedelta | None,
        *,
        is_session: bool = False,
    ) -> tuple[ApiToken, str]:
        owner = self._store.get(user_id)
        made = now()
        token = ApiToken(
            id=TokenId(new_id("tok")),
            user_id=owner.id,
            name=name,
            scope=scope,
            created_at=made,
            expires_at=made + life if life is not None else None,
            last_used_at=None,
            is_session=is_session,
        )
        secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        self._store.add_token(token, _digest(secret))
        self._changes.announce(Topic.TOKENS, token.id, owner.id)
        return token, secret

    def tokens(self, user_id: UserId) -> Sequence[ApiToken]:
        """Return a user's tokens, newest first."""
        return self._store.tokens(user_id)

    def revoke_token(self, user_id: UserId, token_id: TokenId) -> None:
        """End a token for good; raises NotFound for one of somebody else."""
        self._store.revoke_token(user_id, token_id)
        self._changes.announce(Topic.TOKENS, token_id, user_id)

    def run_token(self) -> str:
        """Return the owner's token of this run; it ends with the process."""
        return self._run_token

    def take_run_token(self, secret: str) -> None:
        """Use a secret from outside as the owner's token of this run; raises InvalidInput."""
        if not re.fullmatch(r"[\x21-\x7e]{32,512}", secret):
            raise InvalidInput(
                "A token has 32 to 512 letters, digits and signs, without spaces.",
                advice="Make one with: openssl rand -base64 32",
            )
        self._run_token = secret

    def _touch(self, token: ApiToken) -> None:
        at = now()
        with self._lock:
            last = self._touched.get(token.id) or token.last_used_at
            if last is not None and at - last < TOUCH_INTERVAL:
                return
            self._touched[token.id] = at
        self._store.touch_token(token.id, at)


def _os_user() -> str:
    try:
        return _checked_name(getpass.getuser())
    except (OSError, KeyError, ImportError, InvalidInput):  # a container without a user database
        return "owner"


def _checked_name(name: str) -> str:
    """Return the name without spaces around it; raises InvalidInput for one that cannot be."""
    tidy = name.strip()
    if not 1 <= len(tidy) <= MAX_NAME_LENGTH or re.search(r"[\x00-\x1f\x7f-\x9f]", tidy):
        raise InvalidInput(f"A name has 1 to {MAX_NAME_LENGTH} printable characters.", param="name")
    return tidy


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _valid(stored: StoredToken, digest: str) -> bool:
    token = stored.token
    expired = token.expires_at is not None and token.expires_at <= now()
    same = hmac.compare_digest(stored.secret_sha256, digest)
    return same and not expired and token.revoked_at is None
