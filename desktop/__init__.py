"""The desktop application: it shows and asks, and decides nothing.

Imports point downwards only: main → views → viewmodels → bridge → theme. Of the core it uses
the services on `core.app.Core` and the records, errors, settings and change notices.

PySide replaces Python's import by one that reads the source of every module imported later, to
switch on "features" that nobody uses here. That takes time for hundreds of modules, and where it
looks into pydantic's while they are imported on another thread, that import fails. So Python's own
import is put back before anything else of Qt is loaded.
"""

import builtins

_import = builtins.__import__

import PySide6.QtCore  # noqa: E402, F401 - for what it does to builtins

builtins.__import__ = _import
