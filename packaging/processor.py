"""Looks at the processor before anything is loaded that an old one would die of.

build.spec gives it to PyInstaller as a runtime hook, since PyInstaller's own hooks load Qt's parts
before the program begins.
"""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import subprocess
import sys

LEAF_1_ECX = {"SSSE3": 9, "CMPXCHG16B": 13, "SSE4.1": 19, "SSE4.2": 20, "POPCNT": 23}
"""The bits of CPUID's first leaf that x86-64-v2 needs: numpy, Qt and Chroma die without them."""
WINDOWS_FEATURES = {"SSSE3": 36, "CMPXCHG16B": 14, "SSE4.1": 37, "SSE4.2": 38}
"""The same by the numbers of IsProcessorFeaturePresent."""
DIALOGS = (("zenity", "--error", "--text"), ("kdialog", "--error"), ("xmessage", "-center"))


def stop_if_too_old() -> None:
    """End the process with a sentence on a processor that Outpost's libraries do not run on."""
    if missing := missing_instructions():
        tell(
            "This computer's processor is too old for Outpost: it lacks "
            f"{', '.join(missing)} (Intel has them since 2009, AMD since 2011)."
        )
        if sys.stderr is not None:
            sys.stderr.flush()
        os._exit(1)


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


if getattr(sys, "frozen", False):
    stop_if_too_old()
