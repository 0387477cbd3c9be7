"""What Outpost is made of, each part with its licence.

In an environment the packages tell it themselves. A packaged application has no packages any
more: there the list is a file, written by the same code while it is built.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

from core.records import Licence

if TYPE_CHECKING:
    from email.message import Message
    from importlib.metadata import Distribution

LIST = Path(__file__).resolve().parents[1] / "resources" / "licences.json"
"""The list of a packaged application."""
NAMED_SO = ("LICENSE", "LICENCE", "COPYING", "NOTICE")
SHORT = 60
"""Some packages put the whole text where its name belongs."""


def licences() -> list[Licence]:
    """Return every package with its licence, by name."""
    if LIST.exists():
        return [Licence(**each) for each in json.loads(LIST.read_text("utf-8"))]
    return installed()


def installed() -> list[Licence]:
    """Return what the packages of this environment say, by name."""
    from importlib.metadata import distributions

    found = {each.metadata["Name"].casefold(): each for each in distributions()}
    return [_licence(found[name]) for name in sorted(found)]


def write(path: Path) -> None:
    """Write the list of this environment for a packaged application."""
    listed = [asdict(each) for each in installed()]
    path.write_text(json.dumps(listed, indent=1, ensure_ascii=False), "utf-8")


def _licence(package: Distribution) -> Licence:
    texts = "\n\n".join(_texts(package))
    return Licence(package.metadata["Name"], package.version, _name(package), texts)


def _name(package: Distribution) -> str:
    """Return a licence in few words: its expression, else its classifier, else the old field."""
    told = cast("Message", package.metadata)  # what it is, though typed as less
    by_class = [each for each in told.get_all("Classifier") or [] if each.startswith("License ::")]
    named = [
        told.get("License-Expression") or "",
        ", ".join(each.rpartition(":: ")[2] for each in by_class),
        (told.get("License") or "").strip(),
    ]
    return next((each for each in named if each and len(each) <= SHORT and "\n" not in each), "")


def _texts(package: Distribution) -> Iterator[str]:
    """Yield the texts that a package brings: its own, and those of what is built into it."""
    for file in package.files or []:
        called = file.name.upper()
        if called.startswith(NAMED_SO) and file.suffix.lower() in ("", ".txt", ".md", ".rst"):
            try:
                yield Path(str(file.locate())).read_text("utf-8", "replace").strip()
            except OSError:  # in the package's list, but not on the disk
                continue
