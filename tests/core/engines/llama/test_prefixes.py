"""System prompts that are read once: in memory for every conversation, on disk for a redeploy."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core.engines.base import EngineSpec, FinishReason
from core.engines.llama.engine import LlamaEngine, WeightsShelf
from core.engines.llama.prefixes import PrefixFile, forget_oldest
from core.streams import Cancel
from tests.core.engines.llama.asking import ENDLESS, Asking, ask, prompt
from tests.core.engines.llama.lora import write_adapter

SYSTEM = "You are a patient teacher of geography. " * 10


def test_what_is_stored_comes_back(tmp_path: Path) -> None:
    """The same parts and tokens name the same file."""
    PrefixFile(tmp_path / "new", ["model"], [1, 2]).write(b"state")
    assert PrefixFile(tmp_path / "new", ["model"], [1, 2]).read() == b"state"
    assert PrefixFile(tmp_path / "new", ["model"], [1, 2, 3]).read() is None
    assert PrefixFile(tmp_path / "new", ["other"], [1, 2]).read() is None


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 40])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, content: bytes) -> None:
    """llama.cpp never sees what does not have its checksum."""
    file = PrefixFile(tmp_path, ["model"], [1])
    file.write(b"state")
    file.path.write_bytes(content)
    assert file.read() is None


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    """Storing is a convenience: without it the prompt is read again next time."""
    (tmp_path / "taken").write_text("")
    file = PrefixFile(tmp_path / "taken" / "prefixes", ["model"], [1])
    file.write(b"state")
    assert file.read() is None


def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    """Reading counts as use, and the rest fits."""
    files = [PrefixFile(tmp_path, ["model"], [number]) for number in range(4)]
    for age, file in enumerate(files):
        file.write(b"x" * 100)
        os.utime(file.path, (1000 + age, 1000 + age))
    assert files[0].read()
    forget_oldest(tmp_path, 2 * files[0].path.stat().st_size)
    assert [file.path.exists() for file in files] == [True, False, False, True]


@pytest.mark.model
def test_a_warm_system_prompt_is_read_once(spec: EngineSpec, shelf: WeightsShelf) -> None:
    """The first conversation, and each after it, finds it in memory; other slots keep theirs."""
    engine = LlamaEngine(spec, shelf)
    try:
        engine.warm(SYSTEM, Cancel())
        length = len(prompt(engine, "Hello", system=SYSTEM)) - len(prompt(engine, "Hello"))
        for question in ("Hello", "Where is Peru?", "And Chile?"):
            end = ask(engine, prompt(engine, question, system=SYSTEM)).end
            assert end.cached_tokens > length - 40
    finally:
        engine.close()


@pytest.mark.model
def test_a_redeploy_reads_it_from_disk(
    spec: EngineSpec, shelf: WeightsShelf, tmp_path: Path
) -> None:
    """The stored memory gives the same answers; a damaged file is made again."""
    stored = replace(spec, prefix_dir=tmp_path)
    texts, cached = [], []
    for damage in (False, False, True):
        for path in tmp_path.glob("*.kv") if damage else ():
            path.write_bytes(b"damaged")
        engine = LlamaEngine(stored, shelf)
        engine.warm(SYSTEM, Cancel())
        (file,) = tmp_path.glob("*.kv")
        assert file.stat().st_size > 100_000
        answer = ask(engine, prompt(engine, "Where is Peru?", system=SYSTEM))
        texts.append(answer.text)
        cached.append(answer.end.cached_tokens)
        engine.close()
    assert len(set(texts)) == 1
    assert len(set(cached)) == 1
    assert cached[0] > 64


@pytest.mark.model
def test_an_adapter_has_system_prompts_of_its_own(
    spec: EngineSpec, shelf: WeightsShelf, tmp_path: Path
) -> None:
    """An adapter, and the same file with other weights: each is another memory."""
    adapter = write_adapter(tmp_path / "odd.gguf")
    small = replace(spec, slots=1, prefix_dir=tmp_path / "prefixes")
    tuned = replace(small, adapters=((adapter, 1.0),))
    for number, each in enumerate((small, tuned, tuned)):
        if number == 2:
            write_adapter(adapter, seed=2)
            os.utime(adapter, (1, 1))
        engine = LlamaEngine(each, shelf)
        engine.warm(SYSTEM, Cancel())
        engine.close()
        assert len(list((tmp_path / "prefixes").glob("*.kv"))) == number + 1


@pytest.mark.model
def test_warming_can_be_cancelled(spec: EngineSpec, shelf: WeightsShelf) -> None:
    """Stopping an agent while it is deployed need not wait for its instructions."""
    engine = LlamaEngine(spec, shelf)
    try:
        cancel = Cancel()
        cancel.set()
        engine.warm(SYSTEM, cancel)
        assert ask(engine, prompt(engine, "Hello", system=SYSTEM)).end.completion_tokens > 0
    finally:
        engine.close()


@pytest.mark.model
def test_recent_conversations_survive_losing_their_slot(
    spec: EngineSpec, shelf: WeightsShelf
) -> None:
    """With one slot and two long conversations in turn, each goes on where it was."""
    single = LlamaEngine(replace(spec, slots=1), shelf)
    try:
        first = prompt(single, "Tell me about rivers. " * 15)
        second = prompt(single, "What do you know of cheese? " * 15)
        answers = [ask(single, tokens) for tokens in (first, second, first, second)]
        assert answers[0].end.cached_tokens < 40
        assert answers[2].end.cached_tokens >= len(first) - 1
        assert answers[3].end.cached_tokens >= len(second) - 1
    finally:
        single.close()


COMING_AND_GOING = """
import ctypes, random
import psutil
from core.engines.llama.native import start_backend
from core.engines.llama.prefixes import RecentConversations
start_backend()
kept, dice, process = RecentConversations(96 << 20), random.Random(1), psutil.Process()
before = process.memory_info().rss
for number in range(120):
    state = (ctypes.c_uint8 * dice.randrange(2 << 20, 12 << 20))()
    kept.put([number], bytes(state))
del state
print((process.memory_info().rss - before) / kept._size)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="its allocator is set")
def test_conversations_that_come_and_go_leave_no_holes() -> None:
    """What is kept takes its own size in the process and hardly more."""
    done = subprocess.run(
        [sys.executable, "-c", COMING_AND_GOING], capture_output=True, text=True, check=True
    )
    assert 0.9 < float(done.stdout) < 1.1


@pytest.mark.model
def test_a_conversation_beside_a_running_one_keeps_its_memory(
    spec: EngineSpec, shelf: WeightsShelf
) -> None:
    """Copies between slots do not disturb the stream that is being written."""
    engine = LlamaEngine(spec, shelf)
    try:
        shared = "You are a poet. " * 16
        alone = ask(engine, prompt(engine, "Write about rain.", system=shared))
        running = Asking(
            engine, prompt(engine, "Write about snow.", system=shared), replace(ENDLESS)
        ).writing(3)
        beside = ask(engine, prompt(engine, "Write about rain.", system=shared))
        assert beside.end.cached_tokens > 64
        running.cancel.set()
        assert running.ended(5).end.reason is FinishReason.CANCELLED
        assert beside.deltas[0] == alone.deltas[0]
    finally:
        engine.close()
