"""What commands print: tables and JSON on stdout, remarks on stderr."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from core.cli.client import Json


def print_list(arguments: argparse.Namespace, items: Sequence[Json], names: Sequence[str]) -> None:
    """Print things as a table of the named fields, or all of them as JSON where that was asked."""
    if arguments.json:
        print_json(list(items))
        return
    rows = [[_word(item[name]) for name in names] for item in items]
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    for row in [list(names), *rows]:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def _word(value: object) -> str:
    if value is None:
        return "-"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def print_json(content: object) -> None:
    """Print for programs."""
    print(json.dumps(content, indent=2, ensure_ascii=False))


def note(text: str) -> None:
    """Tell a person something that is no part of the output."""
    print(text, file=sys.stderr, flush=True)
