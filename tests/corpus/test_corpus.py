"""Every file and request of the corpus ends in a coded error or a right answer, in time and memory.

A sample of the slow families runs each time; OUTPOST_CORPUS=all runs everything, and with
OUTPOST_CORPUS_FIGURES=FILE writes what became of each case, its seconds and its megabytes.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pytest

from core.api import exchange
from core.app import Core
from core.config import Settings
from core.engines.gguf import read_header
from core.errors import UnreadableDocument, UnusableModel
from core.models.probing import probed
from core.records import DocumentState
from core.retrieval.parsing.parser import Parser
from core.retrieval.parsing.reasons import REASONS
from core.streams import Cancel
from tests.core.api.conftest import serving, until
from tests.corpus.cases import EVERY, Case, sample
from tests.corpus.models import MODELS, good
from tests.corpus.names import NAMES
from tests.corpus.office import OFFICE_FILES
from tests.corpus.pdfs import PDFS
from tests.corpus.requests import AUTHORISED, REQUESTS
from tests.corpus.texts import TEXTS

LIMIT_S, LIMIT_BYTES = 60.0, 1 << 30
FIGURES = os.environ.get("OUTPOST_CORPUS_FIGURES", "")
EVALUATION = Path(__file__).parents[3] / "shared" / "eval" / "documents"
FAMILIES: dict[str, Sequence[Case]] = {"pdf": PDFS, "office": OFFICE_FILES, "text": TEXTS}

pytestmark = pytest.mark.timeout(1800 if EVERY == 1 else 300)


@dataclass
class Run:
    """What became of the cases of one family."""

    family: str
    ends: Counter[str] = field(default_factory=Counter)
    slowest_s: tuple[float, str] = (0.0, "")
    largest_bytes: tuple[int, str] = (0, "")

    def note(self, name: str, end: str, began_s: float, peak_bytes: int = 0) -> None:
        """Count a case, and hold it against the limits."""
        took_s = time.monotonic() - began_s
        self.ends[end] += 1
        self.slowest_s = max(self.slowest_s, (round(took_s, 2), name))
        self.largest_bytes = max(self.largest_bytes, (peak_bytes, name))
        assert took_s <= LIMIT_S, f"{name} took {took_s:.0f} s"
        assert peak_bytes <= LIMIT_BYTES, f"{name} took {peak_bytes >> 20} MiB"

    def done(self) -> None:
        """Write the figures where they are wanted."""
        if FIGURES:
            with Path(FIGURES).open("a") as file:
                print(json.dumps(vars(self)), file=file)


@pytest.fixture
def parser(embedder_dir: Path) -> Iterator[Parser]:
    """The parser that users' documents go through, with its worker."""
    made = Parser(embedder_dir)
    yield made
    made.close()


@pytest.fixture(scope="session")
def embedder_dir() -> Path:
    """The starter embedder's folder, for its tokenizer."""
    from core.starter import starter_embedder_dir

    found = starter_embedder_dir()
    assert found is not None
    return found


def _peak_bytes(pid: int | None) -> int:
    """Return the most memory that a process has held (Linux); 0 where it is gone."""
    if sys.platform != "linux" or pid is None:
        return 0
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    peak = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(peak[0]) * 1024 if peak else 0


def _read(parser: Parser, path: Path, run: Run) -> None:
    began_s = time.monotonic()
    end = _end(parser, path)
    run.note(path.name, end, began_s, _peak_bytes(parser.process.pid))


def _end(parser: Parser, path: Path) -> str:
    """Read a file; return the reason of its refusal, or 'text' or 'partial'."""
    try:
        document, chunks = parser.parse(path, path.name)
    except UnreadableDocument as error:
        refusal = error
    else:
        for chunk in chunks:
            assert document.text[chunk.start : chunk.end] == chunk.text
        assert "root:" not in document.text, f"{path.name} reads files of this machine"
        return "partial" if document.problem else "text"
    assert refusal.reason in REASONS
    assert str(refusal).endswith(".")
    return refusal.reason


def test_there_are_four_hundred() -> None:
    """As many as were promised, each under a name of its own."""
    families = {**FAMILIES, "gguf": MODELS}
    for name, least in {"gguf": 100, "pdf": 80, "office": 80, "text": 60}.items():
        cases = families[name]
        assert len({case.name for case in cases}) == len(cases) >= least
    assert len(set(NAMES)) >= 30
    assert len({name for name, _ in REQUESTS}) == len(REQUESTS) >= 50


@pytest.mark.allow_log("the parsing worker ended")
@pytest.mark.parametrize("family", FAMILIES)
def test_documents(parser: Parser, tmp_path: Path, family: str) -> None:
    """Each is read or refused with its reason; the one after it is read all the same."""
    run = Run(family)
    for case in sample(FAMILIES[family]):
        path = case.written(tmp_path)
        _read(parser, path, run)
        path.unlink()
    run.done()
    fine = tmp_path / "fine.txt"
    fine.write_text("fine")
    assert parser.parse(fine, "fine.txt").document.text == "fine"
    assert not Path("/tmp/climbed").exists()


@pytest.mark.skipif(EVERY > 1, reason="test_evaluation.py reads them each time")
@pytest.mark.skipif(not EVALUATION.is_dir(), reason=f"no documents at {EVALUATION}")
@pytest.mark.allow_log("the parsing worker ended")
def test_documents_of_others(parser: Parser, tmp_path: Path) -> None:
    """The files of other projects' test suites, damaged and encrypted ones among them."""
    run = Run("evaluation")
    for path in sorted(EVALUATION.rglob("*")):
        if path.is_file() and path.name != "manifest.csv":
            _read(parser, path, run)
    run.done()


@pytest.mark.model
@pytest.mark.allow_log("the model worker ended")
def test_models(tmp_path: Path) -> None:
    """Each is refused by its header or by a process that loads it first, or it can be loaded."""
    run = Run("gguf")
    (tmp_path / "good.gguf").write_bytes(good())
    assert _loaded(tmp_path / "good.gguf") == "loads"
    for case in sample(MODELS):
        path, began_s = case.written(tmp_path), time.monotonic()
        run.note(case.name, _loaded(path), began_s)
        path.unlink()
    run.done()


def _loaded(path: Path) -> str:
    try:
        read_header(path)
        probed([path], Cancel())
    except UnusableModel as error:
        refusal = error
    else:
        return "loads"
    assert str(refusal).endswith(".")
    return refusal.reason


def test_names(core: Core, lend_embedder: Callable[[Settings], None]) -> None:
    """Whatever a file is called, it is read, stays in its place, and is listed by one line."""
    owner, run = core.users.owner().id, Run("names")
    lend_embedder(core.settings)
    made = core.collections.create(owner, "Names")
    core.collections.start()
    for number, name in enumerate(NAMES):
        core.collections.add_upload(owner, made.id, name, BytesIO(f"text {number}".encode()))
    until(lambda: core.collections.get(owner, made.id).document_count == len(NAMES))
    settled = (DocumentState.INDEXING, DocumentState.READY, DocumentState.FAILED)
    until(lambda: all(d.state in settled for d in core.collections.documents(owner, made.id)))
    for document in core.collections.documents(owner, made.id):
        assert document.name.isprintable()
        assert not {"/", "\\"} & set(document.name)
        assert Path(document.path).parent == core.settings.uploads_dir
        run.note(document.name, document.state, time.monotonic())
    run.done()
    assert not Path("/tmp/climbed.txt").exists()
    assert run.ends[DocumentState.FAILED] == 0


@pytest.mark.allow_log(r"python_multipart|uvicorn\.error:WARNING:Invalid HTTP")
def test_requests(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is answered with an error of ours or with success, never by a fault or by silence."""
    monkeypatch.setattr(exchange, "GRACE_S", 1.0)  # for those that promise more than they send
    run = Run("api")
    with serving(core) as api:
        port = int(api.server.url.rpartition(":")[2])
        token = f"Authorization: Bearer {core.users.run_token()}".encode()
        for name, content in REQUESTS:
            began_s = time.monotonic()
            sent = content.replace(AUTHORISED.encode(), token)
            status, text = _asked(port, sent.replace(b"Host: HOST", b"Host: 127.0.0.1:%d" % port))
            assert 200 <= status < 500 or status in (501, 503), (name, status, text[:300])
            if status >= 400:
                assert json.loads(text)["error"]["code"], (name, text[:300])
            run.note(name, str(status), began_s)
        assert api.owner.get("/agents").status_code == 200
    run.done()


def _sent(connection: socket.socket, content: bytes) -> None:
    with suppress(OSError):  # it may be refused before all of it was read
        connection.sendall(content)


def _asked(port: int, content: bytes) -> tuple[int, bytes]:
    """Send bytes and return the answer's status and body, whatever comes of the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        sending = threading.Thread(target=_sent, args=(connection, content))
        sending.start()
        pieces = []
        with suppress(ConnectionResetError):  # the answer came before
            while piece := connection.recv(1 << 16):
                pieces.append(piece)
        sending.join()
    head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body
