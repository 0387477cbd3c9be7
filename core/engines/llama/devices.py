"""What llama.cpp found on this machine: processor features and devices.

llama-cpp-python binds no device functions, so they are called on libllama's own handle: opening
libggml by its path would map a second copy with an empty device list.
"""

from __future__ import annotations

import ctypes
import re

import llama_cpp
import llama_cpp.llama_cpp as llama

from core.engines.llama import variants
from core.engines.llama.native import start_backend
from core.records import Device

_CPU = 0
"""GGML_BACKEND_DEVICE_TYPE_CPU; accelerators such as BLAS are 3 and run on the CPU as well."""
_ON_CPU = (_CPU, 3)


def engine_name() -> str:
    """Name the runtime, its version, and the variant for this processor where it has several."""
    start_backend()
    variant = f", variant '{variants.chosen()}'" if variants.chosen() else ""
    return f"llama.cpp by llama-cpp-python {llama_cpp.__version__}{variant}"


def features() -> tuple[str, ...]:
    """Return the instruction sets that the loaded CPU backend uses."""
    start_backend()
    text = llama.llama_print_system_info().decode("utf-8", "replace")
    return tuple(name for name, value in re.findall(r"(\w+) = (\d+)", text) if value != "0")


def gpu_offload() -> bool:
    return bool(llama.llama_supports_gpu_offload())


def devices() -> tuple[Device, ...]:
    """Return every device that a model's layers could be put on."""
    start_backend()
    library = llama._lib
    library.ggml_backend_dev_count.restype = ctypes.c_size_t
    library.ggml_backend_dev_get.restype = ctypes.c_void_p
    library.ggml_backend_dev_get.argtypes = [ctypes.c_size_t]
    return tuple(
        _device(library, library.ggml_backend_dev_get(at))
        for at in range(library.ggml_backend_dev_count())
    )


def _device(library: ctypes.CDLL, handle: int) -> Device:
    for function in (library.ggml_backend_dev_name, library.ggml_backend_dev_description):
        function.restype, function.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
    library.ggml_backend_dev_type.argtypes = [ctypes.c_void_p]
    size = ctypes.POINTER(ctypes.c_size_t)
    library.ggml_backend_dev_memory.argtypes = [ctypes.c_void_p, size, size]
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    library.ggml_backend_dev_memory(handle, ctypes.byref(free), ctypes.byref(total))
    return Device(
        name=library.ggml_backend_dev_name(handle).decode(),
        description=library.ggml_backend_dev_description(handle).decode("utf-8", "replace"),
        is_gpu=library.ggml_backend_dev_type(handle) not in _ON_CPU,
        memory_bytes=total.value,
        free_bytes=free.value,
    )
