"""A file that installs itself for one user, for systems that know no Debian packages.

A shell script with an archive behind it: what it needs is a shell, tar and xz.
"""

from __future__ import annotations

import lzma
import platform
import shutil
import tarfile
from pathlib import Path

import icons
from bundle import PARTS
from ground import BUILD, DIST, HERE, NAME, ROOT, epoch, fresh, say, settle, version
from papers import write_texts

PRESET = 3
SHARE = ("linux/outpost.desktop", "linux/outpost.xml")


def make(folder: Path) -> Path:
    """Make the file of the frozen application's folder and return it."""
    root = fresh(BUILD / "run")
    shutil.copytree(
        folder,
        root / NAME,
        symlinks=True,
        copy_function=lambda one, two: Path(two).hardlink_to(one),
    )
    _add_papers(root / NAME / "share")
    settle(root)
    target = DIST / f"{NAME}-{version()}-{platform.machine()}.run"
    say(f"packing {target.name}")
    with target.open("wb") as file:
        file.write(_script())
        with lzma.open(file, "wb", preset=PRESET) as packed, _archive(packed) as archive:
            for each in sorted(root.rglob("*")):
                archive.add(each, str(each.relative_to(root)), recursive=False, filter=_plain)
    target.chmod(0o755)
    return target


def _add_papers(share: Path) -> None:
    share.mkdir()
    for each in SHARE:
        shutil.copyfile(HERE / each, share / Path(each).name)
    shutil.copyfile(icons.SOURCE, share / f"{NAME}.svg")
    shutil.copyfile(ROOT / "LICENSE", share / "LICENSE")
    write_texts(PARTS, share / "third-party-licences")


def _script() -> bytes:
    """Return the script, which has to know how long it is itself."""
    text = (HERE / "linux" / "install.sh").read_text("utf-8")
    text = text.replace("@VERSION@", version()).replace("@MACHINE@", platform.machine())
    length = len(text.encode()) - len("@PAYLOAD@")
    digits = len(str(length + 6))
    return text.replace("@PAYLOAD@", str(length + digits)).encode()


def _archive(packed: lzma.LZMAFile) -> tarfile.TarFile:
    return tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Take out whatever differs from one machine to the next."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mtime = epoch()
    return entry
