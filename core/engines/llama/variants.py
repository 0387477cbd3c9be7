"""The variant of llama.cpp's processor code that suits this machine, where a build has several.

Compiled on the machine that it runs on, llama.cpp has one variant inside its libraries. Installers
carry one file for each generation of processors, from the oldest x86-64 to the newest, and ggml
loads the best one that runs here. It has to be told where they lie: by itself it looks beside the
executable.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from pathlib import Path

import llama_cpp.llama_cpp as llama

from core.errors import EngineFailed

FOLDER = Path(llama._base_path).resolve()
FILES = "*ggml-cpu-*"
"""Their names; a build with one variant has 'ggml-cpu' without anything behind it."""
_LOADED = re.compile(rb"loaded CPU backend from .*ggml-cpu-(\w+)\.")

_chosen: list[str] = []


def load(folder: Path = FOLDER) -> None:
    """Load the best variant of those in the folder, if there are any.

    Raises EngineFailed where the processor runs none of them.
    """
    if not any(folder.glob(FILES)):
        return
    library = _ggml()
    library.ggml_backend_load_all_from_path.argtypes = [ctypes.c_char_p]
    library.ggml_backend_load_all_from_path.restype = None
    library.ggml_backend_load_all_from_path(os.fsencode(folder))
    library.ggml_backend_dev_count.restype = ctypes.c_size_t
    if not library.ggml_backend_dev_count():
        raise EngineFailed(
            "This processor is too old: it runs no variant of the engine.",
            advice="Use a machine whose processor knows x86-64-v2 (Intel 2009, AMD 2011).",
        )


def note(line: bytes) -> None:
    """Take a line of ggml's log, which is the only place that tells what was loaded."""
    if found := _LOADED.search(line):
        _chosen[:] = [found[1].decode()]


def chosen() -> str:
    """Return the loaded variant's name, such as 'haswell'; '' where there is nothing to choose."""
    return _chosen[0] if _chosen else ""


def _ggml() -> ctypes.CDLL:
    """Return a handle by which ggml's functions are found.

    Elsewhere libllama's own one knows them too; opening libggml by its path could map a second
    copy. Windows looks into one library alone, and does not load it twice.
    """
    return ctypes.CDLL(str(FOLDER / "ggml.dll")) if sys.platform == "win32" else llama._lib
