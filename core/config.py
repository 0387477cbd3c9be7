"""Settings, read once at start, and the places on disk that follow from them.

Every field of `Settings` documents its unit, its default's reason and its environment variable
in its metadata; a test fails where one does not. Nothing else in Outpost reads the environment.
Values come, weakest first, from the defaults, the `settings.json` in the data folder (written by
the desktop's Settings page), the environment, and the command line.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import platformdirs

from core.errors import InvalidInput

SETTINGS_FILE = "settings.json"
CHOICES = {"theme": ("system", "light", "dark"), "language": ("system", "en", "de")}
"""The settings that are one of some words."""


def _setting(
    default: Any, *, env: str, unit: str, why: str, low: float = 0, high: float = 0
) -> Any:
    """Declare one field of Settings with everything a person or a test wants to know about it."""
    meta = {"env": env, "unit": unit, "why": why, "low": low, "high": high}
    return field(default=default, metadata=meta)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an operator can decide about this installation."""

    data_dir: Path = _setting(
        Path(),
        env="OUTPOST_DATA_DIR",
        unit="folder",
        why="where everything Outpost stores lies; the platform's own place for user data",
    )
    model_storage_path: Path = _setting(
        Path(),
        env="MODEL_STORAGE_PATH",
        unit="folder",
        why="where models are looked for; 'models' in the data folder unless set",
    )
    max_deployed_agents: int = _setting(
        3,
        env="MAX_DEPLOYED_AGENTS",
        unit="agents",
        why="how many agents may hold memory at once; three fit an ordinary workstation",
        low=1,
        high=64,
    )
    agent_timeout_s: int = _setting(
        1800,
        env="AGENT_TIMEOUT_SECONDS",
        unit="seconds",
        why="an agent unused for so long is stopped to free its memory; 0 means never",
        low=0,
        high=604_800,
    )
    stop_least_used: bool = _setting(
        False,
        env="OUTPOST_STOP_LEAST_USED",
        unit="true or false",
        why="deploying into a full pool refuses unless told to stop the agent idle for longest",
    )
    port: int = _setting(
        8004,
        env="OUTPOST_PORT",
        unit="TCP port",
        why="where the local API listens, on the loopback address only; 0 picks a free one",
        low=0,
        high=65_535,
    )
    threads: int = _setting(
        0,
        env="OUTPOST_THREADS",
        unit="threads",
        why="CPU threads for the model; 0 takes one for each physical core",
        low=0,
        high=512,
    )
    slots: int = _setting(
        4,
        env="OUTPOST_SLOTS",
        unit="conversations",
        why="how many replies one deployed model writes at once; each costs KV memory",
        low=1,
        high=64,
    )
    trash_days: int = _setting(
        30,
        env="OUTPOST_TRASH_DAYS",
        unit="days",
        why="how long a deleted document can be restored; 0 keeps it until the trash is emptied",
        low=0,
        high=3650,
    )
    rescan_s: int = _setting(
        300,
        env="OUTPOST_RESCAN_SECONDS",
        unit="seconds",
        why="how often watched folders are looked through, for changes nobody was told of",
        low=5,
        high=86_400,
    )
    theme: str = _setting(
        "system",
        env="OUTPOST_THEME",
        unit="'system', 'light' or 'dark'",
        why="the window follows the desktop's own colours unless told otherwise",
    )
    zoom_percent: int = _setting(
        100,
        env="OUTPOST_ZOOM_PERCENT",
        unit="percent",
        why="who reads long answers wants them larger than the window's own words",
        low=80,
        high=200,
    )
    language: str = _setting(
        "system",
        env="OUTPOST_LANGUAGE",
        unit="'system', 'en' or 'de'",
        why="the window speaks the desktop's own language where it can, else English",
    )
    tray: bool = _setting(
        True,
        env="OUTPOST_TRAY",
        unit="true or false",
        why="an icon in the system's tray, where it has one, shows which agents run",
    )
    notifications: bool = _setting(
        True,
        env="OUTPOST_NOTIFICATIONS",
        unit="true or false",
        why="who went to do something else while a long job runs is told of its end",
    )

    lock_after_min: int = _setting(
        0,
        env="OUTPOST_LOCK_AFTER_MINUTES",
        unit="minutes",
        why="a window with a passphrase is locked when nobody used it for so long; 0 means never",
        low=0,
        high=1440,
    )

    @property
    def database_file(self) -> Path:
        return self.data_dir / "outpost.sqlite"

    @property
    def lock_file(self) -> Path:
        return self.data_dir / "outpost.lock"

    @property
    def runtime_file(self) -> Path:
        """Written while Outpost runs: {"url", "pid", "owner_token"}, mode 0600."""
        return self.data_dir / "runtime.json"

    @property
    def log_file(self) -> Path:
        return self.data_dir / "logs" / "outpost.log"

    @property
    def chroma_dir(self) -> Path:
        return self.data_dir / "index" / "chroma"

    @property
    def tantivy_dir(self) -> Path:
        return self.data_dir / "index" / "tantivy"

    @property
    def prefix_dir(self) -> Path:
        """KV memory of system prompts, so that deploying again is quick; a cache."""
        return self.data_dir / "cache" / "prefixes"

    @property
    def calibration_file(self) -> Path:
        """How far the memory that models took was from what was expected; a cache."""
        return self.data_dir / "cache" / "memory.json"

    @property
    def exports_dir(self) -> Path:
        """Embedding models as ONNX graphs, which load faster; a cache."""
        return self.data_dir / "cache" / "embedders"

    @property
    def backup_dir(self) -> Path:
        return self.data_dir / "backups"

    @property
    def bundle_dir(self) -> Path:
        """Exports on their way to whoever downloads them; a cache."""
        return self.data_dir / "cache" / "bundles"

    @property
    def restore_file(self) -> Path:
        """Names the backup that the next start is to restore."""
        return self.data_dir / "restore-at-start"

    @property
    def reserve_file(self) -> Path:
        """Room that is given up when the disk is full."""
        return self.data_dir / "reserve"

    @property
    def uploads_dir(self) -> Path:
        """Copies of documents that came over the API rather than from a folder."""
        return self.data_dir / "uploads"


def load_settings(environ: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Read the settings; `overrides` are the command line's, None meaning not given.

    Raises InvalidInput naming the variable whose value cannot be used.
    """
    environ = os.environ if environ is None else environ
    given = {name: value for name, value in overrides.items() if value is not None}
    data_dir = Path(
        str(given.get("data_dir") or environ.get("OUTPOST_DATA_DIR") or "")
        or platformdirs.user_data_dir("outpost", appauthor=False)
    ).expanduser()
    values: dict[str, object] = dict(_stored(data_dir / SETTINGS_FILE))
    for spec in fields(Settings):
        text = environ.get(spec.metadata["env"], "")
        if text != "":
            values[spec.name] = text
    values.update(given)
    values["data_dir"] = data_dir
    values.setdefault("model_storage_path", data_dir / "models")
    return _checked(values)


def crash_wish() -> str:
    """Return at which of `core.crashpoints` a test wants the process killed, '' for at none."""
    return os.environ.get("OUTPOST_CRASH_AT", "")


def save_settings(settings: Settings, **changes: object) -> Settings:
    """Store changed fields in the data folder and return the settings as they will be.

    Limits and the theme apply at once where the caller hands them on; the port and folders at
    the next start. Raises InvalidInput for a value out of range.
    """
    for name in changes:
        if name not in {spec.name for spec in fields(Settings)} or name == "data_dir":
            raise InvalidInput(f"There is no setting '{name}'.", param=name)
    current = {spec.name: getattr(settings, spec.name) for spec in fields(Settings)}
    updated = _checked({**current, **changes})
    path = settings.data_dir / SETTINGS_FILE
    stored = dict(_stored(path))
    stored.update({name: _plain(getattr(updated, name)) for name in changes})
    _write_atomically(path, json.dumps(stored, indent=2, sort_keys=True))
    return updated


LIBRARY_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "ORT_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "GOMP_SPINCOUNT": "1000",
}
"""What libraries must find in the environment before they are loaded: no network, no telemetry,
and how long OpenMP's threads spin at a barrier before they sleep.

llama.cpp meets a barrier some hundred times a token. Measured with the starter model on two cores
(tokens/s, one stream, median of 3): never spinning (OMP_WAIT_POLICY=PASSIVE) 46, libgomp's default
116 with collapses to 8 where the other core is taken for a moment, 1,000 turns 147. Beside a
program that takes a whole core: 82, 80 and 70."""


def set_library_environment() -> None:
    """Tell libraries to stay offline and to share the processor; children inherit it."""
    for name, value in LIBRARY_ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def prepare_folders(settings: Settings) -> None:
    """Create the data folders, readable by their owner alone."""
    os.umask(0o077)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings.data_dir.chmod(0o700)  # one that was there already may be open to others
    for folder in (
        settings.chroma_dir,
        settings.tantivy_dir,
        settings.uploads_dir,
        settings.log_file.parent,
    ):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings.model_storage_path.mkdir(parents=True, exist_ok=True)


def _stored(path: Path) -> Mapping[str, object]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"The settings in {path} cannot be read: {error}.",
            advice="Correct the file, or delete it to start from the defaults.",
        ) from error
    if not isinstance(content, dict):
        raise InvalidInput(f"The settings in {path} are not a JSON object.")
    known = {spec.name for spec in fields(Settings)}
    return {name: value for name, value in content.items() if name in known}


def _checked(values: Mapping[str, object]) -> Settings:
    checked: dict[str, Any] = {}
    for spec in fields(Settings):
        if spec.name not in values:
            continue
        value = values[spec.name]
        if isinstance(spec.default, Path):
            value = Path(str(value)).expanduser().absolute()
        elif isinstance(spec.default, bool):
            value = _truth(spec.metadata["env"], value)
        elif isinstance(spec.default, int):
            value = _number(spec.metadata["env"], value, spec.metadata)
        elif value not in CHOICES.get(spec.name, (value,)):
            choices = ", ".join(CHOICES[spec.name])
            name = spec.metadata["env"]
            raise InvalidInput(
                f"{name} is '{value}'; it must be one of: {choices}.", param=spec.name
            )
        checked[spec.name] = value
    return Settings(**checked)


def _truth(name: str, value: object) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    try:
        return words[str(value).strip().lower()]
    except KeyError:
        raise InvalidInput(f"{name} is '{value}'; it must be true or false.", param=name) from None


def _number(name: str, value: object, meta: Mapping[str, Any]) -> int:
    low, high = int(meta["low"]), int(meta["high"])
    try:
        number = int(str(value))
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise InvalidInput(
            f"{name} is '{value}'; it must be a whole number from {low} to {high} "
            f"({meta['unit']}).",
            param=name,
        )
    return number


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


def _write_atomically(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
