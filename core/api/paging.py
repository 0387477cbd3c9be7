"""Lists in pages: which page is asked for, and how it is cut out of all that there is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated, TypeVar

from fastapi import Depends, Query

from core.api.answers.base import Page
from core.errors import NotFound

S = TypeVar("S")
T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=100, description="how many at most")]
After = Annotated[str | None, Query(min_length=1, description="the last_id of the page before")]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """At most `limit` entries, from the one after the id `after` on."""

    limit: int
    after: str | None

    def page(self, records: Sequence[S], answer: Callable[[S], T], *, key: str = "id") -> Page[T]:
        """Return the page, each record as its answer; raises NotFound for an unknown cursor.

        `key` is the field of the records that is the answers' id.
        """
        ids = [str(each) for each in map(attrgetter(key), records)]
        if self.after is not None and self.after not in ids:
            raise NotFound("entry", self.after)
        start = ids.index(self.after) + 1 if self.after is not None else 0
        end = start + self.limit
        shown = ids[start:end]
        return Page(
            data=[answer(record) for record in records[start:end]],
            first_id=shown[0] if shown else None,
            last_id=shown[-1] if shown else None,
            has_more=end < len(ids),
        )


def _asked(limit: Limit = 20, after: After = None) -> PageRequest:
    return PageRequest(limit, after)


Paging = Annotated[PageRequest, Depends(_asked)]
