"""How the window looks, and what is shown outside it."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox

from desktop.viewmodels.base import tr
from desktop.viewmodels.figures import percent
from desktop.viewmodels.settings import ZOOMS, SettingsViewModel
from desktop.views.agent_fields import Field
from desktop.views.controls import Choice
from desktop.views.look import Look
from desktop.views.settings.section import Section


class AppearanceSection(Section):
    """The theme, the tray's icon, and notifications."""

    def __init__(self, look: Look, model: SettingsViewModel):
        super().__init__(tr("Appearance"), tr("Changes apply as you make them."))
        self._model = model
        self._theme = Choice(tr("Theme"))
        self._theme.offer(
            [
                (tr("Like the system"), "system"),
                (tr("Light"), "light"),
                (tr("Dark"), "dark"),
            ]
        )
        theme = Field(
            tr("Theme"),
            self._theme,
            tr("“Like the system” follows your desktop's own colours."),
            beside=True,
        )
        self._language = Choice(tr("Language"))
        self._language.offer(
            [(tr("Like the system"), "system"), ("English", "en"), ("Deutsch", "de")]
        )
        language = Field(
            tr("Language"),
            self._language,
            tr(
                "“Like the system” takes your desktop's language where Outpost speaks it. "
                "Applies at the next start."
            ),
            beside=True,
        )
        self._zoom = Choice(tr("Text of conversations"))
        self._zoom.offer([(percent(each / 100), each) for each in ZOOMS])
        zoom = Field(
            tr("Text of conversations"),
            self._zoom,
            tr("Ctrl and +, - or 0 on the Chat page change it too."),
            beside=True,
        )
        self._tray = QCheckBox(tr("Show an icon in the system's tray"))
        self._notify = QCheckBox(tr("Notify when a long job ends"))
        self.group(tr("Look"), theme, zoom, language)
        self.group(tr("Outside the window"), *self._outside())
        self._theme.chosen.connect(lambda choice: model.choose_theme(str(choice)))
        self._zoom.chosen.connect(model.zoom)
        self._language.chosen.connect(lambda choice: model.store(language=str(choice)))
        self._tray.clicked.connect(lambda on: model.store(tray=on))
        self._notify.clicked.connect(lambda on: model.store(notifications=on))
        model.changed.connect(self._show)
        self._show()

    def _outside(self) -> list[Field]:
        tray = tr("It tells which agents run, stops them and opens the window.")
        notify = tr("Only while you look at another window: documents that were read, studies.")
        return [Field("", self._tray, tray), Field("", self._notify, notify)]

    @Slot()
    def _show(self) -> None:
        settings = self._model.settings
        self._theme.select(settings.theme)
        self._zoom.select(settings.zoom_percent)
        self._language.select(settings.language)
        self._tray.setChecked(settings.tray)
        self._notify.setChecked(settings.notifications)
