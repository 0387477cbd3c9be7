"""The command line: what it understands, how it finds a running Outpost, what it prints."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import httpx
import pytest

import core as outpost
from core.__main__ import main
from core.api.server import ApiServer
from core.app import Core, build
from core.config import Settings
from core.records import Scope
from tests.core.engines.test_gguf import write_small

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def here(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A fresh data folder that the command line takes for its own."""
    monkeypatch.setenv("OUTPOST_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("OUTPOST_PORT", "0")
    return settings


@pytest.fixture
def served(here: Settings) -> Iterator[Core]:
    """A core that is served from that folder."""
    core = build(here)
    server = ApiServer(core, 0)
    server.start()
    yield core
    server.stop()
    core.close()


def printed(capture: Capture, *arguments: str) -> object:
    """Run a command with --json and return what it printed."""
    assert main([*arguments, "--json"]) == 0
    return json.loads(capture.readouterr().out)


@pytest.mark.parametrize(
    "arguments",
    [["dance"], ["agents", "dance"], ["token"], ["ask", "Guide"], ["serve", "--port", "many"],
     ["token", "add", "x", "--scope", "all"]],
)  # fmt: skip
def test_wrong_usage_is_status_2(arguments: list[str], capsys: Capture) -> None:
    """What is not understood is said on stderr, with status 2."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: outpost" in capsys.readouterr().err


def test_version_and_help(capsys: Capture) -> None:
    """Both end with status 0 and open nothing."""
    for option, text in (("--version", outpost.__version__), ("--help", "ingest")):
        with pytest.raises(SystemExit) as ended:
            main([option])
        assert ended.value.code == 0
        assert text in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["--data-dir", "x", "--port", "0"]])
def test_without_a_command_the_window_opens(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Options without a command are handed to the window, whose exit status counts."""
    opened = list[list[str]]()
    window = ModuleType("desktop.main")
    window.main = lambda given: opened.append(given) or 3  # type: ignore[attr-defined, func-returns-value]
    monkeypatch.setitem(sys.modules, "desktop.main", window)
    assert main(arguments) == 3
    assert opened == [arguments]


def test_without_qt_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """A headless installation says what is missing and what works without it."""
    monkeypatch.setitem(sys.modules, "desktop.main", None)
    assert main([]) == 1
    assert "outpost serve" in capsys.readouterr().err


def test_understanding_loads_nothing_heavy() -> None:
    """A typing error is answered before any server, database or model library is imported."""
    program = (
        "import sys; from core.__main__ import main\n"
        "try: main(['dance'])\n"
        "except SystemExit: pass\n"
        "heavy = {'fastapi', 'sqlalchemy', 'llama_cpp', 'chromadb', 'numpy', 'httpx'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.stdout.strip() == "[]"


def test_commands_reach_the_running_instance(served: Core, capsys: Capture) -> None:
    """What a command writes is in the core that runs, without a second one being opened."""
    assert main(["user", "add", "anna"]) == 0
    assert served.users.by_name("anna").name == "anna"
    capsys.readouterr()
    users = printed(capsys, "user", "list")
    assert isinstance(users, list)
    assert [user["name"] for user in users][1:] == ["anna"]
    assert main(["status"]) == 0
    assert f"Outpost {outpost.__version__} is running" in capsys.readouterr().out


def test_commands_open_the_folder_where_nothing_runs(here: Settings, capsys: Capture) -> None:
    """Without a running instance the same commands work, and nothing is left running."""
    assert main(["status"]) == 1
    assert "not running" in capsys.readouterr().out
    assert main(["user", "add", "anna"]) == 0
    assert not here.runtime_file.exists()
    core = build(here)
    assert core.users.by_name("anna").name == "anna"
    core.close()


@pytest.mark.parametrize("left", ["{", "[]", '{"url": "http://127.0.0.1:9", "pid": "x"}', "dead"])
def test_a_stale_runtime_file_is_ignored(here: Settings, capsys: Capture, left: str) -> None:
    """A file of a process that was killed, or a damaged one, leads nowhere and does no harm."""
    if left == "dead":
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        left = json.dumps({"url": "http://127.0.0.1:9", "pid": ended.pid, "owner_token": "x"})
    here.runtime_file.write_text(left)
    assert main(["status"]) == 1
    capsys.readouterr()
    assert isinstance(printed(capsys, "token", "list"), list)


def test_a_runtime_file_whose_process_is_another_program(here: Settings, capsys: Capture) -> None:
    """A process id that was given to another program does not count as a running Outpost."""
    content = {"url": "http://127.0.0.1:9", "pid": os.getpid(), "owner_token": "x"}
    here.runtime_file.write_text(json.dumps(content))
    assert main(["status"]) == 1


def test_a_folder_in_use_is_refused_with_advice(here: Settings, capsys: Capture) -> None:
    """Where another process owns the folder but does not answer, the command says so."""
    owner = build(here)
    assert main(["user", "list"]) == 1
    error = capsys.readouterr().err.splitlines()
    assert error[0].startswith("outpost: Outpost is already running")
    assert len(error) == 2
    owner.close()


def test_token_secrets_go_to_stdout_alone(served: Core, capsys: Capture) -> None:
    """A script can keep the secret in a variable; list and revoke know the token by name."""
    assert main(["token", "add", "nightly", "--scope", "chat", "--days", "7"]) == 0
    secret = capsys.readouterr().out.strip()
    principal = served.users.authenticate(secret)
    assert (principal.scope, principal.user.is_owner) == (Scope.CHAT, True)
    assert main(["token", "list"]) == 0
    listed = capsys.readouterr().out
    assert "nightly" in listed
    assert secret not in listed
    assert main(["token", "revoke", "nightly"]) == 0
    (token,) = served.users.tokens(served.users.owner().id)
    assert token.revoked_at is not None
    served.users.add("anna")
    assert main(["token", "add", "hers", "--user", "anna"]) == 0


def test_refusals_are_one_line_and_advice(served: Core, capsys: Capture) -> None:
    """What the API refuses is said as the API says it, with status 1 and no trace."""
    assert main(["agents", "deploy", "Nobody"]) == 1
    error = capsys.readouterr().err
    assert error.splitlines()[0] == "outpost: There is no agent 'Nobody'."
    assert "Traceback" not in error
    assert main(["token", "add", " "]) == 1
    assert main(["user", "add", "anna"]) == 0
    assert main(["user", "add", "anna"]) == 1


def test_models_are_listed_and_imported(
    served: Core, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file given by a relative path is imported, and a broken one refused."""
    monkeypatch.chdir(write_small(tmp_path / "tiny.gguf").parent)
    assert main(["models", "import", "tiny.gguf"]) == 0
    assert main(["models"]) == 0
    listed = capsys.readouterr().out
    assert "tiny.gguf" in listed
    assert "starter:" in listed
    assert main(["models", "accept", "tiny.gguf"]) == 0
    for verb in ("import", "accept"):
        assert main(["models", verb, "missing.gguf"]) == 1
        assert "missing.gguf" in capsys.readouterr().err


def test_deploying_needs_a_running_instance(here: Settings, capsys: Capture) -> None:
    """An instance that ends with the command cannot keep an agent deployed, and says so."""
    assert main(["agents", "deploy", "Assistant"]) == 1
    assert "not running" in capsys.readouterr().err


@pytest.mark.model
def test_a_first_question_in_a_fresh_folder(here: Settings, capsys: Capture) -> None:
    """Agents are made, one is started for a question alone, and its answer goes to stdout."""
    assert main(["ask", "Assistant", "What is the capital of France?"]) == 0
    told = capsys.readouterr()
    assert "for this question alone" in told.err
    core = build(here)
    (kept,) = core.conversations.list(core.users.owner().id)
    _, reply = core.conversations.messages(core.users.owner().id, kept.id)
    core.close()
    assert reply.text
    assert told.out.strip() == reply.text.strip()


@pytest.mark.model
def test_ingest_reads_files_and_names_what_failed(
    here: Settings, lend_embedder: Callable[[Settings], None], capsys: Capture, tmp_path: Path
) -> None:
    """A folder goes into a new collection; a broken file is named, with status 1."""
    lend_embedder(here)
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "walrus.txt").write_text("The walrus rests on sea ice.")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing else")
    assert main(["ingest", "Sea", str(folder)]) == 1
    told = capsys.readouterr()
    assert "1 of 2 documents are in 'Sea'" in told.out
    assert "broken.pdf: " in told.err
    assert main(["ingest", "Sea", str(tmp_path / "missing")]) == 1
    assert "missing" in capsys.readouterr().err


def serving(settings: Settings, *options: str) -> subprocess.Popen[str]:
    """Start `outpost serve` in a process of its own and wait until it answers."""
    command = [sys.executable, "-m", "core", "serve", "--data-dir", str(settings.data_dir)]
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not settings.runtime_file.exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_cleanly_on_a_signal(settings: Settings, number: signal.Signals) -> None:
    """Within 5 s, with status 0, and without its runtime file."""
    process = serving(settings, "--port", "0")
    began = time.monotonic()
    process.send_signal(number)
    told, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert time.monotonic() - began < 5
    assert "answers on http://127.0.0.1:" in told
    assert str(settings.runtime_file) in told
    assert not settings.runtime_file.exists()


def test_serve_takes_its_token_from_a_file(settings: Settings, tmp_path: Path) -> None:
    """A container's secret opens the door, and stands in no list of tokens."""
    secret = "k" * 40
    (tmp_path / "token").write_text(f"{secret}\n", "utf-8")
    process = serving(settings, "--port", "0", "--token-file", str(tmp_path / "token"))
    runtime = json.loads(settings.runtime_file.read_text("utf-8"))
    answer = httpx.get(
        f"{runtime['url']}/api/v1/agent-deployment/tokens",
        headers={"Authorization": f"Bearer {secret}"},
    )
    process.terminate()
    process.communicate(timeout=10)
    assert answer.status_code == 200
    assert answer.json()["data"] == []


@pytest.mark.parametrize("content", [b"short", b"with a space " * 4, b"\xff" * 40])
def test_serve_refuses_a_token_that_is_none(
    here: Settings, tmp_path: Path, content: bytes, capsys: Capture
) -> None:
    """What could be guessed, or could not be sent in a header, is refused before it counts."""
    (tmp_path / "token").write_bytes(content)
    assert main(["serve", "--token-file", str(tmp_path / "token")]) == 1
    assert "token" in capsys.readouterr().err
    assert not here.runtime_file.exists()


def test_serve_refuses_a_second_owner_and_a_taken_port(
    served: Core, here: Settings, capsys: Capture, tmp_path: Path
) -> None:
    """Both are one clear line each."""
    assert main(["serve"]) == 1
    assert "already running" in capsys.readouterr().err
    url = json.loads(here.runtime_file.read_text())["url"]
    port = url.rpartition(":")[2]
    assert main(["serve", "--port", port, "--data-dir", str(tmp_path / "other")]) == 1
    told = capsys.readouterr().err
    assert f"Port {port}" in told
    assert "--port" in told
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
