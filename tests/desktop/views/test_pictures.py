"""A few views that seldom change, held against pictures of them.

Drawn by Qt's offscreen platform in DejaVu Sans, which the tests' machine has; where the font or
Qt's version is another one, glyphs differ by more than a look is worth. Not fonts but boxes,
colours, icons and distances are compared: both pictures are shrunk to a quarter, so that the edges
of letters blur, and of all points at most MOST_DIFFERENT may be off by more than TOLERANCE.

`OUTPOST_NEW_PICTURES=1 python -m pytest tests/desktop/views/test_pictures.py` draws them anew; look
at what changed before it is stored.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QFontDatabase, QImage
from PySide6.QtWidgets import QApplication, QWidget

from core.records import ChunkId, Citation, CitationState, DocumentId
from desktop.theme import Theme
from desktop.viewmodels.notices import Notice
from desktop.views.banners import Banners
from desktop.views.controls import Button, chip, label
from desktop.views.layouts import EmptyState, Page, column, flow, holder, row
from desktop.views.look import Look
from desktop.views.message_parts import SourceChip
from desktop.views.richtext import RichText
from desktop.views.side_list import Entry, SideList

FOLDER = Path(__file__).resolve().parents[1] / "pictures"
FONT = "DejaVu Sans"
SIZE = QSize(640, 400)
SHRUNK = 4
TOLERANCE = 24
"""Of 255, in any channel."""
MOST_DIFFERENT = 0.01
NEW = "OUTPOST_NEW_PICTURES"
ANSWER = """The **lamp** burns at night.

1. It has `1,000` watts.
2. Its stairs have 212 steps.

| part | steps |
|------|------:|
| lamp | 212 |

```python
def steps(n: int) -> int:
    return n + 212  # of iron
```
"""


@pytest.fixture(params=["light", "dark"])
def look(
    request: pytest.FixtureRequest, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> Look:
    """A look in one theme, in the font of the stored pictures."""
    if FONT not in QFontDatabase.families():
        pytest.skip(f"the pictures are in {FONT}, which this machine does not have")
    monkeypatch.setattr("desktop.theme._base_font", lambda: QFont(FONT, 10))
    theme = Theme(request.param, qapp)
    return Look(theme, theme)


def empty(look: Look) -> QWidget:
    """An empty page with the next step."""
    go = Button(look, "New agent", "plus", "primary")
    return EmptyState(look, "agents", "No agents yet", "Create one, and deploy it.", go)


def controls(look: Look) -> QWidget:
    """A page's head, its buttons, chips and a notice."""
    page = Page("Agents", "One line of meaning.", Button(look, "New agent", "plus", "primary"))
    kinds = [Button(look, kind or "plain", "play", kind) for kind in ("", "danger", "quiet")]
    tones = [chip(tone, tone) for tone in ("accent", "success", "warning", "danger", "note")]
    notices = Banners(look)
    notices.tell(Notice("It cannot be read.", "Choose another one.", "warning"))
    for part in (row(*kinds), row(*tones)):
        page.body.addLayout(part)
    page.body.addWidget(notices)
    page.body.addStretch(1)
    return page


def answer(look: Look) -> QWidget:
    """An answer with a list, a table, code and its sources."""
    text = RichText(look, "answer")
    text.fit_to(SIZE.width() - 40)
    text.show_text(ANSWER)
    chips = [SourceChip(look, _citation(at, state)) for at, state in enumerate(CitationState, 1)]
    return holder(column(text, label("Sources", "section"), flow(*chips), 0, margins=20), "page")


def _citation(number: int, state: CitationState) -> Citation:
    name, quote = f"lamp-{number}.pdf", "It has 212 steps."
    return Citation(
        number=number,
        state=state,
        document_id=DocumentId("doc"),
        document_name=name,
        chunk_id=ChunkId("chunk"),
        first_page=2,
        last_page=2,
        start=0,
        end=17,
        quote=quote,
        answer_start=0,
        answer_end=4,
        score=0.9,
    )


def entries(look: Look) -> QWidget:
    """A list beside a page: chosen, pinned, and found by words."""
    made = SideList(look, "Conversations")
    marks = ((4, 8),)
    rows = [
        Entry("1", "The lamp", "Guide", "14:05", None, pinned=True),
        Entry("2", "The stairs", "Guide  #iron", "Mon 14:05", None),
        Entry("3", "The horn", "Keeper", "3 Mar", None, "The horn is serviced at times.", marks),
    ]
    made.show_entries(rows, 1)
    return holder(column(made, margins=20), "page")


@pytest.mark.parametrize("make", [empty, controls, answer, entries])
def test_views_look_as_they_did(make: Callable[[Look], QWidget], look: Look) -> None:
    """Each view is as its stored picture shows it, in both themes."""
    drawn = picture(make(look), look)
    stored = FOLDER / f"{make.__name__}-{look.theme.choice}.png"
    if os.environ.get(NEW):
        assert drawn.convertToFormat(QImage.Format.Format_RGB888).save(str(stored))
    share = different(drawn, QImage(str(stored)))
    assert share <= MOST_DIFFERENT, f"{share:.1%} of {stored.name} is different"


def test_a_changed_colour_or_place_is_seen(look: Look) -> None:
    """The comparison finds a button of another kind, and one that has moved."""
    before = picture(controls(look), look)
    changed, moved = controls(look), controls(look)
    changed.findChildren(Button)[1].setProperty("kind", "danger")
    moved.layout().setContentsMargins(40, 40, 40, 40)  # type: ignore[union-attr]
    assert different(before, picture(controls(look), look)) == 0
    assert different(before, picture(changed, look)) > MOST_DIFFERENT
    assert different(before, picture(moved, look)) > MOST_DIFFERENT


def picture(widget: QWidget, look: Look) -> QImage:
    """Draw a widget at its size, and shrink it until letters are grey."""
    look.dress(widget)
    widget.setFixedSize(SIZE)
    widget.ensurePolished()
    drawn = widget.grab().toImage()
    widget.deleteLater()
    smooth = Qt.TransformationMode.SmoothTransformation
    return drawn.scaled(SIZE / SHRUNK, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)


def different(one: QImage, other: QImage) -> float:
    """Return the share of points that are off by more than the tolerance; 1 for other sizes."""
    if one.size() != other.size():
        return 1.0
    points = [(x, y) for x in range(one.width()) for y in range(one.height())]
    off = sum(_off(one.pixel(x, y), other.pixel(x, y)) for x, y in points)
    return off / len(points)


def _off(one: int, other: int) -> bool:
    return any(abs((one >> at & 255) - (other >> at & 255)) > TOLERANCE for at in (0, 8, 16))
