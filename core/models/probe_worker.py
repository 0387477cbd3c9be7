"""The worker that loads a foreign model first: it may crash, hang or want too much memory.

What is done with the file here is what an engine will do with it: weights, every token of the
vocabulary, adapters, a context, one decoded token, one rendering of the chat template.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.engines.template import ChatTemplate
from core.errors import EngineFailed, UnusableModel
from core.records import ChatMessage, Role
from core.retrieval.child import Frame
from core.retrieval.worker import Handler, Lane, Limits, serve

MORE_BYTES = 6 << 30
"""Address space beside the file's: libraries, threads' stacks, buffers, what is only reserved."""
CONTEXT_TOKENS = 64


def _load(request: Frame) -> Frame:
    from core.engines.llama.native import Context, Weights

    path, *adapters = (Path(each) for each in request.head["files"])
    weights = Weights(path, gpu_layers=0)
    for token in range(weights.vocabulary_size):
        weights.piece(token)
    context = Context(
        weights,
        context_tokens=CONTEXT_TOKENS,
        sequences=1,
        threads=1,
        batch_tokens=CONTEXT_TOKENS,
        adapters=[(each, 1.0) for each in adapters],
    )
    if context.decode([0], [0], [0], [0]) < 0:
        raise UnusableModel(
            f"'{path.name}' cannot be used: its first step fails.", reason="refused"
        )
    _render(weights.metadata("tokenizer.chat_template"), weights.special_tokens())
    context.close()
    weights.close()
    return Frame({})


def _render(template: str, special_tokens: Mapping[str, str]) -> None:
    ChatTemplate(template, special_tokens).render([ChatMessage(Role.USER, "Hello")])


def _prepare() -> tuple[Handler, Mapping[str, Any]]:
    return _handled, {}


def _handled(request: Frame) -> Frame:
    """Answer a request; what is no fault of the file's is not said to be one."""
    try:
        return _load(request)
    except EngineFailed as error:
        raise UnusableModel(str(error), reason="refused") from error


def main(arguments: list[str]) -> None:
    """Serve until the parent closes the pipe; the argument is the size of the files in bytes."""
    limits = Limits(memory_bytes=2 * int(arguments[0]) + MORE_BYTES, writes_files=False)
    serve(_prepare, [Lane(frozenset({"load"}))], limits)


if __name__ == "__main__":
    main(sys.argv[1:])
