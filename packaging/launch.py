"""The first lines of a packaged Outpost, before anything that could fail to load.

Both executables run this. 'outpost' is for terminals and servers; 'outpost-desktop' differs in that
Windows gives it no console. Whatever ends the process unexpectedly is kept in the data folder,
since a program started by a double-click has nobody who reads its last words.
"""

from __future__ import annotations

import ctypes
import faulthandler
import platform
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

LEAF_1_ECX = {"SSSE3": 9, "CMPXCHG16B": 13, "SSE4.1": 19, "SSE4.2": 20, "POPCNT": 23}
"""The bits of CPUID's first leaf that x86-64-v2 needs: numpy, Qt and Chroma die without them."""
WINDOWS_FEATURES = {"SSSE3": 36, "CMPXCHG16B": 14, "SSE4.1": 37, "SSE4.2": 38}
"""The same by the numbers of IsProcessorFeaturePresent."""
DIALOGS = (("zenity", "--error", "--text"), ("kdialog", "--error"), ("xmessage", "-center"))
CRASH_BYTES = 1_000_000
"""A longer crash log is begun anew."""


def main(arguments: Sequence[str]) -> int:
    """Check the processor, then be the worker, the window or the command that is asked for."""
    if missing := missing_instructions():
        tell(
            "This computer's processor is too old for Outpost: it lacks "
            f"{', '.join(missing)} (Intel has them since 2009, AMD since 2011)."
        )
        return 1
    from core.retrieval.worker import main_if_worker

    if main_if_worker(list(arguments)):
        return 0
    keep_crashes(arguments)
    from core.__main__ import main as run

    return run(arguments)


# ---------------------------------------------------------------- the processor


def missing_instructions() -> list[str]:
    """Return what of x86-64-v2 the processor lacks; empty elsewhere and where nobody can tell."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return []
    if sys.platform == "win32":
        present = ctypes.windll.kernel32.IsProcessorFeaturePresent
        return [name for name, number in WINDOWS_FEATURES.items() if not present(number)]
    ecx = _cpuid_leaf_1_ecx()
    return [name for name, bit in LEAF_1_ECX.items() if ecx is not None and not ecx >> bit & 1]


def _cpuid_leaf_1_ecx() -> int | None:
    """Ask glibc (2.33 or newer) for a register of CPUID; None where it cannot be asked.

    /proc/cpuinfo would tell the same, but of the machine and not of an emulated processor.
    """
    try:
        leaf = getattr(ctypes.CDLL(None), "__x86_get_cpuid_feature_leaf")
    except (AttributeError, OSError):
        return None
    leaf.argtypes, leaf.restype = [ctypes.c_uint], ctypes.POINTER(ctypes.c_uint32 * 8)
    found = leaf(0)
    return int(found.contents[2]) if found else None


def tell(message: str) -> None:
    """Say why there will be no window: on standard error, and in a dialog of the system's."""
    if sys.stderr is not None:
        sys.stderr.write(f"outpost: {message}\n")
        if sys.stderr.isatty():
            return
    if sys.platform == "win32":
        ctypes.windll.user32.MessageBoxW(None, message, "Outpost", 0x10)
        return
    for program, *options in DIALOGS:
        if shutil.which(program):
            subprocess.run([program, *options, message], check=False)
            return


# ---------------------------------------------------------------- crashes


def keep_crashes(arguments: Sequence[str]) -> None:
    """Have crashes of native code, and errors that nobody caught, written to logs/crash.log."""
    from core.config import load_settings
    from core.errors import OutpostError

    try:
        file = load_settings(data_dir=_data_dir(arguments)).log_file.with_name("crash.log")
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = file.exists() and file.stat().st_size < CRASH_BYTES
        log = file.open("a" if kept else "w", encoding="utf-8")
    except (OutpostError, OSError):
        return  # the application itself will say what is wrong with its settings or folders
    faulthandler.enable(log)

    def write(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.write(time.strftime("%Y-%m-%d %H:%M:%S\n"))
        traceback.print_exception(kind, error, trace, file=log)
        log.flush()
        if sys.stderr is not None:
            sys.__excepthook__(kind, error, trace)

    sys.excepthook = write


def _data_dir(arguments: Sequence[str]) -> Path | None:
    """Return the folder that the command line names, if it does."""
    for at, argument in enumerate(arguments):
        if argument == "--data-dir" and at + 1 < len(arguments):
            return Path(arguments[at + 1])
        if argument.startswith("--data-dir="):
            return Path(argument.partition("=")[2])
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
