"""The one composition root: builds every room from the settings and closes them again.

`build` is quick and imports nothing heavy, so that a window can be shown first; `Core.start`
does the slow part (looking at models, making the starter agents, loading the embedder, resuming
ingests) on a thread of its own and reports each step.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from logging.handlers import RotatingFileHandler

from filelock import FileLock, Timeout

import resources
from core import crashpoints, offline
from core.actor import STARTUP, Actor, acting
from core.agents import Agents, DeploymentLimits, EngineDefaults
from core.backups import Backups, restore_wished
from core.bundle import Bundles
from core.changes import Changes, Topic
from core.chat.completion import Completions
from core.chat.explaining import Explanations
from core.chat.history import Conversations
from core.chat.service import Chat
from core.config import (
    Settings,
    crash_wish,
    prepare_folders,
    save_settings,
    set_library_environment,
)
from core.doctor import Doctor
from core.engines.calibration import Calibration
from core.engines.hardware import hardware, physical_cores
from core.engines.loader import EngineLoader
from core.errors import AlreadyRunning, Conflict, OutpostError, StorageFailed
from core.licences import licences
from core.models import Models
from core.places import log_tail, storage
from core.pool import ModelPool
from core.privacy import forbid_core_dumps
from core.records import (
    AgentDraft,
    AgentType,
    Collection,
    Hardware,
    Licence,
    ModelId,
    RetrievalSettings,
    Sampling,
    Storage,
    UserId,
)
from core.reserve import Reserve
from core.retrieval.collections import Collections
from core.store.agents import AgentStore
from core.store.audit import AuditLog
from core.store.checks import CheckStore
from core.store.conversations import ConversationStore
from core.store.database import Database
from core.store.marks import Marks
from core.store.models import ModelStore
from core.store.portable import PortableStore
from core.store.studies import StudyStore
from core.store.users import UserStore
from core.studies.checks import AgentChecks
from core.studies.service import Studies
from core.users import Users
from core.window_lock import WindowLock

log = logging.getLogger(__name__)

LOG_BYTES = 2_000_000
STARTER_MARK = "starter_agents"
GUIDE_COLLECTION = "Outpost guide"


@dataclass(frozen=True, slots=True)
class StartupStep:
    """One part of starting up: its name, how far it is, and what went wrong."""

    name: str
    state: str = "waiting"
    """'waiting', 'running', 'done' or 'failed'."""
    note: str = ""


class Startup:
    """The background steps of starting up, for the window and /status to show."""

    def __init__(self, changes: Changes):
        self._changes = changes
        self._steps: dict[str, StartupStep] = {}
        self.finished = threading.Event()
        self.closing = threading.Event()
        """Set to leave out the steps that have not begun."""

    def steps(self) -> list[StartupStep]:
        return list(self._steps.values())

    def run(self, steps: dict[str, Callable[[], object]]) -> None:
        """Run the steps in order; one that fails is noted and the next one runs all the same."""
        self._steps = {name: StartupStep(name) for name in steps}
        for name, action in steps.items():
            if self.closing.is_set():
                break
            self._note(StartupStep(name, "running"))
            try:
                with acting(Actor(STARTUP)):
                    action()
            except OutpostError as error:
                log.error("start-up step %r failed: %s", name, error)
                self._note(StartupStep(name, "failed", f"{error} {error.advice}".strip()))
            except Exception as error:
                log.exception("start-up step %r failed", name)
                self._note(StartupStep(name, "failed", f"Unexpected error: {error}"))
            else:
                self._note(StartupStep(name, "done"))
        self.finished.set()
        self._changes.announce(Topic.STARTUP)

    def _note(self, step: StartupStep) -> None:
        self._steps[step.name] = step
        self._changes.announce(Topic.STARTUP, step.name)


class Core:
    """Everything Outpost can do, without a window. Made by `build`."""

    def __init__(self, settings: Settings, lock: FileLock):
        self._lock = lock
        self._starter: threading.Thread | None = None
        self._restored = _restore(settings)
        self.changes = Changes()
        self.reserve = Reserve(settings.reserve_file, self._note_room)
        self._database = self._opened(settings)
        self._log_handler = _log_to_file(settings)
        self.settings = settings
        self.offline = offline.guard()
        self.startup = Startup(self.changes)
        try:
            self._build(settings)
        except BaseException:
            self._release()
            raise

    def _opened(self, settings: Settings) -> Database:
        try:
            return Database(settings.database_file, self.reserve)
        except BaseException:
            self.reserve.close()
            raise

    def _note_room(self) -> None:
        """Tell that the disk became full or has room again, and make up for what waited for it."""
        self.changes.announce(Topic.STORAGE)
        if not self.reserve.is_used_up and self._starter is not None:
            self._pay_audit()

    def _pay_audit(self) -> None:
        try:
            self.audit.pay()
        except StorageFailed as error:
            log.error("entries of the audit log could not be made: %s", error)

    def _build(self, settings: Settings) -> None:
        """Make the services, each from the ones before it."""
        self.marks = Marks(self._database)
        self.audit = AuditLog(self._database)
        self.backups = Backups(settings, self.audit, self.changes)
        conversations = ConversationStore(self._database)
        conversations.interrupt_unfinished()
        self.users = Users(UserStore(self._database), self.changes)
        self.window_lock = WindowLock(self.marks, self.audit, self.changes)
        self.models = Models(settings.model_storage_path, ModelStore(self._database), self.changes)
        engines = EngineLoader(Calibration(settings.calibration_file))
        self.collections = Collections(
            settings,
            self._database,
            self.changes,
            replying=engines.working,
            expected=lambda: bool(self.pool.names()),
        )
        self.doctor = Doctor(self._database, self.collections)
        self.pool = ModelPool(engines, settings.max_deployed_agents)
        self.agents = Agents(
            AgentStore(self._database),
            self.models,
            self.pool,
            self.changes,
            engine=EngineDefaults(
                threads=settings.threads or physical_cores(),
                slots=settings.slots,
                prefix_dir=settings.prefix_dir,
            ),
            limits=DeploymentLimits(settings.agent_timeout_s, settings.stop_least_used),
            forecast=engines.forecast,
            require_reranker=self.collections.require_reranker,
        )
        self.bundles = Bundles(
            self.agents,
            self.collections,
            self.models,
            PortableStore(self._database),
            self.audit,
            self.changes,
        )
        self.conversations = Conversations(conversations, self.changes)
        self.chat = Chat(
            conversations, self.agents, self.models, self.pool, self.collections, self.changes
        )
        self.explanations = Explanations(conversations, self.agents, self.collections)
        self.completions = Completions(self.agents, self.pool, self.collections)
        self.studies = Studies(
            StudyStore(self._database), self.agents, self.pool, self.collections, self.changes
        )
        self.checks = AgentChecks(
            CheckStore(self._database), self.agents, self.pool, self.collections
        )
        self.agents.check_before_deploying(self.checks.require)

    def start(self) -> None:
        """Begin the background steps and return at once."""
        steps: dict[str, Callable[[], object]] = {
            "Looking at the models": self.models.scan,
            "Preparing the starter agents": self._make_starter_agents,
            "Opening the collections": self.collections.start,
            "Going on with studies": self.studies.start,
            "Looking after backups": self.backups.start,
            "Checking the database": self.doctor.check,
        }
        if self._restored is not None:
            steps = {"Restoring the backup": self._tell_restored, **steps}
        self._starter = threading.Thread(
            target=self._run_steps, args=(steps,), name="outpost-startup", daemon=True
        )
        self._starter.start()

    def _run_steps(self, steps: dict[str, Callable[[], object]]) -> None:
        self.reserve.keep()
        self.startup.run(steps)

    def _tell_restored(self) -> None:
        """Note the restore that this start began with; raises why it could not be."""
        if isinstance(self._restored, StorageFailed):
            raise self._restored
        self.audit.note("backup.restored", self._restored or "", None)

    def _make_starter_agents(self) -> None:
        """Make the starter agents and collection once; whoever deletes them is not overruled.

        The mark comes last: a start that was cut short is completed by the next one.
        """
        model = self.models.starter()
        if model is None or self.marks.get(STARTER_MARK):
            return
        owner_id = self.users.owner().id
        guide = self._guide_collection(owner_id)
        taken = {agent.name.casefold() for agent in self.agents.list(owner_id)}
        for draft in starter_agents(model.id):
            if draft.type is AgentType.RAG:
                draft = replace(draft, collections=(guide.id,))
            if draft.name.casefold() not in taken:
                self.agents.create(owner_id, draft)
        self.collections.add_files(owner_id, guide.id, [resources.guide_dir()])
        self.marks.put(STARTER_MARK, "made")

    def _guide_collection(self, owner_id: UserId) -> Collection:
        """Return the starter collection, made now if it is not there."""
        for each in self.collections.list(owner_id):
            if each.name.casefold() == GUIDE_COLLECTION.casefold():
                return each
        return self.collections.create(
            owner_id,
            GUIDE_COLLECTION,
            "Outpost's own user guide: what the Guide agent answers from.",
        )

    def remove_user(self, user_id: UserId) -> None:
        """Remove a user with all that is theirs, for good.

        Raises NotFound, and Conflict for the owner and while a reply to them is still ending.
        """
        if self.users.get(user_id).is_owner:
            raise Conflict("Who runs this installation cannot be removed.")
        self.users.shut_out(user_id)
        for agent in self.agents.list(user_id):
            self.agents.delete(user_id, agent.id, force=True)
        for study in self.studies.list(user_id):
            self.studies.delete(user_id, study.id)
        self.collections.let_go(user_id)
        for path in self.users.remove(user_id):
            if path.parent == self.settings.uploads_dir:
                path.unlink(missing_ok=True)
        self.collections.tidy()

    def hardware(self) -> Hardware:
        """Return what this machine offers to a model."""
        return hardware()

    def storage(self) -> Storage:
        """Return which places Outpost takes on the disk, and what is free there."""
        return storage(self.settings)

    def log_tail(self, lines: int = 500) -> list[str]:
        """Return the last lines of the log, oldest first; it holds no words of users."""
        return log_tail(self.settings, lines)

    def licences(self) -> list[Licence]:
        """Return what Outpost is made of, each part with its licence."""
        return licences()

    def apply(self, **changes: object) -> Settings:
        """Store changed settings; limits apply at once, everything else at the next start."""
        self.settings = save_settings(self.settings, **changes)
        self.audit.note("settings.change", "", self.users.owner().id, ", ".join(sorted(changes)))
        self.pool.limit(self.settings.max_deployed_agents)
        self.agents.limits.idle_timeout_s = self.settings.agent_timeout_s
        self.agents.limits.stop_least_used = self.settings.stop_least_used
        return self.settings

    def close(self) -> None:
        """End replies, stop agents and jobs, and close the stores; takes at most some seconds."""
        self.startup.closing.set()
        if self._starter is not None:  # first, so that it opens nothing that is closed already
            self._starter.join()
        self.backups.close()
        self.studies.close()
        self.agents.close()
        self.chat.close()
        self.collections.close()
        self._pay_audit()
        self._release()

    def _release(self) -> None:
        self.reserve.close()
        self._database.close()
        logging.getLogger().removeHandler(self._log_handler)
        self._log_handler.close()
        self._lock.release()


def build(settings: Settings) -> Core:
    """Open the data folder and build every service.

    Raises AlreadyRunning if another process owns the folder, StorageFailed if it cannot be
    written, is damaged or was written by a newer Outpost.
    """
    set_library_environment()
    forbid_core_dumps()
    crashpoints.arm(crash_wish())
    lock = _own(settings)
    try:
        return Core(settings, lock)
    except BaseException:
        lock.release()
        raise


def _own(settings: Settings) -> FileLock:
    """Make the folders that are not there and take the lock of the data folder."""
    lock = FileLock(settings.lock_file, thread_local=False)  # closed from another thread
    try:
        prepare_folders(settings)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise AlreadyRunning(
            f"Outpost is already running on the data folder {settings.data_dir}."
        ) from error
    except OSError as error:
        where = error.filename or settings.data_dir
        why = error.strerror or error
        raise StorageFailed(f"The folder {where} cannot be used: {why}.") from error
    return lock


def _restore(settings: Settings) -> str | StorageFailed | None:
    """Restore the backup that was wished for; its name, or why the present data were kept."""
    try:
        return restore_wished(settings)
    except StorageFailed as problem:
        return problem


def starter_agents(model: ModelId) -> tuple[AgentDraft, ...]:
    """Return the agents of a first start; the Guide's collection is added by the caller."""
    assistant = AgentDraft(
        name="Assistant",
        type=AgentType.FINE_TUNED,
        model=model,
        description="A first agent to try: the very small starter model, answering on its own.",
        system_prompt="You are a helpful assistant. Answer briefly and plainly.",
        sampling=Sampling(temperature=0.3, max_tokens=400),
        tags=("starter",),
    )
    guide = AgentDraft(
        name="Guide",
        type=AgentType.RAG,
        model=model,
        description="Answers questions about Outpost from its user guide and names the page.",
        system_prompt="Quote the sentence of the user guide that answers the question.",
        sampling=Sampling(temperature=0.0, repeat_penalty=1.05, max_tokens=100),
        tags=("starter",),
        retrieval=RetrievalSettings(passages=1, budget_tokens=800),
    )
    return (assistant, guide)


class _Log(RotatingFileHandler):
    """A log that gives up what cannot be written, such as on a full disk."""

    def handleError(self, record: logging.LogRecord) -> None:
        pass


def _log_to_file(settings: Settings) -> logging.Handler:
    """Keep a small rotating log in the data folder; it never holds messages or documents."""
    handler = _Log(
        settings.log_file,
        maxBytes=LOG_BYTES,
        backupCount=3,
        encoding="utf-8",
        errors="backslashreplace",
        delay=True,
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    return handler
