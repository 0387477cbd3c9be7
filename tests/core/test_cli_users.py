"""The commands for users, the window's passphrase and the audit log."""

from __future__ import annotations

import io
import sqlite3

import pytest

from core.__main__ import main
from core.app import Core
from core.changes import Change, Topic
from core.config import Settings
from tests.core.test_cli import here, printed, served

__all__ = ["here", "served"]

Capture = pytest.CaptureFixture[str]


def test_a_password_is_read_from_the_pipe(
    served: Core, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is set when a user is added, changed and taken away, and never printed."""
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\nbattery staple\n"))
    assert main(["user", "add", "anna", "--password"]) == 0
    anna = served.users.authenticate_password("anna", "correct horse").user
    assert main(["user", "password", "anna"]) == 0
    assert served.users.authenticate_password("anna", "battery staple").user == anna
    assert main(["user", "password", "anna", "--none"]) == 0
    assert not served.users.get(anna.id).has_password
    assert "correct horse" not in capsys.readouterr().out


def test_a_user_is_removed_only_on_purpose(served: Core, capsys: Capture) -> None:
    """Without --yes nothing happens but a warning; with it, the user is gone."""
    assert main(["user", "add", "anna"]) == 0
    assert main(["user", "remove", "anna"]) == 1
    assert "--yes" in capsys.readouterr().err
    assert main(["user", "remove", "anna", "--yes"]) == 0
    assert [user.name for user in served.users.list()] == [served.users.owner().name]


def test_the_audit_log_names_route_and_object(served: Core, capsys: Capture) -> None:
    """What a command changed is in the log with its route."""
    assert main(["user", "add", "anna"]) == 0
    capsys.readouterr()
    listed = printed(capsys, "audit", "list", "--limit", "1")
    assert isinstance(listed, list)
    newest = listed[0]
    anna = served.users.by_name("anna")
    assert (newest["action"], newest["subject"]) == ("user.add", anna.id)
    assert (newest["route"], newest["user_id"]) == ("POST /users", served.users.owner().id)


def test_verify_finds_a_planted_change(here: Settings, capsys: Capture) -> None:
    """Status 0 and the last hash for a log as it was written; 1 once an entry was altered."""
    assert main(["user", "add", "anna"]) == 0
    assert main(["audit", "verify"]) == 0
    noted = capsys.readouterr().out.split()[-1]
    assert main(["audit", "verify", "--noted", noted]) == 0
    with sqlite3.connect(here.database_file) as connection:
        connection.execute("UPDATE audit_event SET subject = 'usr_other' WHERE seq = 2")
    connection.close()
    assert main(["audit", "verify"]) == 1
    assert "Entry 2" in capsys.readouterr().out


def test_verify_finds_a_cut_end(here: Settings, capsys: Capture) -> None:
    """A hash that was noted before and is gone is status 1."""
    assert main(["user", "add", "anna"]) == 0
    assert main(["audit", "verify", "--noted", "0" * 63 + "1"]) == 1
    assert "cut off" in capsys.readouterr().out


def test_a_forgotten_passphrase_of_the_window_is_removed(served: Core, capsys: Capture) -> None:
    """`outpost lock` tells of it, `outpost lock remove` takes it away and tells the window."""
    served.window_lock.set("correct horse")
    heard: list[Change] = []
    served.changes.subscribe(heard.append)
    assert printed(capsys, "lock") == {"object": "window_lock", "is_set": True}
    assert main(["lock", "remove"]) == 0
    assert not served.window_lock.is_set()
    assert heard == [Change(Topic.WINDOW_LOCK)]
    assert served.audit.newest(1)[0].route == "DELETE /window-lock"
