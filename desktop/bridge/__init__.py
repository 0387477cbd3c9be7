"""Where Qt's loop meets what does not run on it: threads, asyncio, other processes, signals."""

from desktop.bridge.tasks import Bridge, make_loop, run_loop

__all__ = ["Bridge", "make_loop", "run_loop"]
