"""Adding a folder adds what a person means by it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from core.retrieval.walk import Rules, files_below, files_of


def test_folders_are_walked_in_order_without_hidden_and_temporary_files(tmp_path: Path) -> None:
    """Subfolders are included; what editors and systems leave behind is not."""
    for name in ("b.txt", "a/c.md", ".hidden", ".git/config", "~$draft.md", "x.txt~", "Thumbs.db"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(name)
    found = files_of([tmp_path])
    assert [Path(each.path).relative_to(tmp_path).as_posix() for each in found] == [
        "b.txt",
        "a/c.md",
    ]
    assert found[0].size_bytes == 5
    assert found[0].modified_ns == (tmp_path / "b.txt").stat().st_mtime_ns


def test_a_named_file_is_taken_even_if_hidden_or_missing(tmp_path: Path) -> None:
    """Who names a file means it; that it is missing is for ingest to say."""
    (tmp_path / ".notes").write_text("x")
    found = files_of([tmp_path / ".notes", tmp_path / "gone.txt"])
    assert [each.name for each in found] == [".notes", "gone.txt"]


def test_a_file_named_twice_is_taken_once(tmp_path: Path) -> None:
    """A file and its folder together do not add it twice."""
    (tmp_path / "a.txt").write_text("x")
    assert len(files_of([tmp_path / "a.txt", tmp_path, tmp_path / "a.txt"])) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_are_followed_only_inside_the_folder(tmp_path: Path) -> None:
    """A link to a file elsewhere, a linked folder and a broken link are left out."""
    folder, elsewhere = tmp_path / "folder", tmp_path / "elsewhere"
    for each in (folder, elsewhere):
        each.mkdir()
        (each / "real.txt").write_text("x")
    (folder / "inside.txt").symlink_to(folder / "real.txt")
    (folder / "outside.txt").symlink_to(elsewhere / "real.txt")
    (folder / "linked").symlink_to(elsewhere)
    (folder / "broken.txt").symlink_to(tmp_path / "gone")
    assert [each.name for each in files_of([folder])] == ["inside.txt", "real.txt"]


def test_rules_leave_out_names_paths_and_folders(tmp_path: Path) -> None:
    """A bare pattern is for any depth, with a slash one place, ending in one folders."""
    for name in (
        "a.tmp",
        "sub/b.tmp",
        "sub/c.txt",
        "drafts/d.txt",
        "e.txt",
        "sub/e.txt",
        "drafts2",
    ):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(name)
    rules = Rules(["*.tmp", "drafts/", "/e.txt"])
    found = [Path(each.path) for each in files_below(tmp_path, rules)]
    assert [each.relative_to(tmp_path).as_posix() for each in found] == [
        "drafts2",
        "sub/c.txt",
        "sub/e.txt",
    ]
    assert rules.leave_out(tmp_path / "drafts" / "d.txt", tmp_path)
    assert not rules.leave_out(tmp_path / "sub" / "e.txt", tmp_path)
    away = Rules([], [tmp_path / "sub"])
    assert away.leave_out(tmp_path / "sub" / "e.txt", tmp_path)
    assert "c.txt" not in {each.name for each in files_below(tmp_path, away)}
