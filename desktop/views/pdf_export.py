"""A conversation as a PDF file, laid out by the same rendering as in the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMarginsF
from PySide6.QtGui import QPageLayout, QPageSize, QPdfWriter, QTextDocument

from core.records import Conversation
from desktop.theme import LIGHT
from desktop.viewmodels.base import writing
from desktop.viewmodels.conversations import ConversationsViewModel
from desktop.views.look import Look
from desktop.views.richtext import FEATURES, SealedDocument

MARGIN_MM = 18.0


def write_pdf(
    look: Look, model: ConversationsViewModel, conversation: Conversation, path: Path
) -> None:
    """Fetch the conversation's text and print it; the model tells of the end or the error."""

    async def work() -> None:
        conversations, owner = model.desk.core.conversations, model.desk.owner.id
        text = await model.call(conversations.export, owner, conversation.id, "md")
        # Not on the window's thread: laying out a long conversation takes seconds.
        await model.call(print_markdown, look, text, conversation.title, path)
        model.exported.emit(str(path))

    model.do(work())


def print_markdown(look: Look, text: str, title: str, path: Path) -> None:
    """Print Markdown to a PDF file; raises StorageFailed where it cannot be written."""
    from desktop.views.dressing import disarm

    document: QTextDocument = SealedDocument()
    document.setDefaultFont(look.theme.font())
    document.setDefaultStyleSheet(f"body {{ color: {LIGHT.text}; }}")
    document.setMarkdown(text, FEATURES)
    disarm(document)
    with writing(path):
        path.write_bytes(b"")
    writer = QPdfWriter(str(path))
    writer.setTitle(title)
    writer.setCreator("Outpost")
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    margins = QMarginsF(MARGIN_MM, MARGIN_MM, MARGIN_MM, MARGIN_MM)
    writer.setPageMargins(margins, QPageLayout.Unit.Millimeter)
    document.print_(writer)
