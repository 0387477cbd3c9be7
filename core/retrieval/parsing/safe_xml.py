"""XML parts read without trusting them: no entities, no other files, no network, no depths.

libxml2 itself refuses more than 256 levels and texts beyond 10 MB as long as `huge_tree` is off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from lxml import etree

from core.retrieval.parsing.source import Source

Element = Any
"""An element of a tree; lxml publishes no types."""

_ENTITY_IN_ENTITY = re.compile(rb"<!ENTITY[^>]*[\"'][^\"'>]*[&%][^\"'>#]*;", re.IGNORECASE)


class Broken(Exception):
    """The XML cannot be read at all."""


def parse(content: bytes, source: Source) -> Element:
    """Return the root element, of a damaged part as far as it can be read.

    Raises UnreadableDocument for entities made of entities and for bottomless nesting, Broken
    where there is no element.
    """
    if b"<!DOCTYPE" in content[:65_536] and _ENTITY_IN_ENTITY.search(content[:1_000_000]):
        raise source.refusal("bomb")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if any("depth" in entry.message.lower() for entry in parser.error_log):
        raise source.refusal("bomb")
    if root is None:
        raise Broken
    return root


@cache
def local(tag: str) -> str:
    """Return a tag's name without its namespace, so that both dialects of a format are read."""
    return tag.rpartition("}")[2]


def children(element: Element) -> Iterator[tuple[str, Element]]:
    """Yield an element's child elements with their local names."""
    for child in element:
        if isinstance(child.tag, str):  # entities and the like have none
            yield local(child.tag), child


def descendants(element: Element, *names: str) -> Iterator[Element]:
    """Yield all elements below with one of the local names, in the document's order."""
    yield from element.iterdescendants(*("{*}" + name for name in names))


def child(element: Element | None, *path: str) -> Element | None:
    """Return the first element down a path of local names, None where it ends early."""
    for name in path:
        if element is None:
            return None
        element = next((each for tag, each in children(element) if tag == name), None)
    return element


def attribute(element: Element | None, name: str) -> str | None:
    """Return an attribute by its local name, whatever its namespace."""
    if element is None:
        return None
    for key, value in element.attrib.items():
        if local(key) == name:
            return str(value)
    return None


def text_of(element: Element | None) -> str:
    """Return all text inside an element."""
    return "" if element is None else "".join(element.itertext("*"))
