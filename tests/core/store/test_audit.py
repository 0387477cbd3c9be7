"""The audit log on a real database: who is named, and what its chain shows."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from core.actor import Actor, acting
from core.records import TokenId, UserId
from core.store.audit import START, AuditLog
from core.store.database import Database

OWNER = UserId("usr_owner")


@pytest.fixture
def log(database: Database) -> AuditLog:
    """A log with five entries of the window's."""
    made = AuditLog(database)
    for number in range(1, 6):
        made.note("thing.make", f"thg_{number}", OWNER)
    return made


def test_an_entry_names_who_acted_and_by_which_way(log: AuditLog) -> None:
    """Within `acting` it is that caller and route, outside the window in the owner's name."""
    who = Actor("POST /things", UserId("usr_anna"), TokenId("tok_1"))
    with acting(who):
        log.note("thing.make", "thg_6", OWNER)
    log.note("thing.make", "thg_7", OWNER)
    after, within = log.newest(2)
    assert (within.route, within.user_id, within.token_id) == ("POST /things", "usr_anna", "tok_1")
    assert (after.route, after.user_id, after.token_id) == ("desktop", OWNER, None)


def test_entries_are_read_in_pages_from_the_newest(log: AuditLog) -> None:
    """`before` goes on where the page before ended."""
    first = log.newest(2)
    assert [event.seq for event in first] == [5, 4]
    assert [event.seq for event in log.newest(9, before=first[-1].seq)] == [3, 2, 1]


def test_an_untouched_chain_is_whole(log: AuditLog) -> None:
    """All entries fit, and the verdict names the last one's hash."""
    verdict = log.verify()
    assert (verdict.whole, verdict.entries, verdict.broken_at) == (True, 5, None)
    assert verdict.last_hash == log.newest(1)[0].hash


def test_an_empty_log_is_whole(database: Database) -> None:
    """Nothing was written, so nothing can have been changed."""
    assert AuditLog(database).verify().last_hash == START


@pytest.mark.parametrize(
    ("change", "broken_at"),
    [
        ("UPDATE audit_event SET at = '2020-01-01' WHERE seq = 1", 1),
        ("UPDATE audit_event SET user_id = 'usr_eve' WHERE seq = 3", 3),
        ("UPDATE audit_event SET token_id = 'tok_eve' WHERE seq = 3", 3),
        ("UPDATE audit_event SET route = 'desktop ' WHERE seq = 3", 3),
        ("UPDATE audit_event SET action = 'thing.take' WHERE seq = 5", 5),
        ("UPDATE audit_event SET subject = 'thg_0' WHERE seq = 5", 5),
        ("UPDATE audit_event SET detail = 'x' WHERE seq = 2", 2),
        ("UPDATE audit_event SET hash = previous_hash WHERE seq = 2", 2),
        ("UPDATE audit_event SET previous_hash = hash WHERE seq = 4", 4),
        ("DELETE FROM audit_event WHERE seq = 1", 2),
        ("DELETE FROM audit_event WHERE seq = 3", 4),
        ("UPDATE audit_event SET seq = 9 WHERE seq = 5", 9),
        (
            "INSERT INTO audit_event SELECT 6, at, user_id, token_id, route, action, subject,"
            " detail, hash, hash FROM audit_event WHERE seq = 5",
            6,
        ),
    ],
)
def test_every_planted_change_is_found(
    log: AuditLog, database: Database, change: str, broken_at: int
) -> None:
    """Altering any column, removing, moving or adding an entry breaks the chain there."""
    database.write(lambda connection: connection.execute(text(change)).rowcount)
    verdict = log.verify()
    assert (verdict.whole, verdict.broken_at) == (False, broken_at)


def test_a_cut_end_shows_against_a_noted_hash(log: AuditLog, database: Database) -> None:
    """The shorter chain fits in itself; the hash noted before is no longer in it."""
    noted = log.verify().last_hash
    assert log.verify(noted).whole
    database.write(
        lambda connection: (
            connection.execute(text("DELETE FROM audit_event WHERE seq = 5")).rowcount
        )
    )
    assert log.verify().whole
    assert not log.verify(noted).whole
