"""Mail as it is sent (EML): headers, the body, and what is attached.

The standard library's parser takes quadratic time over some malformed mail, so the size of the
headers and the number of parts are counted before it sees any of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message

from core.records import ParsedDocument
from core.retrieval.parsing.decoding import decode
from core.retrieval.parsing.html import add_page, decoded
from core.retrieval.parsing.rtf import text_of
from core.retrieval.parsing.source import Source
from core.retrieval.parsing.text_builder import TextBuilder

MAX_HEADER_BYTES = 256 << 10
MAX_PARTS = 1000
MAX_DEPTH = 20
HEADERS = ("From", "To", "Cc", "Date")

_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_PART = re.compile(rb"^content-type:", re.IGNORECASE | re.MULTILINE)
_BOUNDARY = re.compile(rb"boundary\s*=", re.IGNORECASE)


def read(source: Source) -> ParsedDocument:
    """Read a mail; raises UnreadableDocument: too_big, bomb."""
    content = source.content()
    end = _END_OF_HEADERS.search(content)
    if (end.start() if end else len(content)) > MAX_HEADER_BYTES:
        raise source.refusal("bomb")
    if len(_PART.findall(content)) > MAX_PARTS or len(_BOUNDARY.findall(content)) > 2 * MAX_PARTS:
        raise source.refusal("bomb")
    if content.startswith(b"From "):  # the line that divides mails in a mailbox
        content = content.partition(b"\n")[2]
    try:
        message = message_from_bytes(content)
    except RecursionError as error:
        raise source.refusal("bomb") from error
    out = TextBuilder(source)
    title = add_message(message, out)
    return out.document(title)


def add_message(message: Message, out: TextBuilder) -> str:
    """Add a mail's headers, body and attachments, and return its subject."""
    subject = header(message, "Subject")
    add_headers(subject, [(name, header(message, name)) for name in HEADERS], out)
    attached: list[tuple[str, bytes]] = []
    _add_body(message, out, attached, 0)
    add_attachments(attached, out)
    return subject


def add_headers(subject: str, headers: Iterable[tuple[str, str]], out: TextBuilder) -> None:
    """Add the subject as a heading and the other headers that are there as lines."""
    out.heading(1, subject)
    lines = (f"{name}: {' '.join(text.split())}" for name, text in headers if text.strip())
    out.paragraph("\n".join(lines))


def add_attachments(attached: Sequence[tuple[str, bytes]], out: TextBuilder) -> None:
    """Name what is attached, and hand on what can be a document of its own."""
    listed = "\n".join(f"- {name}" for name, _ in attached)
    if listed:
        out.paragraph(f"Attachments:\n{listed}")
    for name, content in attached:
        out.attachments.add(name, content)


def header(message: Message, name: str) -> str:
    """Return a header with its encoded words decoded."""
    raw = message.get(name)
    if raw is None:
        return ""
    try:
        return str(make_header(decode_header(str(raw))))
    except (LookupError, ValueError, UnicodeError):
        return str(raw)


def _add_body(
    part: Message, out: TextBuilder, attached: list[tuple[str, bytes]], depth: int
) -> None:
    """Add the texts of a part; of alternatives the plain one, else the last that is text."""
    kind = part.get_content_type()
    if depth > MAX_DEPTH:
        out.problem("It is nested too deeply to be read to its end.")
    elif kind == "message/rfc822":
        for inner in _parts(part):
            out.paragraph("Attached message:")
            add_message(inner, out)
    elif part.is_multipart():
        for each in _chosen(part) if kind == "multipart/alternative" else _parts(part):
            _add_body(each, out, attached, depth + 1)
    elif part.get_filename() or part.get_content_disposition() == "attachment":
        attached.append((_file_name(part), _content(part)))
    elif kind in ("text/plain", "text/html", "text/rtf", "application/rtf", "text/markdown"):
        _add_text(kind, part, out)
    elif not kind.startswith(("multipart/", "image/")):
        attached.append((kind, b""))


def _parts(part: Message) -> list[Message]:
    payload = part.get_payload()
    if not isinstance(payload, list):
        return []
    return [each for each in payload if isinstance(each, Message)]


def _chosen(alternatives: Message) -> list[Message]:
    parts = _parts(alternatives)
    plain = [each for each in parts if each.get_content_type() == "text/plain"]
    filled = [each for each in plain if bytes(each.get_payload(decode=True) or b"").strip()]
    return filled[:1] or parts[-1:]


def _add_text(kind: str, part: Message, out: TextBuilder) -> None:
    content = _content(part)
    if kind.endswith("rtf"):
        out.paragraph(text_of(content))
        return
    charset = part.get_content_charset()
    try:
        text = content.decode(charset) if charset else None
    except (LookupError, UnicodeDecodeError):
        text = None
    if kind == "text/html":
        add_page(decoded(content) if text is None else text, out)
    else:
        out.paragraph(decode(content) if text is None else text)


def _content(part: Message) -> bytes:
    raw = part.get_payload(decode=True)
    return raw if isinstance(raw, bytes) else b""


def _file_name(part: Message) -> str:
    name = part.get_filename() or part.get_content_type()
    try:
        return str(make_header(decode_header(name)))
    except (LookupError, ValueError, UnicodeError):
        return name
