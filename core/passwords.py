"""Passwords of users who have no access to the data folder: hashed slowly, and tried slowly.

Argon2id with 64 MiB and three passes, after RFC 9106's second recommendation, makes each guess
cost a tenth of a second and as much memory. Who guesses online meets growing waits as well.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from functools import cache
from typing import TYPE_CHECKING

from core.errors import Busy, InvalidInput, TooManyAttempts

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MEMORY_KIB = 65_536
PASSES = 3
LANES = 4
MIN_LENGTH, MAX_LENGTH = 8, 1000
FREE_ATTEMPTS = 3
"""Typing errors that cost nothing."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 300.0
MAX_NAMES = 1000
TURN_S = 5.0
"""How long an attempt waits for the ones before it."""

_one_at_a_time = threading.Lock()


def hash_password(password: str) -> str:
    """Return what is stored of a password; raises InvalidInput for one too short or too long."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise InvalidInput(
            f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters.", param="password"
        )
    return _hasher().hash(password)


def is_password(password: str, stored: str | None) -> bool:
    """Tell whether the password is the one stored; as slow where there is none.

    One attempt is computed at a time, so that many at once cannot take all memory; raises Busy
    where too many wait.
    """
    from argon2.exceptions import VerificationError

    if not _one_at_a_time.acquire(timeout=TURN_S):
        raise Busy("Too many passwords are being checked already.")
    try:
        return _hasher().verify(stored or _nobodys(), password) and stored is not None
    except VerificationError:
        return False
    finally:
        _one_at_a_time.release()


class Attempts:
    """Counts failed attempts for each name and makes the next one wait: 1, 2, 4 … 300 s."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failed: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def begin(self, name: str) -> None:
        """Count an attempt as failed until `succeeded`; raises TooManyAttempts before its time.

        Counted first, so that attempts at the same moment do not all pass as the first one.
        """
        key, now = name.casefold(), time.monotonic()
        with self._lock:
            count, allowed_at = self._failed.get(key, (0, now))
            if now < allowed_at:
                raise TooManyAttempts(allowed_at - now)
            wait_s = min(FIRST_WAIT_S * 2.0 ** (count - FREE_ATTEMPTS), LONGEST_WAIT_S)
            self._failed[key] = (count + 1, now + (wait_s if count >= FREE_ATTEMPTS else 0.0))
            self._failed.move_to_end(key)
            if len(self._failed) > MAX_NAMES:
                self._failed.popitem(last=False)

    def succeeded(self, name: str) -> None:
        """Forget the failures of a name."""
        with self._lock:
            self._failed.pop(name.casefold(), None)


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher, Type

    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES, type=Type.ID)


@cache
def _nobodys() -> str:
    """Return a hash to compare with where a user does not exist or has no password."""
    return _hasher().hash("nobody's password")
