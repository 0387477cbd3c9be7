"""The first half of ingest: a queued file becomes a text that keyword search finds.

Hash, parse, chunk, one SQLite transaction, keyword index. What goes wrong with a file costs that
file only, and is kept with it as a reason.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Sequence
from pathlib import Path, PurePath

from core.crashpoints import reached
from core.errors import Cancelled, StorageFailed, UnreadableDocument, storage_failure
from core.records import Attachment, Document, DocumentState, new_id
from core.retrieval.lexical import LexicalIndex
from core.retrieval.notices import Notices
from core.retrieval.parsing.parser import Parser
from core.retrieval.parsing.reasons import unreadable
from core.retrieval.patience import Patience
from core.retrieval.walk import identity_of
from core.store.chunks import ChunkStore
from core.store.document_rows import FileSeen
from core.store.indexing import FileRead, IngestStore
from core.streams import Cancel

log = logging.getLogger(__name__)

MAX_FILE_BYTES = 1 << 30
ATTACHED = " › "
"""Between a mail's name and that of a file attached to it."""
MAX_ATTACHED_DEPTH = 3
_BLOCK = 1 << 20


class Reading:
    """Takes documents from the queue, one after another; used by one thread."""

    def __init__(
        self,
        store: IngestStore,
        chunks: ChunkStore,
        parser: Parser,
        lexical: LexicalIndex,
        notices: Notices,
        uploads: Path,
    ):
        self._store = store
        self._chunks = chunks
        self._parser = parser
        self._lexical = lexical
        self._notices = notices
        self._uploads = uploads
        self._patience = Patience()
        self._interrupted = False
        """True where a document is marked as being read, and is not."""

    def open(self, _cancel: Cancel) -> None:
        """Queue again what an earlier run did not finish."""
        self._store.resume()

    def step(self, cancel: Cancel) -> bool:
        """Read the document that has waited longest; False where none waits.

        Raises StorageFailed where it is to be tried again, as on a full disk, and Cancelled when
        the program ends; the document is then read at the next start.
        """
        if self._interrupted:
            self._store.resume()
            self._interrupted = False
        found = self._store.next_queued()
        if found is None:
            return False
        self._store.begin_parsing(found.id)
        reached("ingest.parsing")
        self._notices.changed(found)
        try:
            self._read(found, cancel)
        except UnreadableDocument as error:
            self._store.fail(found, error.reason, f"{error} {error.advice}")
        except StorageFailed as error:
            self._interrupted = True
            if not self._patience.is_out(found.id, error):
                raise
            self._store.fail(found, error.code, f"{error} {error.advice}")
        except Cancelled:
            raise
        except Exception:
            log.exception("reading %s failed", found.path)
            problem = f"Reading '{found.name}' failed because of a mistake in Outpost; see the log."
            self._store.fail(found, "internal", problem)
        self._notices.changed(found)
        return True

    def _read(self, found: Document, cancel: Cancel) -> None:
        path = Path(found.path)
        file = examine(path, found.name, cancel)
        if self._is_known(found, path, file):
            return
        parsed, chunks = self._parser.parse(path, found.name)
        reached("ingest.parsed")
        attached = self._kept(found, parsed.attachments)
        if self._store.store_text(found, file, parsed, chunks, attached):
            reached("ingest.stored")
            self._lexical.replace(found.id, self._chunks.chunks(found.id))
            reached("ingest.found")

    def _kept(self, found: Document, attachments: Sequence[Attachment]) -> list[FileSeen]:
        """Write what is attached to a mail into the data folder, as if it had been uploaded.

        Mails inside mails are followed a few times only: somebody may attach a mail to itself.
        """
        if found.name.count(ATTACHED) >= MAX_ATTACHED_DEPTH:
            return []
        kept = []
        for each in attachments:
            target = self._uploads / f"{new_id('upl')}{PurePath(each.name).suffix.lower()}"
            try:
                target.write_bytes(each.content)
                status = target.stat()
            except OSError as error:
                raise storage_failure(error, f"'{each.name}' could not be kept") from error
            name = f"{found.name}{ATTACHED}{each.name}"
            kept.append(FileSeen(name, str(target), status.st_size, status.st_mtime_ns))
        return kept

    def _is_known(self, found: Document, path: Path, file: FileRead) -> bool:
        """Tell whether the collection has the content already, and settle what the file is then.

        It is a copy, or the same file by another name, or one that came back from the trash.
        """
        is_upload = path.parent == self._uploads
        twin = self._store.twin(found, file.sha256)
        if twin is not None and (
            twin.path == found.path
            or twin.state is DocumentState.OFFLINE
            or Path(twin.path).exists()
        ):
            self._store.skip(found, twin, file, is_copy=not is_upload)
            if is_upload:
                path.unlink(missing_ok=True)
            return True
        earlier = twin or self._store.retired(found, file.sha256)
        return earlier is not None and self._store.take_over(found, earlier, file)


def examine(path: Path, name: str, cancel: Cancel) -> FileRead:
    """Return a file's size, time and SHA-256.

    Raises UnreadableDocument where it is missing or too big, Cancelled when asked to stop.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_size > MAX_FILE_BYTES:
                raise unreadable("too_big", name)
            while block := file.read(_BLOCK):
                digest.update(block)
                if cancel:
                    raise Cancelled
    except OSError as error:
        raise unreadable("missing", name) from error
    return FileRead(status.st_size, status.st_mtime_ns, digest.hexdigest(), identity_of(status))
