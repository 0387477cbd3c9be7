#!/usr/bin/env python3
"""Asks the frozen application a question on processors that are not here, and natively.

    python3 packaging/linux/try_processors.py build/bundle/outpost [CPU ...]

qemu's user emulation runs a program with the instructions of the processor named, and ends it by
SIGILL at any other. Programs that it starts would run natively again: a library that is loaded into
each process sends them through qemu too, so workers are emulated as well.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CPUS = ("core2duo", "Nehalem", "SandyBridge", "Haswell")
QEMU = "/usr/bin/qemu-x86_64-static"
QUESTION = "What is the capital of France?"
LIMIT_S = 900
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
extern char **environ;
typedef int (*execve_t)(const char *, char *const[], char *const[]);

int execve(const char *path, char *const argv[], char *const envp[]) {
    execve_t real = (execve_t)dlsym(RTLD_NEXT, "execve");
    int count = 0;
    while (argv[count]) count++;
    char **words = calloc(count + 6, sizeof *words);
    const char *cpu = getenv("EMULATED_CPU");
    words[0] = "QEMU"; words[1] = "-cpu"; words[2] = (char *)cpu;
    words[3] = "-0"; words[4] = argv[0]; words[5] = (char *)path;
    memcpy(words + 6, argv + 1, count * sizeof *words);
    return cpu ? real("QEMU_PATH", words, envp) : real(path, argv, envp);
}
int execv(const char *path, char *const argv[]) { return execve(path, argv, environ); }
int execvp(const char *path, char *const argv[]) { return execve(path, argv, environ); }
int execvpe(const char *path, char *const argv[], char *const envp[]) {
    return execve(path, argv, envp);
}
"""


def main() -> None:
    folder = Path(sys.argv[1]).absolute()
    with tempfile.TemporaryDirectory() as work:
        shim = build_shim(Path(work))
        for cpu in (*(sys.argv[2:] or CPUS), ""):
            print(json.dumps(asked(folder / "outpost", cpu, shim, Path(work))), flush=True)


def build_shim(work: Path) -> Path:
    source, library = work / "shim.c", work / "shim.so"
    source.write_text(SHIM.replace("QEMU_PATH", QEMU))
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


def asked(program: Path, cpu: str, shim: Path, work: Path) -> dict[str, object]:
    """Let a processor tell its variant and answer the question; '' is this machine itself."""
    data_dir = work / f"data-{cpu or 'native'}"
    began = time.monotonic()
    doctor = call(program, cpu, shim, "doctor", "--json", "--data-dir", str(data_dir))
    if doctor.returncode != 0:
        return {"cpu": cpu, "status": doctor.returncode, "said": doctor.stderr.strip()[-300:]}
    told = {each["about"]: each["text"] for each in json.loads(doctor.stdout)}
    answer = call(
        program, cpu, shim, "ask", "Assistant", QUESTION, "--json", "--data-dir", str(data_dir)
    )
    result: dict[str, object] = {
        "cpu": cpu or "native",
        "engine": told.get("engine"),
        "instruction_sets": told.get("instruction sets"),
        "status": answer.returncode,
        "seconds": round(time.monotonic() - began, 1),
    }
    if answer.returncode == 0:
        result["answer"] = json.loads(answer.stdout)["message"]["text"]
    else:
        result["said"] = answer.stderr.strip()[-300:]
    return result


def call(program: Path, cpu: str, shim: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command, environ = [str(program), *arguments], dict(os.environ)
    if cpu:
        environ |= {"LD_PRELOAD": str(shim), "EMULATED_CPU": cpu}
        command = [QEMU, "-cpu", cpu, *command]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=LIMIT_S)


if __name__ == "__main__":
    main()
