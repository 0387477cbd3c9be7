"""What keeps the content of this process's memory from the disk."""

from __future__ import annotations

import sys


def forbid_core_dumps() -> None:
    """Have a crash leave no image of the memory, for this process and those it starts.

    On Linux the limit is one byte and not none: where dumps go to a program, such as systemd's,
    the kernel passes over a limit of none, and takes one byte for a wish to have no dump (core(5)
    and `do_coredump` in the kernel).
    """
    if sys.platform == "win32":
        return
    import resource

    size = 1 if sys.platform == "linux" else 0
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    if most == resource.RLIM_INFINITY or most >= size:
        resource.setrlimit(resource.RLIMIT_CORE, (size, size))
