"""What the pinned Qt binding must keep to, or the window crashes after some thousand calls."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QObject


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal from Python 3.12 on")
def test_calls_that_return_nothing_keep_their_reference_to_none() -> None:
    """PySide6 6.12.0 drops a reference to None with each void call: fatal once none is left."""
    subject = QObject()
    before = sys.getrefcount(None)
    for _ in range(1000):
        subject.setObjectName("subject")
    assert abs(sys.getrefcount(None) - before) < 100
