"""The X server for journeys shows a real, managed window and is gone afterwards."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.xserver import x_server

pytestmark = [
    pytest.mark.window,
    pytest.mark.skipif(
        sys.platform != "linux", reason="elsewhere the desktop that is there is used"
    ),
]

SHOW = """
from PySide6.QtWidgets import QApplication, QLabel
app = QApplication(["planted"])
label = QLabel("hello")
label.setWindowTitle("Planted window")
label.show()
app.exec()
"""


def ask(environ: dict[str, str], *command: str) -> str:
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60).stdout


def test_a_child_s_window_is_shown_managed_and_can_be_closed(
    window_environ: dict[str, str],
) -> None:
    """A window opens on the server, has a frame from the window manager, and ends when closed."""
    with subprocess.Popen([sys.executable, "-c", SHOW], env=window_environ) as child:
        try:
            search = ("xdotool", "search", "--sync", "--onlyvisible", "--name", "Planted window")
            window = ask(window_environ, *search).split()[0]
            assert "_NET_FRAME_EXTENTS" in ask(window_environ, "xprop", "-id", window)
            ask(window_environ, "xdotool", "windowactivate", "--sync", window, "key", "alt+F4")
            assert child.wait(20) == 0
        finally:
            child.kill()


def test_the_server_ends_with_its_block() -> None:
    """No X server is left behind for the next run to trip over."""
    with x_server() as display:
        assert "_NET_SUPPORTING_WM_CHECK" in ask({"DISPLAY": display}, "/usr/bin/xprop", "-root")
    assert ask({"DISPLAY": display}, "/usr/bin/xprop", "-root") == ""
