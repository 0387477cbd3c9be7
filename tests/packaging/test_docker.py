"""The container's scripts and papers, as far as they can be tried without Docker."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packaging.conftest import FOLDER

DOCKER = FOLDER / "docker"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="they are a shell's scripts")


def started(tmp_path: Path, secret: Path, *arguments: str) -> list[str]:
    """Run the entry point with a program in Outpost's place that tells its arguments."""
    program = tmp_path / "outpost"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    told = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "OUTPOST_TOKEN_FILE": str(secret)}
    command = ["sh", str(DOCKER / "entrypoint.sh"), *arguments]
    return subprocess.check_output(command, env=told, text=True).splitlines()


def test_the_container_serves_with_its_secret(tmp_path: Path) -> None:
    """A secret becomes the token of the run; without one Outpost makes its own."""
    secret = tmp_path / "secret"
    assert started(tmp_path, secret) == ["serve", "--port", "8004"]
    secret.write_text("x" * 40)
    assert started(tmp_path, secret) == ["serve", "--port", "8004", "--token-file", str(secret)]


def test_a_secret_that_cannot_be_read_is_not_passed_over(tmp_path: Path) -> None:
    """Outpost is given it all the same, and refuses: another token would be no one's."""
    secret = tmp_path / "secret"
    secret.mkdir()  # which not even root can read as a file
    assert started(tmp_path, secret)[-1] == str(secret)


def test_commands_reach_the_program(tmp_path: Path) -> None:
    """What stands behind the image's name is Outpost's command line."""
    assert started(tmp_path, tmp_path / "none", "token", "list") == ["token", "list"]


def test_all_papers_name_one_user_and_one_port() -> None:
    """The secret's owner in compose.yaml is the user that the image makes; so is the port."""
    made = (DOCKER / "Dockerfile").read_text("utf-8")
    compose = (DOCKER / "compose.yaml").read_text("utf-8")
    uid, port = re.search(r"--uid (\d+)", made), re.search(r"EXPOSE (\d+)", made)
    assert uid
    assert port
    assert f"chown {uid[1]} packaging/docker/token" in compose
    assert f"127.0.0.1:{port[1]}/" in compose
    assert f"--port {port[1]}" in (DOCKER / "entrypoint.sh").read_text("utf-8")


def test_the_image_copies_what_is_there_and_never_the_token() -> None:
    """Each file that is copied lies beside the Dockerfile; the package is put there before."""
    lines = re.findall(r"^COPY (.+)$", (DOCKER / "Dockerfile").read_text("utf-8"), re.M)
    copied = {name for line in lines for name in shlex.split(line)[:-1] if name[0] != "-"}
    assert copied == {"outpost.deb", "entrypoint.sh", "healthcheck.sh"}
    assert all((DOCKER / name).is_file() for name in copied - {"outpost.deb"})
    assert "token" in (DOCKER / ".dockerignore").read_text("utf-8").splitlines()
