"""The one table: every error of the core has a status and an envelope."""

from __future__ import annotations

import inspect
import json

import core.errors as errors
from core.api.failures import TABLE, answer
from core.errors import Busy, OutpostError, Unauthenticated, UnusableModel

NOT_OVER_HTTP = {"OutpostError", "AlreadyRunning", "PortInUse"}
"""Raised before there is a server."""


def test_every_error_has_a_row() -> None:
    """An error added to the tree without a row in the table fails here."""
    for name, kind in vars(errors).items():
        if inspect.isclass(kind) and issubclass(kind, OutpostError) and name not in NOT_OVER_HTTP:
            assert any(issubclass(kind, row[0]) for row in TABLE), name


def test_general_rows_do_not_hide_special_ones() -> None:
    """The first fitting row decides, so a base class must come after those derived from it."""
    for place, (kind, _, _) in enumerate(TABLE):
        assert not any(issubclass(kind, earlier) for earlier, _, _ in TABLE[:place])


def test_headers_tell_what_to_do() -> None:
    """401 names the scheme; 503 says when to come back, in whole seconds."""
    refused = answer(Unauthenticated("The request carries no token."))
    assert refused.headers["www-authenticate"] == 'Bearer realm="outpost"'
    busy = answer(Busy("Too much at once.", retry_after_s=0.2))
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "1")


def test_files_say_why_they_cannot_be_used() -> None:
    """The stable reason is part of the envelope."""
    response = answer(UnusableModel("It is damaged.", reason="damaged"))
    error = json.loads(bytes(response.body))["error"]
    assert (response.status_code, error["reason"]) == (400, "damaged")


def test_an_error_without_a_row_is_a_server_error() -> None:
    """An unforeseen kind is not taken for the client's mistake."""
    assert answer(OutpostError("Something.")).status_code == 500
