"""The variant of llama.cpp for this processor, where a build carries several."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.engines.llama import devices, variants


def test_the_log_tells_what_was_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """ggml names the file; its last word is the variant, which the engine's name then has."""
    monkeypatch.setattr(variants, "_chosen", [])
    variants.note(b"load_backend: loaded CPU backend from /x-y/libggml-cpu-zen4.so\n")
    assert variants.chosen() == "zen4"
    assert devices.engine_name().endswith("variant 'zen4'")


@pytest.mark.parametrize("line", [b"llama_context: n_ctx = 2048", b"loaded RPC backend from x.so"])
def test_other_lines_say_nothing(line: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a processor's backend is a variant."""
    monkeypatch.setattr(variants, "_chosen", [])
    variants.note(line)
    assert variants.chosen() == ""


def test_a_build_for_this_machine_has_nothing_to_load(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without variants is left alone, and its engine has a plain name."""
    monkeypatch.setattr(variants, "_ggml", lambda: pytest.fail("ggml was asked"))
    variants.load(Path(__file__).parent)
