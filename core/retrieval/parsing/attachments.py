"""What is attached to a mail and can be read as a document of its own.

Pictures, keys and calendars' binaries stay names in the mail's text: as documents they would only
be listed as failures. What a file is decides its content; names tell zip archives from office
files, which are zip archives too, and are opened when the attachment's own turn has come.
"""

from __future__ import annotations

import re
from pathlib import PurePath

from core.records import Attachment
from core.retrieval.parsing.detect import PEEK_BYTES, Container, kind_of

MAX_ATTACHMENTS = 50
MAX_BYTES = 64 << 20
"""Of all attachments of one mail together, decoded."""
MAX_NAME = 100
UNNAMED = "unnamed"

_OFFICE = {
    Container.ZIP: re.compile(r"\.(do[ct][xm]|pp[ts][xm]|xls[xmb]|od[tps]|ot[tps]|epub)$", re.I),
    Container.COMPOUND: re.compile(r"\.(do[ct]|xl[st]|pp[ts]|msg)$", re.I),
}


class Attached:
    """The attachments of one mail, up to what may be kept of it."""

    def __init__(self) -> None:
        self.kept: list[Attachment] = []
        self.left_out = 0
        """How many were left out because there are too many or they are too large."""
        self._bytes = 0

    def add(self, name: str, content: bytes) -> None:
        """Keep an attachment if it can be a document and there is room for it."""
        name = file_name(name)
        if not content or not _can_be_read(name, content):
            return
        if len(self.kept) >= MAX_ATTACHMENTS or self._bytes + len(content) > MAX_BYTES:
            self.left_out += 1
            return
        self._bytes += len(content)
        self.kept.append(Attachment(name, content))


def file_name(name: str) -> str:
    """Return the last part of a name that a stranger chose, without signs that cannot be seen."""
    last = PurePath(name.replace("\\", "/")).name
    kept = "".join(sign for sign in last if sign.isprintable()).strip(" .")
    return kept[-MAX_NAME:] or UNNAMED


def _can_be_read(name: str, content: bytes) -> bool:
    kind = kind_of(content[:PEEK_BYTES], name)
    if isinstance(kind, Container):
        return bool(_OFFICE[kind].search(name))
    return kind is not None
