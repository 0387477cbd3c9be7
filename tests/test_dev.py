"""dev.py does what its help says, tells failures by its status, and knows when it is up to date."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

import dev


def test_help_names_every_command() -> None:
    """The text shown without arguments lists exactly the commands that exist."""
    assert dev.__doc__ is not None
    assert re.findall(r"^  (\w+)  ", dev.__doc__, re.MULTILINE) == list(dev.COMMANDS)


def test_an_unknown_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong command is an error with the help, before anything is installed."""
    assert dev.main(["tset"]) == 2
    assert "python dev.py COMMAND" in capsys.readouterr().out


def test_packaging_refuses_what_it_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt kind of installer ends with status 2 before anything is built."""
    monkeypatch.setattr(dev, "require_system_packages", lambda *_: None)
    assert dev.package(["--only", "debian"]) == 2


def test_an_unknown_benchmark_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt name does not pass for a benchmark that ran."""
    assert dev.bench(["enigne"]) == 2
    assert "No benchmark 'enigne'" in capsys.readouterr().err


def test_a_failure_is_seen_wherever_it_stands() -> None:
    """A child that a signal ended has a negative status, which a maximum would overlook."""
    assert dev.first_failure([0, -11, 0]) == -11
    assert dev.first_failure([0, 0]) == 0


def test_a_child_s_status_is_passed_on() -> None:
    """What dev.py starts decides dev.py's own status."""
    assert dev.python("-c", "raise SystemExit(7)") == 7


def test_children_never_ask_a_hub() -> None:
    """Everything started by dev.py has the offline switches set."""
    code = "import os; raise SystemExit(os.environ['HF_HUB_OFFLINE'] != '1')"
    assert dev.python("-c", code) == 0


@pytest.mark.parametrize(("machine", "tuned"), [("x86_64", True), ("aarch64", False)])
def test_llama_cpp_is_tuned_where_the_flags_are_known(
    machine: str, tuned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flags of an x86 compiler are kept from others, and the caller's own have the last word."""
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.setenv("CFLAGS", "-O2")
    assert dev.compiling()["CFLAGS"] == (f"{dev.TUNING} -O2" if tuned else "-O2")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to pass on")
def test_the_application_takes_the_place_of_dev_py() -> None:
    """`run` and `serve` become the application, so that ending dev.py ends it and not a parent."""
    code = "import dev; dev.become('-c', 'print(1, flush=True); import time; time.sleep(60)')"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=dev.ROOT) as it:
        assert it.stdout is not None
        it.stdout.readline()
        it.terminate()
        assert it.wait(20) == -signal.SIGTERM


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
def test_no_display_is_told_plainly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a display `run` says what to do instead of letting Qt abort."""
    for name in dev.DISPLAYS:
        monkeypatch.delenv(name, raising=False)
    assert dev.run([]) == 2
    assert "dev.py serve" in capsys.readouterr().err


def test_a_changed_list_of_packages_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fingerprint follows what pyproject.toml says of packages, and nothing else in it."""
    text = dev.PROJECT.read_text("utf-8")
    copy = tmp_path / "pyproject.toml"
    before = dev.fingerprint()
    monkeypatch.setattr(dev, "PROJECT", copy)
    copy.write_text(text.replace("line-length = 100", "line-length = 99"), "utf-8")
    assert dev.fingerprint() == before
    copy.write_text(text.replace("httpx==", "httpx>="), "utf-8")
    assert dev.fingerprint() != before


def test_a_changed_constraint_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of a package that comes along renews the environment too."""
    before = dev.fingerprint()
    monkeypatch.setattr(dev, "CONSTRAINTS", tmp_path / "constraints.txt")
    dev.CONSTRAINTS.write_text("h11==0.0.1", "utf-8")
    assert dev.fingerprint() != before


def test_an_up_to_date_environment_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a fitting stamp nothing is installed; with another one every step is taken again."""
    steps: list[tuple[str, ...]] = []
    monkeypatch.setattr(dev, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(dev, "pip", lambda *packages: steps.append(packages))
    monkeypatch.setattr(dev, "require_system_packages", lambda: None)
    dev.refresh()
    assert steps == list(dev.INSTALL)
    dev.refresh()
    assert steps == list(dev.INSTALL)


def test_constraints_hold_exact_versions_only() -> None:
    """No path, address or loose version has crept into the list of versions."""
    lines = (dev.ROOT / "constraints.txt").read_text("utf-8").splitlines()
    wrong = [line for line in lines if not re.fullmatch(r"#.*|[\w.-]+==[\w.]+", line)]
    assert wrong == []


@pytest.mark.skipif(sys.platform != "linux", reason="the constraints are made on Linux")
def test_nothing_is_installed_that_a_fresh_machine_would_lack() -> None:
    """A package added by hand makes checks pass here that fail wherever dev.py set things up."""
    names = {line.partition("==")[0] for line in dev.CONSTRAINTS.read_text("utf-8").splitlines()}
    pinned = {canonicalize_name(name) for name in names}
    installed = {canonicalize_name(package.name) for package in metadata.distributions()}
    assert installed - pinned <= {"outpost", "pip", "setuptools"}


def test_missing_system_packages_are_told_with_the_exact_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who may not install is told what to run, and the command goes on."""
    monkeypatch.setattr(dev, "missing_packages", lambda: ["libegl1", "xvfb"])
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    dev.require_system_packages()
    line = "sudo apt-get install -y --no-install-recommends libegl1 xvfb"
    assert line in capsys.readouterr().err
