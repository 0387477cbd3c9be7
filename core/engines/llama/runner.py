"""The thread that owns a context: takes requests, batches them, samples, and hands out text.

One step is one llama_decode for all conversations together (continuous batching). While streams
are running, prompts are read in pieces between their tokens, so small that a step takes at most
about twice as long as without. Only this thread touches the context.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from core.engines.base import FinishReason
from core.engines.llama.native import ABORTED, DECODED, NO_ROOM, Context, Weights
from core.engines.llama.request import AnswerText, Request
from core.engines.llama.sampler import Sampler
from core.engines.llama.slots import Plan, Slot, best_source, choose_target, plan_step
from core.errors import Busy, Cancelled, EngineFailed, OutpostError
from core.records import PromptProgress

log = logging.getLogger(__name__)

MAX_WAITING = 64
"""Requests that may queue for a slot before further ones are refused as busy."""
MIN_PIECE_TOKENS = 16
"""The least of a prompt that is read in a step, however busy the streams are."""
SMOOTHING = 0.3
"""Weight of the newest step in the running averages of speed."""


@dataclass(slots=True, eq=False)
class _Writing:
    """What a slot needs while its answer is written."""

    sampler: Sampler
    text: AnswerText


class Runner:
    """Serves requests until closed; `submit` may be called from any thread."""

    def __init__(
        self,
        make_context: Callable[[], Context],
        weights: Weights,
        *,
        context_tokens: int,
        slots: int,
        name: str,
    ):
        """Create the context on its own thread; raises what creating it raises."""
        self._weights = weights
        self._context_tokens = context_tokens
        self._slots = [Slot(sequence) for sequence in range(slots)]
        self._writing: dict[Slot, _Writing] = {}
        self._waiting: deque[Request] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._abortable: Request | None = None
        self._decode_s = 0.0
        self._read_tokens_per_s = 0.0
        self._steps = 0
        self._failure: OutpostError | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(make_context,), name=f"outpost-engine-{name}", daemon=True
        )
        self._thread.start()
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    # ---- called from any thread

    def submit(self, request: Request) -> None:
        """Queue a request; raises Busy when too many wait, EngineFailed after a breakdown."""
        with self._changed:
            if self._failure is not None:
                raise self._failure
            if self._closing:
                raise Cancelled("The agent is being stopped.")
            if len(self._waiting) >= MAX_WAITING:
                raise Busy(f"{MAX_WAITING} requests are waiting for this model already.")
            self._waiting.append(request)
            self._changed.notify()
        request.cancel.on_set(lambda: self._on_cancel(request))

    def _on_cancel(self, request: Request) -> None:
        with self._changed:
            if self._abortable is request:
                self._context.abort()
            self._changed.notify()

    def close(self) -> None:
        """End every request with Cancelled, stop the thread and free the context."""
        with self._changed:
            self._closing = True
            if self._failure is None:
                self._context.abort()
            self._changed.notify()
        self._thread.join()

    # ---- on the owner thread

    def _run(self, make_context: Callable[[], Context]) -> None:
        try:
            self._context = make_context()
        except OutpostError as error:
            self._failure = error
            return
        except Exception as error:
            log.exception("creating the context failed")
            self._failure = EngineFailed(f"The model could not be started: {error}.")
            return
        finally:
            self._ready.set()
        try:
            while self._wait_for_work():
                self._admit()
                self._step()
        except Exception as error:
            log.exception("the engine broke")
            self._failure = EngineFailed(f"The model runtime broke: {error}.")
        self._end_all(self._failure or Cancelled("The agent was stopped."))
        self._context.close()

    def _wait_for_work(self) -> bool:
        with self._changed:
            while not (self._closing or self._waiting or self._busy()):
                self._changed.wait()
            return not self._closing

    def _busy(self) -> list[Slot]:
        return [slot for slot in self._slots if slot.request is not None]

    def _end_all(self, error: OutpostError) -> None:
        with self._changed:
            waiting, self._waiting = list(self._waiting), deque()
            self._closing = True
        for slot in self._busy():
            assert slot.request is not None
            slot.request.events.put(error)
            self._release(slot)
        for request in waiting:
            request.events.put(error)

    # ---- admitting

    def _admit(self) -> None:
        """Give waiting requests to free slots, oldest first, and drop the cancelled ones."""
        for slot in self._busy():
            if slot.request is not None and slot.request.cancel:
                self._finish(slot, FinishReason.CANCELLED)
        while free := [slot for slot in self._slots if slot.request is None]:
            with self._changed:
                if not self._waiting:
                    return
                request = self._waiting.popleft()
            if request.cancel:
                request.events.put(request.finished(FinishReason.CANCELLED))
            else:
                self._start(request, free)

    def _start(self, request: Request, free: list[Slot]) -> None:
        """Put a request into the slot whose memory it can go on from; a bad one is refused."""
        try:
            sampler = Sampler(request.sampling, request.seed, self._weights, request.prompt)
        except OutpostError as error:
            request.events.put(error)
            return
        source, length = best_source(self._slots, request.prompt)
        length = min(length, len(request.prompt) - 1)  # the last token's logits are needed
        slot = choose_target(free, source, length)
        if source is not None and source is not slot and length > 0:
            self._context.copy(source.sequence, slot.sequence)
            slot.cached = source.cached[:]
        self._cut(slot, length if slot.cached else 0)
        slot.request, slot.next_token = request, None
        request.cached_tokens = len(slot.cached)
        self._writing[slot] = _Writing(sampler, AnswerText(request.sampling.stop))
        request.events.put(PromptProgress(request.cached_tokens, len(request.prompt)))

    def _cut(self, slot: Slot, length: int) -> None:
        """Forget all of a slot's memory past `length` tokens."""
        del slot.cached[self._context.keep(slot.sequence, length) :]

    # ---- one step

    def _step(self) -> None:
        plan = plan_step(self._slots, self._context.batch_tokens, self._piece())
        if not plan.tokens:
            return
        began_s = time.monotonic()
        verdict = self._decode(plan)
        if verdict == DECODED:
            self._learn(plan, time.monotonic() - began_s)
            self._account(plan)
        elif verdict == ABORTED:
            for slot, _ in plan.spans:
                self._cut(slot, min(self._context.length(slot.sequence), len(slot.cached)))
        elif verdict == NO_ROOM and self._forget_idle():
            return
        else:
            raise EngineFailed(f"llama.cpp could not decode a batch (code {verdict})")

    def _piece(self) -> int:
        """How many prompt tokens to read in this step."""
        writing = any(slot.next_token is not None for slot in self._slots)
        if not writing:
            return self._context.batch_tokens
        return max(MIN_PIECE_TOKENS, int(self._read_tokens_per_s * self._decode_s * 0.8))

    def _decode(self, plan: Plan) -> int:
        sole = plan.spans[0][0].request if len(plan.spans) == 1 else None
        with self._changed:
            if self._closing:
                return ABORTED
            self._context.clear_abort()
            if sole is not None and sole.cancel:
                return ABORTED
            self._abortable = sole
        outputs = [index for index, _ in plan.outputs]
        verdict = self._context.decode(plan.tokens, plan.positions, plan.sequences, outputs)
        with self._changed:
            self._abortable = None
        return verdict

    def _learn(self, plan: Plan, seconds: float) -> None:
        """Keep running averages of a writing step's time and of reading speed."""
        writing = sum(1 for slot, _ in plan.spans if slot.next_token is not None)
        reading = len(plan.tokens) - writing
        if reading == 0:
            self._decode_s += SMOOTHING * (seconds - self._decode_s) if self._decode_s else seconds
        elif reading >= MIN_PIECE_TOKENS:
            own_s = max(seconds - (self._decode_s if writing else 0.0), seconds / 10)
            speed = reading / own_s
            before = self._read_tokens_per_s
            self._read_tokens_per_s += SMOOTHING * (speed - before) if before else speed

    def _account(self, plan: Plan) -> None:
        """Note what is in memory now, then sample and hand out the next tokens."""
        self._steps += 1
        at = 0
        for slot, count in plan.spans:
            slot.cached.extend(plan.tokens[at : at + count])
            slot.last_used = self._steps
            at += count
            if slot.unread and slot.request is not None:
                progress = PromptProgress(len(slot.cached), len(slot.request.prompt))
                slot.request.events.put(progress)
        for index, slot in plan.outputs:
            self._next_token(slot, self._writing[slot].sampler.sample(self._context, index))

    def _next_token(self, slot: Slot, token: int) -> None:
        request, writing = slot.request, self._writing[slot]
        assert request is not None
        request.first_token_s = request.first_token_s or time.monotonic()
        request.completion_tokens += 1
        slot.next_token = token
        if self._weights.is_end(token):
            self._finish(slot, FinishReason.STOP)
            return
        delta = writing.text.push(self._weights.piece(token))
        if delta is not None:
            request.events.put(delta)
        if writing.text.stopped:
            self._finish(slot, FinishReason.STOP)
        elif self._is_full(slot, request):
            self._finish(slot, FinishReason.LENGTH)

    def _is_full(self, slot: Slot, request: Request) -> bool:
        return (
            request.completion_tokens >= request.sampling.max_tokens
            or len(slot.cached) + 1 >= self._context_tokens
        )

    def _finish(self, slot: Slot, reason: FinishReason) -> None:
        request = slot.request
        assert request is not None
        rest = self._writing[slot].text.end()
        if rest is not None:
            request.events.put(rest)
        request.events.put(request.finished(reason))
        self._release(slot)

    def _release(self, slot: Slot) -> None:
        self._writing.pop(slot).sampler.close()
        slot.request, slot.next_token = None, None

    def _forget_idle(self) -> bool:
        """Free the memory of slots that serve nobody; False if there was none."""
        idle = [slot for slot in self._slots if slot.request is None and slot.cached]
        for slot in idle:
            self._cut(slot, 0)
        return bool(idle)
