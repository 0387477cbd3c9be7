"""Outlook's messages (MSG): the same parts as of a mail, from a compound file."""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import Any

from oxmsg import Message

from core.records import ParsedDocument
from core.retrieval.parsing.attachments import UNNAMED
from core.retrieval.parsing.html import add_page
from core.retrieval.parsing.mail import add_attachments, add_headers
from core.retrieval.parsing.rtf import text_of
from core.retrieval.parsing.source import Source
from core.retrieval.parsing.text_builder import TextBuilder

MAX_MESSAGE_BYTES = 100 << 20
_RTF_COMPRESSED = 0x1009
_DAMAGE = (
    OSError,
    ValueError,
    KeyError,
    IndexError,
    AttributeError,
    TypeError,
    struct.error,
    AssertionError,
    StopIteration,
    OverflowError,
)
"""What the library raises over damaged files, none of which it catches."""
_RTF_DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    b"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    b"\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def read(source: Source) -> ParsedDocument:
    """Read a message; raises UnreadableDocument: too_big, damaged."""
    if source.path.stat().st_size > MAX_MESSAGE_BYTES:
        raise source.refusal("too_big")
    try:
        message = Message.load(str(source.path))
    except _DAMAGE as error:
        raise source.refusal("damaged") from error
    out = TextBuilder(source)
    subject = _known(lambda: message.subject) or ""
    headers = {
        key.lower(): value for key, value in (_known(lambda: message.message_headers) or {}).items()
    }
    names = (
        _known(lambda: [str(each.name or each.email_address or "") for each in message.recipients])
        or []
    )
    sent = _known(lambda: message.sent_date)
    add_headers(
        subject,
        [
            ("From", _known(lambda: message.sender) or headers.get("from", "")),
            ("To", headers.get("to", "") or "; ".join(filter(None, names))),
            ("Cc", headers.get("cc", "")),
            ("Date", headers.get("date", "") or (str(sent) if sent else "")),
        ],
        out,
    )
    _add_body(message, out)
    files = _known(lambda: list(message.attachments)) or []
    add_attachments([_attached(each) for each in files], out)
    return out.document(subject)


def _attached(file: Any) -> tuple[str, bytes]:
    """Return an attachment's name and content, which another message inside has not."""
    name = str(_known(lambda: file.file_name) or UNNAMED)
    return name, _known(lambda: file.file_bytes) or b""


def _known(get: Any) -> Any:
    """Return a property, None where the damage begins there."""
    with suppress(*_DAMAGE):
        return get()
    return None


def _add_body(message: Message, out: TextBuilder) -> None:
    """Add the plain body, else the HTML one, else the compressed RTF one."""
    body, page = _known(lambda: message.body), _known(lambda: message.html_body)
    if body and body.strip():
        out.paragraph(body)
    elif page:
        add_page(page, out)
    else:
        packed = _known(lambda: message.properties.binary_prop_value(_RTF_COMPRESSED))
        if packed:
            out.paragraph(text_of(unpacked(packed)))


def unpacked(packed: bytes) -> bytes:
    """Return a compressed RTF body, as far as it is whole.

    Source: [MS-OXRTFCP], the LZFu compression with its initial dictionary.
    """
    if len(packed) < 16:
        return b""
    _, raw_size, kind, _ = struct.unpack_from("<II4sI", packed)
    if kind == b"MELA":
        return packed[16 : 16 + raw_size]
    ring = bytearray(_RTF_DICTIONARY.ljust(4096, b"\0"))
    place = len(_RTF_DICTIONARY)
    out = bytearray()
    at = 16
    while at < len(packed) and len(out) < raw_size:
        control, at = packed[at], at + 1
        for bit in range(8):
            if not control >> bit & 1:
                run, at = packed[at : at + 1], at + 1
            elif at + 1 < len(packed):
                word = packed[at] << 8 | packed[at + 1]
                at += 2
                if word >> 4 == place:
                    return bytes(out)
                run = b""
                for step in range((word & 15) + 2):
                    sign = ring[(word >> 4) + step & 4095]
                    ring[place] = sign
                    place = place + 1 & 4095
                    out.append(sign)
            else:
                return bytes(out)
            for sign in run:
                ring[place] = sign
                place = place + 1 & 4095
                out.append(sign)
    return bytes(out)
