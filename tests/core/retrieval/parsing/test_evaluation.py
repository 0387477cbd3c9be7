"""The parsers over documents of other projects, which are not part of this repository.

Each file has to end as its tag in the manifest says. Texts are compared with those of poppler for
PDF, and with the raw contents of the parts for DOCX.
"""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import pytest
from lxml import etree

from core.errors import UnreadableDocument
from core.records import ParsedDocument
from core.retrieval.parsing.parser import Parser
from core.retrieval.parsing.worker import parse_file
from tests.core.retrieval.parsing.boxes import marked_at_random

DOCUMENTS = Path(__file__).parents[5] / "shared" / "eval" / "documents"

pytestmark = pytest.mark.skipif(
    not DOCUMENTS.is_dir(), reason=f"the documents of other projects are not at {DOCUMENTS}"
)

ENDS = {
    "ok": {"ready"},
    "encrypted_password": {"encrypted"},
    "encrypted_open": {"ready", "encrypted"},
    "irm_encrypted": {"encrypted"},
    "image_only": {"no_text_layer"},
    "empty": {"empty"},
    "hostile": {"empty", "bomb", "encrypted", "unknown_format"},
    "malformed": {"ready", "partial", "damaged", "empty", "no_text_layer"},
}
"""How files with each tag may end."""

NO_TEXT_AT_ALL = {
    "docx__blk-containing-table.docx": "an empty table",
    "docx__having-images.docx": "pictures",
    "miner__patchelf.pdf": "a blank page",
    "pptx__shp-access-ole-object.pptx": "an embedded workbook",
    "pptx__shp-groupshape.pptx": "shapes without text",
    "tika__testODSMacro.ods": "a picture with a macro",
    "tika__testRTFEmbeddedFiles.rtf": "embedded files",
}
"""Files with the tag ok that hold no text, looked at by hand, and what they hold instead."""


class File(NamedTuple):
    kind: str
    path: Path
    tag: str


def files(kind: str = "", tag: str = "") -> list[File]:
    with (DOCUMENTS / "manifest.csv").open(encoding="utf-8", newline="") as manifest:
        found = [
            File(row["type"], DOCUMENTS / row["type"] / row["file"], row["tags"])
            for row in csv.DictReader(manifest)
        ]
    return [each for each in found if kind in ("", each.kind) and tag in ("", each.tag)]


def end(parser: Parser, path: Path) -> str:
    try:
        document, chunks = parser.parse(path, path.name)
    except UnreadableDocument as error:
        return error.reason
    assert document.text.strip()
    assert all(each.text == document.text[each.start : each.end] for each in chunks)
    _check_places(document)
    return "partial" if document.problem else "ready"


def _check_places(document: ParsedDocument) -> None:
    """Pages follow each other; headings and tables lie where their spans say."""
    text, size = document.text, len(document.text)
    places = [(page.start, page.end) for page in document.pages]
    assert all(0 <= start <= stop <= size for start, stop in places)
    assert all(first[1] <= second[0] for first, second in pairwise(places))
    for table in document.tables:
        assert table.start <= table.header_end <= table.end
        assert text[table.start : table.end].strip("\n") == text[table.start : table.end]
        assert table.end == size or text[table.end] == "\n"


def test_every_file_ends_as_its_tag_says(parser: Parser) -> None:
    """No file makes the worker crash or hang, and each gets its text or the right reason."""
    wrong = {}
    for file in files():
        right = {"empty"} if file.path.name in NO_TEXT_AT_ALL else ENDS[file.tag]
        ended = end(parser, file.path)
        if ended not in right:
            wrong[file.path.name] = (file.tag, ended)
    assert not wrong


# ---------------------------------------------------------------- against others


def tokens(text: str) -> list[str]:
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).lower())


def f1(ours: Iterable[object], theirs: Iterable[object]) -> float:
    first, second = Counter(ours), Counter(theirs)
    shared = (first & second).total()
    return 2 * shared / (first.total() + second.total())


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")
def test_pdf_text_is_that_of_poppler() -> None:
    """Words agree with poppler's; their order does where both see the same words.

    Where they do not, as in fonts without names for their letters, order says nothing.
    """
    words, orders = [], []
    for file in files("pdf", "ok"):
        command = ["pdftotext", "-q", str(file.path), "-"]
        theirs = tokens(subprocess.run(command, capture_output=True, check=True).stdout.decode())
        if len(theirs) < 20:
            continue
        ours = tokens(parse_file(file.path, file.path.name).text)
        words.append(f1(ours, theirs))
        if words[-1] > 0.75:
            orders.append(f1(pairwise(ours), pairwise(theirs)))
    assert len(words) >= 15
    assert fmean(words) >= 0.95
    assert len(orders) >= 0.9 * len(words)
    assert fmean(orders) >= 0.87


def test_boxes_hold_their_text() -> None:
    """Reading a page again inside the boxes of a random span gives that span back."""
    documents = []
    for file in files("pdf"):
        with suppress(UnreadableDocument):
            documents.append((file.path, parse_file(file.path, file.path.name)))
    marked = marked_at_random(documents, 200)
    assert sum(each.is_turned for each in marked) >= 5
    assert sum(each.recall >= 0.95 for each in marked) >= 0.97 * len(marked)
    assert fmean(each.precision for each in marked) >= 0.95


def test_docx_loses_no_words() -> None:
    """Every word of every part that holds text is there: notes, headers, boxes, comments too."""
    for file in files("docx"):
        try:
            ours = Counter(tokens(parse_file(file.path, file.path.name).text))
        except UnreadableDocument:
            continue
        raw = Counter(tokens(_raw_text(file.path)))
        assert (raw & ours).total() >= 0.99 * raw.total(), file.path.name


def _raw_text(path: Path) -> str:
    """Return the text runs of a DOCX file's parts, each paragraph on a line.

    A header or footer counts once, of two forms of the same content the first does.
    """
    lines: list[str] = []
    seen: set[str] = set()
    with zipfile.ZipFile(path) as file:
        for part in file.namelist():
            if not re.match(r"word/[a-z]+\d*\.xml$", part):
                continue
            root = etree.fromstring(file.read(part), etree.XMLParser(recover=True))
            if root is None:
                continue
            for each in list(root.iter("{*}Fallback", "{*}moveFrom")):
                each.getparent().remove(each)
            text = "".join(_runs(root))
            if re.match(r"word/(header|footer)", part) and text in seen:
                continue
            seen.add(text)
            lines.append(text)
    return "\n".join(lines)


def _runs(root: Any) -> Iterator[str]:
    """Yield the text runs, divided wherever a paragraph begins, ends or is broken."""
    paragraph = None
    for run in root.iter("{*}t", "{*}tab", "{*}br"):
        around = next(run.iterancestors("{*}p"), None)
        yield ("" if around is paragraph else "\n") + (run.text or " ")
        paragraph = around


@pytest.mark.parametrize(("share", "least"), [(0.5, 1 / 2), (0.9, 2 / 3), (0.995, 3 / 4)])
def test_cut_off_pdfs_give_their_pages(tmp_path: Path, share: float, least: float) -> None:
    """Of the twenty largest PDF files enough give pages after a cut, and say that they are cut."""
    largest = sorted(files("pdf", "ok"), key=lambda file: -file.path.stat().st_size)[:20]
    read = 0
    for file in largest:
        content = file.path.read_bytes()
        cut = tmp_path / file.path.name
        cut.write_bytes(content[: int(len(content) * share)])
        try:
            document = parse_file(cut, cut.name)
        except UnreadableDocument:
            continue
        assert "could be read" in document.problem
        read += any(page.end > page.start for page in document.pages)
    assert read >= least * len(largest)
