"""What goes with the files: licences of all that is inside, a bill of materials, checksums."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import sysconfig
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import Distribution, distributions
from pathlib import Path

from ground import DIST, NAME, ROOT, epoch, version
from variants import LICENCE, libraries

sys.path.insert(0, str(ROOT))

from core.licences import installed
from core.records import Licence

SUMS = "SHA256SUMS"
COMMON = Path("/usr/share/common-licenses")
"""Debian's texts of the licences that everybody uses."""
LGPL = ("pyside6-essentials", "shiboken6")
"""Packages that name the LGPL and bring no text."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something inside that somebody else made."""

    licence: Licence
    purl: str
    """Its name in the way of bills of materials, such as 'pkg:pypi/numpy@2.4.6'."""


@cache
def parts(listed: Path) -> list[Part]:
    """Return everything inside, by name; `listed` holds the paths that PyInstaller collected."""
    paths = {Path(line) for line in listed.read_text("utf-8").splitlines()}
    found = [*_packages(paths), *_debian_packages(paths), *_others()]
    return sorted(found, key=lambda each: each.licence.name.casefold())


def write_licences(listed: Path, target: Path) -> None:
    """Write the list that a packaged Outpost shows in About."""
    told = [asdict(each.licence) for each in parts(listed)]
    target.write_text(json.dumps(told, indent=1, ensure_ascii=False), "utf-8")


def write_texts(listed: Path, target: Path) -> None:
    """Write all licences as one text, for who reads without starting the program."""
    pages = []
    for part in parts(listed):
        told = part.licence
        head = f"{told.name} {told.version}: {told.licence or 'see below'}"
        pages.append(f"{head}\n{'=' * len(head)}\n\n{told.text}\n")
    target.write_text("\n\n".join(pages), "utf-8")


def write_bill(listed: Path, target: Path) -> None:
    """Write the bill of materials in CycloneDX's JSON, version 1.5."""
    made = datetime.fromtimestamp(epoch(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    product = {"type": "application", "name": NAME, "version": version(), "bom-ref": NAME}
    content = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{NAME}-{version()}-{made}')}",
        "version": 1,
        "metadata": {"timestamp": made, "component": product},
        "components": [_component(each) for each in parts(listed)],
    }
    target.write_text(json.dumps(content, indent=1, ensure_ascii=False), "utf-8")


def write_sums(files: Sequence[Path]) -> Path:
    """Write the checksums in the form that `sha256sum -c` reads."""
    lines = []
    for file in sorted(files):
        with file.open("rb") as stream:
            lines.append(f"{hashlib.file_digest(stream, 'sha256').hexdigest()}  {file.name}\n")
    target = DIST / SUMS
    target.write_text("".join(lines), "utf-8")
    return target


def _component(part: Part) -> dict[str, object]:
    told = part.licence
    component: dict[str, object] = {
        "type": "library",
        "name": told.name,
        "version": told.version,
        "bom-ref": part.purl,
        "purl": part.purl,
    }
    if told.licence:
        component["licenses"] = [{"license": {"name": told.licence}}]
    return component


# ---------------------------------------------------------------- who made what


def _packages(paths: set[Path]) -> Iterator[Part]:
    """Yield the Python packages of which something was collected."""
    told = {each.name.casefold(): each for each in installed()}
    collected = set(map(str, paths))
    for package in distributions():
        name = package.metadata["Name"]
        if name == NAME or not _collected(package, collected):
            continue
        found = told[name.casefold()]
        if name.casefold().replace("_", "-") in LGPL:
            found = Licence(found.name, found.version, "LGPL-3.0-only", _common("LGPL-3", "GPL-3"))
        if name == "pypdfium2":
            found = Licence(found.name, found.version, found.licence, _all_texts(package))
        yield Part(found, f"pkg:pypi/{name.lower().replace('_', '-')}@{found.version}")


def _collected(package: Distribution, paths: set[str]) -> bool:
    return any(os.path.normpath(str(each.locate())) in paths for each in package.files or [])


def _all_texts(package: Distribution) -> str:
    """Return every text in a package's folder of licences: PDFium is built of many parts."""
    there = [each for each in package.files or [] if "licenses" in each.parts]
    return "\n\n".join(
        f"-- {each.name}\n{Path(str(each.locate())).read_text('utf-8', 'replace').strip()}"
        for each in sorted(there, key=str)
        if Path(str(each.locate())).is_file()
    )


def _debian_packages(paths: set[Path]) -> Iterator[Part]:
    """Yield the packages of the system from which libraries were collected."""
    if not Path("/usr/bin/dpkg-query").exists():
        return
    libraries = [path for path in paths if str(path).startswith(("/lib/", "/usr/lib/"))]
    for name, release in sorted({_owner(each) for each in libraries} - {("", "")}):
        copyright_file = Path("/usr/share/doc", name, "copyright")
        text = copyright_file.read_text("utf-8", "replace") if copyright_file.exists() else ""
        yield Part(Licence(name, release, "see text", text), f"pkg:deb/debian/{name}@{release}")


def _owner(library: Path) -> tuple[str, str]:
    """Return the name and version of the package that a file of the system is from."""
    for place in (library, library.resolve(), Path("/usr", *library.parts[1:])):
        answer = subprocess.run(["dpkg-query", "-S", place], capture_output=True, text=True)
        if answer.returncode == 0:
            name = answer.stdout.partition(": ")[0].partition(":")[0]
            shown = ["dpkg-query", "-W", "-f", "${Version}\n", name]
            return name, subprocess.check_output(shown, text=True).splitlines()[0]
    return "", ""


def _others() -> Iterator[Part]:
    """Yield what is neither a Python nor a Debian package."""
    release = sys.version.split()[0]
    stdlib = Path(sysconfig.get_path("stdlib"))
    text = (stdlib / "LICENSE.txt").read_text("utf-8", "replace")
    yield Part(Licence("CPython", release, "PSF-2.0", text), f"pkg:generic/cpython@{release}")
    text = (libraries() / LICENCE).read_text("utf-8")
    yield Part(Licence("llama.cpp", "", "MIT", text), "pkg:generic/llama.cpp")


def _common(*names: str) -> str:
    return "\n\n".join((COMMON / name).read_text("utf-8") for name in names)
