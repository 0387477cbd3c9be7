"""Where a question is typed: it grows with the text, sends on Enter and stops on Escape."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMimeData, QObject, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QWidget

from core.records import Agent, DeploymentState
from desktop.theme import Size, Space
from desktop.viewmodels.chat import ChatViewModel
from desktop.viewmodels.core_words import told
from desktop.views.controls import Button, Icon, frame, label, set_property
from desktop.views.layouts import STRETCH, card, column, row
from desktop.views.look import Look

MOST_LINES = 8
KEEP_AFTER_MS = 600
"""How long typing has to rest before the draft is kept."""


class TypingField(QPlainTextEdit):
    """A text field as tall as its text, up to some lines; Enter sends, Shift+Enter breaks."""

    entered = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "bare")
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().documentLayout().documentSizeChanged.connect(lambda _: self._fit())
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.entered.emit()
        else:
            super().keyPressEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Take text; files go to the page, which asks where they belong."""
        return source.hasText() and not source.hasUrls()

    def _fit(self) -> None:
        # QPlainTextEdit's document is measured in lines, not in pixels.
        lines = min(MOST_LINES, max(1, round(self.document().size().height())))
        height = lines * self.fontMetrics().lineSpacing() + 10
        if height != self.height():
            self.setFixedHeight(height)


class Composer(QWidget):
    """The typing field with its send or stop button, and what stands in the way of sending."""

    models_wanted = Signal()

    def __init__(self, look: Look, model: ChatViewModel):
        super().__init__()
        self._look, self._model = look, model
        self._weak = Button(
            look,
            self.tr("Starter model: often wrong. Bring a better one"),
            kind="link",
            on_click=self.models_wanted.emit,
        )
        self.field = TypingField()
        self.field.setPlaceholderText(self.tr("Ask something…"))
        self.field.setAccessibleName(self.tr("Your question"))
        self._go = QPushButton()
        self._go.setProperty("kind", "primary")
        self._go.setFixedSize(Size.CONTROL + 2, Size.CONTROL + 2)
        self._go.setIconSize(QSize(Size.ICON, Size.ICON))
        self._go.setStyleSheet("padding: 0;")
        self._hint = label(role="small")
        self._notice = self._make_notice()
        self._frame = frame("composer")
        inner = row(self.field, self._go, gap=Space.S, margins=(Space.M, 7, 7, 7))
        inner.setAlignment(self._go, Qt.AlignmentFlag.AlignBottom)
        self._frame.setLayout(inner)
        self.setLayout(
            column(
                self._notice,
                self._frame,
                row(self._hint, STRETCH, self._weak),
                gap=6,
                margins=(0, 0, 0, Space.M),
            )
        )
        self.field.installEventFilter(self)
        self.field.entered.connect(self._enter)
        self.field.textChanged.connect(self.refresh)
        self._go.clicked.connect(self._press)
        self._keeping = QTimer(self, singleShot=True, interval=KEEP_AFTER_MS)
        self._keeping.timeout.connect(self._keep)
        self.field.textChanged.connect(self._keeping.start)
        model.draft_changed.connect(self._show_draft)
        model.leaving.connect(self._keep_now)
        model.state_changed.connect(self.refresh)
        model.refused.connect(self._give_back)
        look.changed.connect(self.refresh)
        self.refresh()

    def _make_notice(self) -> QWidget:
        self._notice_icon = Icon(self._look, "power", "warning", 16)
        self._notice_text = label(wrap=True)
        self._deploy = Button(self._look, self.tr("Deploy"), "play", "primary", self._model.deploy)
        parts = row(self._notice_icon, self._notice_text, self._deploy, gap=Space.M)
        parts.setContentsMargins(Space.L, Space.S, Space.S, Space.S)
        parts.setStretch(1, 1)
        return card(parts, "well")

    @Slot()
    def refresh(self) -> None:
        """Show what can be done now."""
        live = self._model.live is not None
        self._show_button(live)
        obstacle, can_deploy = self._obstacle(self._model.agent)
        self._notice_text.setText(obstacle)
        self._notice.setVisible(bool(obstacle))
        self._deploy.setVisible(can_deploy)
        self.field.setEnabled(self._model.agent is not None)
        self._weak.setVisible(self._model.on_starter and bool(self._model.messages))
        hint = self.tr("Esc stops the reply") if live else self.tr("Shift+Enter for a new line")
        self._hint.setText(hint)

    def _show_button(self, live: bool) -> None:
        name = self.tr("Stop the reply") if live else self.tr("Send")
        usable = live or (self._model.can_send and bool(self.field.toPlainText().strip()))
        ink = "on_accent" if usable else "muted"
        self._go.setIcon(self._look.icon("stop" if live else "send", ink))
        self._go.setAccessibleName(name)
        self._go.setToolTip(name)
        self._go.setEnabled(usable)

    def _obstacle(self, agent: Agent | None) -> tuple[str, bool]:
        """Return why nothing can be asked now, and whether deploying would help."""
        if agent is None:
            if self._model.current is not None and self._model.loaded:
                return self.tr("This agent was deleted; the conversation can only be read."), False
            return "", False
        match agent.deployment.state:
            case DeploymentState.DEPLOYED:
                return "", False
            case DeploymentState.DEPLOYING:
                return self.tr("{name} is being deployed…").format(name=agent.name), False
            case DeploymentState.STOPPING:
                return self.tr("{name} is being stopped…").format(name=agent.name), False
            case DeploymentState.FAILED:
                reason = told(agent.deployment.reason or "") or self.tr("Deploying failed.")
                return reason, True
        return self.tr("{name} is stopped. Deploy it to ask.").format(name=agent.name), True

    @Slot()
    def _keep(self) -> None:
        """Keep what is typed as the draft of the conversation on show."""
        self._model.keep_draft(self.field.toPlainText())

    @Slot()
    def _keep_now(self) -> None:
        """Another conversation is about to be shown: what is typed belongs to this one."""
        if self._keeping.isActive():
            self._keeping.stop()
            self._keep()

    @Slot(str)
    def _show_draft(self, text: str) -> None:
        if self._keeping.isActive():  # what is being typed came first
            return
        if text != self.field.toPlainText():
            self.field.setPlainText(text)
            self.field.moveCursor(self.field.textCursor().MoveOperation.End)
        self._keeping.stop()

    @Slot()
    def _enter(self) -> None:
        if self._model.send(self.field.toPlainText()):
            self.field.clear()
            self._keeping.stop()

    @Slot()
    def _press(self) -> None:
        if self._model.live is not None:
            self._model.stop()
        else:
            self._enter()

    @Slot(str)
    def _give_back(self, text: str) -> None:
        if not self.field.toPlainText().strip():
            self.field.setPlainText(text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            focused = "true" if event.type() == QEvent.Type.FocusIn else "false"
            set_property(self._frame, "focused", focused)
        return super().eventFilter(watched, event)
