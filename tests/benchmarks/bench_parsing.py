"""How fast files become text, how much of it is right, and what hostile ones cost.

The figures over real files are left out where shared/eval is not present.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
import threading
import time
import zipfile
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from statistics import fmean

from core.errors import UnreadableDocument
from core.records import ParsedDocument
from core.retrieval.child import Child
from core.retrieval.parsing.parser import Parser
from core.retrieval.parsing.worker import parse_file
from core.starter import starter_embedder_dir
from tests.benchmarks.figures import Figure, emit, percentile, progress
from tests.benchmarks.retrieval_bench import EVAL
from tests.core.retrieval.parsing.boxes import marked_at_random
from tests.core.retrieval.parsing.hostile import HOSTILE
from tests.core.retrieval.parsing.test_evaluation import f1, files, tokens

ROUNDS = 3
"""Neighbours on the machine only ever add CPU time, so the least of some rounds counts."""
SPANS = 200
TABLE_ROWS, TABLE_COLUMNS = 300_000, 10
HANDBOOK = EVAL / "documents" / "docx" / "unst__handbook-872p.docx"
TICK_S = 0.01


def main() -> None:
    """Measure everything once."""
    worker_start()
    table()
    hostile()
    if not HANDBOOK.exists():
        progress("skipped the figures over real files: there are none")
        return
    pdf_speed()
    handbook()
    boxes()
    against_poppler()


def worker_start() -> None:
    """Measure how long a parsing worker needs until it takes requests."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        child = Child("parsing", str(starter_embedder_dir()))
        child.wait_ready(30)
        seconds.append(time.perf_counter() - start)
        child.close()
    emit(Figure("parsing_worker_start", percentile(seconds, 0.5), "s", 0.5, "lower", ROUNDS))


def pdf_speed() -> None:
    """Measure pages for each second of CPU over real PDF files."""
    paths = sorted((EVAL / "documents" / "pdf").glob("*.pdf"))
    rates = []
    for _ in range(ROUNDS):
        start = time.process_time()
        pages = sum(len(parsed.pages) for parsed in map(_parsed, paths) if parsed)
        rates.append(pages / (time.process_time() - start))
    emit(Figure("pdf_pages_per_cpu_s", max(rates), "pages/s", 200, "higher", pages))


def handbook() -> None:
    """Measure the CPU time that the text of a DOCX file of 872 pages costs."""
    seconds = [_cpu_s(HANDBOOK)[0] for _ in range(ROUNDS)]
    emit(Figure("docx_872_pages_cpu", min(seconds), "s", 1, "lower", ROUNDS))


def table() -> None:
    """Measure the CPU time that the text of a workbook of three million cells costs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.xlsx"
        _write_workbook(path)
        seconds, _ = _cpu_s(path)
    emit(Figure("table_3m_cells_cpu", seconds, "s", 10, "lower", TABLE_ROWS * TABLE_COLUMNS))


def boxes() -> None:
    """Measure how much of random spans stands inside the boxes that mark them."""
    paths = [file.path for file in files("pdf")]
    documents = [(path, parsed) for path in paths if (parsed := _parsed(path))]
    marked = marked_at_random(documents, SPANS)
    share = sum(each.recall >= 0.95 for each in marked) / SPANS
    emit(Figure("pdf_boxes_hold_their_span", share, "share", 0.97, "higher", SPANS))
    precision = fmean(each.precision for each in marked)
    emit(Figure("pdf_boxes_precision", precision, "share", 0.95, "higher", SPANS))


def against_poppler() -> None:
    """Compare words and their order with poppler's, in its reading order and in drawn order.

    `peer` is how far poppler's two orders agree with each other. Each file's four figures are
    shown: words, order, drawn order, poppler's two orders.
    """
    if shutil.which("pdftotext") is None:
        progress("skipped the comparison with poppler: pdftotext is not installed")
        return
    words, orders, drawn, theirs_own = [], [], [], []
    for file in files("pdf", "ok"):
        theirs, raw = _poppler(file.path), _poppler(file.path, "-raw")
        parsed = _parsed(file.path)
        if len(theirs) < 20 or parsed is None:
            continue
        ours = tokens(parsed.text)
        words.append(f1(ours, theirs))
        orders.append(f1(pairwise(ours), pairwise(theirs)))
        drawn.append(f1(pairwise(ours), pairwise(raw)))
        theirs_own.append(f1(pairwise(theirs), pairwise(raw)))
        figures = (words[-1], orders[-1], drawn[-1], theirs_own[-1])
        progress(f"{file.path.name}: " + "  ".join(f"{each:.3f}" for each in figures))
    n, peer = len(words), fmean(theirs_own)
    emit(Figure("pdf_token_f1", fmean(words), "f1", 0.95, "higher", n))
    emit(Figure("pdf_bigram_f1", fmean(orders), "f1", 0.87, "higher", n, peer))
    emit(Figure("pdf_bigram_f1_drawn_order", fmean(drawn), "f1", 0.87, "higher", n, peer))
    same = [order for order, word in zip(orders, words, strict=True) if word > 0.75]
    emit(Figure("pdf_bigram_f1_same_words", fmean(same), "f1", 0.87, "higher", len(same)))


def hostile() -> None:
    """Measure the slowest hostile file, and how long the parent is kept from its own work."""
    late: list[float] = []
    ended = threading.Event()

    def tick() -> None:
        while not ended.is_set():
            due = time.perf_counter() + TICK_S
            time.sleep(TICK_S)
            late.append(time.perf_counter() - due)

    folder_of_embedder = starter_embedder_dir()
    assert folder_of_embedder is not None
    seconds, wrong = [], []
    with tempfile.TemporaryDirectory() as folder:
        paths = [(make(Path(folder) / name), right) for name, (make, right) in HOSTILE.items()]
        parser = Parser(folder_of_embedder)
        thread = threading.Thread(target=tick)
        thread.start()
        for path, right in paths:
            start = time.perf_counter()
            if (outcome := _outcome(parser, path)) not in right:
                wrong.append((path.name, outcome))
            seconds.append(time.perf_counter() - start)
        ended.set()
        thread.join()
        parser.close()
    progress(f"hostile files with a wrong reason: {wrong}")
    n = len(seconds)
    emit(Figure("hostile_right_reason", 1 - len(wrong) / n, "share", 1, "higher", n))
    emit(Figure("hostile_slowest", max(seconds), "s", 60, "lower", n))
    emit(Figure("hostile_parent_longest_stall", 1000 * max(late), "ms", 100, "lower", len(late)))


def _outcome(parser: Parser, path: Path) -> str:
    try:
        return "partial" if parser.parse(path, path.name).document.problem else "text"
    except UnreadableDocument as error:
        return error.reason


def _poppler(path: Path, *options: str) -> list[str]:
    command = ["pdftotext", "-q", *options, str(path), "-"]
    return tokens(subprocess.run(command, capture_output=True, check=True).stdout.decode())


def _parsed(path: Path) -> ParsedDocument | None:
    with suppress(UnreadableDocument):
        return parse_file(path, path.name)
    return None


def _cpu_s(path: Path) -> tuple[float, ParsedDocument]:
    start = time.process_time()
    parsed = parse_file(path, path.name)
    return time.process_time() - start, parsed


def _write_workbook(path: Path) -> None:
    """Write a sheet whose cells are words and figures in turn."""
    chance = random.Random(1)
    words = ("pump", "valve", "bearing", "river", "cattle", "harvest", "engine", "bridge")
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    relations = (
        f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/%s" Target="%s"/></Relationships>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        file.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Override PartName="/xl/workbook.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
            '.main+xml"/></Types>',
        )
        file.writestr("_rels/.rels", relations % ("officeDocument", "xl/workbook.xml"))
        file.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            '<sheet name="Stock" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        file.writestr("xl/_rels/workbook.xml.rels", relations % ("worksheet", "worksheets/s.xml"))
        with file.open("xl/worksheets/s.xml", "w") as sheet:
            sheet.write(f'<worksheet xmlns="{main}"><sheetData>'.encode())
            for row in range(TABLE_ROWS):
                cells = "".join(
                    f'<c t="inlineStr"><is><t>{chance.choice(words)}</t></is></c>'
                    if column % 2 or row == 0
                    else f"<c><v>{chance.random() * 1000:.2f}</v></c>"
                    for column in range(TABLE_COLUMNS)
                )
                sheet.write(f"<row>{cells}</row>".encode())
            sheet.write(b"</sheetData></worksheet>")


if __name__ == "__main__":
    main()
