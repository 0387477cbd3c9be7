"""A zip file's parts are read whatever their names' form; damage costs the part."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from core.errors import UnreadableDocument
from core.retrieval.parsing import archive
from core.retrieval.parsing.archive import opened
from tests.core.retrieval.parsing.packages import zipped


def test_names_are_found_in_any_form(tmp_path: Path) -> None:
    """Backslashes, a leading slash and another case are the same part."""
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"word\\Document.xml": "one", "/top.xml": "two"}))
    with opened(path, "a.zip") as file:
        assert file.read("word/document.xml") == b"one"
        assert file.read("top.xml") == b"two"
        assert file.read("missing") is None
        assert "WORD/document.xml" in file


def test_a_damaged_part_is_none(tmp_path: Path) -> None:
    """A part whose bytes are wrong cannot be read; the others can."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("bad", "original")
        file.writestr("good", "fine")
    path.write_bytes(path.read_bytes().replace(b"original", b"0riginal"))
    with opened(path, "a.zip") as opened_file:
        assert opened_file.read("bad") is None
        assert opened_file.read("good") == b"fine"


def test_limits_of_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One part may be too big; all together, or packed too well, they are a bomb."""
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"a": "x" * 1000, "b": "y" * 1000}))
    for name, value, reason in (
        ("MAX_PART_BYTES", 500, "too_big"),
        ("MAX_TOTAL_BYTES", 1500, "bomb"),
        ("RATIO_COUNTS_FROM_BYTES", 100, None),
        ("MAX_RATIO", 10, "bomb"),
        ("MAX_DIRECTORY_BYTES", 20, "bomb"),
    ):
        monkeypatch.setattr(archive, name, value)
        if reason is None:
            continue
        with pytest.raises(UnreadableDocument) as caught, opened(path, "a.zip") as file:
            file.read("a")
        assert caught.value.reason == reason


def test_what_is_no_zip_is_damaged(tmp_path: Path) -> None:
    """Of a file that was cut off before its first part ends nothing is left."""
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"a": "text"})[:30])
    with pytest.raises(UnreadableDocument) as caught, opened(path, "a.zip"):
        pass
    assert caught.value.reason == "damaged"
