"""The commands that README and guide tell people to type, held against the real parsers."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import dev
import resources
from core.cli.parser import parser
from core.config import Settings

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
COMMAND_LINE = resources.guide_dir() / "command-line.md"
FENCED = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _typed(program: str) -> list[list[str]]:
    """Return the words of every line in the shell examples that begins with the program."""
    blocks = [
        block for path in (README, COMMAND_LINE) for block in FENCED.findall(path.read_text())
    ]
    lines = [line for block in blocks for line in block.splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line.startswith(f"{program} ")]


def test_every_example_is_understood() -> None:
    """Each 'outpost …' line of the examples parses; a wrong option would end in SystemExit.

    "outpost" alone opens the window and never meets the parser.
    """
    examples = [words[1:] for words in _typed("outpost") if words[1:]]
    assert len(examples) > 5
    for arguments in examples:
        parser().parse_args(arguments)


def test_a_wrong_example_would_be_found() -> None:
    """The parser ends by SystemExit for an option that it does not have."""
    with pytest.raises(SystemExit):
        parser().parse_args(["serve", "--prot", "9000"])


def test_the_guide_names_every_command() -> None:
    """The table of commands has each command of the parser."""
    text = COMMAND_LINE.read_text("utf-8")
    actions = [action for action in parser()._actions if action.dest == "command"]
    for name in actions[0].choices or ():
        assert f"| outpost {name}" in text


def test_the_readme_lists_the_commands_of_dev_py() -> None:
    """The README's table has every command of dev.py and no other."""
    listed = re.findall(r"^\| `python dev\.py (\w+)", README.read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(dev.COMMANDS)


def test_the_readme_lists_every_setting() -> None:
    """The README's table of settings has each variable."""
    text = README.read_text("utf-8")
    for spec in Settings.__dataclass_fields__.values():
        assert f"| `{spec.metadata['env']}` |" in text
