"""Settings: each explained, read in one order of precedence, refused when wrong, kept whole."""

from __future__ import annotations

import json
import os
import stat
import sys
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path

import pytest

from core.config import SETTINGS_FILE, Settings, load_settings, prepare_folders, save_settings
from core.errors import InvalidInput

SPECS = fields(Settings)


def load(folder: Path, **environ: str) -> Settings:
    return load_settings({"OUTPOST_DATA_DIR": str(folder), **environ})


@pytest.mark.parametrize("name", [spec.name for spec in SPECS])
def test_every_setting_explains_itself(name: str) -> None:
    """A setting says its unit, the reason for its default and its environment variable."""
    meta = next(spec.metadata for spec in SPECS if spec.name == name)
    assert meta["unit"]
    assert len(meta["why"].split()) > 3
    assert meta["env"].isupper()


def test_variables_are_distinct() -> None:
    """No environment variable sets two things."""
    assert len({spec.metadata["env"] for spec in SPECS}) == len(SPECS)


@pytest.mark.parametrize("name", [spec.name for spec in SPECS if type(spec.default) is int])
def test_defaults_of_numbers_are_within_their_own_limits(name: str) -> None:
    """Each number has limits, and its default keeps to them."""
    spec = next(spec for spec in SPECS if spec.name == name)
    assert spec.metadata["low"] <= spec.default <= spec.metadata["high"]
    assert spec.metadata["high"] > 0


def test_nothing_given_means_the_defaults(tmp_path: Path) -> None:
    """Without file, environment and arguments every setting is as declared."""
    made = load(tmp_path)
    declared = replace(Settings(), data_dir=tmp_path, model_storage_path=tmp_path / "models")
    assert made == declared


def test_own_place_for_user_files_without_a_folder_given() -> None:
    """With no folder given the platform decides, and the folder is named after Outpost."""
    made = load_settings({})
    assert made.data_dir.is_absolute()
    assert "outpost" in made.data_dir.name.lower()


def test_the_five_documented_variables(tmp_path: Path) -> None:
    """The variables that the documentation names do what it says."""
    made = load_settings(
        {
            "OUTPOST_DATA_DIR": str(tmp_path / "a"),
            "MODEL_STORAGE_PATH": str(tmp_path / "b"),
            "MAX_DEPLOYED_AGENTS": "7",
            "AGENT_TIMEOUT_SECONDS": "60",
            "OUTPOST_PORT": "9000",
        }
    )
    assert made.data_dir == tmp_path / "a"
    assert made.model_storage_path == tmp_path / "b"
    assert (made.max_deployed_agents, made.agent_timeout_s, made.port) == (7, 60, 9000)


def test_file_then_environment_then_arguments(tmp_path: Path) -> None:
    """The stronger source wins for each setting by itself."""
    (tmp_path / SETTINGS_FILE).write_text('{"port": 1001, "slots": 11, "threads": 21}', "utf-8")
    environ = {"OUTPOST_DATA_DIR": str(tmp_path), "OUTPOST_PORT": "1002", "OUTPOST_SLOTS": "12"}
    made = load_settings(environ, port=1003)
    assert (made.port, made.slots, made.threads) == (1003, 12, 21)


def test_an_argument_not_given_changes_nothing(tmp_path: Path) -> None:
    """The command line passes None for what was not given, and 0 for a 0 that was."""
    environ = {"OUTPOST_DATA_DIR": str(tmp_path), "OUTPOST_PORT": "1002"}
    assert load_settings(environ, port=None, data_dir=None).port == 1002
    assert load_settings(environ, port=0).port == 0


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    """`OUTPOST_PORT= outpost` means the default, as a shell user expects."""
    assert load(tmp_path, OUTPOST_PORT="").port == Settings().port


def test_home_is_expanded_before_the_file_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder given as '~/…' finds the settings stored there."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / SETTINGS_FILE).write_text('{"port": 1001}', "utf-8")
    made = load_settings({"OUTPOST_DATA_DIR": "~"})
    assert (made.data_dir, made.port) == (tmp_path, 1001)
    assert made.model_storage_path == tmp_path / "models"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MAX_DEPLOYED_AGENTS", "0"),
        ("MAX_DEPLOYED_AGENTS", "65"),
        ("MAX_DEPLOYED_AGENTS", "three"),
        ("AGENT_TIMEOUT_SECONDS", "-1"),
        ("OUTPOST_PORT", "65536"),
        ("OUTPOST_PORT", "80.5"),
        ("OUTPOST_THEME", "pink"),
        ("OUTPOST_LANGUAGE", "latin"),
    ],
)
def test_a_wrong_value_is_refused_by_name(variable: str, value: str, tmp_path: Path) -> None:
    """The error names the variable and the value, and says what would be right."""
    with pytest.raises(InvalidInput, match=f"{variable} is '{value}'; it must be "):
        load(tmp_path, **{variable: value})


@pytest.mark.parametrize("content", ["{", "[1]", "\xff\xfe"])
def test_a_damaged_file_is_named(content: str, tmp_path: Path) -> None:
    """A file that cannot be read is an error with its path, never silently the defaults."""
    file = tmp_path / SETTINGS_FILE
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path)
    assert str(file) in str(caught.value)
    assert file.read_bytes() == content.encode("latin-1")


def test_a_wrong_value_in_the_file_is_refused(tmp_path: Path) -> None:
    """A hand-edited file is checked like the environment."""
    (tmp_path / SETTINGS_FILE).write_text('{"port": "many"}', "utf-8")
    with pytest.raises(InvalidInput, match="OUTPOST_PORT is 'many'"):
        load(tmp_path)


def test_unknown_entries_of_the_file_are_passed_over(tmp_path: Path) -> None:
    """A file of a later version, with settings unknown here, still opens."""
    (tmp_path / SETTINGS_FILE).write_text('{"port": 1001, "colour": "red"}', "utf-8")
    assert load(tmp_path).port == 1001


def test_saved_settings_come_back(tmp_path: Path) -> None:
    """What was saved is what the next start reads, and only what was changed is stored."""
    saved = save_settings(load(tmp_path), theme="dark", model_storage_path=tmp_path / "elsewhere")
    assert load(tmp_path) == saved
    stored = json.loads((tmp_path / SETTINGS_FILE).read_text("utf-8"))
    assert set(stored) == {"theme", "model_storage_path"}


def test_saving_keeps_what_was_saved_before(tmp_path: Path) -> None:
    """A second change does not undo the first."""
    settings = save_settings(load(tmp_path), theme="dark")
    save_settings(settings, slots=2)
    assert (load(tmp_path).theme, load(tmp_path).slots) == ("dark", 2)


@pytest.mark.parametrize("changes", [{"port": 70_000}, {"colour": "red"}, {"data_dir": "/"}])
def test_a_refused_change_stores_nothing(changes: dict[str, object], tmp_path: Path) -> None:
    """A wrong value, an unknown name and the data folder itself are refused before writing."""
    with pytest.raises(InvalidInput):
        save_settings(load(tmp_path), **changes)
    assert list(tmp_path.iterdir()) == []


def test_saving_is_atomic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails half-way leaves the old file whole and nothing beside it."""
    settings = save_settings(load(tmp_path), theme="dark")

    def fail(number: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        save_settings(settings, theme="light")
    assert load(tmp_path).theme == "dark"
    assert [file.name for file in tmp_path.iterdir()] == [SETTINGS_FILE]


def test_settings_cannot_be_changed_in_place(settings: Settings) -> None:
    """A change goes through save_settings, so that no part of the program sees another."""
    with pytest.raises(FrozenInstanceError):
        settings.port = 1  # type: ignore[misc]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows guards folders by access lists")
def test_folders_are_the_owners_alone(tmp_path: Path) -> None:
    """Nobody else on the machine can read conversations or documents."""
    settings = load(tmp_path / "outpost")
    before = os.umask(0o022)
    try:
        prepare_folders(settings)
        (settings.data_dir / "later").touch()
    finally:
        os.umask(before)
    for folder in (settings.data_dir, settings.uploads_dir, settings.model_storage_path):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((settings.data_dir / "later").stat().st_mode) == 0o600


def test_everything_stored_lies_in_the_data_folder(settings: Settings) -> None:
    """Whoever backs up or deletes the data folder has everything."""
    places = (
        settings.database_file,
        settings.lock_file,
        settings.runtime_file,
        settings.log_file,
        settings.chroma_dir,
        settings.tantivy_dir,
        settings.uploads_dir,
    )
    assert all(place.is_relative_to(settings.data_dir) for place in places)
    assert len(set(places)) == len(places)
