"""Which words an embedding model knows, and how far it is believed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from core.retrieval.vocabulary import LEAST_TRUST, Vocabulary, trust

KNOWN = ["[UNK]", "what", "is", "the", "capital", "of", "ca", "##pit", "##ale", "北京", "首", "都"]


@pytest.fixture
def vocabulary(tmp_path: Path) -> Vocabulary:
    """The vocabulary of a model that knows some words, and one Chinese one."""
    pieces = {piece: number for number, piece in enumerate(KNOWN)}
    tokenizer = Tokenizer(WordPiece(pieces, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(handle_chinese_chars=False)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return Vocabulary(tmp_path)


def test_a_word_is_known_where_it_is_one_piece(vocabulary: Vocabulary) -> None:
    """Case and punctuation do not matter; a word that is spelled, or not even that, is unknown."""
    assert vocabulary.known("What is the capital?") == 1.0
    assert vocabulary.known("capitale") == 0.0
    assert vocabulary.known("the xyzzy of capitale, of ?") == pytest.approx(3 / 5)


def test_two_signs_without_a_space_count_as_a_word(vocabulary: Vocabulary) -> None:
    """Single signs are what a model has to fall back on that does not know the language."""
    assert vocabulary.known("北京") == 1.0
    assert vocabulary.known("首都") == 0.0


def test_nothing_to_judge_by_is_no_reason_for_distrust(
    vocabulary: Vocabulary, tmp_path: Path
) -> None:
    """A question of signs, and a model that brings no tokenizer, count in full."""
    assert vocabulary.known("?!") == 1.0
    assert Vocabulary(tmp_path / "model.gguf").known("capitale") == 1.0


def test_trust_grows_with_what_is_known() -> None:
    """It has a floor, a ceiling, and a way between them."""
    assert trust(0.0) == trust(0.2) == LEAST_TRUST
    assert trust(0.8) == trust(1.0) == 1.0
    assert trust(0.5) == pytest.approx((LEAST_TRUST + 1) / 2)


@pytest.mark.model
def test_the_starter_is_believed_in_english(embedder_dir: Path) -> None:
    """It was trained on English and has a few words of everything else."""
    starter = Vocabulary(embedder_dir)
    assert trust(starter.known("Where did the first ship of the company land?")) == 1.0
    assert trust(starter.known("Wo landete das erste Schiff der Gesellschaft?")) < 0.8
    assert trust(starter.known("公司的第一艘船在哪里靠岸？")) == LEAST_TRUST
