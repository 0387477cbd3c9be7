"""The window's language: every text translated, nothing lost on the way, and what follows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, QLocale, QObject
from PySide6.QtWidgets import QApplication

from core.errors import InvalidInput, NotDeployed, OutpostError, PoolFull
from desktop.language import FOLDER, PLACES, Language, chosen
from desktop.viewmodels import notices
from desktop.viewmodels.base import tr
from desktop.viewmodels.figures import count, decimal, number, percent
from tests.translations import PLACEHOLDER, Text, compile_file, read, texts

GERMAN = FOLDER / "outpost_de.ts"


@pytest.fixture
def german(qapp: QApplication) -> Iterator[Language]:
    """The window speaks German for one test."""
    spoken = Language("de", qapp)
    yield spoken
    spoken.forget()


def test_every_text_has_its_german() -> None:
    """The file has exactly the texts of the source, each with all its forms."""
    known = read(GERMAN)
    assert set(known) == set(texts()), "run 'python dev.py translate'"
    assert [text for text, forms in known.items() if not forms or not all(forms)] == []
    assert {len(forms) for text, forms in known.items() if text.plural} == {2}


def test_nothing_that_is_filled_in_is_lost() -> None:
    """Each form has the placeholders of its English, and begins and ends with the same spaces."""
    for text, forms in read(GERMAN).items():
        for form in forms:
            assert sorted(PLACEHOLDER.findall(form)) == sorted(PLACEHOLDER.findall(text.source)), (
                text.source
            )
            assert edges(form) == edges(text.source), text.source


def edges(text: str) -> tuple[bool, bool, bool]:
    return text.startswith(" "), text.endswith(" "), text.rstrip().endswith("…")


def test_the_window_loads_what_the_translator_wrote(tmp_path: Path) -> None:
    """The compiled file is made from the file of texts as it is now."""
    compile_file(GERMAN, tmp_path / "new.qm")
    fresh, loaded = (tmp_path / "new.qm").read_bytes(), GERMAN.with_suffix(".qm").read_bytes()
    assert fresh == loaded, "run 'python dev.py translate'"


def test_texts_are_found_in_each_way_to_write_them() -> None:
    """Of widgets, of view-models, and counted ones."""
    found = texts()
    assert Text("Outpost", "Deployed") in found
    assert Text("AgentsPage", "New agent") in found
    assert Text("Outpost", "{n} documents", plural=True) in found


def test_german_is_spoken(german: Language) -> None:
    """Texts of functions, of widgets, of Qt itself, counts, numbers and dates."""
    assert tr("Deployed") == "Bereitgestellt"
    assert type("AgentsPage", (QObject,), {})().tr("New agent") == "Neuer Agent"
    assert german.code == "de"
    assert QApplication.translate("QPlatformTheme", "Cancel") == "Abbrechen"
    assert count(1, "document", "documents") == "1 Dokument"
    assert count(1200, "document", "documents") == "1.200 Dokumente"
    assert (number(1_234_567), decimal(3.46), percent(0.5)) == ("1.234.567", "3,5", "50 %")
    assert QLocale().toString(QDate(2024, 3, 5), tr("d MMM yyyy")) == "5. März 2024"


def test_english_needs_no_file(qapp: QApplication) -> None:
    """After German has been given up, everything is as the code says it."""
    Language("de", qapp).forget()
    assert tr("Deployed") == "Deployed"
    assert count(1, "document", "documents") == "1 document"
    assert count(0, "document", "documents") == "0 documents"


@pytest.mark.parametrize(
    ("choice", "wanted", "spoken"),
    [
        ("de", ["en-US"], "de"),
        ("en", ["de-DE"], "en"),
        ("system", ["de-AT", "en-US"], "de"),
        ("system", ["fr-FR", "de_DE"], "de"),
        ("system", ["fr-FR"], "en"),
        ("system", [], "en"),
    ],
)
def test_the_users_best_language_is_spoken(choice: str, wanted: list[str], spoken: str) -> None:
    """A choice counts; else the first of the system's languages that there is."""
    assert chosen(choice, wanted) == spoken


def test_every_language_can_be_chosen_and_has_a_file() -> None:
    """English is the source; each other language has its texts, and nothing lies there besides."""
    files = {file.stem for file in FOLDER.glob("*.ts")}
    assert files == {f"outpost_{code}" for code in PLACES if code != "en"}


def subclasses(kind: type[OutpostError]) -> Iterator[type[OutpostError]]:
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


def test_every_coded_error_has_a_german_sentence(german: Language) -> None:
    """By its code; the ones with names and numbers say them."""
    whole = {"pool_full", "port_in_use", "context_length_exceeded", "wrong_passphrase"}
    of_core = (one for one in subclasses(OutpostError) if "core.api" not in one.__module__)
    codes = {each.code for each in of_core} - whole
    assert codes <= set(notices._sentences())
    full = notices.of_error(PoolFull(2, ["Anna", "Bert"]))
    assert full.title == "Alle Plätze für bereitgestellte Agenten sind belegt, durch Anna, Bert."
    assert "Einstellungen" in full.text


def test_what_only_the_core_says_is_kept(german: Language) -> None:
    """A general sentence is followed by the core's own, in English."""
    notice = notices.of_error(InvalidInput("Temperature is 9."))
    assert re.search(r"\(Temperature is 9\.\)$", notice.text)
    assert "Stellen Sie" in notices.in_words(NotDeployed("Anna", "stopped"))


def test_english_errors_are_the_cores_own() -> None:
    """Nothing stands between the core's sentence and an English reader."""
    error = NotDeployed("Anna", "stopped")
    assert notices.of_error(error).title == str(error)
    assert notices.of_error(error).text == error.advice
