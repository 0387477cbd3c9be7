"""The stories of an operator at the window: a real one, with a pointer, a keyboard and a screen."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from core.chat.turn import SAVE_INTERVAL_S
from tests.journeys.guide import ANSWER, DOCUMENT, EVIDENCE, QUESTION, page_of
from tests.journeys.window import Sight, Window

pytestmark = [
    pytest.mark.model,
    pytest.mark.window,
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="pointer and keys are an X server's"),
]

LONG_QUESTION = "Write a very long story about a lighthouse."


@pytest.fixture
def window(tmp_path: Path, window_environ: dict[str, str]) -> Iterator[Window]:
    """Outpost's window on a fresh data folder, not open yet."""
    made = Window(tmp_path / "outpost", window_environ)
    yield made
    made.kill()


def test_the_guide_answers_in_the_window_and_remembers(window: Window) -> None:
    """First start, deploy, ask, text streams in, the source shows its passage, restart."""
    window.open()
    window.picture("1-first-start")
    await_collection(window)
    deploy(window, "Guide, RAG", "Deploy: Guide")
    window.click("Chat: Guide")
    ask(window, QUESTION)
    growth = watch_answer(window, "Answer of Guide")
    assert len(growth) >= 3, growth
    assert all(len(before) < len(after) for before, after in pairwise(growth))

    answer = window.find("Answer of Guide").text
    assert ANSWER in answer
    page = page_of(EVIDENCE)
    chips = [f"Source {number}  {DOCUMENT} · page {page}" for number in (1, 2)]
    source = window.until(lambda: next(filter(window.sees, chips), ""), what="the source")
    open_source(window, source, page)
    window.picture("4-source")
    assert window.close() == 0

    window.open()
    window.click("Chat")
    open_conversation(window, QUESTION)
    assert window.find("Answer of Guide").text == answer
    open_source(window, source, page)
    window.picture("5-second-start")
    assert window.close() == 0


def test_a_second_start_raises_the_window_and_closing_stops_a_reply(window: Window) -> None:
    """One window per data folder; closed amid a reply, it goes at once and keeps the words."""
    window.open()
    window.minimise()
    window.until(lambda: not window.state()["shown"])
    second = start_again(window)
    assert second.returncode == 1
    assert "already running" in second.stderr
    window.until(lambda: window.state()["shown"] and window.state()["active"], what="raised")

    begun = begin_long_reply(window)
    assert window.close() == 0
    window.open()
    window.click("Chat")
    open_conversation(window, LONG_QUESTION)
    assert same_beginning(window.find("Answer of Assistant").text, begun)
    assert window.sees("You stopped this reply.")
    window.picture("stopped")
    assert window.close() == 0


def test_a_killed_window_loses_neither_question_nor_words(window: Window) -> None:
    """kill -9 amid a reply: question and words are there after a restart, marked interrupted."""
    window.open()
    begun = begin_long_reply(window)
    window.kill()

    window.open()
    window.click("Chat")
    open_conversation(window, LONG_QUESTION)
    assert same_beginning(window.find("Answer of Assistant").text, begun)
    assert window.sees("Outpost closed while this reply was being written.")
    window.picture("interrupted")
    assert window.close() == 0


# ---------------------------------------------------------------- what the stories are made of


def await_collection(window: Window) -> None:
    """Look at the starter collection until every document of it has been read."""

    def all_read() -> bool:
        rows = [row for table in window.sees("Documents") for row in table.rows]
        return len(rows) > 1 and all("Ready" in row.words for row in rows)

    window.click("Collections", "QToolButton")
    window.until(all_read, 150, "all documents read")
    window.picture("2-collection")
    window.click("Agents", "QToolButton")


def deploy(window: Window, card: str, button: str) -> None:
    """Press the agent's button and wait until its card says that it is deployed."""
    window.click(button)
    window.until(lambda: window.find(card).meaning == "Deployed", 60, "the agent deployed")


def ask(window: Window, question: str) -> None:
    """Click into the typing field, type and send."""
    window.click("Your question", "TypingField")
    window.type(question)

    def typed() -> bool:
        return window.find("Your question", "TypingField").text == question

    window.until(typed, what="the question as it was typed")
    window.press("Return")


def watch_answer(window: Window, name: str) -> list[str]:
    """Return what the answer looked like, each time that it looked different, to its end."""
    growth: list[str] = []
    window.until(lambda: window.sees("Stop the reply"), what="a reply that is being written")
    while window.sees("Stop the reply"):
        for answer in window.sees(name):
            if answer.text and answer.text not in growth:
                growth.append(answer.text)
                if len(growth) == 4:
                    window.picture("3-streaming", settle_s=0)
    return growth


def open_source(window: Window, name: str, page: int) -> None:
    """Click a citation; see its page as it looks, and its text with the passage marked."""
    window.click(name)
    window.find("Page of the source")
    window.picture(f"page-{page}")
    window.click("Show text")

    def marked() -> Sight | None:
        return next((text for text in window.sees("Text of the source") if text.marked), None)

    text = window.until(marked, what="the marked passage")
    assert EVIDENCE in text.marked
    assert text.marked in text.text.replace("\n", "\u2029")
    window.until(
        lambda: [each for each in range(99) if window.sees(f"Page {page} of {each}")],
        what=f"page {page}",
    )


def begin_long_reply(window: Window) -> str:
    """Deploy the Assistant, ask for a story and return its beginning while it is written."""
    deploy(window, "Assistant, Fine-tuned", "Deploy: Assistant")
    window.click("Chat: Assistant")
    ask(window, LONG_QUESTION)

    def begun() -> str:
        texts = [answer.text for answer in window.sees("Answer of Assistant")]
        return next((text for text in texts if len(text) > 60), "")

    window.until(begun, what="the beginning of the story")
    time.sleep(2 * SAVE_INTERVAL_S)  # what is shown now has been saved
    text = begun()
    assert window.sees("Stop the reply"), "the story was over too soon"
    return text


def open_conversation(window: Window, title: str) -> None:
    """Choose a conversation in the list beside the chat."""

    def row() -> list[int] | None:
        for row in (row for each in window.sees("Conversations") for row in each.rows):
            if title.startswith(row.words[0].rstrip("…")):
                return row.centre
        return None

    window.click_at(window.until(row, what="the conversation in the list"))
    window.until(lambda: window.sees("Your question", "QLabel"), what="the conversation")


def start_again(window: Window) -> subprocess.CompletedProcess[str]:
    """Start Outpost on the same data folder as a person would who forgot that it runs."""
    command = [sys.executable, "-m", "core", "--data-dir", str(window.folder)]
    return subprocess.run(
        command, env=window.environ, capture_output=True, text=True, timeout=20, check=False
    )


def same_beginning(one: str, other: str) -> bool:
    """Whether one text is how the other begins, however either is rendered."""
    first, second = (" ".join(text.split()) for text in (one, other))
    return bool(first and second) and (first.startswith(second) or second.startswith(first))
