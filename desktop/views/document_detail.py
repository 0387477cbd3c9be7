"""The chosen document below the table: why it failed, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame

from core.records import Document, DocumentState
from desktop.theme import Space
from desktop.viewmodels.collections import CollectionsViewModel
from desktop.viewmodels.documents import problem
from desktop.viewmodels.wording import document_advice
from desktop.views.controls import Button, Elided, Icon, label
from desktop.views.dialogs import ask_tags, confirm
from desktop.views.layouts import column, row
from desktop.views.look import Look


class DocumentDetail(QFrame):
    """One document, with what is wrong with it and what helps."""

    def __init__(self, look: Look, model: CollectionsViewModel):
        super().__init__()
        self._look, self._model = look, model
        self._document: Document | None = None
        self.setProperty("role", "card")
        self._icon = Icon(look, "file", "muted")
        self._name = Elided(role="strong", where=Qt.TextElideMode.ElideMiddle)
        self._path = Elided(role="small", where=Qt.TextElideMode.ElideMiddle)
        self._problem = label(role="problem", wrap=True)
        self._advice = label(role="muted", wrap=True)
        self._tags = Elided(role="small")
        self._tag = Button(look, self.tr("Tags…"), "tag", on_click=self.ask_tags)
        self._retry = Button(look, self.tr("Try again"), "refresh", on_click=self._try_again)
        self._restore = Button(look, self.tr("Restore"), "undo", on_click=self._bring_back)
        self._remove = Button(look, self.tr("Remove…"), "trash", on_click=self.ask_remove)
        words = column(self._name, self._problem, self._advice, self._tags, self._path, gap=4)
        buttons = (self._retry, self._restore, self._tag, self._remove)
        parts = row(self._icon, words, *buttons, gap=Space.M)
        parts.setAlignment(self._icon, Qt.AlignmentFlag.AlignTop)
        parts.setContentsMargins(Space.L, Space.M, Space.M, Space.M)
        parts.setStretch(1, 1)
        self.setLayout(parts)
        self.hide()

    @Slot(object)
    def show_document(self, document: Document | None) -> None:
        self._document = document
        self.setVisible(document is not None)
        if document is None:
            return
        failed = document.state is DocumentState.FAILED
        trashed = document.state is DocumentState.TRASHED
        self._icon.change("alert" if failed else "file", "danger" if failed else "muted")
        self._name.set_full(document.name)
        self._path.set_full(document.path)
        self._tags.set_full(" ".join(f"#{tag}" for tag in document.tags))
        self._tags.setVisible(bool(document.tags))
        for words, text in (
            (self._problem, problem(document)),
            (self._advice, document_advice(document)),
        ):
            words.setText(text)
            words.setVisible(bool(text))
        self._retry.setVisible(failed)
        self._restore.setVisible(trashed)
        self._tag.setVisible(not trashed)
        self._remove.setVisible(not trashed)

    def ask_tags(self) -> None:
        document = self._document
        if document is not None and document.state is not DocumentState.TRASHED:
            ask_tags(
                self,
                self._look,
                self.tr("Tags of this document"),
                document.tags,
                lambda tags: self._model.tag(document.id, tags),
            )

    def ask_remove(self) -> None:
        document = self._document
        if document is not None and document.state is not DocumentState.TRASHED:
            confirm(
                self,
                self._look,
                self.tr("Remove {name}?").format(name=document.name),
                self.tr(
                    "Agents no longer find it. It can be restored from the collection's trash; "
                    "the file itself is not touched."
                ),
                self.tr("Remove document"),
                lambda: self._model.remove([document.id]),
            )

    def _try_again(self) -> None:
        if self._document is not None:
            self._model.retry([self._document.id])

    def _bring_back(self) -> None:
        if self._document is not None:
            self._model.restore([self._document.id])
