#!/usr/bin/env python3
"""Tries the Debian package where nothing else is: a bare Debian 12, no network, an ordinary user.

    sudo python3 packaging/linux/try_in_bare_root.py dist/outpost_*.deb OUT [--root FOLDER]

debootstrap makes the bare system, kept for the next time as FOLDER. The package and what it
declares to need are installed; X server, pointer and keyboard come from the outside. Then, as a
user without rights and in a network namespace without a network: the window opens, Guide is
deployed, a question is asked and answered with a citation. The package is removed, what was stored
has to be there; it is installed again, and the conversation has to be there. Pictures and figures
go to OUT.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

MIRROR = "http://deb.debian.org/debian"
USER, UID = "tester", 4242
DISPLAY = ":77"
QUESTION = "How many agents can be deployed at once?"
ANSWER = "3"
DATA = f"/home/{USER}/.local/share/outpost"
API = "/api/v1/agent-deployment"
START_WITHIN_S, READ_WITHIN_S, ANSWER_WITHIN_S = 60, 300, 120
KEY_PAUSE_MS = 25


class Bare:
    """The bare system: a folder that is run in with chroot."""

    def __init__(self, root: Path):
        self.root = root

    def make(self) -> None:
        """Make the system where it is not there yet."""
        if not (self.root / "usr/bin/apt-get").exists():
            command = ["debootstrap", "--variant=minbase", "bookworm", str(self.root), MIRROR]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        if not (self.root / f"home/{USER}").exists():
            self.call("useradd", "--create-home", "--uid", str(UID), USER)

    def strip(self) -> None:
        """Remove what an earlier package needed, so that the next brings all it needs itself."""
        self.call("apt-get", "autoremove", "--purge", "-y", "-q", stdout=subprocess.DEVNULL)

    def call(
        self, *command: str, check: bool = True, **how: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as root in the system."""
        environ = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"}
        words = ["chroot", str(self.root), *command]
        return subprocess.run(words, check=check, text=True, env={**environ, "LC_ALL": "C"}, **how)

    def as_user(self, *command: str, **how: Any) -> subprocess.Popen[bytes]:
        """Start a command as the user, where there is no network but loopback."""
        line = f"ip link set lo up; exec chroot --userspec={UID}:{UID} {self.root} /usr/bin/env -i "
        settings = {
            "HOME": f"/home/{USER}",
            "USER": USER,
            "PATH": "/usr/bin:/bin",
            "DISPLAY": DISPLAY,
            "LANG": "C.UTF-8",
        }
        line += " ".join(f"{name}={value}" for name, value in settings.items()) + ' "$@"'
        return subprocess.Popen(["unshare", "--net", "sh", "-c", line, "sh", *command], **how)

    @contextmanager
    def mounted(self) -> Iterator[None]:
        """Lend the system /proc, /dev and the X server's socket."""
        shutil.copyfile("/etc/resolv.conf", self.root / "etc/resolv.conf")  # for installing
        sockets = Path("/tmp/.X11-unix")
        sockets.mkdir(mode=0o1777, exist_ok=True)
        places = {
            "/proc": "proc",
            "/dev": "dev",
            "/dev/shm": "dev/shm",
            str(sockets): "tmp/.X11-unix",
        }
        for source, target in places.items():
            (self.root / target).mkdir(parents=True, exist_ok=True)
            subprocess.run(["mount", "--bind", source, str(self.root / target)], check=True)
        try:
            yield
        finally:
            for target in reversed(places.values()):
                subprocess.run(["umount", "--lazy", str(self.root / target)], check=False)


class Story:
    """What a person does with the package, with pictures and figures."""

    def __init__(self, bare: Bare, package: Path, out: Path):
        self.bare, self.package, self.out = bare, package, out
        self.figures: dict[str, Any] = {}
        self.window: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        with self.bare.mounted(), x_server():
            self.bare.strip()
            self.install("install")
            self.first_run()
            before = self.conversations()
            self.close()
            self.remove()
            self.install("install_again")
            self.open()
            self.expect(self.conversations() == before, "the conversation is still there")
            self.picture("5-installed-again")
            self.close()
            self.remove()

    # ------------------------------------------------------------ the package

    def install(self, name: str) -> None:
        began = time.monotonic()
        shutil.copy(self.package, self.bare.root / "tmp/outpost.deb")
        self.bare.call(
            "apt-get",
            "install",
            "-y",
            "-q",
            "--no-install-recommends",
            "/tmp/outpost.deb",
            stdout=subprocess.DEVNULL,
        )
        self.figures[f"{name}_s"] = round(time.monotonic() - began, 1)
        shown = self.bare.call(
            "dpkg-query", "-W", "-f", "${Installed-Size}", "outpost", capture_output=True
        )
        self.figures["installed_mb"] = round(int(shown.stdout) * 1024 / 1e6)

    def remove(self) -> None:
        """Remove the package: its files go, the user's stay."""
        self.bare.call("apt-get", "purge", "-y", "-q", "outpost", stdout=subprocess.DEVNULL)
        for gone in (
            "usr/bin/outpost",
            "usr/lib/outpost",
            "usr/share/applications/outpost.desktop",
        ):
            self.expect(not os.path.lexists(self.bare.root / gone), f"/{gone} is gone")
        self.expect((self.bare.root / DATA[1:] / "outpost.sqlite").exists(), "the data are there")

    # ------------------------------------------------------------ the window

    def first_run(self) -> None:
        """From the first start to an answer with a source, by pointer and keyboard."""
        self.open()
        self.picture("1-first-start")
        self.until(self.guide_is_read, READ_WITHIN_S, "the guide read")
        self.command("Deploy Guide")
        self.until(lambda: self.agent("Guide")["status"] == "deployed", 60, "Guide deployed")
        self.picture("2-deployed")
        self.command("Chat with Guide")
        time.sleep(1)
        self.click_into_the_question()
        self.hand("type", "--delay", str(KEY_PAUSE_MS), QUESTION)
        self.picture("3-question")
        self.hand("key", "Return")
        reply = self.until(self.answered, ANSWER_WITHIN_S, "the answer")
        self.picture("4-answer")
        self.figures["answer"] = reply["text"]
        self.expect(ANSWER in reply["text"], "the answer is right")

    def open(self) -> None:
        """Start the window as a double-click would and wait until it is there."""
        report = "/tmp/outpost-start.json"
        (self.bare.root / report[1:]).unlink(missing_ok=True)
        errors = (self.out / "stderr.txt").open("ab")
        self.window = self.bare.as_user("outpost-desktop", "--report-start", report, stderr=errors)
        shown = self.bare.root / report[1:]
        self.until(lambda: shown.exists() and shown.read_text(), START_WITHIN_S, "the window")
        started = self.figures.setdefault("window_shown_s", [])
        started.append(json.loads(shown.read_text())["window_shown_s"])
        self.until(lambda: (self.bare.root / DATA[1:] / "runtime.json").exists(), 30, "the API")
        time.sleep(2)

    def close(self) -> None:
        assert self.window is not None
        self.hand("key", "alt+F4")
        self.expect(self.window.wait(15) == 0, "the window closes")

    def command(self, words: str) -> None:
        """Use the command palette."""
        self.hand("key", "ctrl+k")
        time.sleep(0.7)
        self.hand("type", "--delay", str(KEY_PAUSE_MS), words)
        time.sleep(0.7)
        self.hand("key", "Return")

    def click_into_the_question(self) -> None:
        """Click where one writes: below the middle of the page at the right."""
        size = self.hand("getdisplaygeometry").split()
        self.hand("mousemove", str(int(size[0]) * 6 // 10), str(int(size[1]) - 75), "click", "1")

    def hand(self, *command: str) -> str:
        environ = {**os.environ, "DISPLAY": DISPLAY}
        return subprocess.check_output(["xdotool", *command], env=environ, text=True)

    def picture(self, name: str) -> None:
        time.sleep(0.5)
        shot = ["import", "-display", DISPLAY, "-window", "root", str(self.out / f"{name}.png")]
        subprocess.run(shot, check=True)

    # ------------------------------------------------------------ what the API tells

    def ask(self, path: str) -> Any:
        """Read a route from within the system, where alone it can be reached."""
        assert self.window is not None
        runtime = json.loads((self.bare.root / DATA[1:] / "runtime.json").read_text())
        command = ["nsenter", "--net", "--target", str(self.window.pid), sys.executable, "-c"]
        code = (
            "import sys, urllib.request as r;"
            "q = r.Request(sys.argv[1], headers={'Authorization': 'Bearer ' + sys.argv[2]});"
            "print(r.build_opener(r.ProxyHandler({})).open(q).read().decode())"
        )
        words = [*command, code, runtime["url"] + API + path, runtime["owner_token"]]
        return json.loads(subprocess.check_output(words, text=True))

    def agent(self, name: str) -> Any:
        (found,) = [each for each in self.ask("/agents")["data"] if each["name"] == name]
        return found

    def guide_is_read(self) -> bool:
        (collection,) = self.ask("/collections")["data"]
        return bool(collection["document_count"]) and (
            collection["ready_count"] == collection["document_count"]
        )

    def answered(self) -> Any:
        """Return the reply to the question once it is whole and names a source."""
        for each in self.ask("/conversations")["data"]:
            for message in self.ask(f"/conversations/{each['id']}")["messages"]:
                if message["role"] == "assistant" and message["state"] == "done":
                    self.expect(bool(message["citations"]), "the answer names a source")
                    return message
        return None

    def conversations(self) -> Any:
        found = [
            self.ask(f"/conversations/{each['id']}") for each in self.ask("/conversations")["data"]
        ]
        return [[message["text"] for message in each["messages"]] for each in found]

    # ------------------------------------------------------------ telling

    def until(self, look: Callable[[], T], within_s: float, what: str) -> T:
        deadline = time.monotonic() + within_s
        while not (seen := look()):
            if time.monotonic() > deadline or (self.window and self.window.poll() is not None):
                self.picture("failed")
                raise SystemExit(f"FAILED: {what} did not come")
            time.sleep(0.3)
        print(f"ok: {what}", flush=True)
        return seen

    def expect(self, true: bool, what: str) -> None:
        if not true:
            raise SystemExit(f"FAILED: not so: {what}")
        print(f"ok: {what}", flush=True)


@contextmanager
def x_server() -> Iterator[None]:
    """Run a screen that nobody sees, with a window manager."""
    screen = ["Xvfb", DISPLAY, "-screen", "0", "1440x900x24", "-nolisten", "tcp", "-ac", "-noreset"]
    server = subprocess.Popen(screen, stderr=subprocess.DEVNULL)
    time.sleep(2)
    manager = subprocess.Popen(["openbox", "--sm-disable"], env={**os.environ, "DISPLAY": DISPLAY})
    try:
        yield
    finally:
        for each in (manager, server):
            each.terminate()
            each.wait(10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("package", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--root", type=Path, default=Path("/var/tmp/outpost-bare-root"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    bare = Bare(options.root)
    bare.make()
    shutil.rmtree(bare.root / f"home/{USER}/.local", ignore_errors=True)
    story = Story(bare, options.package, options.out)
    story.run()
    (options.out / "figures.json").write_text(json.dumps(story.figures, indent=1))
    print(json.dumps(story.figures, indent=1))


if __name__ == "__main__":
    main()
