"""The Chat page: conversations, the one on show, and the replies being written.

Replies go on while another conversation is on show, so each live reply keeps its own state and
the page shows the one that belongs to the open conversation.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.changes import Topic
from core.errors import NotFound, OutpostError, PoolFull
from core.records import (
    Agent,
    AgentId,
    Ask,
    ChatEvent,
    Conversation,
    ConversationId,
    DeploymentState,
    Message,
    MessageState,
    ModelId,
    PassagesFound,
    PromptProgress,
    TextDelta,
    TurnDone,
    TurnStarted,
)
from core.streams import Cancel
from desktop.viewmodels.base import Desk, Reload, ViewModel

FLUSH_MS = 40
"""Text reaches the page 25 times a second however fast it comes."""


@dataclass(slots=True)
class LiveReply:
    """A reply being written."""

    agent: Agent
    question: str
    conversation_id: ConversationId | None
    cancel: Cancel = field(default_factory=Cancel)
    message: Message | None = None
    text: str = ""
    unshown: str = ""
    """Text that has arrived since the page was last told."""
    read: tuple[int, int] = (0, 0)
    """(tokens read, tokens in all) of the prompt."""
    passages: int | None = None
    """How many passages were found; None before searching."""


class ChatViewModel(ViewModel):
    """Opens, lists and deletes conversations; sends, streams and stops."""

    topics = frozenset(
        {Topic.CONVERSATIONS, Topic.MESSAGES, Topic.AGENTS, Topic.DEPLOYMENTS, Topic.MODELS}
    )

    listed = Signal()
    """`conversations` are new."""
    agents_changed = Signal()
    opened = Signal()
    """Another conversation is on show, or its messages are different: show all of it anew."""
    asked = Signal(object, object)
    """(question, reply): Messages that were added at the end of the one on show."""
    progressed = Signal()
    """The live reply on show reads its prompt: see `live.read` and `live.passages`."""
    grew = Signal(str)
    """The live reply on show got this text."""
    settled = Signal(object)
    """Message: the live reply on show has ended, as this."""
    state_changed = Signal()
    """What can be done now is different: agent, deployment, live reply."""
    refused = Signal(str)
    """The question was not taken; the text goes back to where it was typed."""
    pool_full = Signal(object, object)
    """(Agent, list of deployed agents): no place is free for this agent."""

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.conversations: list[Conversation] = []
        self.agents: list[Agent] = []
        self.current: Conversation | None = None
        self.messages: list[Message] = []
        self.search = ""
        self.loaded = False
        self.starter: ModelId | None = None
        self._agent_id: AgentId | None = None
        self._live: list[LiveReply] = []
        self._messages_reload = Reload(desk.bridge, self._refresh_messages)
        self._timer = QTimer(self, singleShot=True, interval=FLUSH_MS)
        self._timer.timeout.connect(self._flush)

    # ------------------------------------------------------------ state

    @property
    def agent(self) -> Agent | None:
        """The agent that the next question goes to."""
        return next((agent for agent in self.agents if agent.id == self._agent_id), None)

    @property
    def live(self) -> LiveReply | None:
        """The reply being written in the conversation on show."""
        shown = None if self.current is None else self.current.id
        return next((r for r in self._live if r.conversation_id == shown), None)

    @property
    def can_send(self) -> bool:
        agent = self.agent
        deployed = agent is not None and agent.deployment.state is DeploymentState.DEPLOYED
        return deployed and self.live is None

    @property
    def on_starter(self) -> bool:
        """True where the agent runs on the small starter model."""
        return self.agent is not None and self.agent.draft.model == self.starter

    # ------------------------------------------------------------ loading

    async def load(self) -> None:
        core, owner = self.desk.core, self.desk.owner.id
        self.conversations = await self.call(core.conversations.list, owner, text=self.search)
        self.agents = await self.call(core.agents.list, owner)
        starter = await self.call(core.models.starter)
        self.starter = None if starter is None else starter.id
        if self._agent_id is None and self.current is None:
            self._agent_id = self._preferred()
        self.loaded = True
        self.listed.emit()
        self.agents_changed.emit()
        self.state_changed.emit()

    def noticed(self, topic: Topic, subjects: frozenset[str]) -> None:
        super().noticed(topic, subjects)
        if topic in (Topic.MESSAGES, Topic.CONVERSATIONS) and self.current is not None:
            self._messages_reload.request()

    async def _refresh_messages(self) -> None:
        """Show what another window or program wrote into the conversation on show."""
        shown = self.current
        if shown is None or self.live is not None:
            return
        conversations, owner = self.desk.core.conversations, self.desk.owner.id
        try:
            conversation = await self.call(conversations.get, owner, shown.id)
            messages = await self.call(conversations.messages, owner, shown.id)
        except NotFound:
            if self.current is shown:
                self.new()
            return
        if self.current is not shown or self.live is not None:
            return
        self.current = conversation
        if messages != self.messages:
            self.messages = messages
            self.opened.emit()

    def _preferred(self) -> AgentId | None:
        """Choose the agent for a first question: one that is deployed, else the first."""
        ready = (a for a in self.agents if a.deployment.state is DeploymentState.DEPLOYED)
        chosen = next(ready, self.agents[0] if self.agents else None)
        return None if chosen is None else chosen.id

    # ------------------------------------------------------------ conversations

    def find(self, text: str) -> None:
        """List only conversations that contain the text."""
        if text != self.search:
            self.search = text
            self.reload()

    def open(self, conversation_id: ConversationId) -> None:
        if self.current is None or self.current.id != conversation_id:
            self.do(self._open(conversation_id))

    async def _open(self, conversation_id: ConversationId) -> None:
        conversations, owner = self.desk.core.conversations, self.desk.owner.id
        conversation = await self.call(conversations.get, owner, conversation_id)
        messages = await self.call(conversations.messages, owner, conversation_id)
        self.current, self.messages = conversation, messages
        self._agent_id = conversation.agent_id
        self.opened.emit()
        self.state_changed.emit()

    def new(self, agent_id: AgentId | None = None) -> None:
        """Begin a new conversation; it is stored with its first question."""
        self.current, self.messages = None, []
        self._agent_id = agent_id or self._agent_id or self._preferred()
        self.opened.emit()
        self.state_changed.emit()

    def choose_agent(self, agent_id: AgentId) -> None:
        """Choose who answers; a conversation that has begun keeps its agent."""
        if self.current is None and agent_id != self._agent_id:
            self._agent_id = agent_id
            self.state_changed.emit()

    def rename(self, conversation_id: ConversationId, title: str) -> None:
        conversations, owner = self.desk.core.conversations, self.desk.owner.id
        if title.strip():
            self.do(self.call(conversations.rename, owner, conversation_id, title.strip()))

    def delete(self, conversation_id: ConversationId) -> None:
        self.do(self._delete(conversation_id))

    async def _delete(self, conversation_id: ConversationId) -> None:
        for reply in self._live:
            if reply.conversation_id == conversation_id:
                reply.cancel.set()
        await self.call(self.desk.core.conversations.delete, self.desk.owner.id, conversation_id)
        if self.current is not None and self.current.id == conversation_id:
            self.new()

    # ------------------------------------------------------------ agents

    def deploy(self) -> None:
        """Deploy the agent that the next question goes to."""
        if self.agent is not None:
            self.do(self._deploy(self.agent))

    async def _deploy(self, agent: Agent) -> None:
        agents, owner = self.desk.core.agents, self.desk.owner.id
        try:
            await self.call(agents.deploy, owner, agent.id)
        except PoolFull:
            taken = (DeploymentState.STOPPED, DeploymentState.FAILED)
            everyone = await self.call(agents.list, owner)
            deployed = [each for each in everyone if each.deployment.state not in taken]
            self.pool_full.emit(agent, deployed)

    # ------------------------------------------------------------ replies

    def send(self, text: str) -> bool:
        """Ask the agent; False where it cannot be asked now."""
        agent = self.agent
        if agent is None or not text.strip() or not self.can_send:
            return False
        shown = None if self.current is None else self.current.id
        reply = LiveReply(agent, text.strip(), shown)
        self._live.append(reply)
        self.state_changed.emit()
        self.do(self._follow(reply))
        return True

    def stop(self) -> None:
        """Stop the reply on show; what was written so far is kept."""
        if self.live is not None:
            self.live.cancel.set()

    async def _follow(self, reply: LiveReply) -> None:
        ask = Ask(self.desk.owner.id, reply.agent.id, reply.question, reply.conversation_id)
        chat = self.desk.core.chat
        events = self.desk.bridge.stream(lambda: chat.reply(ask, reply.cancel), reply.cancel)
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
            self.messages = [*self.messages, event.question, event.reply]
            self.asked.emit(event.question, event.reply)
            self.progressed.emit()
            self.listed.emit()

    def _progress(self, reply: LiveReply) -> None:
        if reply is self.live:
            self.progressed.emit()

    async def _after_failure(self, reply: LiveReply, error: OutpostError) -> Message | None:
        """Return the reply as it was stored; without one, the question was not taken at all."""
        if reply.message is None:
            if reply is self.live:
                self.refused.emit(reply.question)
            self.desk.bridge.failed.emit(error)
            return None
        conversations, owner = self.desk.core.conversations, self.desk.owner.id
        stored = await self.call(conversations.messages, owner, reply.message.conversation_id)
        found = next((m for m in stored if m.id == reply.message.id), None)
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
