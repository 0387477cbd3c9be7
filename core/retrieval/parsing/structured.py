"""JSON and XML: text with its structure kept as lines, so that a passage says what it is of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from core.records import ParsedDocument
from core.retrieval.parsing.decoding import decode
from core.retrieval.parsing.detect import Kind
from core.retrieval.parsing.plain import read_plain
from core.retrieval.parsing.safe_xml import Broken, Element, children, local, parse
from core.retrieval.parsing.source import Source
from core.retrieval.parsing.text_builder import TextBuilder

LONG_LINE = 400
"""JSON with longer lines on average is laid out anew."""
MAX_JSON_BYTES = 30 << 20
"""Larger JSON is read as the text that it is: as objects it takes some ten times its size."""


def read(source: Source) -> ParsedDocument:
    """Read a JSON or XML file; raises UnreadableDocument: too_big, bomb."""
    content = source.content()
    out = TextBuilder(source)
    if source.kind is Kind.XML:
        _add_xml(content, source, out)
    else:
        _add_json(content, out)
    return out.document()


# ---------------------------------------------------------------- JSON


def _add_json(content: bytes, out: TextBuilder) -> None:
    """Add JSON as text; a notebook by its cells, and what stands on one line laid out."""
    text = decode(content)
    value = None
    if len(content) <= MAX_JSON_BYTES:
        with suppress(ValueError, RecursionError):  # it is text all the same
            value = json.loads(text)
    if isinstance(value, dict) and isinstance(value.get("cells"), list) and "nbformat" in value:
        _add_notebook(value["cells"], out)
    elif value is not None and len(text) > LONG_LINE * (text.count("\n") + 1):
        out.paragraph(json.dumps(value, ensure_ascii=False, indent=1))
    else:
        out.paragraph(text)


def _add_notebook(cells: list[Any], out: TextBuilder) -> None:
    for cell in cells:
        if not isinstance(cell, dict):
            continue
        text = _source(cell.get("source"))
        if cell.get("cell_type") == "markdown":
            _add_markdown(text, out)
        else:
            out.paragraph(text)
        for output in cell.get("outputs") or ():
            if isinstance(output, dict):
                shown = output.get("data")
                plain = shown.get("text/plain") if isinstance(shown, dict) else ""
                out.paragraph(_source(output.get("text")) or _source(plain))


def _add_markdown(text: str, out: TextBuilder) -> None:
    """Add a Markdown text with its headings."""
    parsed = read_plain(text.encode("utf-8", "replace"), Kind.MARKDOWN)
    starts = [each.start for each in parsed.headings]
    out.paragraph(parsed.text[: starts[0] if starts else None])
    ends = [*starts[1:], len(parsed.text)]
    for each, end in zip(parsed.headings, ends, strict=False):  # no headings, no sections
        out.heading(each.level, each.text)
        out.paragraph(parsed.text[each.start : end].partition("\n")[2])


def _source(value: Any) -> str:
    """Return a notebook's text, which is a string or a list of lines."""
    if isinstance(value, list):
        return "".join(each for each in value if isinstance(each, str))
    return value if isinstance(value, str) else ""


# ---------------------------------------------------------------- XML


def _add_xml(content: bytes, source: Source, out: TextBuilder) -> None:
    try:
        root = parse(content, source)
    except Broken:
        out.paragraph(decode(content))
        return
    out.paragraph("\n".join(_lines(root, 0)))


def _lines(element: Element, depth: int) -> Iterator[str]:
    """Yield one line for each element that has text or attributes: its name, these, and that."""
    tag = local(element.tag) if isinstance(element.tag, str) else ""
    if not tag:
        return
    stated = ", ".join(f"{local(key)}={value}" for key, value in element.attrib.items())
    head = f"{tag} ({stated})" if stated else tag
    inner = list(children(element))
    texts = [element.text or "", *(each.tail or "" for _, each in inner)]
    own = " ".join(" ".join(texts).split())
    if inner and any((each.tail or "").strip() for _, each in inner):
        own, inner = " ".join("".join(element.itertext("*")).split()), []
    indent = "  " * min(depth, 8)
    if own:
        yield f"{indent}{head}: {own}"
    elif stated or inner:
        yield indent + head
    for _, each in inner:
        yield from _lines(each, depth + 1)
