"""Markdown from a model, rendered: it looks right and can do nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QImage, QTextCursor, QTextDocument
from PySide6.QtWidgets import QScrollArea
from pytestqt.qtbot import QtBot

from desktop.theme import DARK
from desktop.viewmodels.markdown import CITE
from desktop.views.dressing import blocks
from desktop.views.look import Look
from desktop.views.richtext import RichText, SealedDocument

FREEZE_S = 0.2


@pytest.fixture
def shown(qtbot: QtBot, look: Look) -> Iterator[RichText]:
    """A text view in a window that scrolls, as wide as in the chat."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    view = RichText(look, "Answer")
    area.setWidget(view)
    qtbot.addWidget(area)
    area.resize(800, 500)
    area.show()
    yield view
    area.close()  # named here so that it lives as long as the view


def text_of(view: RichText) -> str:
    return view.document().toPlainText()


def test_raw_html_is_shown_and_not_obeyed(shown: RichText) -> None:
    """A tag is text, whatever it says."""
    shown.show_text('A <b>bold</b> <img src="file:///etc/hostname"> <a href="x">link</a>.')
    assert '<b>bold</b> <img src="file:///etc/hostname">' in text_of(shown)


def test_an_html_block_is_shown_and_not_obeyed(shown: RichText) -> None:
    """A block of HTML is text too."""
    shown.show_text("<script>alert(1)</script>\n\n<iframe src='https://example.org'></iframe>")
    assert "<script>alert(1)</script>" in text_of(shown)
    assert "<iframe" in text_of(shown)


@pytest.mark.parametrize("scheme", ["file", "https", "plain"])
def test_an_image_is_replaced_by_its_address(shown: RichText, tmp_path: Path, scheme: str) -> None:
    """No picture is fetched or read: a real file that is named leaves no trace of its pixels."""
    picture = tmp_path / "red.png"
    image = QImage(64, 64, QImage.Format.Format_RGB32)
    image.fill(0xFFFF0000)
    assert image.save(str(picture))
    address = {
        "file": picture.as_uri(),
        "https": "https://example.org/red.png",
        "plain": str(picture),
    }[scheme]
    shown.show_text(f"Before ![a picture]({address}) after.")
    assert f"[image: {address}]" in text_of(shown)
    assert "\ufffc" not in text_of(shown)
    seen = shown.grab().toImage()
    reds = sum(
        seen.pixelColor(x, y).name() == "#ff0000"
        for x in range(0, seen.width(), 4)
        for y in range(0, seen.height(), 4)
    )
    assert reds == 0


def test_without_the_seal_qt_reads_the_file(shown: RichText, tmp_path: Path) -> None:
    """The danger is real: an ordinary document takes its size from a file that is named."""
    picture = tmp_path / "tall.png"
    image = QImage(20, 500, QImage.Format.Format_RGB32)
    image.fill(0)
    assert image.save(str(picture))
    plain, sealed = QTextDocument(), SealedDocument()
    for document in (plain, sealed):
        document.setMarkdown(f"![x]({picture.as_uri()})")
        document.setTextWidth(700)
    assert plain.size().height() > 400
    assert sealed.size().height() < 100


def test_a_link_tells_and_does_not_open(shown: RichText, qtbot: QtBot) -> None:
    """Clicking a link hands its address on and leads nowhere."""
    shown.show_text("[a file](file:///etc/passwd)")
    with qtbot.waitSignal(shown.link_wanted) as told:
        shown.anchorClicked.emit(QUrl("file:///etc/passwd"))
    assert told.args == ["file:///etc/passwd"]
    assert "a file" in text_of(shown)
    assert not shown.openLinks()
    assert not shown.openExternalLinks()


def test_a_citation_marker_leads_to_its_citation(shown: RichText, qtbot: QtBot) -> None:
    """The marker's index is handed on as a number; a forged one is only an address."""
    with qtbot.waitSignal(shown.citation_wanted) as told:
        shown.anchorClicked.emit(QUrl(f"{CITE}3"))
    assert told.args == [3]
    with qtbot.waitSignal(shown.link_wanted):
        shown.anchorClicked.emit(QUrl(f"{CITE}x"))


HOSTILE = {
    "a megabyte in one line": "x" * 1_000_000,
    "deep quotes": "> " * 10_000 + "deep",
    "deep lists": "\n".join("  " * n + "- x" for n in range(200)),
    "open brackets": "[" * 50_000,
    "emphasis": "*a **b _c " * 8_000,
    "a wide table": "|" + "a|" * 4_000 + "\n|" + "-|" * 4_000 + "\n|" + "b|" * 4_000,
    "many tables": "| a | b |\n|---|---|\n| 1 | 2 |\n\n" * 600,
    "many fences": "```\nx\n```\n\n" * 1_500,
    "many links": "[a](https://example.org) " * 2_500,
    "code without end": "```\n" + "x\n" * 40_000,
    "many headings": "# x\n\n" * 6_000,
    "bidi": "\u202e" * 5_000 + "abc\u202c",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_does_not_freeze_the_window(shown: RichText, name: str) -> None:
    """Rendering and laying out stay under 200 ms of the window's own time."""
    began_s = time.thread_time()
    shown.show_text(HOSTILE[name])
    shown.document().size()
    assert time.thread_time() - began_s < FREEZE_S


ANSWER = """# Deploying

An agent is **deployed** before it answers.

```bash
outpost agents deploy Guide

outpost ask Guide
```

1. one
2. two

| a | b |
|---|---|
| 1 | 2 |

The end."""


@pytest.mark.parametrize("step", [1, 7, 40])
def test_a_streamed_text_ends_as_the_whole_text(
    shown: RichText, qtbot: QtBot, look: Look, step: int
) -> None:
    """However it was cut into pieces, the final rendering is the same."""
    for at in range(0, len(ANSWER), step):
        shown.append(ANSWER[at : at + step])
    shown.show_text(ANSWER)
    other = RichText(look, "Answer")
    qtbot.addWidget(other)
    other.show_text(ANSWER)
    assert shown.document().toMarkdown() == other.document().toMarkdown()


def test_while_streaming_nothing_is_lost(shown: RichText) -> None:
    """Every piece can be read as soon as it came, before its block is finished."""
    for at in range(0, len(ANSWER), 5):
        shown.append(ANSWER[at : at + 5])
        words = ANSWER[: at + 5].split()
        last = words[-1].strip("#*`|-.12\n") if words else ""
        assert last in text_of(shown)
    assert "The end." in text_of(shown)


def test_code_stands_in_a_box_of_its_own(shown: RichText) -> None:
    """Code has the fixed-width font and a ground; nothing of it is lost."""
    shown.show_text(ANSWER)
    code = next(b for b in blocks(shown.document()) if b.text().startswith("outpost agents"))
    cursor = QTextCursor(code)
    assert cursor.currentFrame() is not shown.document().rootFrame()
    assert code.begin().fragment().charFormat().fontFixedPitch()
    assert "outpost ask Guide" in text_of(shown)


def test_a_text_is_rendered_again_in_the_other_theme(shown: RichText, look: Look) -> None:
    """Colours are part of the document, so a change of theme reaches old messages."""
    shown.show_text("Plain words.")
    look.theme.choose("dark")
    block = shown.document().firstBlock()
    assert block.begin().fragment().charFormat().foreground().color().name() == DARK.text
    assert "Plain words." in text_of(shown)


def test_a_text_is_as_tall_as_its_lines(shown: RichText) -> None:
    """The view grows with the text, so the conversation scrolls and the message does not."""
    shown.show_text("One line.")
    low = shown.height()
    shown.show_text("\n\n".join(["A paragraph."] * 20))
    assert shown.height() > 10 * low
    assert shown.verticalScrollBar().maximum() == 0
