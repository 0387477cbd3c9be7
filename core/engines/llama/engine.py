"""The llama.cpp engine: weights loaded once, a runner for each distinct spec."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from core.engines.base import NO_EXTRAS, EngineSpec, Extras, GenerationEvent
from core.engines.llama.cores import Cores
from core.engines.llama.native import Context, Weights, build_name, return_memory
from core.engines.llama.prefixes import MIN_TOKENS, PrefixFile, shared_prefix
from core.engines.llama.request import Request
from core.engines.llama.runner import Runner
from core.engines.memory import kv_tokens, sequences
from core.engines.template import ChatTemplate
from core.engines.tools import CallFormat
from core.errors import ContextExceeded, InvalidInput
from core.records import ChatMessage, Role, Sampling, Tool
from core.streams import Cancel


class LlamaEngine:
    """A loaded model with its own context; see core.engines.base.Engine."""

    def __init__(self, spec: EngineSpec, shelf: WeightsShelf, cancel: Cancel | None = None):
        """Load what the spec names.

        Raises UnusableModel, OutOfMemory, or Cancelled once that is wished, and frees everything.
        """
        self.spec = spec
        self._shelf = shelf
        self._weights = shelf.take(spec, cancel)
        try:
            self._template = ChatTemplate(
                self._weights.metadata("tokenizer.chat_template"), self._weights.special_tokens()
            )
            self._runner = Runner(self._make_context, self._weights, spec, shelf.cores)
        except BaseException:
            shelf.put_back(self._weights)
            raise
        self._open = True
        self._closing = threading.Lock()

    def _make_context(self) -> Context:
        return Context(
            self._weights,
            context_tokens=kv_tokens(self.spec),
            sequences=sequences(self.spec),
            threads=self.spec.threads,
            batch_tokens=self.spec.batch_tokens,
            kv_type=self.spec.kv_type,
            adapters=self.spec.adapters,
        )

    @property
    def context_tokens(self) -> int:
        return self.spec.context_tokens

    def count(self, text: str) -> int:
        return len(self._weights.tokenize(text, special=False))

    @cached_property
    def _control_texts(self) -> list[str]:
        return self._weights.control_texts()

    @property
    def call_format(self) -> CallFormat | None:
        return self._template.call_format

    def prompt_tokens(
        self, messages: Sequence[ChatMessage], tools: Sequence[Tool] = ()
    ) -> list[int]:
        safe = [self._safe(message) for message in messages]
        text = self._template.render(safe, [self._safe_tool(tool) for tool in tools])
        tokens = self._weights.tokenize(text, special=True)
        if self._weights.has_bos(tokens[:1]) and self._weights.has_bos(tokens[1:2]):
            return tokens[1:]  # the template wrote the BOS that the tokenizer adds as well
        return tokens

    def _safe(self, message: ChatMessage) -> ChatMessage:
        text = self._defused(message.text)
        if not message.tool_calls and not message.tool_call_id:
            return ChatMessage(message.role, text)
        calls = tuple(
            replace(call, id=self._defused(call.id), arguments=self._defused(call.arguments))
            for call in message.tool_calls
        )
        return ChatMessage(message.role, text, calls, self._defused(message.tool_call_id))

    def _safe_tool(self, tool: Tool) -> Tool:
        description, parameters = self._defused(tool.description), self._defused(tool.parameters)
        return replace(tool, description=description, parameters=parameters)

    def text_tokens(self, text: str) -> list[int]:
        return self._weights.tokenize(text, special=True)

    def text(self, tokens: Sequence[int]) -> str:
        if any(not 0 <= token < self._weights.vocabulary_size for token in tokens):
            raise InvalidInput("The prompt holds a token that the model does not have.")
        pieces = b"".join(self._weights.piece(token) for token in tokens)
        return pieces.decode("utf-8", "replace")

    def _defused(self, text: str) -> str:
        """Break up control tokens that a message or document spells out.

        A zero-width space after the first character keeps the text readable and keeps the
        tokenizer from taking it for the end of a turn.
        """
        for control in self._control_texts:
            if control in text:
                text = text.replace(control, f"{control[0]}\u200b{control[1:]}")
        return text

    def generate(
        self,
        prompt: Sequence[int],
        sampling: Sampling,
        cancel: Cancel,
        extras: Extras = NO_EXTRAS,
    ) -> Iterator[GenerationEvent]:
        if not prompt:
            raise InvalidInput("There is nothing to answer: the prompt is empty.", param="message")
        if len(prompt) >= self.spec.context_tokens:
            raise ContextExceeded(len(prompt) + 1, self.spec.context_tokens)
        seed = sampling.seed if sampling.seed is not None else secrets.randbits(31)
        return self._events(Request(list(prompt), sampling, seed, cancel, extras))

    def warm(self, system_prompt: str, cancel: Cancel) -> None:
        prefix = self._prefix(system_prompt)
        if len(prefix) < MIN_TOKENS or len(prefix) > self.spec.context_tokens // 2:
            return
        folder = self.spec.prefix_dir
        file = PrefixFile(folder, self._fingerprint, prefix) if folder else None
        request = Request(prefix, Sampling(), 0, cancel, keep=True, prefix_file=file)
        self._runner.submit(request)
        for _ in request.results():
            pass

    def _prefix(self, system_prompt: str) -> list[int]:
        """Return the tokens with which every conversation of such an agent begins."""
        if not system_prompt:
            return []
        system = ChatMessage(Role.SYSTEM, system_prompt)
        first, second = (
            self.prompt_tokens([system, ChatMessage(Role.USER, text)]) for text in ("1", "Hello")
        )
        return first[: shared_prefix(first, second)]

    @cached_property
    def _fingerprint(self) -> list[str]:
        """Name what shapes the numbers in KV memory besides the tokens."""
        files = [(self.spec.model_path, 1.0), *self.spec.adapters]
        stats = [(path, path.stat(), scale) for path, scale in files]
        named = [f"{path}:{s.st_size}:{s.st_mtime_ns}:{scale}" for path, s, scale in stats]
        return [*named, self.spec.kv_type.value, build_name()]

    def _events(self, request: Request) -> Iterator[GenerationEvent]:
        """Queue the request when its first event is wanted: an unused iterator costs nothing."""
        self._runner.submit(request)
        try:
            yield from request.results()
        except GeneratorExit:  # the caller has gone: nobody will read the rest
            request.cancel.set()
            raise

    def close(self) -> None:
        with self._closing:
            if not self._open:
                return
            self._open = False
            self._runner.close()
            self._shelf.put_back(self._weights)
            return_memory()


class WeightsShelf:
    """What engines of a process share: loaded weights, counted, and the machine's cores."""

    def __init__(self) -> None:
        self.cores = Cores()
        self._lock = threading.Lock()
        self._weights: dict[_WeightsKey, Weights] = {}
        self._users: dict[Weights, int] = {}

    def holds(self, spec: EngineSpec) -> bool:
        """True if the spec's weights are loaded already."""
        with self._lock:
            return _weights_key(spec) in self._weights

    def take(self, spec: EngineSpec, cancel: Cancel | None = None) -> Weights:
        """Return the spec's weights, loading them if nobody has yet."""
        key = _weights_key(spec)
        with self._lock:
            if key not in self._weights:
                self._weights[key] = Weights(
                    spec.model_path,
                    gpu_layers=spec.gpu_layers,
                    map_file=spec.map_file,
                    lock_memory=spec.lock_memory,
                    cancel=cancel,
                )
            weights = self._weights[key]
            self._users[weights] = self._users.get(weights, 0) + 1
            return weights

    def put_back(self, weights: Weights) -> None:
        """Give weights back; they are freed when nobody has them any more."""
        with self._lock:
            self._users[weights] -= 1
            if self._users[weights] > 0:
                return
            del self._users[weights]
            self._weights = {key: one for key, one in self._weights.items() if one is not weights}
            weights.close()


_WeightsKey = tuple[Path, int, bool, bool]


def _weights_key(spec: EngineSpec) -> _WeightsKey:
    return spec.model_path, spec.gpu_layers, spec.map_file, spec.lock_memory
