"""Eyes and hands of a person at Outpost's window, for the stories told through it.

The hands are the X server's: real pointer, real keys, through the window manager. The eyes are
`tests/journeys/onlooker.py` in the window's own process, since a test cannot read a picture.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
SOON_S = 20.0
"""Whatever a press brings about in the window is there after this."""
KEY_PAUSE_MS = 12
MOST_TABS = 60
CLOSE_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list or table: its words, and where it is on the screen."""

    words: list[str]
    centre: list[int]


@dataclass(frozen=True, slots=True)
class Sight:
    """What a person can tell of one thing in the window."""

    kind: str
    centre: list[int]
    """Where on the screen, in pixels: the middle of the part that is to be seen."""
    enabled: bool
    text: str
    meaning: str
    """What a screen reader adds to its name."""
    rows: list[Row]
    marked: str
    """The marked words in view."""


class Window:
    """Outpost's window on a data folder, from its start to its end."""

    def __init__(self, folder: Path, environ: dict[str, str], *under: str):
        self.folder = folder
        self.environ, self._under = environ, under
        self._pictures = folder.parent
        self._errors = folder.parent / "stderr.txt"
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._answers: Any = None

    # ------------------------------------------------------------ life

    def open(self, *, guided: bool = False, rail: str = "Agents") -> None:
        """Start Outpost and wait for its pages; skip the first steps unless they are wanted."""
        self._line, theirs = socket.socketpair()
        self._line.settimeout(SOON_S)
        self._answers = self._line.makefile("r", encoding="utf-8")
        command = [*self._under, sys.executable, "-m", "tests.journeys.onlooker"]
        arguments = [str(theirs.fileno()), "--port", "0", "--data-dir", str(self.folder)]
        with theirs, self._errors.open("ab") as errors:
            self._process = subprocess.Popen(
                [*command, *arguments],
                cwd=ROOT,
                env=self.environ,
                pass_fds=[theirs.fileno()],
                stderr=errors,
            )
        self.find(rail, "QToolButton", within_s=60)
        if not guided and self.sees("Skip the guide"):
            self.click("Skip the guide")

    def close(self) -> int:
        """Close the window by its key and return the exit status; fails if that takes long."""
        began = time.monotonic()
        self.press("alt+F4")
        status = self._ended(CLOSE_WITHIN_S + 5)
        taken = time.monotonic() - began
        assert taken < CLOSE_WITHIN_S, f"closing took {taken:.1f} s"
        self._expect_no_complaint()
        return status

    def _expect_no_complaint(self) -> None:
        """Fail where Outpost logged a warning, or something went wrong unseen."""
        logged = [file.read_text("utf-8") for file in self.folder.rglob("*.log")]
        assert not any(logged), "".join(logged)
        errors = self._errors.read_text("utf-8")
        assert "Traceback" not in errors, errors

    def kill(self) -> None:
        """End the process as a power cut would; nothing happens where it has ended."""
        if self._process is not None:
            self._process.kill()
            self._ended(10)

    def _ended(self, within_s: float) -> int:
        assert self._process is not None
        assert self._line is not None
        status = self._process.wait(within_s)
        self._answers.close()
        self._line.close()
        self._process = self._line = None
        return status

    # ------------------------------------------------------------ eyes

    def sees(self, name: str, kind: str = "") -> list[Sight]:
        """Everything visible that has this name."""
        found = self._ask(see=name)
        sights = [Sight(**{**each, "rows": [Row(**row) for row in each["rows"]]}) for each in found]
        return [sight for sight in sights if kind in ("", sight.kind)]

    def find(self, name: str, kind: str = "", within_s: float = SOON_S) -> Sight:
        """The one thing of this name that can be used, as soon as it is there."""

        def found() -> Sight | None:
            usable = [sight for sight in self.sees(name, kind) if sight.enabled]
            assert len(usable) < 2, f"more than one {name!r}: {usable}"
            return usable[0] if usable else None

        return self.until(found, within_s, name)

    def until(self, look: Callable[[], T | None], within_s: float = SOON_S, what: str = "") -> T:
        """Look until there is something and return it; fails with a picture if there is not."""
        deadline = time.monotonic() + within_s
        while not (seen := look()):
            if time.monotonic() > deadline:
                self.picture("failed")
                raise AssertionError(f"not to be seen: {what}; there is {self._ask(names=True)}")
            time.sleep(0.05)
        return seen

    def state(self) -> dict[str, Any]:
        """The main window's X id, and whether it is shown and active."""
        (window,) = self._ask(window=True)
        return dict(window)

    def focus(self) -> str:
        """The name of what the keyboard is on."""
        return str(self._ask(focus=True))

    def picture(self, name: str, settle_s: float = 0.3) -> None:
        """Save a picture of the window beside the data folder, once what changed is painted."""
        time.sleep(settle_s)
        assert self._ask(picture=str(self._pictures / f"{name}.png"))

    def _ask(self, **request: object) -> Any:
        assert self._line is not None
        self._line.sendall(json.dumps(request).encode() + b"\n")
        line = self._answers.readline()
        assert line, "the window has gone: " + self._errors.read_text("utf-8")
        content = json.loads(line)
        assert "answer" in content, content["error"]
        return content["answer"]

    # ------------------------------------------------------------ hands

    def click(self, name: str, kind: str = "") -> None:
        """Press the left button on something, once it is there and under the pointer."""
        pointed: list[int] = []
        while (now := self.find(name, kind).centre) != pointed:
            self._point(now)
            pointed = now
        self._hand("click", "1")

    def click_at(self, centre: list[int]) -> None:
        self._point(centre)
        self._hand("click", "1")

    def _point(self, centre: list[int]) -> None:
        """Move the pointer; what is on a page may move too, so look again before pressing."""
        x, y = map(str, centre)
        self._hand("mousemove", x, y)  # "--sync" waits 15 s where the pointer is there already

    def type(self, text: str) -> None:
        """Type on the keyboard, wherever that goes."""
        self._hand("type", "--delay", str(KEY_PAUSE_MS), text)

    def press(self, keys: str) -> None:
        """Press a key or a combination in Outpost's window, brought to the front for it."""
        window = str(self.state()["id"])
        self._hand("windowactivate", "--sync", window, "key", keys)

    def key(self, keys: str) -> None:
        """Press a key in whatever is open over the window: a menu, a dialog."""
        self._hand("key", keys)

    def tab_to(self, name: str) -> None:
        """Press Tab until the keyboard is on something."""
        for _ in range(MOST_TABS):
            if self.focus() == name:
                return
            self.key("Tab")
        raise AssertionError(f"Tab does not lead to {name!r}")

    def minimise(self) -> None:
        self._hand("windowminimize", "--sync", str(self.state()["id"]))

    def _hand(self, *command: str) -> None:
        subprocess.run(["xdotool", *command], env=self.environ, check=True, timeout=SOON_S)
