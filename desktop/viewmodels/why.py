"""Why an answer is as it is: its search, looked into on request."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from core.errors import NotFound
from core.records import Candidate, Document, DocumentId, Inspection, Message, MessageId, Verdict
from desktop.viewmodels.base import Desk, ViewModel, tr

MOST = 12
"""So many candidates are shown, the best first."""


class WhyViewModel(ViewModel):
    """Explains one answer at a time."""

    documents_known = Signal()
    """`documents`: what the answer's agent could have answered from."""
    searched = Signal(object)
    """Inspection: what the whole search considered."""
    explained = Signal(object, object)
    """(DocumentId, Inspection): why this document was not shown, or that it was."""

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.documents: list[Document] = []
        self._reply: MessageId | None = None

    async def load(self) -> None:
        """Nothing is loaded before an answer is to be explained."""

    def show(self, message: Message) -> None:
        """Explain another answer; `documents_known` tells what can be asked about."""
        self._reply, self.documents = message.id, []
        if message.record is not None and message.record.ledger is not None:
            self.do(self._find_documents(message.id))

    async def _find_documents(self, reply: MessageId) -> None:
        explanations, owner = self.desk.core.explanations, self.desk.owner.id
        try:
            found = await self.call(explanations.documents, owner, reply)
        except NotFound:  # its agent is gone, and with it how it searched
            found = []
        if reply == self._reply:
            self.documents = list(found)
            self.documents_known.emit()

    def search_again(self) -> None:
        """Look into the whole search; `searched` tells."""
        if self._reply is not None:
            self.do(self._search_again(self._reply))

    async def _search_again(self, reply: MessageId) -> None:
        found = await self.call(self.desk.core.explanations.inspect, self.desk.owner.id, reply)
        if reply == self._reply:
            self.searched.emit(found)

    def ask_about(self, document_id: DocumentId) -> None:
        """Ask why a document was not used; `explained` tells."""
        if self._reply is not None:
            self.do(self._ask_about(self._reply, document_id))

    async def _ask_about(self, reply: MessageId, document_id: DocumentId) -> None:
        why_not, owner = self.desk.core.explanations.why_not, self.desk.owner.id
        found: Inspection = await self.call(why_not, owner, reply, document_id)
        if reply == self._reply:
            self.explained.emit(document_id, found)


def verdict(candidate: Candidate) -> str:
    """Return what became of a chunk that was found."""
    return {
        Verdict.KEPT: tr("shown to the model"),
        Verdict.JOINED: tr("shown with the passage that it goes on"),
        Verdict.NO_EVIDENCE: tr("too little to do with the question"),
        Verdict.DUPLICATE: tr("says the same as a better one"),
        Verdict.BEYOND_LIMIT: tr("others were better"),
    }[candidate.verdict]


def verdict_tone(candidate: Candidate) -> str:
    return {
        Verdict.KEPT: "success",
        Verdict.JOINED: "success",
        Verdict.NO_EVIDENCE: "warning",
    }.get(candidate.verdict, "")
