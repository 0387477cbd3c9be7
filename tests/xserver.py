"""An X server with a window manager, for journeys in a real window on a machine without a screen.

Qt's offscreen platform has no window manager, no focus and no close button: a journey that is to
show what a person sees needs the real thing.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

SCREEN = "1440x900x24"
DENSE_SCREEN = "2560x1720x24"
"""Room for the window where everything is twice as large."""
OPENBOX_SETTINGS = Path("/etc/xdg/openbox/rc.xml")
READY_WITHIN_S = 20.0


@contextmanager
def x_server(screen: str = SCREEN) -> Iterator[str]:
    """Run Xvfb with openbox on a free display and yield the display's name, such as ':99'."""
    with ExitStack() as stack:
        number, into = os.pipe()
        command = ["Xvfb", "-displayfd", str(into), "-screen", "0", screen, "-nolisten", "tcp"]
        # Else it starts anew when its last client leaves, throwing out who comes at that moment.
        command.append("-noreset")
        stack.enter_context(_running(command, dict(os.environ), into))
        os.close(into)
        with os.fdopen(number, encoding="ascii") as file:
            display = f":{int(file.readline())}"
        environ = {**os.environ, "DISPLAY": display}
        settings = stack.enter_context(tempfile.NamedTemporaryFile("w", suffix=".xml"))
        settings.write(_without_animation(OPENBOX_SETTINGS.read_text("utf-8")))
        settings.flush()
        manager = ["openbox", "--sm-disable", "--config-file", settings.name]
        stack.enter_context(_running(manager, environ))
        _await_window_manager(environ)
        yield display


def _without_animation(settings: str) -> str:
    """Have a window that is shown again be at its place at once, not on the way there.

    Meanwhile it would count as shown and active, but a press would miss it.
    """
    still = settings.replace("<animateIconify>yes<", "<animateIconify>no<")
    assert still != settings, "openbox's settings have changed"
    return still


@contextmanager
def _running(
    command: list[str], environ: dict[str, str], *inherited: int
) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(command, env=environ, pass_fds=inherited, stderr=subprocess.DEVNULL)
    try:
        yield child
    finally:
        child.terminate()
        child.wait(10)


def _await_window_manager(environ: dict[str, str]) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    command = ["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"]
    while b"window id" not in subprocess.run(command, env=environ, capture_output=True).stdout:
        assert time.monotonic() < deadline, "openbox did not start"
        time.sleep(0.02)
