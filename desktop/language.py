"""The window's language: whose words it speaks, and how numbers and dates are written.

English is what the code says itself. Any other language is a file of resources/translations, made
by `dev.py translate`, together with Qt's own translation of what its dialogs say.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator
from PySide6.QtGui import QGuiApplication

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "translations"
SYSTEM = "system"
PLACES = {"en": "en_GB", "de": "de_DE"}
"""The languages there are, and whose habits count where the system's are another language's."""


def chosen(choice: str, wanted: Sequence[str] | None = None) -> str:
    """Return the code of the language to speak; `wanted` are the user's, the best one first."""
    if choice in PLACES:
        return choice
    wanted = QLocale.system().uiLanguages() if wanted is None else wanted
    codes = (tag.replace("_", "-").partition("-")[0] for tag in wanted)
    return next((code for code in codes if code in PLACES), "en")


class Language(QObject):
    """The language in force from now on; chosen once, before anything is shown."""

    def __init__(self, choice: str, application: QCoreApplication):
        super().__init__(application)
        self.code = chosen(choice)
        self._application = application
        self._before = QLocale()
        QLocale.setDefault(_habits(self.code))
        if isinstance(application, QGuiApplication):
            application.setLayoutDirection(QLocale(self.code).textDirection())
        self._translators = [each for each in map(self._load, ("qtbase", "outpost")) if each]

    def _load(self, name: str) -> QTranslator | None:
        translator = QTranslator(self)
        for folder in (str(FOLDER), QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
            if self.code != "en" and translator.load(f"{name}_{self.code}", folder):
                self._application.installTranslator(translator)
                return translator
        return None

    def forget(self) -> None:
        """Speak English again."""
        for translator in self._translators:
            self._application.removeTranslator(translator)
        QLocale.setDefault(self._before)


def _habits(code: str) -> QLocale:
    """Return how numbers and dates are written: as the system does where it speaks the same."""
    system = QLocale.system()
    same = QLocale.languageToCode(system.language()) == code
    return system if same else QLocale(PLACES[code])
