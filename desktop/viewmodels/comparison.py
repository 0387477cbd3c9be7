"""Two agents, one question: both answers side by side, and nothing of it stored."""

from __future__ import annotations

import time
from contextlib import aclosing
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.changes import Topic
from core.errors import Cancelled, OutpostError
from core.records import Agent, AgentId, ChatMessage, DeploymentState, Role, TextDelta
from core.streams import Cancel
from desktop.viewmodels.base import Desk, ViewModel
from desktop.viewmodels.notices import in_words

FLUSH_MS = 40


@dataclass(slots=True)
class Side:
    """One of the two: its agent, and the answer as far as it is written."""

    agent_id: AgentId | None = None
    question: str = ""
    text: str = ""
    problem: str = ""
    began_s: float = 0.0
    first_s: float | None = None
    """Seconds from the question to the first word."""
    whole_s: float | None = None
    """Seconds from the question to the end of the answer; None while it is written."""
    cancel: Cancel | None = None
    """Set while an answer is being written."""
    unshown: str = ""
    """Text that has arrived since the page was last told."""


class ComparisonViewModel(ViewModel):
    """Asks two deployed agents the same; one after the other would not be faster."""

    topics = frozenset({Topic.AGENTS, Topic.DEPLOYMENTS})

    changed = Signal()
    """Agents, their states, or what can be done now."""
    cleared = Signal(int)
    """The side 0 or 1 is empty again."""
    grew = Signal(int, str)
    """This side's answer got this text."""
    ended = Signal(int)
    """This side's answer is whole, or will not be."""

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.agents: list[Agent] = []
        self.sides = (Side(), Side())
        self._timer = QTimer(self, singleShot=True, interval=FLUSH_MS)
        self._timer.timeout.connect(self._flush)

    @property
    def running(self) -> bool:
        return any(side.cancel is not None for side in self.sides)

    @property
    def can_ask(self) -> bool:
        """True once both agents are deployed and nothing is being written."""
        states = [agent and agent.deployment.state for agent in map(self.agent, (0, 1))]
        return not self.running and all(each is DeploymentState.DEPLOYED for each in states)

    def agent(self, at: int) -> Agent | None:
        wanted = self.sides[at].agent_id
        return next((agent for agent in self.agents if agent.id == wanted), None)

    async def load(self) -> None:
        self.agents = await self.call(self.desk.core.agents.list, self.desk.owner.id)
        here = [agent.id for agent in self.agents]
        for at, side in enumerate(self.sides):
            if side.agent_id not in here:
                other = self.sides[1 - at].agent_id
                side.agent_id = next((each for each in here if each != other), None)
        self.changed.emit()

    def choose(self, at: int, agent_id: AgentId) -> None:
        """Compare another agent; one that is on the other side already changes places with it."""
        side, other = self.sides[at], self.sides[1 - at]
        if self.running or agent_id == side.agent_id:
            return
        if agent_id == other.agent_id:
            other.agent_id = side.agent_id
            self._clear(1 - at)
        side.agent_id = agent_id
        self._clear(at)
        self.changed.emit()

    def ask(self, question: str) -> bool:
        """Ask both; False where that is not possible now."""
        if not self.can_ask or not question.strip():
            return False
        for at, side in enumerate(self.sides):
            self._clear(at)
            side.question, side.cancel, side.began_s = question, Cancel(), time.monotonic()
            self.do(self._follow(at, side, side.cancel))
        self.changed.emit()
        return True

    def stop(self) -> None:
        """Stop both answers; what was written so far stays."""
        for side in self.sides:
            if side.cancel is not None:
                side.cancel.set()

    async def _follow(self, at: int, side: Side, cancel: Cancel) -> None:
        completions, owner, agent_id = self.desk.core.completions, self.desk.owner.id, side.agent_id
        assert agent_id is not None
        question = [ChatMessage(Role.USER, side.question)]
        events = self.desk.bridge.stream(
            lambda: completions.complete(owner, agent_id, question, None, cancel), cancel
        )
        try:
            async with aclosing(events):
                async for event in events:
                    if isinstance(event, TextDelta):
                        self._take(side, event.text)
        except Cancelled:
            pass
        except OutpostError as error:
            side.problem = in_words(error)
        finally:
            self._flush()
            side.whole_s, side.cancel = time.monotonic() - side.began_s, None
            if not self.running:
                self._timer.stop()
            self.ended.emit(at)
            self.changed.emit()

    def _take(self, side: Side, text: str) -> None:
        if side.first_s is None:
            side.first_s = time.monotonic() - side.began_s
        side.unshown += text
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _flush(self) -> None:
        for at, side in enumerate(self.sides):
            text, side.unshown = side.unshown, ""
            side.text += text
            if text:
                self.grew.emit(at, text)

    def _clear(self, at: int) -> None:
        side = self.sides[at]
        side.text = side.problem = side.question = side.unshown = ""
        side.first_s = side.whole_s = None
        self.cleared.emit(at)
