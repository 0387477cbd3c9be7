"""The first lines of a packaged Outpost; only the look at the processor comes before them.

Both executables run this. 'outpost' is for terminals and servers; 'outpost-desktop' differs in that
Windows gives it no console. Whatever ends the process unexpectedly is kept in the data folder,
since a program started by a double-click has nobody who reads its last words.
"""

from __future__ import annotations

import faulthandler
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

CRASH_BYTES = 1_000_000
"""A longer crash log is begun anew."""


def main(arguments: Sequence[str]) -> int:
    """Be the worker, the window or the command that is asked for."""
    from core.retrieval.worker import main_if_worker

    if main_if_worker(list(arguments)):
        return 0
    keep_crashes(arguments)
    from core.__main__ import main as run

    return run(arguments)


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
