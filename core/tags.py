"""What a tag may be: the same for agents, conversations and documents."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from core.errors import InvalidInput

MAX_TAGS = 20
MAX_TAG = 40


def checked_tags(tags: Iterable[str], param: str = "tags") -> tuple[str, ...]:
    """Return the tags trimmed and each once; raises InvalidInput, which names `param`."""
    trimmed = tuple(dict.fromkeys(" ".join(tag.split()) for tag in tags if tag.strip()))
    if len(trimmed) > MAX_TAGS or any(len(tag) > MAX_TAG for tag in trimmed):
        raise InvalidInput(
            f"There may be up to {MAX_TAGS} tags of up to {MAX_TAG} characters.", param=param
        )
    if any(unicodedata.category(sign) in ("Cc", "Cs") for tag in trimmed for sign in tag):
        raise InvalidInput("A tag holds a character that is no text.", param=param)
    return trimmed
