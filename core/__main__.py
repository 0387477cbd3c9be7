"""`outpost` and `python -m core`: without arguments the window, with them the command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from core.config import load_settings
from core.errors import OutpostError

FAILED, INTERRUPTED = 1, 130
OWN_OPTIONS = ("-h", "--help", "--version")
AGENT_SUFFIX = ".outpost-agent"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0, 1 for an error, 2 for wrong usage."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _window(given) if _is_for_the_window(given) else _command(given)
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


def _is_for_the_window(given: list[str]) -> bool:
    """Options without a command are the window's own, such as --data-dir, and so are agents' files.

    A desktop that opens such a file gives its path alone.
    """
    if not given or given[0].lower().endswith(AGENT_SUFFIX):
        return True
    return given[0].startswith("-") and given[0] not in OWN_OPTIONS


def _window(given: list[str]) -> int:
    """Open the window; imported by name, since the core does not know the desktop."""
    try:
        desktop = import_module("desktop.main")
    except ModuleNotFoundError as error:
        raise OutpostError(
            f"The window needs {error.name}, which is not installed.",
            advice="Install Outpost with its extra 'desktop', or use 'outpost serve'.",
        ) from error
    status: int | None = desktop.main(given)
    return status or 0


def _command(given: list[str]) -> int:
    from core.cli.parser import parser

    arguments = parser().parse_args(given)
    settings = load_settings(data_dir=arguments.data_dir, port=getattr(arguments, "port", None))
    if arguments.command == "serve":
        from core.cli.serve import serve

        return serve(settings, arguments.token_file)
    from core.cli.commands import run

    return run(arguments, settings)


if __name__ == "__main__":
    sys.exit(main())
