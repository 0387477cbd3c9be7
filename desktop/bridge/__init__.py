"""Where Qt's loop meets what does not run on it: threads, asyncio, other processes, signals."""

from desktop.bridge.tasks import Bridge, close_loop, make_loop, run_loop

__all__ = ["Bridge", "close_loop", "make_loop", "run_loop"]
