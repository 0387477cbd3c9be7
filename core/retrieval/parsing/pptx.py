"""PowerPoint's files: one page for each slide, in the order of the show, with its notes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.records import ParsedDocument
from core.retrieval.parsing.archive import opened
from core.retrieval.parsing.ooxml import Package, drawn_texts
from core.retrieval.parsing.safe_xml import (
    Element,
    attribute,
    child,
    children,
    descendants,
    text_of,
)
from core.retrieval.parsing.source import Source
from core.retrieval.parsing.text_builder import TextBuilder

_TITLES = ("title", "ctrTitle")
_NOT_CONTENT = ("sldNum", "dt", "sldImg", "hdr", "ftr")
_SLIDE = re.compile(r"ppt/slides/slide(\d+)\.xml$", re.IGNORECASE)


def read(source: Source) -> ParsedDocument:
    """Read a PPTX file; raises UnreadableDocument with any reason but a wrong format."""
    with opened(source.path, source.name) as archive:
        package = Package(archive, source)
        out = TextBuilder(source)
        slides = _slides(package)
        missing = 0
        for part in slides:
            out.page()
            root = package.root(part)
            if root is None:
                missing += 1
            else:
                _slide(package, part, root, out)
        if slides and missing == len(slides):
            raise source.refusal("damaged")
        if missing:
            out.problem(f"{missing} of {len(slides)} slides are damaged and could not be read.")
        elif package.is_damaged:
            out.problem("Parts of the file are damaged and could not be read.")
        return out.document(package.title(), len(slides) if missing else None)


def _slides(package: Package) -> list[str]:
    """Return the slides' parts as the presentation orders them, else by their numbers."""
    main = package.main_part("ppt/presentation.xml")
    root = package.root(main, required=False)
    relations = package.relations(main)
    listed = child(root, "sldIdLst")
    if listed is not None:
        ids = [_relation_id(each) for _, each in children(listed)]
        ordered = [relations[key].target for key in ids if key in relations]
        if ordered:
            return ordered
    numbered = [
        (int(found[1]), part) for part in package.archive.names() if (found := _SLIDE.match(part))
    ]
    return [part for _, part in sorted(numbered)]


def _relation_id(element: Element) -> str:
    """Return `r:id`, which stands beside a plain `id` of another meaning."""
    keys = [key for key in element.attrib if key.startswith("{") and key.endswith("}id")]
    return str(element.attrib[keys[0]]) if keys else ""


def _slide(package: Package, part: str, root: Element, out: TextBuilder) -> None:
    shapes = list(_shapes(root))
    titles = [each for each in shapes if _placeholder(each) in _TITLES]
    for shape in titles:
        out.heading(1, " ".join(_paragraphs(shape)))
    for shape in shapes:
        if shape not in titles:
            _shape(shape, out)
    for _, drawing in package.related(part, "chart", "diagramData"):
        for text in drawn_texts(drawing):
            out.paragraph(text)
    for _, notes in package.related(part, "notesSlide"):
        for shape in _shapes(notes):
            if _placeholder(shape) not in _NOT_CONTENT:
                out.paragraph("\n".join(_paragraphs(shape)))


def _shapes(element: Element) -> Iterator[Element]:
    """Yield all shapes with text and all tables; of alternatives the first form with text."""
    for name, each in children(element):
        if name == "AlternateContent":
            forms = [form for _, form in children(each)]
            filled = [form for form in forms if next(descendants(form, "t"), None) is not None]
            for form in (filled or forms)[:1]:
                yield from _shapes(form)
        elif name in ("sp", "tbl", "cxnSp"):
            yield each
        else:
            yield from _shapes(each)


def _placeholder(shape: Element) -> str | None:
    found = next(descendants(shape, "ph"), None)
    return attribute(found, "type")


def _shape(shape: Element, out: TextBuilder) -> None:
    if shape.tag.endswith("}tbl"):
        rows = (
            [" ".join(_paragraphs(cell)) for cell in descendants(row, "tc")]
            for row in descendants(shape, "tr")
        )
        out.table(rows, has_header=attribute(child(shape, "tblPr"), "firstRow") == "1")
    elif _placeholder(shape) not in ("sldNum", "dt"):
        out.paragraph("\n".join(_paragraphs(shape)))


def _paragraphs(shape: Element) -> list[str]:
    """Return the texts of a shape's paragraphs that hold any."""
    texts = ("".join(_runs(each)) for each in descendants(shape, "p"))
    return [text for text in texts if text.strip()]


def _runs(paragraph: Element) -> Iterator[str]:
    for each in descendants(paragraph, "t", "br", "tab"):
        yield text_of(each) if each.tag.endswith("}t") else " "
