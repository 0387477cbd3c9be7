"""The bytes of a text file become letters: by its mark, as UTF-8, or by the likeliest guess.

The library that guesses is good at scripts of their own and at long texts. Short text in Latin
letters with accents it takes for any of a dozen code pages, so the commonest is tried first there.
"""

from __future__ import annotations

import re

_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_SAMPLE_BYTES = 64 * 1024
"""How much of a file the guess of its encoding looks at."""
_FEW_ACCENTS = 0.35
"""Of the letters of a text in Latin script at most this share has accents."""
_CERTAIN = 0.15
"""From this coherence on the library has recognised a language, not just letters."""
_CENTRAL = frozenset(
    {"Croatian", "Czech", "Estonian", "Hungarian", "Latvian", "Lithuanian", "Polish", "Romanian"}
    | {"Slovak", "Slovene", "Turkish"}
)
"""Languages in Latin letters that the code page of Western Europe cannot write."""
_SIGN_IN_WORD = re.compile(r"[A-Za-z][^\W\d_]*[¡-©«-´¶-¹»-¿×÷†‡‰¤¢£¥][a-z]")
_CYRILLIC_LOWER = range(0xE0, 0x100)


def decode(content: bytes) -> str:
    """Decode by byte order mark, else as strict UTF-8, else by the likeliest older encoding."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(content) - 3:  # only the last character is cut off
            return content.decode("utf-8", "replace")
    return content.decode(_guess(content[:_SAMPLE_BYTES]), "replace")


def _guess(sample: bytes) -> str:
    """Name the encoding that makes the beginning look most like a language."""
    from charset_normalizer import from_bytes  # costs 50 ms, and few files need it

    best = from_bytes(sample).best()
    high = [sign for sign in sample if sign > 127]
    letters = len(high) + sum(chr(sign).isalpha() for sign in sample if sign < 128)
    few = len(high) <= _FEW_ACCENTS * letters
    is_central = best is not None and best.language in _CENTRAL and best.coherence >= _CERTAIN
    if few and not is_central and _is_western(sample):
        return "cp1252"
    if best is None or (not few and best.coherence < _CERTAIN and _is_latin(best.alphabets)):
        return _cyrillic(high) or (best.encoding if best else "cp1252")
    return str(best.encoding)


def _is_western(sample: bytes) -> bool:
    """Tell whether a text makes sense in the code page of Western Europe."""
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        return False
    return "\0" not in text and not _SIGN_IN_WORD.search(text)


def _is_latin(alphabets: list[str]) -> bool:
    """Tell whether all of a text's Unicode blocks are of Latin letters or signs."""
    return not any(name for name in alphabets if "Latin" not in name and "Punctuation" not in name)


def _cyrillic(high: list[int]) -> str | None:
    """Name the code page for Russian where most letters are its small ones."""
    small = sum(sign in _CYRILLIC_LOWER for sign in high)
    return "cp1251" if small >= 0.7 * max(len(high), 1) else None
