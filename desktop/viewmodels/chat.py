"""The Chat page: the replies being written in the conversation on show, and elsewhere.

Replies go on while another conversation is on show, so each live reply keeps its own state and
the page shows the one that belongs to the open conversation.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import aclosing

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.errors import NotFound, OutpostError
from core.records import (
    Ask,
    ChatEvent,
    Message,
    MessageId,
    MessageState,
    PassagesFound,
    PromptProgress,
    TextDelta,
    TurnDone,
    TurnStarted,
)
from core.streams import Cancel
from desktop.viewmodels.base import Desk
from desktop.viewmodels.conversation import ConversationViewModel
from desktop.viewmodels.live import LiveReply

FLUSH_MS = 40
"""Text reaches the page 25 times a second however fast it comes."""


class ChatViewModel(ConversationViewModel):
    """Sends questions, streams the replies and stops them."""

    asked = Signal(object, object)
    """(question, reply): the Messages that the branch on show ends with from now on."""
    progressed = Signal()
    """The live reply on show reads its prompt: see `live.read` and `live.passages`."""
    grew = Signal(str)
    """The live reply on show got this text."""
    settled = Signal(object)
    """Message: the live reply on show has ended, as this."""
    refused = Signal(str)
    """The question was not taken; the text goes back to where it was typed."""

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self._timer = QTimer(self, singleShot=True, interval=FLUSH_MS)
        self._timer.timeout.connect(self._flush)

    def send(self, text: str) -> bool:
        """Ask the agent; False where it cannot be asked now."""
        agent, chat, owner = self.agent, self.desk.core.chat, self.desk.owner.id
        if agent is None or not text.strip():
            return False
        shown = None if self.current is None else self.current.id
        ask = Ask(owner, agent.id, text.strip(), shown, self._leaf)
        sent = self._begin(text.strip(), lambda cancel: chat.reply(ask, cancel))
        if sent:
            self.keep_draft("")
        return sent

    def edit(self, question: Message, text: str) -> bool:
        """Ask a question in other words; the conversation branches there."""
        chat, owner = self.desk.core.chat, self.desk.owner.id
        if not text.strip():
            return False
        return self._begin("", lambda cancel: chat.edit(owner, question.id, text.strip(), cancel))

    def regenerate(self, message: Message) -> bool:
        """Answer again, beside the answer that there is."""
        chat, owner = self.desk.core.chat, self.desk.owner.id
        return self._begin("", lambda cancel: chat.regenerate(owner, message.id, cancel))

    def resume(self, reply: Message) -> bool:
        """Write on where a reply was cut off."""
        chat, owner = self.desk.core.chat, self.desk.owner.id
        return self._begin("", lambda cancel: chat.resume(owner, reply.id, cancel))

    def _begin(self, question: str, begin: Callable[[Cancel], Iterator[ChatEvent]]) -> bool:
        agent = self.agent
        if agent is None or not self.can_send:
            return False
        shown = None if self.current is None else self.current.id
        reply = LiveReply(agent, question, shown, begin)
        self._live.append(reply)
        self.state_changed.emit()
        self.do(self._follow(reply))
        return True

    def stop(self) -> None:
        """Stop the reply on show; what was written so far is kept."""
        if self.live is not None:
            self.live.cancel.set()

    async def _follow(self, reply: LiveReply) -> None:
        events = self.desk.bridge.stream(lambda: reply.begin(reply.cancel), reply.cancel)
        ended: Message | None = None
        try:
            async with aclosing(events):
                async for event in events:
                    ended = self._take(reply, event) or ended
        except OutpostError as error:
            ended = await self._after_failure(reply, error)
        finally:
            self._end(reply, ended)

    def _take(self, reply: LiveReply, event: ChatEvent) -> Message | None:
        """Note one event of a reply; the stored reply once it is done."""
        match event:
            case TurnStarted():
                self._started(reply, event)
            case TextDelta(text=text):
                reply.unshown += text
                if not self._timer.isActive():
                    self._timer.start()
            case PromptProgress(read_tokens=read, total_tokens=total):
                reply.reading_since_s = reply.reading_since_s or time.monotonic()
                reply.read = (read, total)
                self._progress(reply)
            case PassagesFound(passages=passages):
                reply.passages = len(passages)
                self._progress(reply)
            case TurnDone(reply=message):
                return message
        return None

    def _started(self, reply: LiveReply, event: TurnStarted) -> None:
        on_show = reply is self.live
        reply.message = event.reply
        reply.conversation_id = event.conversation.id
        if on_show:
            self.current = event.conversation
            before = self._until(event.question.parent_id)
            self.messages = [*before, event.question, event.reply]
            reply.text = event.reply.text
            self.asked.emit(event.question, event.reply)
            self.progressed.emit()

    def _until(self, message_id: MessageId | None) -> list[Message]:
        """Return the messages on show up to one of them; none where that is None."""
        ids = [message.id for message in self.messages]
        return self.messages[: ids.index(message_id) + 1] if message_id in ids else []

    def _progress(self, reply: LiveReply) -> None:
        if reply is self.live:
            self.progressed.emit()

    async def _after_failure(self, reply: LiveReply, error: OutpostError) -> Message | None:
        """Return the reply as it was stored; without one, the question was not taken at all."""
        if reply.message is None:
            if reply is self.live and reply.question:
                self.refused.emit(reply.question)
            self.desk.bridge.failed.emit(error)
            return None
        conversations, owner = self.desk.core.conversations, self.desk.owner.id
        try:
            found = await self.call(conversations.message, owner, reply.message.id)
        except NotFound:
            found = None
        if found is None or found.state is not MessageState.FAILED:
            self.desk.bridge.failed.emit(error)
        return found

    def _end(self, reply: LiveReply, message: Message | None) -> None:
        self._flush()
        on_show = reply is self.live
        self._live.remove(reply)
        if not self._live:
            self._timer.stop()
        if on_show and message is not None:
            self.messages = [message if m.id == message.id else m for m in self.messages]
            self.settled.emit(message)
        elif on_show and reply.message is not None:
            self._messages_reload.request()
        self.state_changed.emit()

    @Slot()
    def _flush(self) -> None:
        """Hand the text that has arrived to the page."""
        for reply in self._live:
            text, reply.unshown = reply.unshown, ""
            reply.text += text
            if text and reply is self.live:
                self.grew.emit(text)
