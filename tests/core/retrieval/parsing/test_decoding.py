"""Text of any encoding is decoded."""

from __future__ import annotations

import pytest

from core.retrieval.parsing.decoding import decode

GERMAN = "Die Größe des Büros überraschte Frau Müller; es war geräumig genug für fünf. " * 4
RUSSIAN = "Широкая электрификация южных губерний даст толчок подъёму хозяйства. " * 4
SHORT = [
    ("Größe;Straße;Überschrift\n1;2;3\n", "cp1252"),
    ("Le café était fermé, où êtes-vous allé?", "cp1252"),
    ("El niño comió mañana. ¿Señor González?", "cp1252"),
    ("Naïve résumé “quoted” – dash", "cp1252"),
    ("Zażółć gęślą jaźń, to jest przykład tekstu po polsku.", "cp1250"),
    ("Příliš žluťoučký kůň úpěl ďábelské ódy", "cp1250"),
    ("Привет мир, это пример", "cp1251"),
    ("Καλημέρα κόσμε, αυτό είναι", "cp1253"),
    ("日本語のテキストです。", "shift_jis"),
    ("这是一个中文文本例子", "gbk"),
]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_unicode_encodings_are_told_by_mark_or_form(encoding: str) -> None:
    """A byte order mark decides; UTF-16 without one is guessed."""
    marks = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
    assert decode(marks.get(encoding, b"") + GERMAN.encode(encoding)) == GERMAN


@pytest.mark.parametrize(("text", "encoding"), [(GERMAN, "cp1252"), (RUSSIAN, "cp1251")])
def test_older_encodings_are_guessed(text: str, encoding: str) -> None:
    """Text that is no UTF-8 is taken for what looks most like a language."""
    assert decode(text.encode(encoding)) == text


def test_a_cut_off_last_character_does_not_spoil_the_rest() -> None:
    """UTF-8 that ends in the middle of a character is still UTF-8."""
    assert decode("Größe ß".encode()[:-1]) == "Größe \ufffd"


@pytest.mark.parametrize(("text", "encoding"), SHORT)
def test_a_line_is_enough(text: str, encoding: str) -> None:
    """Even a short text of a common encoding is read."""
    assert decode(text.encode(encoding)) == text
