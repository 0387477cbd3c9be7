"""A reranking worker without a model, for what is around it: the longer text is the better one."""

from __future__ import annotations

import sys

from core.retrieval.child import Frame
from core.retrieval.worker import Lane, serve


def _score(request: Frame) -> Frame:
    return Frame({"scores": [float(len(text)) for text in request.head["texts"]]})


def main(arguments: list[str]) -> None:
    """Serve until the parent closes the pipe."""
    serve(lambda: (_score, {}), [Lane(frozenset({"score"}))])


if __name__ == "__main__":
    main(sys.argv[1:])
