"""What DOCX and PPTX share: parts and their relationships, core properties, charts, diagrams."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from core.retrieval.parsing.archive import Archive
from core.retrieval.parsing.safe_xml import (
    Broken,
    Element,
    children,
    descendants,
    local,
    parse,
    text_of,
)
from core.retrieval.parsing.source import Source


class Relation(NamedTuple):
    """What a part points to: the last word of the relation's type, and the other part's name."""

    type: str
    target: str


class Package:
    """The parts of one file."""

    def __init__(self, archive: Archive, source: Source):
        self.archive = archive
        self.source = source
        self.is_damaged = False
        """True once a part that should be there could not be read."""

    def main_part(self, fallback: str) -> str:
        """Return the name of the part that the package is about."""
        for relation in self.relations("").values():
            if relation.type == "officeDocument" and relation.target in self.archive:
                return relation.target
        return fallback

    def relations(self, part: str) -> dict[str, Relation]:
        """Return a part's relations to other parts of the package by their ids."""
        folder, _, file = part.rpartition("/")
        root = self.root(posixpath.join(folder, "_rels", f"{file}.rels"), required=False)
        found: dict[str, Relation] = {}
        for _, each in children(root) if root is not None else ():
            target = each.get("Target", "")
            if each.get("TargetMode") != "External" and target:
                place = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
                found[each.get("Id", "")] = Relation(each.get("Type", "").rpartition("/")[2], place)
        return found

    def root(self, part: str, *, required: bool = True) -> Element | None:
        """Return a part's root element, None where it cannot be read.

        Raises UnreadableDocument where it is a bomb: a part may not have a DOCTYPE at all.
        """
        content = self.archive.read(part)
        if content is not None:
            if b"<!DOCTYPE" in content[:4096] or b"<!ENTITY" in content[:4096]:
                raise self.source.refusal("bomb")
            try:
                return parse(content, self.source)
            except Broken:
                pass
        if required:
            self.is_damaged = True
        return None

    def related(self, part: str, *types: str) -> Iterator[tuple[str, Element]]:
        """Yield the parts of some types that a part points to."""
        for relation in self.relations(part).values():
            if relation.type in types:
                root = self.root(relation.target)
                if root is not None:
                    yield relation.target, root

    def title(self) -> str:
        """Return the title that the file states."""
        root = self.root("docProps/core.xml", required=False)
        if root is None:
            return ""
        return next((text_of(each) for each in descendants(root, "title")), "")


def drawn_texts(root: Element) -> Iterator[str]:
    """Yield the texts of a chart or diagram: labels, and a chart's categories and values."""
    for each in descendants(root, "p", "ser", "txData"):
        name = local(each.tag)
        if name == "p":
            yield "".join(text_of(run) for run in descendants(each, "t"))
        elif name == "ser":
            yield _series(each)


def _series(series: Element) -> str:
    """Return a chart's series as one line: its name, then each category with its value."""
    parts: dict[str, list[str]] = {"tx": [], "cat": [], "val": [], "xVal": [], "yVal": []}
    for name, each in children(series):
        if name in parts:
            parts[name] = [text_of(point) for point in descendants(each, "v")]
    categories = parts["cat"] or parts["xVal"]
    values = parts["val"] or parts["yVal"]
    if len(categories) == len(values):
        pairs = [f"{key}: {value}" for key, value in zip(categories, values, strict=True)]
    else:
        pairs = categories + values
    return " | ".join(parts["tx"] + pairs)
