"""Where the embedder's tokens begin in a text, so that chunks fit what the embedder can read.

The embedder itself lives in a child process; its tokenizer is a small file and a light library,
so the chunker asks it here instead of asking the child for every paragraph.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TokenStarts = Callable[[str], Sequence[int]]
"""Returns the offsets, in code points and ascending, at which a text's tokens begin."""

UNKNOWN = ("[UNK]", "<unk>")
"""What tokenizers put for what they do not know."""
_ESTIMATE = re.compile(r"[^\W_]{1,5}|\S", re.UNICODE)


def estimated_token_starts(text: str) -> list[int]:
    """Guess without a tokenizer: a token for each five letters of a word and each sign.

    English prose has about 1.3 word pieces a word and 4 to 5 letters a piece.
    """
    return [match.start() for match in _ESTIMATE.finditer(text)]


class TokenizerFile:
    """The tokenizer of a model folder, read when it is first needed."""

    def __init__(self, folder: Path):
        self._file = folder / "tokenizer.json"
        self._lock = threading.Lock()
        self._tokenizer: Tokenizer | None = None

    def starts(self, text: str) -> Sequence[int]:
        """Return where the text's tokens begin, special tokens not counted.

        Without the file, as where no embedder is installed, an estimate has to do.
        """
        if not self._file.exists():
            return estimated_token_starts(text)
        encoding = self._loaded().encode(text, add_special_tokens=False)
        return [start for start, _ in encoding.offsets]

    def known(self, text: str) -> list[tuple[int, int]] | None:
        """Return the spans of the tokens that the vocabulary knows; None without the file."""
        if not self._file.exists():
            return None
        tokenizer = self._loaded()
        encoding = tokenizer.encode(text, add_special_tokens=False)
        unknown = {tokenizer.token_to_id(each) for each in UNKNOWN}
        pairs = zip(encoding.ids, encoding.offsets, strict=True)
        return [span for token, span in pairs if token not in unknown]

    def _loaded(self) -> Tokenizer:
        with self._lock:
            if self._tokenizer is None:
                from tokenizers import Tokenizer

                # The file asks for cutting and padding to a fixed length: right for a batch,
                # wrong for counting.
                tokenizer = Tokenizer.from_file(str(self._file))
                tokenizer.no_truncation()
                tokenizer.no_padding()
                self._tokenizer = tokenizer
            return self._tokenizer
