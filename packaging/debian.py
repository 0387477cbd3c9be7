"""The Debian package: the frozen application with what a desktop wants to know of it.

There are no maintainer scripts: the caches of icons, applications and file types are renewed by
triggers of the packages that own them, and nothing of a user's is touched when it is removed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from email.utils import formatdate
from gzip import GzipFile
from pathlib import Path

import icons
from bundle import PARTS
from ground import (
    BUILD,
    DIST,
    HERE,
    NAME,
    ROOT,
    PackagingError,
    epoch,
    fresh,
    needed,
    run,
    say,
    settle,
    version,
)
from papers import write_texts

LINUX = HERE / "linux"
INSTALLED = Path("usr/lib") / NAME
MAINTAINER = "The Outpost project <outpost@localhost>"
COMPRESSION = ("-Zxz", "-z3", "--threads-max=1")
"""One thread: with several the bytes depend on how many there are."""
CONTROL = """\
Package: {name}
Version: {version}
Section: utils
Priority: optional
Architecture: {architecture}
Maintainer: {maintainer}
Installed-Size: {size_kib}
Depends: {depends}
Recommends: xdg-desktop-portal, fonts-dejavu-core
Description: run AI agents on this computer, without the internet
 Outpost runs AI agents on your own computer: give one a model, instructions
 and your documents, deploy it, talk to it, and get answers that cite document
 and page.
 .
 Nothing is sent anywhere. A very small model to begin with is included; bring
 your own in the GGUF format. A REST API on the loopback address and a command
 line offer the same agents to scripts.
"""


def make(folder: Path) -> Path:
    """Make the package of the frozen application's folder and return its file."""
    architecture = subprocess.check_output(["dpkg", "--print-architecture"], text=True).strip()
    root = fresh(BUILD / "deb")
    (root / "DEBIAN").mkdir()  # dpkg-shlibdeps looks for it
    _lay_out(folder, root)
    _write_control(root, architecture)
    settle(root)
    target = DIST / f"{NAME}_{version()}_{architecture}.deb"
    target.unlink(missing_ok=True)
    run(["dpkg-deb", "--root-owner-group", *COMPRESSION, "--build", root, target])
    _check(target)
    return target


def _lay_out(folder: Path, root: Path) -> None:
    """Put everything where it will be installed."""
    shutil.copytree(folder, root / INSTALLED, symlinks=True, copy_function=_link)
    share = root / "usr/share"
    for size in icons.SIZES:
        _put(
            BUILD / "icons" / f"{size}.png", share / f"icons/hicolor/{size}x{size}/apps/{NAME}.png"
        )
    _put(icons.SOURCE, share / f"icons/hicolor/scalable/apps/{NAME}.svg")
    _put(LINUX / "outpost.desktop", share / "applications/outpost.desktop")
    _put(LINUX / "outpost.xml", share / "mime/packages/outpost.xml")
    _put(LINUX / "lintian-overrides", share / "lintian/overrides/outpost")
    _write(
        share / "metainfo/org.outpost.Outpost.metainfo.xml",
        _filled("org.outpost.Outpost.metainfo.xml"),
    )
    for program in (NAME, f"{NAME}-desktop"):
        link = root / "usr/bin" / program
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(Path("../lib") / NAME / program)
        _write_packed(share / f"man/man1/{program}.1.gz", _filled("outpost.1"))
    _document(share / "doc" / NAME)


def _document(folder: Path) -> None:
    folder.mkdir(parents=True)
    own = (ROOT / "LICENSE").read_text("utf-8")
    _write(folder / "copyright", _copyright(own))
    write_texts(PARTS, folder / "third-party-licences")
    when = formatdate(epoch(), usegmt=True).replace("GMT", "+0000")
    changes = f"{NAME} ({version()}) stable; urgency=medium\n\n  * See CHANGELOG.md.gz.\n\n"
    _write_packed(folder / "changelog.gz", f"{changes} -- {MAINTAINER}  {when}\n")
    _write_packed(folder / "CHANGELOG.md.gz", (ROOT / "CHANGELOG.md").read_text("utf-8"))


def _copyright(own: str) -> str:
    assert "Apache License" in own
    return (
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
        "Upstream-Name: Outpost\n\n"
        "Files: *\n"
        f"Copyright: {datetime.fromtimestamp(epoch(), UTC).year} The Outpost project\n"
        "License: Apache-2.0\n"
        "Comment: What is inside and made by others, with each licence's text, is listed in\n"
        f" /usr/share/doc/{NAME}/third-party-licences, and in the window under Settings, About.\n\n"
        "License: Apache-2.0\n"
        " On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.\n"
    )


def _write_control(root: Path, architecture: str) -> None:
    files = [each for each in root.rglob("*") if each.is_file() and not each.is_symlink()]
    control = CONTROL.format(
        name=NAME,
        version=version(),
        architecture=architecture,
        maintainer=MAINTAINER,
        size_kib=sum(-(-each.stat().st_size // 1024) for each in files),
        depends=_depends(root),
    )
    _write(root / "DEBIAN/control", control)
    sums = subprocess.check_output(
        ["md5sum", *sorted(str(each.relative_to(root)) for each in files)], cwd=root, text=True
    )
    _write(root / "DEBIAN/md5sums", sums)


def _depends(root: Path) -> str:
    """Have dpkg-shlibdeps look which of the system's libraries are needed, in which versions."""
    program = needed("dpkg-shlibdeps", "dpkg-dev")
    libraries = [each for each in (root / INSTALLED).rglob("*") if _is_elf(each)]
    folders = sorted({str(each.parent) for each in libraries})
    with tempfile.TemporaryDirectory() as work:
        _write(
            Path(work, "debian/control"), f"Source: {NAME}\n\nPackage: {NAME}\nArchitecture: any\n"
        )
        command = [program, "-O", "--ignore-missing-info", *(f"-l{each}" for each in folders)]
        command += ["--warnings=0", *map(str, sorted(libraries))]
        found = subprocess.run(command, cwd=work, capture_output=True, text=True)
    if found.returncode != 0:
        raise PackagingError(f"dpkg-shlibdeps failed: {found.stderr[-2000:]}")
    return re.sub(r"^shlibs:Depends=", "", found.stdout.strip())


def _is_elf(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _check(package: Path) -> None:
    """Have lintian look at it, where it is installed; its complaints are errors."""
    if shutil.which("lintian") is None:
        say("lintian is not installed, so nobody has looked at the package")
        return
    run(["lintian", "--fail-on", "error,warning", "--tag-display-limit", "0", package])


# ---------------------------------------------------------------- writing files


def _link(source: str, target: str) -> None:
    """Copy without copying: a second name for the same file."""
    Path(target).hardlink_to(source)


def _put(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _write(target: Path, text: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")


def _write_packed(target: Path, text: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file, GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(text.encode())


def _filled(name: str) -> str:
    """Return a file of packaging/linux with version and date put in."""
    date = datetime.fromtimestamp(epoch(), UTC).strftime("%Y-%m-%d")
    text = (LINUX / name).read_text("utf-8")
    return text.replace("@VERSION@", version()).replace("@DATE@", date)
