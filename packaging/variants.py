"""llama.cpp for every processor: the same library with one file for each generation.

The ggml in the development environment is compiled for the machine at hand and ends by an illegal
instruction on an older one. What goes into an installer is made of the very same sources, those
inside llama-cpp-python's source archive, with ggml's variants beside each other. That takes some
fifteen minutes of one core, so the result is kept, by version and flags. libllama itself holds no
instructions of the machine and is the installed one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tarfile
from importlib.metadata import version as installed_version
from pathlib import Path

import llama_cpp
from ground import PackagingError, cache_dir, fresh, needed, run, say

FLAGS = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DBUILD_SHARED_LIBS=ON",
    "-DGGML_NATIVE=OFF",
    "-DGGML_BACKEND_DL=ON",
    "-DGGML_CPU_ALL_VARIANTS=ON",
    "-DGGML_OPENMP=ON",
    "-DLLAMA_CURL=OFF",
    "-DLLAMA_BUILD_COMMON=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_TOOLS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_SERVER=OFF",
    # Each library looks for the others beside itself, wherever the folder is put.
    "-DCMAKE_BUILD_WITH_INSTALL_RPATH=ON",
    "-DCMAKE_INSTALL_RPATH=$ORIGIN"
    if sys.platform == "linux"
    else "-DCMAKE_INSTALL_RPATH=@loader_path",
)
LICENCE = "llama.cpp-LICENSE"


def libraries() -> Path:
    """Return a folder with the libraries as the bundle needs them; compiles them if need be."""
    release = installed_version("llama_cpp_python")
    made_of = repr((release, FLAGS, sys.platform, os.uname().machine if os.name != "nt" else "x86"))
    kept = cache_dir() / f"llama-{release}-{hashlib.sha256(made_of.encode()).hexdigest()[:12]}"
    if not (kept / LICENCE).exists():
        _compile(release, kept)
    say(f"llama.cpp's variants: {', '.join(variants(kept))}")
    return kept


def variants(folder: Path) -> list[str]:
    """Return the names of the variants in a folder, such as 'haswell'."""
    return sorted(each.stem.rpartition("-")[2] for each in folder.glob("*ggml-cpu-*"))


def _compile(release: str, kept: Path) -> None:
    """Compile in the cache, at a place that does not get into the libraries.

    What was begun and cut off goes on.
    """
    cmake, ninja = needed("cmake", "cmake"), needed("ninja", "ninja-build")
    work = cache_dir() / "work"
    begun = work / "begun"
    if not begun.exists() or begun.read_text("utf-8") != kept.name:
        _sources(release, fresh(work))
        begun.write_text(kept.name, "utf-8")
    (source,) = work.glob("llama_cpp_python-*/vendor/llama.cpp")
    build = work / "build"
    flags = f"-ffile-prefix-map={source}=llama.cpp" if os.name != "nt" else ""
    generator = ["-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={ninja}"]
    in_c = [f"-DCMAKE_C_FLAGS={flags}", f"-DCMAKE_CXX_FLAGS={flags}"]
    run([cmake, "-S", source, "-B", build, *generator, *FLAGS, *in_c])
    run([cmake, "--build", build, "--parallel", str(os.cpu_count() or 1), "--target", "ggml"])
    _gather(build / "bin", source / "LICENSE", kept)
    shutil.rmtree(work)


def _sources(release: str, work: Path) -> None:
    """Fetch llama-cpp-python's source archive with pip and unpack it."""
    archive = f"llama_cpp_python=={release}"
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", work]
    run([*pip, "--no-binary", "llama-cpp-python", archive])
    (packed,) = work.glob("llama_cpp_python-*.tar.gz")
    with tarfile.open(packed) as content:
        content.extractall(work, filter="data")


def _gather(made: Path, licence: Path, kept: Path) -> None:
    """Copy each library once, by the name under which the others ask for it.

    libllama is opened by its plain name; a second copy of any would be mapped beside the first.
    """
    folder = fresh(kept.with_name("gathered"))
    installed = Path(llama_cpp.__file__).parent / "lib"
    for library in (*sorted(made.iterdir()), *installed.glob("*llama.*")):
        if _is_asked_for(library.name):
            shutil.copyfile(library.resolve(), folder / library.name)
            (folder / library.name).chmod(0o755)
    if not variants(folder):
        raise PackagingError(f"No variant was made; see {made}.")
    shutil.copyfile(licence, folder / LICENCE)  # last: it says that the folder is complete
    shutil.rmtree(kept, ignore_errors=True)
    folder.replace(kept)


def _is_asked_for(name: str) -> bool:
    if name.endswith(".dll"):
        return True
    if "ggml-cpu-" in name or name in ("libllama.so", "libllama.dylib"):
        return True
    return name in ("libggml.so.0", "libggml-base.so.0", "libggml.0.dylib", "libggml-base.0.dylib")


if __name__ == "__main__":
    print(libraries())
