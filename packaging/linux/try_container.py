#!/usr/bin/env python3
"""Does what packaging/docker says without Docker: its steps in a bare Debian, then the container.

    sudo python3 packaging/linux/try_container.py dist/outpost_*.deb [--root FOLDER]

The Dockerfile's own lines are run in a layer above the bare system. What Docker makes of
compose.yaml is made by hand: a read-only root, /tmp and /data to write to, no capabilities, no new
rights, the user of the image, a secret, and a network of its own that has loopback alone. An agent
has to answer there, healthcheck.sh has to say so, and SIGTERM has to end it in time.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from try_in_bare_root import API, Bare

DOCKER = Path(__file__).resolve().parent.parent / "docker"
SECRET = "run/secrets/outpost_token"
TOKEN = "a-token-of-this-trial-and-nothing-else"
URL = f"http://127.0.0.1:8004{API}"
WITHIN_S, STOP_WITHIN_S = 60, 10
START = """
set -e
ip link set lo up
cd "$1"
mount --bind . .
cd "$1"
mount --make-private .
mount -o remount,bind,ro .
mount -t tmpfs -o mode=1777 tmpfs tmp
mount --bind "$2" data
mount -t proc proc proc
mount --bind /dev dev
shift 2
exec chroot . "$@"
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("package", type=Path)
    parser.add_argument("--root", type=Path, default=Path("/var/tmp/outpost-bare-root"))
    options = parser.parse_args()
    bare = Bare(options.root)
    bare.make()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as work, layer(bare, Path(work)) as image:
        shutil.copyfile(options.package, Path(work, "outpost.deb"))
        settings = built(image, Path(work))
        container = Container(image.root, settings)
        container.run(Path(work))


@contextmanager
def layer(bare: Bare, work: Path) -> Iterator[Bare]:
    """Lend a layer above the bare system, which stays as it is."""
    for name in ("upper", "work", "image"):
        (work / name).mkdir()
    places = f"lowerdir={bare.root},upperdir={work}/upper,workdir={work}/work"
    mount = ["mount", "-t", "overlay", "overlay", "-o", places, str(work / "image")]
    subprocess.run(mount, check=True)
    try:
        yield Bare(work / "image")
    finally:
        subprocess.run(["umount", "--lazy", str(work / "image")], check=True)


def lines() -> Iterator[tuple[str, str]]:
    """Yield the Dockerfile's instructions with what follows them."""
    text = re.sub(r"^#.*\n", "", (DOCKER / "Dockerfile").read_text("utf-8"), flags=re.M)
    for line in text.replace("\\\n", " ").splitlines():
        word, _, rest = line.partition(" ")
        if word:
            yield word, rest


def built(image: Bare, work: Path) -> dict[str, str]:
    """Run the Dockerfile's lines in the image; returns those that say how it is started."""
    settings: dict[str, str] = {}
    for word, rest in lines():
        if word == "COPY":
            *options, target = shlex.split(rest)
            for name in (each for each in options if not each.startswith("--")):
                source = work / name if name == "outpost.deb" else DOCKER / name
                place = image.root / target.lstrip("/")
                shutil.copyfile(source, place / name if target.endswith("/") else place)
                (place / name if target.endswith("/") else place).chmod(0o755)
        elif word == "RUN":
            shutil.copyfile("/etc/resolv.conf", image.root / "etc/resolv.conf")
            image.call("sh", "-ec", rest, stdout=subprocess.DEVNULL)
            print(f"ok: RUN {rest[:60]}…", flush=True)
        else:
            settings[word] = rest
    return settings


class Container:
    """The image as compose.yaml has it run."""

    def __init__(self, root: Path, settings: dict[str, str]):
        self.root = root
        self.user = settings["USER"]
        self.environ = dict(each.split("=", 1) for each in settings["ENV"].split())
        (self.entry,) = json.loads(settings["ENTRYPOINT"])
        self.process: subprocess.Popen[bytes] | None = None

    def run(self, work: Path) -> None:
        volume = work / "volume"
        volume.mkdir(mode=0o700)
        account = f"{self._id('-u')}:{self._id('-g')}"
        subprocess.run(["chown", account, volume, self._secret()], check=True)
        self.start(volume)
        try:
            self.expect_healthy()
            self.expect_answer()
            self.expect_nothing_written()
        finally:
            self.stop()

    def _id(self, option: str) -> str:
        words = ["chroot", str(self.root), "id", option, self.user]
        return subprocess.check_output(words, text=True).strip()

    def _secret(self) -> Path:
        file = self.root / SECRET
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(TOKEN)
        file.chmod(0o400)
        return file

    def _limited(self, *command: str) -> list[str]:
        """Return a command as the image's user has it, without any rights."""
        rights = ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--clear-groups"]
        who = [f"--reuid={self._id('-u')}", f"--regid={self._id('-g')}"]
        settings = [f"{name}={value}" for name, value in self.environ.items()]
        path = "PATH=/usr/local/bin:/usr/bin:/bin"
        return ["/usr/bin/env", "-i", path, *settings, "setpriv", *rights, *who, *command]

    def start(self, volume: Path) -> None:
        apart = ["unshare", "--net", "--mount", "sh", "-c", START, "sh"]
        words = [*apart, str(self.root), str(volume), *self._limited(self.entry)]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL)

    def inside(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the running container, as `docker exec` would."""
        assert self.process is not None
        # Its own root: opened by a path, that would be the folder without what is mounted in it.
        enter = ["nsenter", "--target", str(self.process.pid), "--net", "--mount", "--root"]
        return subprocess.run(
            [*enter, *self._limited(*command)], capture_output=True, text=True, check=False
        )

    def expect_healthy(self) -> None:
        deadline = time.monotonic() + WITHIN_S
        while self.inside("healthcheck.sh").returncode != 0:
            assert self.process is not None
            if self.process.poll() is not None or time.monotonic() > deadline:
                expect(False, f"runs and is healthy within {WITHIN_S} s")
            time.sleep(0.5)
        print("ok: healthcheck.sh", flush=True)

    def expect_answer(self) -> None:
        """Ask by the secret's token, from outside the image but in its network."""
        assert self.process is not None
        code = (
            "import sys, urllib.request as r;"
            "q = r.Request(sys.argv[1], headers={'Authorization': 'Bearer ' + sys.argv[2]});"
            "print(r.build_opener(r.ProxyHandler({})).open(q).read().decode())"
        )
        enter = ["nsenter", "--net", "--target", str(self.process.pid), sys.executable, "-c", code]
        status = subprocess.check_output([*enter, f"{URL}/status", TOKEN], text=True)
        print(f"ok: /status by the secret: {status.strip()[:120]}", flush=True)
        deployed = self.inside("outpost", "agents", "deploy", "Assistant")
        expect(deployed.returncode == 0, f"Assistant is deployed {deployed.stderr}")
        asked = self.inside("outpost", "ask", "Assistant", "Say hello.", "--json")
        expect(asked.returncode == 0, f"an answer: {asked.stderr}")
        print(f"ok: {json.loads(asked.stdout)['message']['text'][:80]!r}", flush=True)

    def expect_nothing_written(self) -> None:
        """See that the root cannot be written, and who runs."""
        written = self.inside("touch", "/usr/lib/outpost/written")
        expect("Read-only file system" in written.stderr, "the root is read only")
        owner = self.inside("stat", "-c", "%U %a", "/data/outpost.sqlite").stdout.split()
        expect(owner == [self.user, "600"], f"the data are {self.user}'s: {owner}")

    def stop(self) -> None:
        assert self.process is not None
        began = time.monotonic()
        self.process.terminate()
        status = self.process.wait(STOP_WITHIN_S)
        expect(status == 0, f"SIGTERM ends it ({time.monotonic() - began:.1f} s, {status})")


def expect(true: bool, what: str) -> None:
    if not true:
        raise SystemExit(f"FAILED: not so: {what}")
    print(f"ok: {what}", flush=True)


if __name__ == "__main__":
    if os.geteuid() != 0:
        raise SystemExit("This needs root: it mounts and changes users.")
    main()
