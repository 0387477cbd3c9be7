"""docs/errors.md, held against the errors themselves: every code, its status, what it means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import core.api.refusals
import core.cli.client
from core.api.failures import TABLE
from core.errors import OutpostError

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "errors.md").read_text("utf-8")
LOCAL = {"already_running", "port_in_use", "unreachable", "wrong_passphrase"}
"""Said by the window and the command line alone, the first before there is HTTP to talk."""
IN_NOBODYS_NAME = {"OutpostError", "Refused", "BrokenBody"}
"""The base of all, one that carries the code of another, and one that shares its code."""


def errors(kind: type[OutpostError] = OutpostError) -> Iterator[type[OutpostError]]:
    """Every error there is, the API's and the command line's own included."""
    yield kind
    for derived in kind.__subclasses__():
        yield from errors(derived)


def row(kind: type[OutpostError]) -> tuple[str, str, str]:
    """What the table has to say of an error."""
    status = next((status for each, status, _ in TABLE if issubclass(kind, each)), 500)
    meaning = (kind.__doc__ or "").partition("\n")[0]
    return kind.code, "-" if kind.code in LOCAL else str(status), meaning


def test_the_table_has_every_code() -> None:
    """An error that is added, renamed or given another status is missed in the table."""
    assert core.api.refusals is not None
    assert core.cli.client is not None
    named = [each for each in errors() if each.__name__ not in IN_NOBODYS_NAME]
    there = {row(each) for each in named if each.__module__.startswith("core.")}
    listed = re.findall(r"^\| `(\w+)` \| (\S+) \| (.+?) \|", TEXT, re.MULTILINE)
    assert len(listed) == len(there) > 25
    assert set(listed) == there


def test_codes_are_of_one_error_each() -> None:
    """A program can tell errors apart by their code alone."""
    codes = [each.code for each in errors() if each.__name__ not in IN_NOBODYS_NAME]
    ours = [code for code in codes if code != "error"]
    assert len(ours) == len(set(ours))
