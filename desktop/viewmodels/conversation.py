"""The conversation on show: whom one talks to, the branch that is shown, and unsent drafts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from core.changes import Topic
from core.errors import NotFound, PoolFull
from core.records import (
    Agent,
    AgentId,
    CollectionId,
    Conversation,
    ConversationId,
    DeploymentState,
    Message,
    MessageId,
    ModelId,
)
from desktop.viewmodels.base import Desk, Reload, ViewModel
from desktop.viewmodels.live import LiveReply


class ConversationViewModel(ViewModel):
    """Opens conversations, switches their branches, and says what can be done now."""

    topics = frozenset({Topic.AGENTS, Topic.DEPLOYMENTS, Topic.MODELS})

    agents_changed = Signal()
    opened = Signal()
    """Another conversation is on show, or its messages are different: show all of it anew."""
    switched = Signal()
    """Another branch of the conversation is on show."""
    state_changed = Signal()
    """The title is different, or what can be done now: agent, deployment, live reply."""
    leaving = Signal()
    """Another conversation is about to be shown."""
    draft_changed = Signal(str)
    """Another place's unsent text is to be shown."""
    deleted = Signal(object)
    """The call that brings the message back that was deleted."""
    files_added = Signal(int, str)
    """(how many, name of the collection): they are read now."""
    pool_full = Signal(object, object)
    """(Agent, list of deployed agents): no place is free for this agent."""

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.agents: list[Agent] = []
        self.current: Conversation | None = None
        self.messages: list[Message] = []
        self._drafts: dict[ConversationId | None, str] = {}
        """What was kept since the start: it may not be stored yet when it is wanted again."""
        self.loaded = False
        self.starter: ModelId | None = None
        self._agent_id: AgentId | None = None
        self._live: list[LiveReply] = []
        self._messages_reload = Reload(desk.bridge, self._refresh_messages)

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
        self.agents = await self.call(core.agents.list, owner)
        starter = await self.call(core.models.starter)
        self.starter = None if starter is None else starter.id
        if self._agent_id is None and self.current is None:
            self._agent_id = self._preferred()
        self.loaded = True
        self.agents_changed.emit()
        self.state_changed.emit()
        if None not in self._drafts:
            await self._find_draft()

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
        leaf = self._leaf
        try:
            conversation = await self.call(conversations.get, owner, shown.id)
            messages = await self._branch(shown.id, leaf)
        except NotFound:
            if self.current is shown:
                self.new()
            return
        if self.current is not shown or self._leaf != leaf or self.live is not None:
            return  # what is on show now was read later than this
        if conversation != self.current:
            self.current = conversation
            self.state_changed.emit()
        if messages != self.messages:
            self.messages = messages
            self.switched.emit()

    @property
    def _leaf(self) -> MessageId | None:
        """The message that the branch on show ends with."""
        return self.messages[-1].id if self.messages else None

    async def _branch(
        self, conversation_id: ConversationId, leaf: MessageId | None
    ) -> list[Message]:
        """Return the branch on show as it is now, the newest one where that is gone."""
        conversations, owner = self.desk.core.conversations, self.desk.owner.id
        try:
            return await self.call(conversations.messages, owner, conversation_id, leaf)
        except NotFound:
            return await self.call(conversations.messages, owner, conversation_id)

    def _preferred(self) -> AgentId | None:
        """Choose the agent for a first question: one that is deployed, else the first."""
        ready = (a for a in self.agents if a.deployment.state is DeploymentState.DEPLOYED)
        chosen = next(ready, self.agents[0] if self.agents else None)
        return None if chosen is None else chosen.id

    # ------------------------------------------------------------ conversations

    def open(self, conversation_id: ConversationId, at: MessageId | None = None) -> None:
        """Show a conversation; `at` is a message whose branch is wanted."""
        if at is not None or self.current is None or self.current.id != conversation_id:
            self.do(self._open(conversation_id, at))

    async def _open(self, conversation_id: ConversationId, at: MessageId | None = None) -> None:
        conversations, owner = self.desk.core.conversations, self.desk.owner.id
        conversation = await self.call(conversations.get, owner, conversation_id)
        messages = await self.call(conversations.messages, owner, conversation_id, at)
        draft = await self.call(conversations.draft, owner, conversation_id)
        self.leaving.emit()
        self.current, self.messages = conversation, messages
        self.draft_changed.emit(self._drafts.get(conversation_id, draft))
        self._agent_id = conversation.agent_id
        self.opened.emit()
        self.state_changed.emit()

    def new(self, agent_id: AgentId | None = None) -> None:
        """Begin a new conversation; it is stored with its first question."""
        self.leaving.emit()
        self.current, self.messages = None, []
        self.draft_changed.emit(self._drafts.get(None, ""))
        self._agent_id = agent_id or self._agent_id or self._preferred()
        self.opened.emit()
        self.state_changed.emit()

    async def _find_draft(self) -> None:
        """Show what was left in a new chat before the start, unless something is typed by now."""
        draft = await self.call(self.desk.core.conversations.draft, self.desk.owner.id, None)
        if self._drafts.setdefault(None, draft) == draft and self.current is None:
            self.draft_changed.emit(draft)

    def keep_draft(self, text: str) -> None:
        """Keep what is typed and not sent, for the next time that this place is shown."""
        shown = None if self.current is None else self.current.id
        self._drafts[shown] = text
        keep = self.desk.core.conversations.keep_draft
        self.do(self.call(keep, self.desk.owner.id, shown, text))

    def choose_agent(self, agent_id: AgentId) -> None:
        """Choose who answers; a conversation that has begun keeps its agent."""
        if self.current is None and agent_id != self._agent_id:
            self._agent_id = agent_id
            self.state_changed.emit()

    @Slot(object)
    def let_go(self, conversation_id: ConversationId) -> None:
        """Stop what is written in a conversation that goes to the trash, and show it no longer."""
        for reply in self._live:
            if reply.conversation_id == conversation_id:
                reply.cancel.set()
        if self.current is not None and self.current.id == conversation_id:
            self.new()

    # ------------------------------------------------------------ messages

    def switch(self, message_id: MessageId) -> None:
        """Show the branch through another version of a message."""
        if self.current is not None and self.live is None:
            self.do(self._switch(self.current, message_id))

    async def _switch(self, shown: Conversation, message_id: MessageId) -> None:
        conversations, owner = self.desk.core.conversations, self.desk.owner.id
        messages = await self.call(conversations.messages, owner, shown.id, message_id)
        if self.current is not None and self.current.id == shown.id:
            self.messages = messages
            self.switched.emit()

    def delete_message(self, message: Message) -> None:
        """Take a message and what follows away; `deleted` offers to undo that."""
        if self.live is None:
            self.do(self._delete_message(message))

    async def _delete_message(self, message: Message) -> None:
        conversations, owner = self.desk.core.conversations, self.desk.owner.id
        await self.call(conversations.delete_message, owner, message.id)
        beside = [each for each in message.siblings if each != message.id]
        leaf = beside[-1] if beside else message.parent_id
        self.messages = await self._branch(message.conversation_id, leaf)
        self.switched.emit()
        self.state_changed.emit()
        self.deleted.emit(lambda: self.do(self._restore_message(message)))

    async def _restore_message(self, message: Message) -> None:
        conversations, owner = self.desk.core.conversations, self.desk.owner.id
        await self.call(conversations.restore_message, owner, message.id)
        if self.current is not None and self.current.id == message.conversation_id:
            await self._switch(self.current, message.id)

    # ------------------------------------------------------------ agents

    def add_files(self, collection_id: CollectionId, paths: Sequence[Path]) -> None:
        """Add files to a collection that the agent answers from; `files_added` tells."""
        self.do(self._add_files(collection_id, list(paths)))

    async def _add_files(self, collection_id: CollectionId, paths: list[Path]) -> None:
        collections, owner = self.desk.core.collections, self.desk.owner.id
        job = await self.call(collections.add_files, owner, collection_id, paths)
        name = (await self.call(collections.get, owner, collection_id)).name
        self.files_added.emit(job.total, name)

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
