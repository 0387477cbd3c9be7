"""What packaging writes: icons, scripts and papers, as far as it can be read without building."""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
import zlib
from collections.abc import Callable
from configparser import ConfigParser
from pathlib import Path
from types import ModuleType

import pytest

import core
from tests.packaging.conftest import FOLDER

Step = Callable[[str], ModuleType]


def _png(size: int) -> bytes:
    """Return a picture of nothing, so large."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    rows = zlib.compress(bytes((4 * size + 1) * size))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_the_version_stands_in_one_place(step: Step) -> None:
    """What packages are called is what the program says of itself."""
    assert step("ground").version() == core.__version__


def test_everything_has_the_same_date(step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    """A date from outside wins over the last commit's, for builds that are to be repeated."""
    ground = step("ground")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert ground.epoch() == 1_700_000_000


def test_settled_files_differ_in_nothing_but_content(step: Step, tmp_path: Path) -> None:
    """Whatever rights and times files were made with, archives of them are alike."""
    ground = step("ground")
    program, text = tmp_path / "a" / "program", tmp_path / "a" / "text"
    program.parent.mkdir(mode=0o700)
    program.touch(mode=0o700)
    text.touch(mode=0o600)
    (tmp_path / "link").symlink_to("nowhere")
    ground.settle(tmp_path)
    modes = [path.stat().st_mode & 0o777 for path in (program.parent, program, text)]
    assert modes == [0o755, 0o755, 0o644]
    assert {path.lstat().st_mtime for path in tmp_path.rglob("*")} == {float(ground.epoch())}


def test_windows_and_mac_icons_hold_their_pictures(step: Step) -> None:
    """Their tables of contents point at the PNG files, to the last byte."""
    icons = step("icons")
    pictures = {size: b"\x89PNG" + bytes([size % 251]) * size for size in icons.SIZES}
    ico = icons._ico({size: pictures[size] for size in icons.ICO_SIZES})
    for at, size in enumerate(icons.ICO_SIZES):
        *_, length, start = struct.unpack_from("<BBBBHHII", ico, 6 + 16 * at)
        assert ico[start : start + length] == pictures[size]
    icns = icons._icns(pictures)
    assert struct.unpack_from(">I", icns, 4) == (len(icns),)
    assert icns.count(b"\x89PNG") == len(icons.ICNS_KINDS)


@pytest.mark.skipif(sys.platform == "win32", reason="it is a shell's script")
def test_the_script_knows_where_its_archive_begins(
    step: Step, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What follows the script is unpacked; a damaged archive is refused."""
    selfextract = step("selfextract")
    folder = tmp_path / "content" / "outpost"
    folder.mkdir(parents=True)
    (folder / "file").write_text("content")
    subprocess.run(
        ["tar", "-cJf", tmp_path / "a.tar.xz", "-C", folder.parent, "outpost"], check=True
    )
    made = tmp_path / "a.run"
    made.write_bytes(selfextract._script() + (tmp_path / "a.tar.xz").read_bytes())
    run = ["sh", str(made), "--extract", str(tmp_path / "out")]
    assert subprocess.run(run).returncode == 0
    assert (tmp_path / "out" / "outpost" / "file").read_text() == "content"
    made.write_bytes(selfextract._script() + b"damaged")
    assert b"damaged" in subprocess.run(run, capture_output=True).stderr


def test_the_desktop_knows_the_window_and_its_files() -> None:
    """Entry, file type and metadata name each other."""
    entry = ConfigParser(interpolation=None)
    entry.read(FOLDER / "linux" / "outpost.desktop", "utf-8")
    kind = entry["Desktop Entry"]["MimeType"].rstrip(";")
    types = (FOLDER / "linux" / "outpost.xml").read_text("utf-8")
    about = (FOLDER / "linux" / "org.outpost.Outpost.metainfo.xml").read_text("utf-8")
    assert f'type="{kind}"' in types
    assert f"<mediatype>{kind}</mediatype>" in about
    assert "*.outpost-agent" in types
    assert "outpost.desktop" in about
    for text in (types, about):
        ElementTree.fromstring(text)


@pytest.mark.skipif(shutil.which("makensis") is None, reason="needs NSIS (apt: nsis)")
def test_the_installer_for_windows_compiles(
    step: Step, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NSIS finds no error in its script and packs what it is given, with Windows' own ending."""
    icons, nsis = step("icons"), step("nsis")
    folder = tmp_path / "bundle" / "_internal"
    folder.mkdir(parents=True)
    (folder / "file").write_bytes(b"content")
    (folder.parent / "outpost-desktop.exe").write_bytes(b"program")
    (tmp_path / "icons").mkdir()
    icon = icons._ico({size: _png(size) for size in icons.ICO_SIZES})
    (tmp_path / "icons" / "outpost.ico").write_bytes(icon)
    monkeypatch.setattr(nsis, "BUILD", tmp_path)
    monkeypatch.setattr(nsis, "DIST", tmp_path)
    made: Path = nsis.make(folder.parent)
    assert made.read_bytes()[:2] == b"MZ"


def test_licences_of_what_was_collected(step: Step, tmp_path: Path) -> None:
    """Packages of which a file went in are listed with their texts; others are not."""
    papers = step("papers")
    import httpx

    listed = tmp_path / "parts.txt"
    listed.write_text(f"{httpx.__file__}\n")
    found = {part.licence.name: part for part in papers._packages({Path(httpx.__file__)})}
    assert list(found) == ["httpx"]
    assert "Redistribution and use" in found["httpx"].licence.text
    assert found["httpx"].purl == f"pkg:pypi/httpx@{httpx.__version__}"


def test_the_bill_of_materials_is_cyclonedx(
    step: Step, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every component has a name, a version and a package URL, each once."""
    papers = step("papers")
    import httpx

    monkeypatch.setattr(papers, "_others", lambda: iter(()))
    listed, target = tmp_path / "parts.txt", tmp_path / "bill.json"
    listed.write_text(f"{httpx.__file__}\n")
    papers.write_bill(listed, target)
    bill = json.loads(target.read_text("utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    assert [each["purl"] for each in bill["components"]] == [f"pkg:pypi/httpx@{httpx.__version__}"]
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", bill["serialNumber"])
