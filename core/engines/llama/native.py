"""Typed wrappers over llama.cpp's C API: weights, a context with its batch, a sampler chain.

The only importer of llama_cpp. Nothing here is thread-safe except reading from `Weights`; a
`Context` and its samplers belong to one thread (core.engines.llama.runner).
"""

from __future__ import annotations

import ctypes
import logging
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import llama_cpp
import llama_cpp.llama_cpp as llama
import numpy as np
from numpy.typing import NDArray

from core.engines.llama import variants
from core.errors import Cancelled, EngineFailed, OutOfMemory, UnusableModel
from core.records import KvType
from core.streams import Cancel

log = logging.getLogger(__name__)

DECODED, NO_ROOM, ABORTED = 0, 1, 2
"""What llama_decode returns; negative values are errors."""
_LOG_WARN, _LOG_ERROR = 3, 4
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
_LARGE_BYTES = 1 << 20
"""Blocks of this size get pages of their own."""
_BUFFER = re.compile(rb"buffer size *= *([0-9.]+) MiB")
_LOAD_MODES = {
    (True, False): llama.LLAMA_LOAD_MODE_AUTO,  # mapped, except where the device has its own memory
    (True, True): llama.LLAMA_LOAD_MODE_MMAP_MLOCK,
    (False, False): llama.LLAMA_LOAD_MODE_NONE,
    (False, True): llama.LLAMA_LOAD_MODE_MLOCK,
}
"""How weights get into memory, by whether the file is mapped and whether memory is locked."""
_KV_TYPES = {KvType.F16: llama.GGML_TYPE_F16, KvType.Q8_0: llama.GGML_TYPE_Q8_0}
_TOKEN_ATTR_CONTROL = 1 << 3


_buffers_mib: list[float] = []


def buffer_bytes() -> int:
    """Return the size of all buffers that llama.cpp has made so far, by its own account."""
    return int(sum(_buffers_mib) * (1 << 20))


def _forward_log(level: int, text: bytes, _user: object) -> None:
    if found := _BUFFER.search(text):
        _buffers_mib.append(float(found[1]))
    variants.note(text)
    if level in (_LOG_WARN, _LOG_ERROR):
        log.debug("llama.cpp: %s", text.decode("utf-8", "replace").rstrip())


_log_callback = llama.llama_log_callback(_forward_log)
"""Kept here, since it has to live as long as the process."""


@cache
def start_backend() -> None:
    """Initialise llama.cpp, once.

    Raises EngineFailed on a processor that none of the build's variants runs on.
    """
    _set_allocator()
    llama.llama_log_set(_log_callback, ctypes.c_void_p(0))
    variants.load()
    llama.llama_backend_init()


def build_name() -> str:
    """Name the llama.cpp build and the CPU features it uses."""
    return f"{llama_cpp.__version__} {llama.llama_print_system_info().decode()}"


def _set_allocator() -> None:
    """Have threads allocate from one arena, and large blocks from none (glibc).

    Each engine runs in a thread of its own, and what a thread's own arena holds is not given back
    when the thread ends: 50 loads left 5 % more behind. By itself glibc soon puts large blocks
    between the small ones too, where they leave holes: 512 MB of kept conversations, coming and
    going, took 709 MB after 200 of them and 513 MB with pages of their own.
    """
    if sys.platform == "linux" and hasattr(ctypes.CDLL(None), "mallopt"):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


def return_memory() -> None:
    """Give back to the system what was freed: glibc keeps holes that are not filled again."""
    if sys.platform == "linux" and hasattr(ctypes.CDLL(None), "malloc_trim"):  # not in musl
        ctypes.CDLL(None).malloc_trim(0)


def _abort_function() -> Any:
    """Return strlen dressed as ggml's abort callback.

    The callback runs on ggml's compute thread at every graph node. Written in Python it would
    take the interpreter lock some thousand times a token. strlen of a two-byte buffer does the
    same without Python: "" means go on, a one-character string means stop.
    """
    library = ctypes.cdll.msvcrt if sys.platform == "win32" else ctypes.CDLL(None)
    return ctypes.cast(library.strlen, llama.ggml_abort_callback)


class Weights:
    """A model's weights and vocabulary; shared by any number of contexts."""

    def __init__(
        self,
        path: Path,
        *,
        gpu_layers: int = -1,
        map_file: bool = True,
        lock_memory: bool = False,
        cancel: Cancel | None = None,
    ):
        """Raises UnusableModel if llama.cpp refuses the file, Cancelled if that was wished."""
        start_backend()
        self.path = path
        settings = llama.llama_model_default_params()
        settings.n_gpu_layers = gpu_layers
        settings.load_mode = _LOAD_MODES[map_file, lock_memory]
        go_on = llama.llama_progress_callback(lambda _share, _user: cancel is None or not cancel)
        settings.progress_callback = go_on
        handle = llama.llama_model_load_from_file(str(path).encode(), settings)
        if not handle and cancel is not None and cancel:
            raise Cancelled("The agent was stopped while it was loaded.")
        if not handle:
            raise UnusableModel(
                f"The model '{path.name}' could not be loaded; llama.cpp refuses it.",
                reason="refused",
            )
        self.handle = handle
        self.vocabulary = llama.llama_model_get_vocab(handle)
        self.vocabulary_size = int(llama.llama_vocab_n_tokens(self.vocabulary))
        self.size_bytes = llama.llama_model_size(handle)
        self.trained_context_tokens = llama.llama_model_n_ctx_train(handle)
        self._bos = llama.llama_vocab_bos(self.vocabulary)
        self._pieces: dict[int, bytes] = {}
        self._reading = threading.Lock()

    def close(self) -> None:
        """Free the weights; every context made from them must be closed before."""
        with self._reading:
            if self.handle:
                llama.llama_model_free(self.handle)
                self.handle = None

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Keep the weights from being freed; raises Cancelled once they are.

        Whoever lays out a prompt or reads tokens need not hold the engine open.
        """
        with self._reading:
            if not self.handle:
                raise Cancelled("The agent was stopped.")
            yield

    def metadata(self, key: str) -> str:
        """Return a text value of the GGUF header, '' if absent."""
        size = llama.llama_model_meta_val_str(self.handle, key.encode(), None, 0)
        if size < 0:
            return ""
        buffer = ctypes.create_string_buffer(size + 1)
        llama.llama_model_meta_val_str(self.handle, key.encode(), buffer, size + 1)
        return buffer.value.decode("utf-8", "replace")

    def special_tokens(self) -> dict[str, str]:
        """Return the tokens a chat template may name, by their usual names."""
        bos = llama.llama_vocab_bos(self.vocabulary)
        eos = llama.llama_vocab_eos(self.vocabulary)
        return {"bos_token": self.token_text(bos), "eos_token": self.token_text(eos)}

    def control_texts(self) -> list[str]:
        """Return how control tokens are written, such as '<|im_end|>'; longest first."""
        with self._held():
            texts = {
                self.token_text(token)
                for token in range(self.vocabulary_size)
                if llama.llama_vocab_get_attr(self.vocabulary, token) & _TOKEN_ATTR_CONTROL
            }
        return sorted((text for text in texts if len(text) > 1), key=len, reverse=True)

    def token_text(self, token: int) -> str:
        """Return a token as the vocabulary writes it, '' for none."""
        if token < 0:
            return ""
        text = llama.llama_vocab_get_text(self.vocabulary, token)
        return text.decode("utf-8", "replace") if text else ""

    def tokenize(self, text: str, *, special: bool) -> list[int]:
        """Split text into tokens; `special` reads control tokens and adds the BOS if wanted."""
        encoded = text.encode("utf-8", "replace")
        room = len(encoded) + 8
        buffer = (llama.llama_token * room)()
        with self._held():
            count = llama.llama_tokenize(
                self.vocabulary, encoded, len(encoded), buffer, room, special, special
            )
        if count < 0:
            raise EngineFailed("The text could not be split into tokens.")
        return list(buffer[:count])

    def has_bos(self, tokens: Sequence[int]) -> bool:
        return bool(tokens) and tokens[0] == self._bos

    def is_end(self, token: int) -> bool:
        """True for tokens that end an answer."""
        return bool(llama.llama_vocab_is_eog(self.vocabulary, token))

    def piece(self, token: int) -> bytes:
        """Return the bytes that a token stands for; control tokens stand for nothing."""
        known = self._pieces.get(token)
        if known is None:
            known = self._pieces[token] = self._piece(token)
        return known

    def _piece(self, token: int) -> bytes:
        buffer = ctypes.create_string_buffer(64)
        with self._held():
            size = llama.llama_token_to_piece(self.vocabulary, token, buffer, 64, 0, False)
            if size < 0:
                buffer = ctypes.create_string_buffer(-size)
                size = llama.llama_token_to_piece(self.vocabulary, token, buffer, -size, 0, False)
        return buffer.raw[:size]


class Context:
    """KV memory for some sequences, and the batch that is decoded into it."""

    def __init__(
        self,
        weights: Weights,
        *,
        context_tokens: int,
        sequences: int,
        threads: int,
        batch_tokens: int = 512,
        kv_type: KvType = KvType.F16,
        adapters: Iterable[tuple[Path, float]] = (),
    ):
        """Reserve memory for `context_tokens` in all, shared by `sequences` conversations.

        Raises OutOfMemory if it cannot be had, UnusableModel for an adapter that does not fit.
        """
        self._weights = weights
        self._threads = threads
        self.batch_tokens = batch_tokens
        settings = llama.llama_context_default_params()
        settings.n_ctx = context_tokens
        settings.n_seq_max = sequences
        settings.n_batch = settings.n_ubatch = batch_tokens
        settings.n_threads = settings.n_threads_batch = threads
        settings.n_outputs_max = sequences
        settings.kv_unified = True
        settings.type_k = settings.type_v = _KV_TYPES[kv_type]
        self._handle = llama.llama_init_from_model(weights.handle, settings)
        if not self._handle:
            raise OutOfMemory(
                f"There is not enough memory for a context of {context_tokens} tokens "
                f"with '{weights.path.name}'."
            )
        self._memory = llama.llama_get_memory(self._handle)
        self._abort_text = ctypes.create_string_buffer(2)
        self._abort_callback = _abort_function()
        llama.llama_set_abort_callback(
            self._handle, self._abort_callback, ctypes.cast(self._abort_text, ctypes.c_void_p)
        )
        self._adapters: list[Any] = []
        try:
            self._apply(list(adapters))
        except BaseException:
            self.close()
            raise
        self._batch = Batch(batch_tokens)

    def _apply(self, adapters: Sequence[tuple[Path, float]]) -> None:
        for path, _ in adapters:
            adapter = llama.llama_adapter_lora_init(self._weights.handle, str(path).encode())
            if not adapter:
                raise UnusableModel(
                    f"The adapter '{path.name}' does not fit the model "
                    f"'{self._weights.path.name}'.",
                    reason="adapter_mismatch",
                    advice="Choose an adapter that was trained on this very model.",
                )
            self._adapters.append(adapter)
        if adapters:
            handles = (llama.llama_adapter_lora_p_ctypes * len(adapters))(*self._adapters)
            scales = (ctypes.c_float * len(adapters))(*(scale for _, scale in adapters))
            if llama.llama_set_adapters_lora(self._handle, handles, len(adapters), scales) != 0:
                raise UnusableModel("The adapters could not be applied.", reason="adapter_mismatch")

    def close(self) -> None:
        """Free the memory; no decode may be running."""
        if self._handle:
            llama.llama_free(self._handle)
            self._handle = None
            for adapter in self._adapters:
                llama.llama_adapter_lora_free(adapter)

    def decode(
        self,
        tokens: Sequence[int],
        positions: Sequence[int],
        sequences: Sequence[int],
        outputs: Sequence[int],
    ) -> int:
        """Run one batch; `outputs` are the indices whose next token will be sampled.

        Returns DECODED, NO_ROOM, ABORTED or a negative number.
        """
        self._batch.fill(tokens, positions, sequences, outputs)
        return int(llama.llama_decode(self._handle, self._batch.native))

    def use_threads(self, count: int) -> None:
        """Run the following batches on so many threads."""
        if count != self._threads:
            self._threads = count
            llama.llama_set_n_threads(self._handle, count, count)

    def abort(self) -> None:
        """Make the running decode, or else the next one, return ABORTED; from any thread."""
        self._abort_text.raw = b"x\0"

    def clear_abort(self) -> None:
        self._abort_text.raw = b"\0\0"

    def logits(self, index: int) -> NDArray[np.float32]:
        """Return the logits after a batch position that was an output; shape (vocabulary,).

        A view of llama.cpp's memory: valid until the next decode.
        """
        pointer = llama.llama_get_logits_ith(self._handle, index)
        return np.ctypeslib.as_array(pointer, shape=(self._weights.vocabulary_size,))

    @property
    def handle(self) -> Any:
        """The llama_context pointer, for the sampler on the same thread."""
        return self._handle

    def keep(self, sequence: int, length: int) -> int:
        """Forget everything of a sequence past `length`; return the length really kept.

        Some architectures cannot forget a part: then all of it goes and 0 is returned.
        """
        if llama.llama_memory_seq_rm(self._memory, sequence, length, -1):
            return length
        llama.llama_memory_seq_rm(self._memory, sequence, -1, -1)
        return 0

    def copy(self, source: int, target: int) -> None:
        """Let the target sequence share all that the source has in memory."""
        llama.llama_memory_seq_rm(self._memory, target, -1, -1)
        llama.llama_memory_seq_cp(self._memory, source, target, -1, -1)

    def export(self, sequence: int) -> bytes:
        """Return a sequence's memory as bytes that `restore` understands."""
        size = llama.llama_state_seq_get_size(self._handle, sequence)
        buffer = (ctypes.c_uint8 * size)()
        written = llama.llama_state_seq_get_data(self._handle, buffer, size, sequence)
        return bytes(memoryview(buffer)[:written])

    def restore(self, sequence: int, state: bytes) -> bool:
        """Put exported memory into a sequence; False, and the sequence empty, if it has no room."""
        llama.llama_memory_seq_rm(self._memory, sequence, -1, -1)
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        if llama.llama_state_seq_set_data(self._handle, buffer, len(state), sequence) > 0:
            return True
        llama.llama_memory_seq_rm(self._memory, sequence, -1, -1)
        return False

    def length(self, sequence: int) -> int:
        """Return how many tokens of a sequence are in memory."""
        return int(llama.llama_memory_seq_pos_max(self._memory, sequence)) + 1


class Batch:
    """llama_batch over NumPy arrays, so that filling it is a slice assignment."""

    def __init__(self, capacity: int):
        self._tokens = np.zeros(capacity, np.int32)
        self._positions = np.zeros(capacity, np.int32)
        self._counts = np.ones(capacity, np.int32)
        self._sequences = np.zeros(capacity, np.int32)
        self._outputs = np.zeros(capacity, np.int8)
        step = self._sequences.itemsize
        self._pointers = self._sequences.ctypes.data + step * np.arange(capacity, dtype=np.uintp)
        self.native = llama.llama_batch(
            n_tokens=0,
            token=_pointer(self._tokens, llama.llama_token),
            embd=None,
            pos=_pointer(self._positions, llama.llama_pos),
            n_seq_id=_pointer(self._counts, ctypes.c_int32),
            seq_id=_pointer(self._pointers, ctypes.POINTER(llama.llama_seq_id)),
            logits=_pointer(self._outputs, ctypes.c_int8),
        )

    def fill(
        self,
        tokens: Sequence[int],
        positions: Sequence[int],
        sequences: Sequence[int],
        outputs: Sequence[int],
    ) -> None:
        size = len(tokens)
        self._tokens[:size] = tokens
        self._positions[:size] = positions
        self._sequences[:size] = sequences
        self._outputs[:size] = 0
        self._outputs[list(outputs)] = 1
        self.native.n_tokens = size


def _pointer(array: NDArray[Any], kind: Any) -> Any:
    return array.ctypes.data_as(ctypes.POINTER(kind))
