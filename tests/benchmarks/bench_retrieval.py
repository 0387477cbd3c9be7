"""Retrieval and what answers make of it, in four parts.

ranking: six judged collections, searched by words, by meaning and by both. refusal: questions
about nothing that is there. scale: 100,000 chunks. answers: citations, reuse of prompts, questions
end to end. Arguments name parts, or collections for the ranking; all by default.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from tests.benchmarks import (
    retrieval_answers,
    retrieval_ranking,
    retrieval_refusal,
    retrieval_scale,
)
from tests.benchmarks.figures import progress
from tests.benchmarks.retrieval_bench import EVAL

PARTS: dict[str, Callable[[], None]] = {
    "ranking": retrieval_ranking.main,
    "refusal": retrieval_refusal.main,
    "scale": retrieval_scale.main,
    "answers": lambda: retrieval_answers.main([]),
}


def main(names: Sequence[str]) -> None:
    """Run the parts that are named, and rank in the collections that are."""
    if not (EVAL / "ir").is_dir():
        progress(f"skipped: {EVAL / 'ir'} is not here")
        return
    collections = [each for each in names if each not in PARTS]
    if collections:
        retrieval_ranking.main(collections)
    for name in names or PARTS:
        if name in PARTS:
            progress(f"-- {name}")
            PARTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
