"""What is attached to a mail is read as a document of its own, and goes where the mail goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from core.changes import Changes
from core.records import CollectionId, Document, DocumentState, UserId
from core.retrieval.lexical import LexicalIndex
from core.retrieval.notices import Notices
from core.retrieval.parsing.attachments import file_name
from core.retrieval.parsing.parser import Parser
from core.retrieval.reading import ATTACHED, Reading
from core.store.chunks import ChunkStore
from core.store.database import Database
from core.store.document_rows import FileSeen
from core.store.documents import Documents
from core.store.indexing import IngestStore
from core.streams import Cancel

Add = Callable[[Path], dict[str, Document]]


def mail(*files: tuple[str, bytes]) -> EmailMessage:
    made = EmailMessage()
    made["From"] = "Ada <ada@example.org>"
    made["Subject"] = "The contract"
    made.set_content("Please read what is attached.")
    for name, content in files:
        made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made


@pytest.fixture
def shelf(database: Database, owner: UserId) -> CollectionId:
    """An empty collection."""
    return Documents(database).create_collection(owner, "Mail").id


@pytest.fixture
def add(
    database: Database, owner: UserId, shelf: CollectionId, embedder_dir: Path, tmp_path: Path
) -> Iterator[Add]:
    """Adds a file, reads all that waits, and returns the collection's documents by name."""
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    parser, lexical = Parser(embedder_dir), LexicalIndex(tmp_path / "tantivy")
    reading = Reading(
        IngestStore(database),
        ChunkStore(database),
        parser,
        lexical,
        Notices(Changes()),
        uploads,
    )

    def run(path: Path) -> dict[str, Document]:
        status = path.stat()
        seen = FileSeen(path.name, str(path), status.st_size, status.st_mtime_ns)
        Documents(database).add(owner, shelf, [seen])
        while reading.step(Cancel()):
            pass
        return {each.name: each for each in Documents(database).documents(owner, shelf)}

    yield run
    parser.close()
    lexical.close()


def test_attachments_become_documents(add: Add, database: Database, tmp_path: Path) -> None:
    """They are named after the mail, belong to it and to its job, and have a text of their own."""
    path = tmp_path / "a.eml"
    files = ("terms.md", b"# Terms\n\nPay in May."), ("photo.jpg", b"\xff\xd8" + bytes(range(256)))
    path.write_bytes(mail(*files).as_bytes())
    found = add(path)
    assert list(found) == ["a.eml", "a.eml › terms.md"]
    parent, child = found.values()
    assert child.parent_id == parent.id
    assert child.state is DocumentState.INDEXING
    text = Documents(database).document_text(child.owner_id, child.id).text
    assert text.endswith("Pay in May.")
    assert Path(child.path).parent == tmp_path / "uploads"
    mail_text = Documents(database).document_text(parent.owner_id, parent.id).text
    assert mail_text.endswith("Attachments:\n- terms.md\n- photo.jpg")


def test_they_go_to_the_trash_and_come_back_with_the_mail(
    add: Add, database: Database, owner: UserId, shelf: CollectionId, tmp_path: Path
) -> None:
    """Deleting the mail deletes what was attached; restoring it restores that."""
    path = tmp_path / "a.eml"
    path.write_bytes(mail(("terms.txt", b"Pay in May."), ("more.txt", b"Or June.")).as_bytes())
    found = add(path)
    documents = Documents(database)
    documents.trash_document(owner, found["a.eml › more.txt"].id)
    documents.trash_document(owner, found["a.eml"].id)
    assert documents.documents(owner, shelf) == []
    documents.restore(owner, found["a.eml"].id)
    names = [each.name for each in documents.documents(owner, shelf)]
    assert names == ["a.eml", "a.eml › terms.txt"]


def test_a_changed_mail_has_its_new_attachments(add: Add, tmp_path: Path) -> None:
    """What was attached to the older version goes with it."""
    path = tmp_path / "a.eml"
    path.write_bytes(mail(("old.txt", b"Old terms.")).as_bytes())
    add(path)
    path.write_bytes(mail(("new.txt", b"The new terms are these.")).as_bytes())
    assert list(add(path)) == ["a.eml", "a.eml › new.txt"]


def test_the_same_attachment_twice_is_one_document(add: Add, tmp_path: Path) -> None:
    """A file that came with two mails is read and found once, and kept once."""
    for name in ("a.eml", "b.eml"):
        message = mail(("terms.txt", b"Pay in May."))
        message["Date"] = name
        (tmp_path / name).write_bytes(message.as_bytes())
        found = add(tmp_path / name)
    assert list(found) == ["a.eml", "a.eml › terms.txt", "b.eml"]
    assert len(list((tmp_path / "uploads").iterdir())) == 1


def test_mails_in_mails_are_followed_a_few_times(add: Add, tmp_path: Path) -> None:
    """A chain of mails, each attached to the next as a file, does not go on for ever."""
    content = b"The core of it."
    for number in range(8):
        content = mail((f"{number}.eml" if number else "core.txt", content)).as_bytes()
    (tmp_path / "a.eml").write_bytes(content)
    found = add(tmp_path / "a.eml")
    assert max(name.count(ATTACHED) for name in found) == 3
    assert len(found) == 4


def test_an_unreadable_attachment_costs_itself_only(add: Add, tmp_path: Path) -> None:
    """A damaged file fails under its own name; the mail is read."""
    (tmp_path / "a.eml").write_bytes(mail(("bad.pdf", b"%PDF-1.7 nothing")).as_bytes())
    found = add(tmp_path / "a.eml")
    assert found["a.eml"].state is DocumentState.INDEXING
    assert found["a.eml › bad.pdf"].reason == "damaged"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\a.doc", "a.doc"),
        ("\u202egpj.exe", "gpj.exe"),
        ("...", "unnamed"),
        ("", "unnamed"),
        ("x" * 300 + ".pdf", "x" * 96 + ".pdf"),
    ],
)
def test_names_are_only_names(name: str, kept: str) -> None:
    """A name that a stranger chose leads nowhere and hides nothing."""
    assert file_name(name) == kept
