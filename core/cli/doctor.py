"""`outpost doctor`: what this machine offers, and whether the data folder is in good health.

It looks without changing anything and needs no running instance, so that it can be asked when
nothing else works. With --repair it puts right what can be (`repair.py`).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from core.cli.client import Client
from core.cli.instance import running
from core.cli.repair import repair, told
from core.config import Settings
from core.store.checkup import complaints

OK, NOTE, PROBLEM = "ok", "note", "problem"
FEW_BYTES = 1 << 30
"""Less than this on the disk is soon full."""
SAFE_SQLITE = (3, 51, 3)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    about: str
    state: str
    """'ok'; 'note' for what is good to know; 'problem' for what has to be put right."""
    text: str


def doctor(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print what was found; exit status 1 where something has to be put right."""
    if arguments.repair:
        health = repair(settings)
        print(json.dumps(health, indent=2) if arguments.json else "\n".join(told(health)))
        return 0 if health["is_whole"] else 1
    found = list(examined(settings))
    if arguments.json:
        print(json.dumps([asdict(each) for each in found], indent=2, ensure_ascii=False))
    else:
        width = max(len(each.about) for each in found)
        for each in found:
            mark = "" if each.state == OK else f"{each.state}: "
            print(f"{each.about.ljust(width)}  {mark}{each.text}")
    return 1 if any(each.state == PROBLEM for each in found) else 0


def examined(settings: Settings) -> Iterator[Finding]:
    """Look at everything in turn; what fails unexpectedly is a problem, and the rest goes on."""
    looks: tuple[tuple[str, Callable[[Settings], Iterator[Finding]]], ...] = (
        ("machine", _machine),
        ("engine", _engine),
        ("libraries", _libraries),
        ("data folder", _folder),
        ("database", _database),
        ("models", _models),
        ("instance", _instance),
    )
    for about, look in looks:
        try:
            yield from look(settings)
        except Exception as error:
            yield Finding(about, PROBLEM, f"It could not be examined: {error}")


def _machine(_: Settings) -> Iterator[Finding]:
    import psutil

    from core.engines.hardware import physical_cores

    memory = psutil.virtual_memory()
    cores = f"{physical_cores()} cores, {psutil.cpu_count()} threads"
    yield Finding("system", OK, f"{platform.platform()}, Python {platform.python_version()}")
    yield Finding("processor cores", OK, cores)
    low = memory.available < FEW_BYTES
    text = f"{_size(memory.available)} of {_size(memory.total)} free"
    yield Finding("memory", NOTE if low else OK, text)


def _engine(_: Settings) -> Iterator[Finding]:
    from core.engines.hardware import hardware

    report = hardware()
    features = ", ".join(report.features) or "none beyond the ordinary"
    yield Finding("processor", OK, report.processor)
    yield Finding("instruction sets", OK, features)
    yield Finding("engine", OK, report.engine)
    graphics = [device for device in report.devices if device.is_gpu]
    if not report.gpu_offload:
        yield Finding("graphics", NOTE, "The engine was built for the processor alone.")
    elif not graphics:
        yield Finding("graphics", NOTE, "The engine could use a graphics card, but finds none.")
    for device in graphics:
        free = f"{_size(device.free_bytes)} of {_size(device.memory_bytes)} free"
        yield Finding("graphics", OK, f"{device.name}, {device.description}: {free}")


def _libraries(_: Settings) -> Iterator[Finding]:
    version = sqlite3.sqlite_version
    old = sqlite3.sqlite_version_info < SAFE_SQLITE
    text = f"{version}; Outpost goes around a fault of versions before 3.51.3" if old else version
    yield Finding("SQLite", OK, text)


def _folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    if not folder.is_dir():
        yield Finding("data folder", NOTE, f"{folder} is made at the first start.")
        return
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield Finding("data folder", PROBLEM, f"{folder} cannot be written by this user.")
    elif sys.platform != "win32" and stat.S_IMODE(folder.stat().st_mode) & 0o077:
        yield Finding("data folder", NOTE, f"{folder} is open to others until the next start.")
    else:
        yield Finding("data folder", OK, str(folder))
    free = shutil.disk_usage(folder).free
    yield Finding("disk", PROBLEM if free < FEW_BYTES else OK, f"{_size(free)} free")
    for name, place in (("keyword index", settings.tantivy_dir), ("vectors", settings.chroma_dir)):
        taken = sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
        yield Finding(name, OK, f"{_size(taken)}; a cache that the database can make again")


def _database(settings: Settings) -> Iterator[Finding]:
    file = settings.database_file
    if not file.exists():
        yield Finding("database", NOTE, "There is none yet.")
        return
    if found := complaints(file):
        text = f"{file} is damaged: {found[0]}. 'outpost doctor --repair' restores a backup."
        yield Finding("database", PROBLEM, text)
    else:
        yield Finding("database", OK, f"{_size(file.stat().st_size)}, whole")


def _models(settings: Settings) -> Iterator[Finding]:
    from core.starter import starter_model_file

    folder = settings.model_storage_path
    files = [file for file in folder.rglob("*.gguf") if file.is_file()]
    yield Finding("models", OK, f"{len(files)} in {folder}")
    starter = starter_model_file()
    if starter is None:
        yield Finding("starter model", NOTE, "It is not installed; import a model to begin.")
    else:
        yield Finding("starter model", OK, f"{starter.name}, {_size(starter.stat().st_size)}")


def _instance(settings: Settings) -> Iterator[Finding]:
    with running(settings) as client:
        if client is None:
            yield Finding("instance", NOTE, "Outpost is not running on this folder.")
            return
        status = client.get("/status")
        yield Finding("instance", OK, f"Outpost {status['version']} is running on this folder.")
        for step in status["startup"]:
            if step["state"] == "failed":
                yield Finding("start-up", PROBLEM, f"{step['name']}: {step['note']}")
        yield from _stores(client)
        verdict = client.get("/audit/verdict")
        state = OK if verdict["whole"] else PROBLEM
        yield Finding("audit log", state, f"{verdict['entries']} entries fit")


def _stores(client: Client) -> Iterator[Finding]:
    """Compare what the running instance has in its three stores."""
    for each in client.get("/doctor")["stores"]:
        if each["store"] == "database":
            continue  # looked at above
        lacking = f"{each['missing']} missing, {each['orphaned']} too many"
        text = f"{each['expected']} chunks; {each['state']}: {each['problem'] or lacking}"
        whole = each["state"] in ("whole", "unopened")
        yield Finding(f"{each['store']} in it", OK if whole else PROBLEM, text)


def _size(size_bytes: int) -> str:
    """Write a number of bytes for people."""
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.1f} MB"
