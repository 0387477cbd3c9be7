"""One life of Outpost: it starts, looks whether promises are kept, works, and waits to be killed.

A whole core on a data folder, with real stores, parser, Chroma and starter model; only the
embedder is quicker than a real one. `nursery.py` gives birth to lives by forking; run as a
program, with an order as its argument, a life is one process from the beginning.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import random
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from core.app import STARTER_MARK, Core, StartupStep, build
from core.chat import turn
from core.config import Settings, load_settings
from core.errors import AlreadyRunning, Conflict, OutpostError
from core.records import (
    AgentDraft,
    AgentType,
    Ask,
    Document,
    DocumentState,
    HealthState,
    RetrievalSettings,
    Sampling,
    TextDelta,
    TurnDone,
    TurnStarted,
    UserId,
)
from core.retrieval import indexing, ingest, vector_index
from core.retrieval.embedders import STARTER
from core.store import migration
from core.streams import Cancel
from tests.faults.disk import failing
from tests.faults.embedder import give
from tests.faults.ledger import Ledger
from tests.faults.looking import SETTLE_S, look, wait

Say = Callable[..., None]
STOCK = 24
BY_WORDS = RetrievalSettings(dense_weight=0.0, min_evidence=0.01)
"""Vectors made of words may be near by chance; so the best must be what has the word."""
BUSY_TURNS = 200
"""Of a twentieth of a second: on a busy machine it can be seconds until a worker notices."""


@dataclass(frozen=True)
class Order:
    """What a life is to do."""

    home: str
    ledger: str = ""
    """A file with the lines of the lives before."""
    plan: str = "work"
    """'found' makes agent and collection, 'work' goes on until it is killed, 'settle' lets all
    errands be done, examines everything, and closes in order, 'wish' makes a backup that the next
    start is to restore, 'stock' adds documents and settles, 'look' says what it finds, 'fail' does
    its works once while the disk fails, and settles afterwards."""
    crash_at: str = ""
    seed: int = 0
    vectors: bool = False
    """Open Chroma at once, not some seconds later."""
    works: tuple[str, ...] = ("chat", "feed", "delete", "keep", "drop", "reindex")
    migrations: str = ""
    """A folder with one more step of the schema than there is."""
    patience_s: float = SETTLE_S
    """How long 'settle' waits for all to be done."""
    disk: str = ""
    """The control file of a disk that fails while works are done once."""


def live(order: Order, say: Say) -> None:
    """Follow an order; everything that is known afterwards was said."""
    began = time.monotonic()
    settings = load_settings({"OUTPOST_DATA_DIR": order.home, "OUTPOST_PORT": "0"})
    logging.getLogger().addHandler(_Tell(say))
    if order.vectors:
        indexing.OPEN_VECTORS_AFTER_S = 0.0
    if order.migrations:
        migration.MIGRATIONS, migration.HEAD = Path(order.migrations), "0002"
    vector_index.EXACT_BELOW = 20
    turn.SAVE_INTERVAL_S = 0.02
    ingest.PAUSE_AFTER_FAILURE_S = 0.2
    os.environ["OUTPOST_CRASH_AT"] = order.crash_at
    core = _built(settings)
    give(core)
    if order.plan == "found":
        _found(core)
        return
    if order.plan == "look":
        look(core, say)
        core.close()
        return
    ledger = _read(order.ledger)
    say("broken", *ledger.broken(settings.database_file))
    work = _Work(core, settings, order, say, ledger)
    work.ask_something()
    say("usable", f"{time.monotonic() - began:.3f}")
    core.start()
    if order.plan == "stock":
        work.stock(STOCK)
    if order.plan == "fail":
        work.fail()
    if order.plan in ("settle", "stock", "fail"):
        say("unsettled", *work.settle())
        core.close()
    elif order.plan == "wish":
        wait(core.startup.finished.is_set)
        core.backups.restore(core.backups.make().name)
        core.close()
    else:
        work.go_on()


def _built(settings: Settings) -> Core:
    """Build a core; a worker that was being started when its parent was killed holds the lock."""
    for _ in range(BUSY_TURNS):
        try:
            return build(settings)
        except AlreadyRunning:
            time.sleep(0.05)
    return build(settings)


def _found(core: Core) -> None:
    """Make what every later life needs, and nothing else."""
    core.marks.put(STARTER_MARK, "made")
    owner_id = core.users.owner().id
    core.models.scan()
    model = core.models.starter()
    assert model is not None
    sampling = Sampling(temperature=0.0, max_tokens=8)
    draft = AgentDraft("Ada", AgentType.FINE_TUNED, model.id, context_tokens=512, sampling=sampling)
    agent = core.agents.create(owner_id, draft)
    core.agents.deploy(owner_id, agent.id, wait=True)  # its model is looked at once
    core.collections.create(owner_id, "Shelf")
    core.close()


def _read(path: str) -> Ledger:
    ledger = Ledger()
    for line in json.loads(Path(path).read_text("utf-8")) if path else ():
        ledger.note(line)
    return ledger


class _Tell(logging.Handler):
    """Says what is logged as an error: a bug, or a store that failed."""

    def __init__(self, say: Say):
        super().__init__(logging.ERROR)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        self._say("logged", f"{record.name}: {record.getMessage()}"[:1000])


class _Work:
    """Chat, ingest, deletion and backups at once, each step said before or after."""

    def __init__(self, core: Core, settings: Settings, order: Order, say: Say, ledger: Ledger):
        self._core, self._settings, self._order = core, settings, order
        self._tell, self._ledger = say, ledger
        self._random = random.Random(order.seed)
        self._owner: UserId = core.users.owner().id
        (self._shelf,) = (
            each.id for each in core.collections.list(self._owner) if each.name == "Shelf"
        )  # beside it there may be some that were about to be dropped
        self._files = Path(order.home).parent / "files"
        self._ready: dict[str, str] = dict(ledger.kept())
        """Documents of which it was said that they are ready, with their words."""
        self._gone: set[str] = set()
        self._number = 0

    def _say(self, *line: str) -> None:
        """Say something, and remember it as the lives to come will."""
        self._tell(*line)
        self._ledger.note(list(line))

    def ask_something(self) -> None:
        """Do what somebody does first: look at the list, and search."""
        self._core.conversations.list(self._owner)
        self._core.collections.find(self._owner, "valve", [self._shelf], wait_s=0.0)

    def go_on(self) -> None:
        """Work until the process is killed."""
        for name in self._order.works:
            work = getattr(self, f"_{name}")
            threading.Thread(target=self._loop, args=(work,), daemon=True).start()
        threading.Event().wait()

    def _loop(self, work: Callable[[], None]) -> None:
        try:
            while True:
                work()
        except BaseException:
            self._say("fault", traceback.format_exc())

    # ------------------------------------------------------------ kinds of work

    def _chat(self) -> None:
        self._deploy()
        for number in itertools.count(1):
            self._ask(f"Say one, life {self._order.seed}, question {number}.")

    def _deploy(self) -> None:
        agent = self._core.agents.list(self._owner)[0]
        self._core.agents.deploy(self._owner, agent.id, wait=True)

    def _ask(self, text: str) -> None:
        agent, reply = self._core.agents.list(self._owner)[0], ""
        try:
            for event in self._core.chat.reply(Ask(self._owner, agent.id, text), Cancel()):
                if isinstance(event, TurnStarted):
                    reply = event.reply.id
                    self._say("asked", reply, event.question.id, text)
                elif isinstance(event, TextDelta):
                    self._say("said", reply, event.text)
                elif isinstance(event, TurnDone):
                    self._say("answered", reply, event.reply.text)
        except OutpostError:
            self._say("failed", reply)
            raise

    def _feed(self) -> None:
        """Add one to three files, and say of which documents it was seen that they are ready."""
        paths = [str(self._file()) for _ in range(self._random.randrange(1, 4))]
        self._core.collections.add_files(self._owner, self._shelf, list(map(Path, paths)))
        for path in paths:
            self._say("added", path)
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline and not self._say_ready():
            time.sleep(0.02)

    def _file(self) -> Path:
        """Write a file with a word that no other has."""
        self._number += 1
        path = self._files / f"{self._order.seed}-{self._number}.txt"
        filler = " ".join(self._random.choices(FILLER, k=self._random.randrange(20, 500)))
        path.write_text(f"{_word_of(path)} {filler}")
        return path

    def _say_ready(self) -> bool:
        """Say what is ready and was not said; True where everything is."""
        documents = self._documents()
        for each in documents:
            if each.state is DocumentState.READY and each.id not in self._ready:
                self._ready[each.id] = _word_of(Path(each.path))
                self._say("ready", each.id, each.path, self._ready[each.id])
        return all(each.state is DocumentState.READY for each in documents)

    def _delete(self) -> None:
        """Delete a document now and then, and for good."""
        time.sleep(self._random.uniform(0.05, 0.3))
        there = [each for each in list(self._ready) if each not in self._gone]
        if len(there) > 3:
            gone = self._random.choice(there)
            self._gone.add(gone)
            self._say("deleting", gone)
            self._core.collections.delete_document(self._owner, gone)  # type: ignore[arg-type]
            self._say("deleted", gone)
        if self._random.random() < 0.3:
            self._core.collections.empty_trash(self._owner, self._shelf)

    def _keep(self) -> None:
        """Make a backup now and then."""
        time.sleep(self._random.uniform(0.3, 1.5))
        self._core.backups.make()
        for old in self._core.backups.list()[2:]:
            self._core.backups.delete(old.name)

    def _drop(self) -> None:
        """Make another collection, and delete it with what is in it."""
        made = self._core.collections.create(self._owner, f"Gone {self._order.seed}")
        self._core.collections.add_files(self._owner, made.id, [self._file()])
        time.sleep(self._random.uniform(0.1, 1.0))
        self._core.collections.delete(self._owner, made.id)
        time.sleep(0.2)

    def _reindex(self) -> None:
        """Have all vectors made again."""
        time.sleep(self._random.uniform(0.0, 2.0))
        with suppress(Conflict):  # an earlier life's are being made
            self._core.collections.reindex(self._owner, self._shelf, STARTER)

    def _documents(self) -> list[Document]:
        return self._core.collections.documents(self._owner, self._shelf)

    # ------------------------------------------------------------ failing disks

    def fail(self) -> None:
        """Do each work once while the disk fails; it is whole again afterwards."""
        wait(self._core.startup.finished.is_set)
        if "turn" in self._order.works:
            self._deploy()
        with failing(Path(self._order.disk)):
            for name in self._order.works:
                try:
                    getattr(self, f"_once_{name}")()
                except OutpostError as error:
                    self._say("coded", error.code)
                except Exception:
                    self._say("fault", traceback.format_exc())

    def _once_turn(self) -> None:
        self._ask("Say one.")

    def _once_ingest(self) -> None:
        self._feed()

    def _once_delete(self) -> None:
        gone = next(iter(self._ready))
        self._say("deleting", gone)
        self._core.collections.delete_document(self._owner, gone)  # type: ignore[arg-type]
        self._say("deleted", gone)
        self._core.collections.empty_trash(self._owner, self._shelf)
        time.sleep(0.5)

    def _once_reindex(self) -> None:
        before = self._generation()
        self._core.collections.reindex(self._owner, self._shelf, STARTER)
        wait(lambda: self._generation() != before, 5.0)
        time.sleep(0.5)

    def _generation(self) -> int:
        return self._core.collections.get(self._owner, self._shelf).generation

    def _once_backup(self) -> None:
        name = self._core.backups.make().name
        self._say("backup", name)

    # ------------------------------------------------------------ settling

    def stock(self, documents: int) -> None:
        """Add documents, and a backup of what is there then."""
        paths = [self._file() for _ in range(documents)]
        self._core.collections.add_files(self._owner, self._shelf, paths)
        while not self._say_ready() or len(self._ready) < documents:
            time.sleep(0.05)
        self._core.backups.make()

    def settle(self) -> list[str]:
        """Wait until nothing is owed, and return what is wrong then."""
        wait(self._is_settled, self._order.patience_s)
        health = self._core.doctor.examine()
        wrong = [str(each) for each in health.stores if each.state is not HealthState.WHOLE]
        wrong += [f"put aside: {each}" for each in health.quarantined]
        wrong += [f"{step.name}: {step.note}" for step in self._failed_steps()]
        wrong += self._ledger.broken(self._settings.database_file)
        kept = self._ledger.kept()
        wrong += [f"{word} is lost" for each, word in kept.items() if not self._finds(each, word)]
        if health.pending:
            wrong.append(f"{health.pending} errands are still owed")
        return wrong

    def _is_settled(self) -> bool:
        done = all(each.state is DocumentState.READY for each in self._documents())
        vectors = self._core.collections._vectors
        started = self._core.startup.finished.is_set()
        owed = self._core.chat._unclosed._turns
        if not (done and started and vectors.is_open) or owed:
            return False
        health = self._core.doctor.examine()
        return health.is_whole and not health.pending

    def _failed_steps(self) -> list[StartupStep]:
        return [step for step in self._core.startup.steps() if step.state == "failed"]

    def _finds(self, document_id: str, word: str) -> bool:
        """Tell whether the keyword index has the word, and the search shows its document.

        Alone, the search would not do: vectors made of words find some document for any word.
        """
        hits = self._core.collections._lexical.search(word, [self._shelf], 3)
        passages = self._core.collections.find(
            self._owner, word, [self._shelf], 1, wait_s=0.0, settings=BY_WORDS
        )
        return any(each.chunk_id.startswith(document_id) for each in hits) and any(
            each.document_id == document_id for each in passages
        )


def _word_of(path: Path) -> str:
    """Return the word that this file has and no other."""
    return f"zz{path.stem.replace('-', 'q')}zz"


FILLER = ["valve", "river", "meeting", "tariff", "engine", "contract", "patient", "bridge"]


def written(order: Order) -> str:
    return json.dumps(asdict(order))


def obey(text: str, say: Say) -> None:
    """Live as a written order says; what goes wrong unexpectedly is said too."""
    try:
        live(Order(**json.loads(text)), say)
    except OutpostError as error:
        say("refused", error.code, str(error))
    except BaseException:
        say("fault", traceback.format_exc())


def main() -> None:
    def say(*line: str) -> None:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    obey(sys.argv[1], say)


if __name__ == "__main__":
    main()
