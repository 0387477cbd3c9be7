"""Change notices reach every listener, in order, whatever the other listeners do."""

from __future__ import annotations

import threading

import pytest

from core.changes import Change, Changes, Topic
from core.records import UserId


def test_a_listener_hears_what_changed_and_by_whom() -> None:
    """The notice carries topic, subject, owner and initiator as announced."""
    changes, heard = Changes(), list[Change]()
    changes.subscribe(heard.append)
    changes.announce(Topic.AGENTS, "agt_1", UserId("usr_1"), initiator="form")
    assert heard == [Change(Topic.AGENTS, "agt_1", UserId("usr_1"), "form")]


def test_every_listener_hears_in_the_order_of_subscription() -> None:
    """Two listeners both hear, the earlier one first."""
    changes, heard = Changes(), list[str]()
    changes.subscribe(lambda change: heard.append("first"))
    changes.subscribe(lambda change: heard.append("second"))
    changes.announce(Topic.MODELS)
    assert heard == ["first", "second"]


def test_unsubscribing_ends_it_and_may_be_repeated() -> None:
    """After unsubscribing nothing is heard; a second time does no harm."""
    changes, heard = Changes(), list[Change]()
    unsubscribe = changes.subscribe(heard.append)
    unsubscribe()
    unsubscribe()
    changes.announce(Topic.MODELS)
    assert heard == []


def test_each_subscription_ends_by_itself() -> None:
    """A listener subscribed twice hears twice, and once after one of the two has ended."""
    changes, heard = Changes(), list[Change]()
    end_one = changes.subscribe(heard.append)
    changes.subscribe(heard.append)
    end_one()
    changes.announce(Topic.MODELS)
    assert len(heard) == 1


@pytest.mark.allow_log("core.changes:ERROR:a change listener failed on Change")
def test_a_failing_listener_is_logged_and_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """The others still hear, the writer is not disturbed, and the trace is in the log."""
    changes, heard = Changes(), list[Change]()

    def fail(change: Change) -> None:
        raise RuntimeError("broken view")

    changes.subscribe(fail)
    changes.subscribe(heard.append)
    changes.announce(Topic.DOCUMENTS)
    assert len(heard) == 1
    assert "broken view" in caplog.text


def test_a_listener_may_subscribe_and_unsubscribe_while_hearing() -> None:
    """No deadlock, and the list of listeners changes from the next notice on."""
    changes, late = Changes(), list[Change]()

    def once(change: Change) -> None:
        end()
        changes.subscribe(late.append)

    end = changes.subscribe(once)
    changes.announce(Topic.AGENTS)
    assert late == []
    changes.announce(Topic.TOKENS)
    assert [change.topic for change in late] == [Topic.TOKENS]


def test_notices_from_many_threads_all_arrive() -> None:
    """Nothing is lost where several writers announce at once and listeners come and go."""
    changes, heard = Changes(), list[Change]()
    changes.subscribe(heard.append)

    def write() -> None:
        for _ in range(200):
            changes.subscribe(lambda change: None)()
            changes.announce(Topic.MESSAGES)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(heard) == 800
