"""The sampler chain of one answer: bias, top-k, penalties, top-p, min-p, temperature, draw.

A grammar is not part of the chain. Checking it against every token of the vocabulary costs far
more than the rest of a step, so the chain chooses first and only the choice is checked; where the
grammar refuses it, the whole vocabulary is filtered and the chain chooses again.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import llama_cpp.llama_cpp as llama
import numpy as np
from numpy.typing import NDArray

from core.engines.llama.grammars import wanted_grammar
from core.engines.llama.native import Context, Weights
from core.engines.tools import CallRules
from core.errors import InvalidInput
from core.records import Sampling

PENALTY_WINDOW = 64
"""How many of the last tokens the repetition penalties look at."""
GREEDY_CANDIDATES = 64
"""Where the most likely token is taken, penalties can only change the order of the first few."""

_CANDIDATE = np.dtype([("id", "<i4"), ("logit", "<f4"), ("p", "<f4")])
"""llama_token_data."""


class Sampler:
    """Owned by the runner's thread; `close` frees the native chain."""

    def __init__(
        self,
        sampling: Sampling,
        seed: int,
        weights: Weights,
        prompt: Sequence[int],
        calls: CallRules | None = None,
    ):
        """Raises InvalidInput for a grammar or schema that cannot be read."""
        self._weights = weights
        self._grammar = _grammar(sampling, calls, weights)
        self._bias = _bias(sampling, weights)
        self._takes_likeliest = (
            sampling.temperature <= 0 and not _penalises(sampling) and self._grammar is None
        )
        self._chain = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
        try:
            if not self._takes_likeliest:
                self._fill(sampling, seed, weights, prompt)
        except BaseException:
            self.close()
            raise

    def _fill(self, sampling: Sampling, seed: int, weights: Weights, prompt: Sequence[int]) -> None:
        if sampling.logit_bias:
            self._add(_bias_link(self._bias, weights))
        greedy = sampling.temperature <= 0
        penalised = _penalises(sampling)
        top_k = GREEDY_CANDIDATES if greedy else sampling.top_k
        if top_k > 0 and (penalised or not greedy):
            # Before the penalties: they look each candidate up among the last tokens, which on
            # the whole vocabulary costs more than everything else here.
            self._add(llama.llama_sampler_init_top_k(top_k))
        if penalised:
            self._add(_penalties(sampling, weights, prompt))
        if greedy:
            self._add(llama.llama_sampler_init_greedy())
            return
        self._add(llama.llama_sampler_init_top_p(sampling.top_p, 1))
        self._add(llama.llama_sampler_init_min_p(sampling.min_p, 1))
        self._add(llama.llama_sampler_init_temp(sampling.temperature))
        self._add(llama.llama_sampler_init_dist(seed))

    def _add(self, link: Any) -> None:
        llama.llama_sampler_chain_add(self._chain, link)

    def sample(self, context: Context, index: int) -> int:
        """Choose the token that follows batch position `index` of the last decode.

        Raises InvalidInput where the grammar allows none at all.
        """
        if self._takes_likeliest:
            return self._likeliest(context, index)
        if self._grammar is None:
            return int(llama.llama_sampler_sample(self._chain, context.handle, index))
        token = self._choose(context, index, filtered=False)
        if not self._allows(token):
            token = self._choose(context, index, filtered=True)
            if not self._allows(token):  # llama.cpp aborts the process when it is told of one
                raise InvalidInput("The grammar leads to a dead end.", param="grammar")
        llama.llama_sampler_accept(self._grammar, token)
        llama.llama_sampler_accept(self._chain, token)
        return token

    def _likeliest(self, context: Context, index: int) -> int:
        """Do without a chain, which lists the whole vocabulary before it looks at it.

        That list takes several times as long as this, 2 % of a small model's step.
        """
        logits = context.logits(index)
        tokens, biases = self._bias
        before = logits[tokens]
        logits[tokens] += biases
        token = int(logits.argmax())
        logits[tokens] = before
        return token

    def _choose(self, context: Context, index: int, *, filtered: bool) -> int:
        """Run the chain over all candidates, after the grammar's filter if asked for."""
        size = self._weights.vocabulary_size
        candidates = np.zeros(size, _CANDIDATE)
        candidates["id"] = np.arange(size)
        candidates["logit"] = context.logits(index)
        array = _array(candidates)
        if filtered:
            llama.llama_sampler_apply(self._grammar, ctypes.byref(array))
        llama.llama_sampler_apply(self._chain, ctypes.byref(array))
        return int(array.data[array.selected].id)

    def _allows(self, token: int) -> bool:
        """Ask the grammar about one token: it sets the logit of a refused one to -infinity."""
        candidates = np.array([(token, 1.0, 0.0)], _CANDIDATE)
        array = _array(candidates)
        llama.llama_sampler_apply(self._grammar, ctypes.byref(array))
        return bool(array.data[0].logit != float("-inf"))

    def close(self) -> None:
        """Free the native samplers; safe to call twice."""
        for handle in (self._chain, self._grammar):
            if handle is not None:
                llama.llama_sampler_free(handle)
        self._chain = self._grammar = None


def score(
    context: Context, index: int, token: int, likeliest: int
) -> tuple[float, list[tuple[int, float]]]:
    """Return the log-probability of a token at a batch position, and the likeliest tokens' there.

    They are the model's own, before sampling changes them: log softmax of the logits.
    """
    logits = context.logits(index).astype(np.float64)
    logits -= logits.max()
    logits -= np.log(np.exp(logits).sum())
    count = min(likeliest, len(logits))
    best = np.argpartition(logits, -count)[-count:] if count else np.array([], int)
    ordered = sorted(((int(at), float(logits[at])) for at in best), key=lambda pair: -pair[1])
    return float(logits[token]), ordered


def _array(candidates: Any) -> Any:
    """Wrap candidates as llama_token_data_array; the array must outlive its use."""
    pointer = candidates.ctypes.data_as(ctypes.POINTER(llama.llama_token_data))
    return llama.llama_token_data_array(
        data=pointer, size=len(candidates), selected=-1, sorted=False
    )


def _penalises(sampling: Sampling) -> bool:
    return (
        sampling.repeat_penalty != 1.0
        or sampling.frequency_penalty != 0.0
        or sampling.presence_penalty != 0.0
    )


def _penalties(sampling: Sampling, weights: Weights, prompt: Sequence[int]) -> Any:
    link = llama.llama_sampler_init_penalties(
        weights.vocabulary_size,
        PENALTY_WINDOW,
        sampling.repeat_penalty,
        sampling.frequency_penalty,
        sampling.presence_penalty,
    )
    for token in prompt[-PENALTY_WINDOW:]:
        llama.llama_sampler_accept(link, token)
    return link


def _bias(sampling: Sampling, weights: Weights) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return which tokens are biased, and by how much; one that is named twice adds up."""
    summed: dict[int, float] = {}
    for token, bias in sampling.logit_bias:
        if not 0 <= token < weights.vocabulary_size:
            raise InvalidInput(f"The model has no token {token}.", param="logit_bias")
        summed[token] = summed.get(token, 0.0) + bias
    return np.array(list(summed), np.int32), np.array(list(summed.values()), np.float32)


def _bias_link(bias: tuple[NDArray[np.int32], NDArray[np.float32]], weights: Weights) -> Any:
    each = [llama.llama_logit_bias(int(token), float(by)) for token, by in zip(*bias, strict=True)]
    biases = (llama.llama_logit_bias * len(each))(*each)
    return llama.llama_sampler_init_logit_bias(weights.vocabulary_size, len(biases), biases)


def _grammar(sampling: Sampling, calls: CallRules | None, weights: Weights) -> Any:
    """Return the native grammar of the request, None where it has none."""
    text = wanted_grammar(sampling, calls)
    if text is None:
        return None
    handle = llama.llama_sampler_init_grammar(weights.vocabulary, text.encode(), b"root")
    if not handle:
        raise InvalidInput("The grammar cannot be read; is there a rule 'root'?", param="grammar")
    return handle
