"""A disk that fails at the k-th write: a library that is put before libc, and its controls."""

from __future__ import annotations

import errno
import mmap
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CONTROL = struct.Struct("<6q")
"""armed, operations so far, the first to fail, how many fail, errno or 0 for half a write, and how
many have failed."""
HALF = 0
KINDS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "short": HALF}


def compiled(folder: Path) -> Path | None:
    """Compile the library, None where there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    library = folder / "disk.so"
    source = Path(__file__).with_name("disk.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


class Disk:
    """What fails, and when; the folder's real disk stays as it is."""

    def __init__(self, control: Path, folder: Path, library: Path):
        self.control = control
        self.environ = {
            "LD_PRELOAD": str(library),
            "DISK_CONTROL": str(control),
            "DISK_FOLDER": str(folder),
        }
        self.fail_at(0, "EIO")

    def fail_at(self, number: int, kind: str, times: int = 1) -> None:
        """Let operations fail from this one on, counted from 1 once it is armed; 0 for none."""
        self.control.write_bytes(_CONTROL.pack(0, 0, number or 1 << 40, times, KINDS[kind], 0))

    @property
    def operations(self) -> int:
        """How many there were while it was armed."""
        return int(_CONTROL.unpack(self.control.read_bytes())[1])

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return int(_CONTROL.unpack(self.control.read_bytes())[5])


@contextmanager
def failing(control: Path) -> Iterator[None]:
    """Arm the disk, in all processes, while the block runs."""
    with control.open("r+b") as file, mmap.mmap(file.fileno(), _CONTROL.size) as place:
        place[:8] = struct.pack("<q", 1)
        try:
            yield
        finally:
            place[:8] = struct.pack("<q", 0)
