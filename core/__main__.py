"""`outpost` and `python -m core`: without arguments the window, with them the command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from core.config import load_settings
from core.errors import OutpostError

FAILED, INTERRUPTED = 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0, 1 for an error, 2 for wrong usage."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _command(given) if given else _window()
    except OutpostError as error:
        print(f"outpost: {error}", file=sys.stderr)
        if error.advice:
            print(error.advice, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # such as 'outpost agents | head -1'
        sys.stderr.close()
        return FAILED


def _window() -> int:
    """Open the window; imported by name, since the core does not know the desktop."""
    try:
        desktop = import_module("desktop.main")
    except ModuleNotFoundError as error:
        raise OutpostError(
            f"The window needs {error.name}, which is not installed.",
            advice="Install Outpost with its extra 'desktop', or use 'outpost serve'.",
        ) from error
    status: int | None = desktop.main()
    return status or 0


def _command(given: list[str]) -> int:
    from core.cli.parser import parser

    understood = parser()
    arguments = understood.parse_args(given)
    if arguments.command is None:
        understood.print_help()
        return 2
    settings = load_settings(data_dir=arguments.data_dir, port=getattr(arguments, "port", None))
    if arguments.command == "serve":
        from core.cli.serve import serve

        return serve(settings)
    from core.cli.commands import run

    return run(arguments, settings)


if __name__ == "__main__":
    sys.exit(main())
