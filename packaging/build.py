"""Builds the installers: `python dev.py package [--only KIND ...] [--try]`.

On Linux a Debian package and a file that installs itself, on Windows an installer by NSIS, on
macOS a disk image; beside them a bill of materials, the licences and checksums. Each platform
builds its own: PyInstaller freezes for the system that it runs on. With --try, on Debian and as
root, what was built is tried: on other processors, under strace, and in a bare system.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import bundle
import icons
from ground import BUILD, DIST, HERE, NAME, PackagingError, run, say, size_mb, version
from papers import write_bill, write_sums, write_texts


def _deb(folder: Path) -> Path:
    import debian

    return debian.make(folder)


def _run(folder: Path) -> Path:
    import selfextract

    return selfextract.make(folder)


def _nsis(folder: Path) -> Path:
    import nsis

    return nsis.make(folder)


def _dmg(folder: Path) -> Path:
    import dmg

    return dmg.make(folder)


MAKERS: dict[str, Callable[[Path], Path]] = {"deb": _deb, "run": _run, "exe": _nsis, "dmg": _dmg}
OF_PLATFORM = {"linux": ("deb", "run"), "win32": ("exe",), "darwin": ("dmg",)}


def main() -> int:
    options = _parser().parse_args()
    try:
        made = build(options.only or OF_PLATFORM[sys.platform])
        if options.try_out:
            try_out(made[0])
    except PackagingError as error:
        say(str(error))
        return 1
    for file in made:
        say(f"{file.relative_to(DIST.parent)}: {size_mb(file):.1f} MB")
    return 0


def build(kinds: tuple[str, ...]) -> list[Path]:
    """Freeze the application and make the installers of these kinds, with their papers."""
    began = time.monotonic()
    DIST.mkdir(exist_ok=True)
    icons.draw()
    folder = bundle.make()
    made = [MAKERS[kind](folder) for kind in kinds]
    bill = DIST / f"{NAME}-{version()}.cdx.json"
    write_bill(bundle.PARTS, bill)
    texts = DIST / f"{NAME}-{version()}-licences.txt"
    write_texts(bundle.PARTS, texts)
    made += [bill, texts]
    made.append(write_sums(made))
    say(f"done in {time.monotonic() - began:.0f} s")
    return made


def try_out(package: Path) -> None:
    """Run the programs that try what was built; each ends with a status of its own."""
    linux = HERE / "linux"
    for name in ("try_figures.py", "try_trace.py", "try_processors.py", "try_upgrade.py"):
        run([sys.executable, linux / name, bundle.FOLDER])
    run([sys.executable, linux / "try_in_bare_root.py", package, BUILD / "bare-root"])
    run([sys.executable, linux / "try_container.py", package])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("dev.py package", description="Build installers.")
    parser.add_argument("--only", nargs="+", choices=tuple(MAKERS), help="kinds, not all of them")
    parser.add_argument("--try", action="store_true", dest="try_out", help="try what was built")
    return parser


if __name__ == "__main__":
    sys.exit(main())
