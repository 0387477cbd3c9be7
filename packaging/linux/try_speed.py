#!/usr/bin/env python3
"""Compares the variant chosen here with llama.cpp as it is compiled for this machine alone.

    .venv/bin/python packaging/linux/try_speed.py build/bundle/outpost [TURNS [VARIANT ...]]

All are measured in turns by the development environment's Python, whose own llama.cpp is the
peer: a prompt is read, then a reply is written, by the starter model, in a process of its own each
time. Variants that are named, such as 'haswell', are measured beside the chosen one. JSON on
stdout: tokens per second, their medians, and the medians' ratio to the peer's.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROMPT_TOKENS, REPLY_TOKENS = 512, 128
NATIVE = "native"
LIBRARIES = "LLAMA_CPP_LIB_PATH"
"""Where the bindings look for their libraries in place of their own folder."""

Runs = dict[str, list[dict[str, object]]]


def main() -> None:
    if len(sys.argv) == 1:
        print(json.dumps(measured()))
        return
    ours = str(Path(sys.argv[1]).absolute() / "_internal/llama_cpp/lib")
    turns = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as work:
        places = {NATIVE: {}, "chosen": {LIBRARIES: ours}}
        for name in sys.argv[3:]:
            places[name] = {LIBRARIES: alone(Path(ours), name, Path(work))}
        runs: Runs = {name: [] for name in places}
        for _ in range(turns):
            for name, environ in places.items():
                runs[name].append(run(environ))
    print(json.dumps(compared(runs), indent=1))


def alone(libraries: Path, variant: str, work: Path) -> str:
    """Return a folder in which this variant is the only one."""
    folder = work / variant
    folder.mkdir()
    for library in libraries.glob("*"):
        if "ggml-cpu-" not in library.name or library.stem.endswith(f"-{variant}"):
            (folder / library.name).symlink_to(library)
    return str(folder)


def run(environ: dict[str, str]) -> dict[str, object]:
    """Measure in a process of its own, which alone decides what libraries it loads."""
    told = {**os.environ, **environ, "PYTHONPATH": str(ROOT)}
    answer = subprocess.check_output([sys.executable, __file__], env=told, text=True)
    print(answer.strip(), file=sys.stderr)
    return dict(json.loads(answer))


def compared(runs: Runs) -> dict[str, object]:
    told: dict[str, object] = {"chosen": runs["chosen"][0]["variant"], "load": os.getloadavg()}
    for what in ("read", "write"):
        speeds = {name: [float(str(each[what])) for each in some] for name, some in runs.items()}
        middle = {name: statistics.median(some) for name, some in speeds.items()}
        ratios = {name: round(each / middle[NATIVE], 3) for name, each in middle.items()}
        told[what] = {"runs": speeds, "median": middle, "ratio": ratios}
    return told


def measured() -> dict[str, object]:
    """Return tokens per second, reading a prompt and writing a reply."""
    from core.config import set_library_environment

    set_library_environment()  # before libraries are loaded, which read it
    from core.engines.hardware import physical_cores
    from core.engines.llama.native import start_backend
    from core.engines.llama.variants import chosen
    from core.starter import starter_model_file

    start_backend()
    import llama_cpp

    threads = physical_cores()
    model = llama_cpp.Llama(
        str(starter_model_file()),
        n_ctx=2048,
        n_threads=threads,
        n_threads_batch=threads,
        verbose=False,
    )
    tokens = (model.tokenize(b"the quick brown fox jumps over the lazy dog ") * PROMPT_TOKENS)[
        :PROMPT_TOKENS
    ]
    model.eval(tokens)
    model.reset()
    began = time.perf_counter()
    model.eval(tokens)
    read = time.perf_counter()
    for _ in range(REPLY_TOKENS):
        model.eval([tokens[1]])
    wrote = time.perf_counter()
    return {
        "variant": chosen(),
        "read": round(PROMPT_TOKENS / (read - began), 1),
        "write": round(REPLY_TOKENS / (wrote - read), 1),
    }


if __name__ == "__main__":
    main()
