"""EPUB: the chapters in reading order, each a page of its own."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote

from core.records import ParsedDocument
from core.retrieval.parsing.archive import Archive, opened
from core.retrieval.parsing.html import add_page, decoded
from core.retrieval.parsing.safe_xml import Broken, Element, attribute, descendants, parse, text_of
from core.retrieval.parsing.source import Source
from core.retrieval.parsing.text_builder import TextBuilder

_FONT_ALGORITHMS = (b"http://www.idpf.org/2008/embedding", b"http://ns.adobe.com/pdf/enc#RC")
"""Fonts are disguised with these; a book whose fonts are is not protected."""


def read(source: Source) -> ParsedDocument:
    """Read an EPUB file; raises UnreadableDocument with any reason but a wrong format."""
    with opened(source.path, source.name) as archive:
        if _is_protected(archive):
            raise source.refusal("encrypted")
        chapters, title = _chapters(archive, source)
        out = TextBuilder(source)
        missing = 0
        for chapter in chapters:
            content = archive.read(chapter)
            out.page()
            if content is None:
                missing += 1
            else:
                add_page(decoded(content), out)
        if not chapters or missing == len(chapters):
            raise source.refusal("damaged")
        if missing:
            out.problem(f"{missing} of {len(chapters)} chapters are missing or damaged.")
        return out.document(title, len(chapters) if missing else None)


def _is_protected(archive: Archive) -> bool:
    """Tell whether more than fonts is encrypted."""
    encryption = archive.read("META-INF/encryption.xml") or b""
    algorithms = encryption.count(b"EncryptionMethod") - encryption.count(b"/EncryptionMethod>")
    return algorithms > sum(encryption.count(each) for each in _FONT_ALGORITHMS)


def _chapters(archive: Archive, source: Source) -> tuple[list[str], str]:
    """Return the parts in reading order, and the book's title."""
    container = _root(archive, "META-INF/container.xml", source)
    files = [] if container is None else list(descendants(container, "rootfile"))
    place = unquote(attribute(files[0], "full-path") or "") if files else ""
    package = _root(archive, place, source)
    if package is None:  # without its list, the pages in the order of their names
        pages = (each for each in archive.names() if each.lower().endswith((".xhtml", ".html")))
        return sorted(pages), ""
    items = {
        attribute(each, "id"): attribute(each, "href") or ""
        for each in descendants(package, "item")
    }
    spine = (items.get(attribute(each, "idref"), "") for each in descendants(package, "itemref"))
    folder = posixpath.dirname(place)
    chapters = [posixpath.normpath(posixpath.join(folder, unquote(href))) for href in spine if href]
    return chapters, next((text_of(each) for each in descendants(package, "title")), "")


def _root(archive: Archive, part: str, source: Source) -> Element | None:
    content = archive.read(part)
    try:
        return None if content is None else parse(content, source)
    except Broken:
        return None
