"""An operator's day at the window: from the first steps to an answer out of papers of one's own.

Told in few long stories, since each start of the application takes seconds. Every part ends in a
picture beside the data folder.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.config import Settings, load_settings
from tests.journeys import papers
from tests.journeys.test_window_journey import ask, open_conversation
from tests.journeys.window import Sight, Window
from tests.xserver import DENSE_SCREEN, x_server

pytestmark = [
    pytest.mark.model,
    pytest.mark.window,
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="pointer and keys are an X server's"),
]

FIRST_QUESTION = "What is a collection?"
SECOND_QUESTION = "How many steps do the stairs have?"


@pytest.fixture
def window(
    tmp_path: Path, window_environ: dict[str, str], lend_embedder: Callable[[Settings], None]
) -> Iterator[Window]:
    """Outpost's window on a fresh data folder, with room for one deployed agent."""
    lend_embedder(load_settings({}, data_dir=tmp_path / "outpost"))
    made = Window(tmp_path / "outpost", {**window_environ, "MAX_DEPLOYED_AGENTS": "1"})
    yield made
    made.kill()


@pytest.fixture
def dense_window(tmp_path: Path, window_environ: dict[str, str]) -> Iterator[Window]:
    """A window in German, dark, with everything twice as large."""
    with x_server(DENSE_SCREEN) as display:
        environ = {"OUTPOST_LANGUAGE": "de", "OUTPOST_THEME": "dark", "QT_SCALE_FACTOR": "2"}
        made = Window(tmp_path / "outpost", {**window_environ, **environ, "DISPLAY": display})
        yield made
        made.kill()


def test_an_operators_first_day(window: Window, tmp_path: Path, starter_model_path: Path) -> None:
    """First steps; a RAG agent from a folder of PDFs; branches; an old conversation; a model."""
    window.open(guided=True)
    take_first_steps(window)
    collect(window, papers.write(tmp_path / "papers"))
    build_agent(window)
    make_room(window)
    ask_and_open_the_page(window)
    branch_and_switch(window)
    find_and_export(window, tmp_path / "talk.md")
    import_model(window, starter_model_path, tmp_path)
    assert window.close() == 0


def test_keys_alone_in_german_dark_and_twice_as_large(dense_window: Window) -> None:
    """Deploying, asking, stopping and copying, without a pointer."""
    window = dense_window
    window.open(guided=True, rail="Agenten")
    window.tab_to("Überspringen")
    window.press("space")
    window.find("Assistant, Feinabgestimmt")
    command(window, "Assistant bereitstellen")
    window.until(lambda: window.find("Assistant, Feinabgestimmt").meaning == "Bereitgestellt")
    window.picture("german-agents")
    command(window, "Mit Assistant chatten")
    window.until(lambda: window.focus() == "Ihre Frage", what="the typing field")
    window.type("Tell me a long story about a lighthouse.")
    window.press("Return")
    window.until(lambda: len(text_of(window, "Antwort von Assistant")) > 80, what="an answer")
    window.press("Escape")
    window.until(lambda: window.sees("Sie haben diese Antwort angehalten."), what="its end")
    window.tab_to("Antwort kopieren")
    window.press("space")
    window.until(lambda: window.sees("Kopiert."), what="the confirmation")
    window.picture("german-dark-200")
    assert window.close() == 0


# ---------------------------------------------------------------- the parts of the day


def take_first_steps(window: Window) -> None:
    """Go through the guide with its buttons, to the end of the first answer."""
    window.picture("first-steps")
    for _ in range(2):
        window.click("Next", "Button")
    window.until(lambda: window.sees("Guide: Stopped."), 60, "the starter that cites")
    window.click("Deploy", "Button")
    window.find("Next", "Button", within_s=60)
    window.click("Next", "Button")
    window.until(lambda: window.find(FIRST_QUESTION), 120, "a question that can be asked")
    window.click(FIRST_QUESTION, "Button")
    await_answer(window, "Answer of Guide")
    window.picture("first-run")


def collect(window: Window, folder: Path) -> None:
    """Make a collection of a folder of PDFs, one of them broken."""
    window.click("Collections", "QToolButton")
    window.click("New collection", "Button")
    window.find("New collection", "QLineEdit")
    window.type("Lighthouse")
    window.key("Return")
    window.click("Add folder…", "Button")
    enter_path(window, folder)

    def states() -> dict[str, str]:
        rows = [row for table in window.sees("Documents") for row in table.rows]
        return {row.words[0]: row.words[1] for row in rows}

    good = dict.fromkeys((papers.DOCUMENT, "lamp.pdf", "stairs.pdf"), "Ready")
    window.until(lambda: states() == {**good, papers.BROKEN: "Not readable"}, 150, "four papers")
    table = window.find("Documents")
    window.click_at(next(row.centre for row in table.rows if papers.BROKEN in row.words))
    window.find("Try again", "Button")
    window.picture("broken-pdf")


def build_agent(window: Window) -> None:
    """Fill in the form for a RAG agent on the collection."""
    window.click("Agents", "QToolButton")
    window.click("New agent", "Button")
    window.until(lambda: window.focus() == "Name", what="the form")
    window.type("Keeper")
    window.tab_to("Type")
    window.press("Down")
    window.tab_to("Lighthouse")
    window.press("space")
    window.tab_to("Temperature")
    window.type("0")
    window.tab_to("Longest answer")
    window.type("96")
    window.picture("agent-form")
    window.click("Create agent", "Button")


def make_room(window: Window) -> None:
    """Deploy into a full pool, and take the way out that the window offers."""
    window.click("Deploy: Keeper", "Button")
    window.find("Stop Guide", "Button")
    window.picture("pool-full")
    window.click("Stop Guide", "Button")
    window.until(lambda: window.find("Keeper, RAG").meaning == "Deployed", 60, "Keeper deployed")


def ask_and_open_the_page(window: Window) -> None:
    """Ask, open the source of the answer, and see the passage marked."""
    window.click("Chat: Keeper", "Button")
    ask(window, papers.QUESTION)
    await_answer(window, "Answer of Keeper")
    chips = [f"Source {n}  {papers.DOCUMENT} · page {papers.PAGE}" for n in (1, 2, 3)]
    window.click(window.until(lambda: next(filter(window.sees, chips), ""), what="the source"))
    window.find("Page of the source")
    window.picture("cited-page", settle_s=1.0)
    window.click("Show text")

    def marked() -> Sight | None:
        return next((text for text in window.sees("Text of the source") if text.marked), None)

    assert papers.EVIDENCE in window.until(marked, what="the marked passage").marked
    window.click("Close the source")


def branch_and_switch(window: Window) -> None:
    """Ask the question in other words, and go back to the first."""
    window.click("Edit and ask again")
    window.until(lambda: window.focus() == "Change your question", what="the question's field")
    window.press("ctrl+a")
    window.type(SECOND_QUESTION)
    window.press("Return")
    window.until(lambda: window.sees("Version 2 of 2"), what="the second branch")
    await_answer(window, "Answer of Keeper")
    assert [each.text for each in window.sees("Your question", "QLabel")] == [SECOND_QUESTION]
    window.click("Previous version")
    window.until(lambda: window.sees("Version 1 of 2"), what="the first branch")
    assert [each.text for each in window.sees("Your question", "QLabel")] == [papers.QUESTION]
    window.picture("branches")


def find_and_export(window: Window, file: Path) -> None:
    """Find the conversation of the first steps by its words, and write it to a file."""
    window.click("Search conversations")
    window.type("collection")

    def found() -> bool:
        rows = [row.words[0] for each in window.sees("Conversations") for row in each.rows]
        return rows == [FIRST_QUESTION]

    window.until(found, what="the one conversation about collections")
    open_conversation(window, FIRST_QUESTION)
    window.picture("found")
    window.click("What to do with this conversation")
    for key in ("Down", "Down", "Down", "Return"):  # Rename, Tags, Export
        window.key(key)
    enter_path(window, file)
    window.until(file.exists, what="the exported file")
    assert FIRST_QUESTION in file.read_text("utf-8")
    window.until(lambda: window.sees(f"Saved as {file}"), what="the confirmation")
    window.picture("exported")


def import_model(window: Window, model: Path, folder: Path) -> None:
    """Bring a model file in; it is copied and listed with what its header says."""
    file = shutil.copy(model, folder / "lighthouse.gguf")
    window.click("Models", "QToolButton")
    window.click("Import…", "Button")
    enter_path(window, Path(file))
    window.find("Details of lighthouse", "Button", within_s=60)
    assert (window.folder / "models" / "lighthouse.gguf").exists()
    window.picture("model")


# ---------------------------------------------------------------- what the parts are made of


def await_answer(window: Window, name: str) -> str:
    """Wait for the end of the reply that is being written, and return it."""
    window.until(lambda: window.sees("Stop the reply"), what="a reply that is being written")
    window.until(lambda: not window.sees("Stop the reply"), 60, "the end of the reply")
    return text_of(window, name)


def text_of(window: Window, name: str) -> str:
    return next((each.text for each in window.sees(name)), "")


def enter_path(window: Window, path: Path) -> None:
    """Type a path into the file dialog that has just opened."""
    window.until(lambda: window.focus() == "fileNameEdit", what="the file dialog")
    window.key("ctrl+a")
    window.type(str(path))
    window.key("Return")


def command(window: Window, words: str) -> None:
    """Run a command of the palette by typing its words."""
    window.press("ctrl+k")
    window.until(lambda: window.focus() == "Befehl suchen", what="the palette")
    window.type(words)
    window.key("Return")
