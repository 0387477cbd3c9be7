"""Which module reads which kind; each is imported with the first file that needs it."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

from core.records import ParsedDocument
from core.retrieval.parsing.archive import is_whole
from core.retrieval.parsing.detect import Kind
from core.retrieval.parsing.source import Source

MODULES = {
    Kind.PDF: "pdf",
    Kind.MARKDOWN: "plain",
    Kind.TEXT: "plain",
    Kind.CSV: "delimited",
    Kind.HTML: "html",
    Kind.XML: "structured",
    Kind.JSON: "structured",
    Kind.RTF: "rtf",
    Kind.EML: "mail",
    Kind.MSG: "outlook",
    Kind.DOCX: "docx",
    Kind.PPTX: "pptx",
    Kind.XLSX: "sheets",
    Kind.XLS: "sheets",
    Kind.ODS: "sheets",
    Kind.DOC: "word97",
    Kind.PPT: "powerpoint97",
    Kind.ODT: "opendocument",
    Kind.ODP: "opendocument",
    Kind.EPUB: "epub",
}
"""Each module of this package has a `read(source: Source) -> ParsedDocument`."""

ZIPPED = frozenset({Kind.DOCX, Kind.PPTX, Kind.ODT, Kind.ODP, Kind.EPUB})
CUT_OFF = "The file is cut off; what is left of it was read."


def read(source: Source) -> ParsedDocument:
    """Read a file of a known kind; raises UnreadableDocument."""
    module = import_module(f"core.retrieval.parsing.{MODULES[source.kind]}")
    parsed: ParsedDocument = module.read(source)
    if source.kind in ZIPPED and not is_whole(source.path):
        return replace(parsed, problem=CUT_OFF)
    return parsed
