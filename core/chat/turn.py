"""The turn being written: its text so far, what is known of it, and how it is stored."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace

import numpy as np

from core.changes import Changes, Topic
from core.chat.citations import cite
from core.chat.past import past_turns
from core.chat.prompt import Prompt
from core.crashpoints import reached
from core.engines.base import Finished, FinishReason
from core.records import (
    Agent,
    AnswerRecord,
    Message,
    MessageState,
    TextDelta,
    Timings,
    Usage,
)
from core.store.conversation_rows import Opened
from core.store.conversations import ConversationStore

SAVE_INTERVAL_S = 0.25
"""The most of an answer, in time, that the end of the process can lose."""


class Turn:
    """One question and its reply, both durable already; a reply may hold text to be continued."""

    def __init__(self, store: ConversationStore, changes: Changes, opened: Opened, agent: Agent):
        self.conversation, branch = opened
        *past, self.question, self.reply = branch
        self.history = past_turns(past, agent.draft)
        self._store = store
        self._changes = changes
        self._agent = agent
        self._began_s = time.monotonic()
        self._first_s: float | None = None
        self._saved_s = self._began_s
        self._parts = [self.reply.text] if self.reply.text else []
        self._record: AnswerRecord | None = self.reply.record
        self._finish: Finished | None = None
        self._refused = False
        self._end: tuple[MessageState, str | None] | None = None
        """How it was to end when that was first tried."""
        self._closed: Message | None = None
        reached("turn.opened")
        self._announce()

    def _announce(self) -> None:
        owner_id, subject = self.conversation.owner_id, self.conversation.id
        self._changes.announce(Topic.CONVERSATIONS, subject, owner_id)
        self._changes.announce(Topic.MESSAGES, subject, owner_id)

    @property
    def _text(self) -> str:
        return "".join(self._parts)

    def say(self, text: str) -> TextDelta:
        """Add text to the answer and save it if the last save is long enough ago."""
        now_s = time.monotonic()
        self._first_s = self._first_s or now_s
        self._parts.append(text)
        if now_s - self._saved_s >= SAVE_INTERVAL_S:
            self._store.save_partial(self.reply.id, self._text)
            reached("turn.saved")
            self._saved_s = time.monotonic()
        return TextDelta(text)

    def refuse(self, text: str) -> TextDelta:
        """Say that there is no evidence; nothing is generated."""
        self._refused = True
        return self.say(text)

    def prompted(self, prompt: Prompt, model_sha256: str) -> None:
        """Keep what the model is given."""
        draft, before = self._agent.draft, self.reply.record
        digest = hashlib.sha256(np.asarray(prompt.tokens, "<i4").tobytes()).hexdigest()
        self._record = AnswerRecord(
            model=draft.model,
            model_sha256=model_sha256,
            sampling=draft.sampling,
            seed=draft.sampling.seed or 0,
            context_tokens=prompt.ledger.context_tokens,
            prompt_sha256=digest,
            finish_reason="error",
            usage=Usage(completion_tokens=before.usage.completion_tokens) if before else Usage(),
            ledger=prompt.ledger,
            passages=prompt.passages,
            turns_left_out=prompt.turns_left_out,
            continued_at=self._continued_at(),
        )

    def _continued_at(self) -> tuple[int, ...]:
        before = self.reply.record.continued_at if self.reply.record else ()
        return (*before, len(self.reply.text)) if self.reply.text else before

    def finished(self, event: Finished) -> None:
        """Keep how the generation ended."""
        if self._record is None:
            return
        self._finish = event
        first_s = self._first_s or time.monotonic()
        speed = event.completion_tokens / event.generation_ms * 1000 if event.generation_ms else 0
        self._record = replace(
            self._record,
            seed=event.seed,
            finish_reason=event.reason.value,
            usage=Usage(
                event.prompt_tokens,
                self._record.usage.completion_tokens + event.completion_tokens,
                event.cached_tokens,
            ),
            timings=Timings(
                first_token_ms=round((first_s - self._began_s) * 1000, 1),
                prompt_ms=round(event.prompt_ms, 1),
                generation_ms=round(event.generation_ms, 1),
                tokens_per_s=round(speed, 1),
            ),
        )

    def end_state(self) -> MessageState:
        cut_off = (FinishReason.CANCELLED, FinishReason.DEADLINE)
        stopped = self._finish is not None and self._finish.reason in cut_off
        return MessageState.STOPPED if stopped else MessageState.DONE

    @property
    def is_closed(self) -> bool:
        """True once its end is stored."""
        return self._closed is not None

    def close_again(self) -> None:
        """Store the end that it was to have and that could not be stored."""
        self.close(*(self._end or (MessageState.STOPPED, None)))

    def close(self, state: MessageState, error: str | None = None) -> Message:
        """Store the end of the turn with its citations; only the first that is stored counts."""
        if self._closed is None:
            self._end = self._end or (state, error)
            reached("turn.written")
            if self._record and self._finish is None:
                reason = "no_evidence" if self._refused else _UNFINISHED[state]
                self._record = replace(self._record, finish_reason=reason)
            passages = self._record.passages if self._record and not self._refused else ()
            self._closed = self._store.close_turn(
                self.reply.id,
                written=self._text,
                state=state,
                record=self._record,
                citations=cite(self._text, passages),
                error=error,
            )
            reached("turn.closed")
            self._announce()
        return self._closed


_UNFINISHED = {
    MessageState.DONE: "stop",
    MessageState.STOPPED: "cancelled",
    MessageState.FAILED: "error",
}
"""Why an answer ended that the engine itself did not bring to an end."""
