"""Mail gives its headers, its body and the names of what is attached."""

from __future__ import annotations

from email.message import EmailMessage

from core.retrieval.parsing.attachments import MAX_ATTACHMENTS
from tests.core.retrieval.parsing.conftest import Reader


def mail(subject: str = "Grüße") -> EmailMessage:
    made = EmailMessage()
    made["From"] = "Ada <ada@example.org>"
    made["To"] = "bob@example.org"
    made["Subject"] = subject
    return made


def test_headers_body_and_attachments(read: Reader) -> None:
    """The plain form of the body is read, encoded words are decoded, files are named."""
    made = mail()
    made.set_content("Schöner Text.")
    made.add_alternative("<p>the same as HTML</p>", subtype="html")
    made.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="Größe.pdf")
    document = read("a.eml", made.as_bytes())
    assert document.text == (
        "Grüße\n\nFrom: Ada <ada@example.org>\nTo: bob@example.org\n\nSchöner Text.\n\n"
        "Attachments:\n- Größe.pdf"
    )
    assert document.title == "Grüße"


def test_html_alone_is_read_as_a_page(read: Reader) -> None:
    """Mail without a plain form is read from its HTML."""
    made = mail("x")
    made.set_content("<h1>Offer</h1><p>Text</p>", subtype="html")
    assert read("a.eml", made.as_bytes()).text.endswith("Offer\n\nText")


def test_a_forwarded_message_is_read(read: Reader) -> None:
    """A message inside a message is part of the text."""
    inner, outer = mail("Inner"), mail("Outer")
    inner.set_content("inner text")
    outer.set_content("see below")
    outer.add_attachment(inner)
    text = read("a.eml", outer.as_bytes()).text
    assert text.index("see below") < text.index("Attached message:") < text.index("inner text")


def test_wrong_charsets_do_no_harm(read: Reader) -> None:
    """An unknown or wrong charset is replaced by a guess."""
    head = b"From: a@b\nSubject: x\nContent-Type: text/plain; charset=%b\n\n%b"
    assert read("a.eml", head % (b"no-such", "Größe".encode())).text.endswith("Größe")
    assert read("b.eml", head % (b"us-ascii", "Größe".encode())).text.endswith("Größe")


def test_too_many_attachments_are_left_out(read: Reader) -> None:
    """The mail says how many were left out."""
    made = mail()
    for number in range(MAX_ATTACHMENTS + 3):
        made.add_attachment(f"text {number}", filename=f"{number}.txt")
    parsed = read("a.eml", made.as_bytes())
    assert len(parsed.attachments) == MAX_ATTACHMENTS
    assert parsed.problem == "3 attachments were left out: there are too many."
