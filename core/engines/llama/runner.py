"""The thread that owns a context: takes requests, batches them, samples, and hands out text.

One step is one llama_decode for all conversations together (continuous batching). While streams
are running, prompts are read in pieces between their tokens, so small that the streams keep half
their speed (`Pace`). Only this thread touches the context.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from core.engines.base import EngineSpec, FinishReason
from core.engines.llama.cores import Cores
from core.engines.llama.native import ABORTED, DECODED, NO_ROOM, Context, Weights
from core.engines.llama.pace import Pace
from core.engines.llama.placement import Placement
from core.engines.llama.request import AnswerText, Request
from core.engines.llama.sampler import Sampler, score
from core.engines.llama.slots import Plan, Slot, plan_step
from core.engines.memory import KEPT_PREFIXES
from core.errors import Busy, Cancelled, EngineFailed, OutpostError
from core.records import PromptProgress, TokenScore

log = logging.getLogger(__name__)

MAX_WAITING = 64
"""Requests that may queue for a slot before further ones are refused as busy."""


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
        spec: EngineSpec,
        cores: Cores,
    ):
        """Create the context on its own thread; raises what creating it raises."""
        self._weights = weights
        self._spec = spec
        self._cores = cores
        self._writing: dict[Slot, _Writing] = {}
        self._waiting: deque[Request] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._abortable: Request | None = None
        self._pace = Pace()
        self._steps = 0
        self._failure: OutpostError | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(
            target=self._run,
            args=(make_context,),
            name=f"outpost-engine-{spec.model_path.stem}",
            daemon=True,
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
            self._placement = Placement(
                self._context, self._spec.slots, KEPT_PREFIXES, self._spec.recent_bytes
            )
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
        self._cores.rest(self)
        self._end_all(self._failure or Cancelled("The agent was stopped."))
        self._context.close()

    def _wait_for_work(self) -> bool:
        with self._changed:
            while not (self._closing or self._waiting or self._placement.busy()):
                self._cores.rest(self)
                self._changed.wait()
            self._cores.work(self)
            return not self._closing

    def _end_all(self, error: OutpostError) -> None:
        with self._changed:
            waiting, self._waiting = list(self._waiting), deque()
            self._closing = True
        for slot in self._placement.busy():
            assert slot.request is not None
            slot.request.events.put(error)
            self._release(slot)
        for request in waiting:
            request.events.put(error)

    # ---- admitting

    def _admit(self) -> None:
        """Give waiting requests to free slots, oldest first, and drop the cancelled ones."""
        for slot in self._placement.busy():
            assert slot.request is not None
            if slot.request.cancel:
                self._finish(slot, FinishReason.CANCELLED)
            elif slot.request.late:
                self._finish(slot, FinishReason.DEADLINE)
        self._drop_waiting()
        while self._placement.free():
            with self._changed:
                if not self._waiting:
                    return
                request = self._waiting.popleft()
            if request.keep:
                self._keep(request)
            else:
                self._start(request)

    def _drop_waiting(self) -> None:
        """End the waiting requests that were cancelled or are late, though no slot is free."""
        with self._changed:
            over = [request for request in self._waiting if request.cancel or request.late]
            for request in over:
                self._waiting.remove(request)
        for request in over:
            reason = FinishReason.CANCELLED if request.cancel else FinishReason.DEADLINE
            request.events.put(request.finished(reason))

    def _start(self, request: Request) -> None:
        """Put a request into a slot; one that asks for the impossible is refused."""
        try:
            sampler = Sampler(
                request.sampling,
                request.seed,
                self._weights,
                request.prompt,
                request.extras.calls,
            )
        except OutpostError as error:
            request.events.put(error)
            return
        except Exception as error:  # its caller waits for an answer, whatever is wrong with it
            log.exception("a request could not be started")
            request.events.put(EngineFailed(f"The request could not be started: {error}."))
            return
        slot = self._placement.place(request.prompt)
        slot.request, slot.next_token = request, None
        request.cached_tokens = len(slot.cached)
        self._writing[slot] = _Writing(sampler, AnswerText(request.sampling.stop))
        request.events.put(PromptProgress(request.cached_tokens, len(request.prompt)))

    def _keep(self, request: Request) -> None:
        """Load a system prompt's memory, or begin to read it."""
        slot = self._placement.place_kept()
        if slot is None:
            request.events.put(request.finished(FinishReason.CANCELLED))
            return
        slot.request, slot.next_token, slot.last_used = request, None, self._steps
        state = request.prefix_file.read() if request.prefix_file else None
        if state is not None and self._placement.restore_kept(slot, state, request.prompt):
            request.cached_tokens = len(slot.cached)
            self._finish(slot, FinishReason.STOP)

    # ---- one step

    def _step(self) -> None:
        writing = sum(slot.next_token is not None for slot in self._placement.slots)
        most = self._context.batch_tokens
        plan = plan_step(self._placement.all, most, self._pace.piece(writing, most))
        if not plan.tokens:
            return
        self._context.use_threads(self._cores.share(self._spec.threads))
        began_s = time.monotonic()
        verdict = self._decode(plan)
        if verdict == DECODED:
            reading = len(plan.tokens) - writing
            self._pace.learn(writing, reading, time.monotonic() - began_s)
            self._account(plan)
        elif verdict == ABORTED:
            for slot, _ in plan.spans:
                self._placement.cut(
                    slot, min(self._context.length(slot.sequence), len(slot.cached))
                )
        elif verdict == NO_ROOM and self._placement.forget_idle():
            return
        else:
            raise EngineFailed(f"llama.cpp could not decode a batch (code {verdict})")

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

    def _account(self, plan: Plan) -> None:
        """Note what is in memory now, then sample and hand out the next tokens."""
        self._steps += 1
        at = 0
        for slot, count in plan.spans:
            slot.cached.extend(plan.tokens[at : at + count])
            slot.last_used = self._steps
            at += count
            self._note_progress(slot)
        for index, slot in plan.outputs:
            try:
                token = self._writing[slot].sampler.sample(self._context, index)
            except OutpostError as error:  # what this request asked for; the others go on
                self._fail(slot, error)
            else:
                self._next_token(slot, token, self._score(slot, index, token))

    def _fail(self, slot: Slot, error: OutpostError) -> None:
        assert slot.request is not None
        slot.request.events.put(error)
        self._release(slot)

    def _score(self, slot: Slot, index: int, token: int) -> TokenScore | None:
        """Return how likely the token was, where the request wants to know."""
        assert slot.request is not None
        likeliest = slot.request.extras.scores
        if likeliest is None:
            return None
        logprob, others = score(self._context, index, token, likeliest)
        piece = self._weights.piece
        return TokenScore(piece(token), logprob, tuple((piece(at), p) for at, p in others))

    def _note_progress(self, slot: Slot) -> None:
        """Tell how much of a prompt is read; a system prompt that is complete is stored."""
        request = slot.request
        if request is None:
            return
        if slot.unread:
            request.events.put(PromptProgress(len(slot.cached), len(request.prompt)))
        elif request.keep:
            if request.prefix_file is not None:
                request.prefix_file.write(self._context.export(slot.sequence))
            self._finish(slot, FinishReason.STOP)

    def _next_token(self, slot: Slot, token: int, score: TokenScore | None = None) -> None:
        request, writing = slot.request, self._writing[slot]
        assert request is not None
        request.first_token_s = request.first_token_s or time.monotonic()
        request.completion_tokens += 1
        slot.next_token = token
        if self._weights.is_end(token):
            self._finish(slot, FinishReason.STOP)
            return
        delta = writing.text.push(self._weights.piece(token), score)
        if delta is not None:
            request.events.put(delta)
        if writing.text.stopped:
            self._finish(slot, FinishReason.STOP)
        elif self._is_full(slot, request):
            self._finish(slot, FinishReason.LENGTH)

    def _is_full(self, slot: Slot, request: Request) -> bool:
        return (
            request.completion_tokens >= request.sampling.max_tokens
            or len(slot.cached) + 1 >= self._spec.context_tokens
        )

    def _finish(self, slot: Slot, reason: FinishReason) -> None:
        request = slot.request
        assert request is not None
        writing = self._writing.get(slot)
        rest = writing.text.end() if writing else None
        if rest is not None:
            request.events.put(rest)
        request.events.put(request.finished(reason))
        self._release(slot)

    def _release(self, slot: Slot) -> None:
        writing = self._writing.pop(slot, None)
        if writing is not None:
            writing.sampler.close()
        slot.request, slot.next_token = None, None
