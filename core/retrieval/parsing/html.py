"""HTML: what a reader of the page would see, with headings, lists and tables."""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator

from lxml import etree

from core.records import ParsedDocument
from core.retrieval.parsing.decoding import decode
from core.retrieval.parsing.safe_xml import Element
from core.retrieval.parsing.source import Source
from core.retrieval.parsing.text_builder import TextBuilder

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_DECLARED = re.compile(rb"<\?xml[^>]*encoding=[\"']([\w.:-]+)")
_UNSEEN = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "math",
        "head",
        "iframe",
        "object",
        "embed",
        "canvas",
        "audio",
        "video",
        "select",
        "datalist",
        "button",
    ]
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_TAGS = re.compile(
    r"<(script|style|template)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|(?:</?[a-z!][^<>]*>\s*)+",
    re.IGNORECASE | re.DOTALL,
)
_SPACES = re.compile(r"[ \t\n\r\f\u200b]+")


def read(source: Source) -> ParsedDocument:
    """Read an HTML file; raises UnreadableDocument: too_big, damaged."""
    out = TextBuilder(source)
    title = add_page(decoded(source.content()), out)
    return out.document(title)


def decoded(content: bytes) -> str:
    """Decode by byte order mark, else as strict UTF-8 or by what the page states, else by guess."""
    if not content.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        stated = _DECLARED.match(content[:200].lstrip()) or _CHARSET.search(content[:4096])
        name = stated[1].decode("ascii", "replace") if stated else ""
        if name and "utf-16" not in name.lower():
            try:
                codec = codecs.lookup(name).name
                return content.decode("cp1252" if codec == "iso8859-1" else codec)
            except (LookupError, UnicodeDecodeError):
                pass  # pages lie about it often
    return decode(content)


def add_page(text: str, out: TextBuilder) -> str:
    """Add a page's content and return its title; damage in the markup is no hindrance."""
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    content = text.encode("utf-8", "replace")
    if not content.strip():
        return ""
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None or any("depth" in entry.message.lower() for entry in parser.error_log):
        out.paragraph(_without_tags(text))
        return ""
    _Walk(out).block(root)
    found = root.find(".//title")
    return "" if found is None else found.text or ""


def _without_tags(text: str) -> str:
    """Return the text of a page that is nested too deeply for a tree."""
    return html.unescape(_TAGS.sub("\n", text))


class _Walk:
    """One page being read; text gathers until a block begins or ends."""

    def __init__(self, out: TextBuilder):
        self._out = out
        self._gathered: list[str] = []

    def block(self, element: Element) -> None:
        """Add an element's content as blocks of their own."""
        self._flush()
        self._inside(element)
        self._flush()

    def _inside(self, element: Element) -> None:
        if element.text:
            self._gathered.append(_SPACES.sub(" ", element.text))
        for each in element:
            self._child(each)
            if each.tail:
                self._gathered.append(_SPACES.sub(" ", each.tail))

    def _child(self, element: Element) -> None:
        tag = element.tag if isinstance(element.tag, str) else ""
        if not tag or tag in _UNSEEN or "hidden" in element.attrib:
            return
        if tag in _HEADINGS:
            self._flush()
            self._out.heading(_HEADINGS[tag], _joined(element))
        elif tag == "br":
            self._gathered.append("\n")
        elif tag == "pre":
            self._flush()
            self._out.paragraph("".join(element.itertext()))
        elif tag == "table" and _is_data(element):
            self._flush()
            rows = list(element.iter("tr"))
            has_header = bool(rows) and all(each.tag == "th" for each in rows[0])
            self._out.table(_cells(rows), has_header=has_header)
        elif tag == "li":
            self._flush()
            self._gathered.append("- ")
            self._inside(element)
            self._flush(is_item=True)
        elif tag in _BLOCKS:
            self.block(element)
        else:
            self._inside(element)

    def _flush(self, *, is_item: bool = False) -> None:
        lines = "".join(self._gathered).split("\n")
        self._gathered = []
        text = "\n".join(_SPACES.sub(" ", line).strip() for line in lines).strip()
        if text and text != "-":
            add = self._out.line if is_item and text.startswith("- ") else self._out.paragraph
            add(text)


def _is_data(table: Element) -> bool:
    """Tell a table of cells from one that only places blocks side by side."""
    if next(table.iterdescendants("table", *_HEADINGS, "form", "ul", "ol"), None) is not None:
        return False
    return next(table.iter("tr"), None) is not None


def _cells(rows: list[Element]) -> Iterator[list[str]]:
    for row in rows:
        yield [_joined(cell) for cell in row if cell.tag in ("td", "th")]


def _joined(element: Element) -> str:
    """Return an element's visible text on one line."""
    return _SPACES.sub(" ", "".join(_visible(element))).strip()


def _visible(element: Element) -> Iterator[str]:
    yield element.text or ""
    for each in element:
        if isinstance(each.tag, str) and each.tag not in _UNSEEN:
            yield " " if each.tag in _BLOCKS or each.tag == "br" else ""
            yield from _visible(each)
        yield each.tail or ""
