"""Design tokens: every colour, size, distance and font of the window, light and dark.

One place, so that the two themes cannot drift apart and contrast can be tested. The style sheet
and the icons are made from these tokens; no other module names a colour or a distance.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication


class Space:
    """Distances in device-independent pixels, multiples of four."""

    XS = 4
    S = 8
    M = 12
    L = 16
    XL = 24
    XXL = 32


class Radius:
    """Corner radii in device-independent pixels."""

    S = 4
    M = 8
    L = 12
    CHIP = 8
    PILL = 13


class Size:
    """Fixed measures in device-independent pixels."""

    RAIL = 88
    ICON = 18
    ICON_RAIL = 22
    CONTROL = 34
    SIDEBAR = 264
    PANEL = 420
    PANEL_LEAST = 320
    PANEL_MOST = 640
    SPIN = 132
    SHEET = 520
    SCROLLBAR = 12
    READING = 780
    """The widest that running text gets: about 90 characters."""
    DOT = 9


class Type(StrEnum):
    """Roles of text; the point sizes are steps from the system's own font."""

    DISPLAY = "display"
    TITLE = "title"
    BODY = "body"
    SMALL = "small"


TYPE_STEPS = {Type.DISPLAY: 6.0, Type.TITLE: 2.0, Type.BODY: 0.0, Type.SMALL: -1.0}


@dataclass(frozen=True, slots=True)
class Colours:
    """One theme's colours as '#rrggbb', named by what they are for."""

    window: str
    """Behind everything."""
    surface: str
    """Cards, panels, inputs."""
    raised: str
    """A card under the pointer, menus."""
    sunken: str
    """Code blocks, wells, the rail."""
    border: str
    outline: str
    """Edges that must be seen to use the control: 3:1 against surface and window."""
    text: str
    muted: str
    accent: str
    accent_hover: str
    on_accent: str
    accent_soft: str
    accent_text: str
    """Text and links in the accent's hue."""
    success: str
    warning: str
    danger: str
    on_danger: str
    note: str
    success_soft: str
    warning_soft: str
    danger_soft: str
    note_soft: str
    mark: str
    """Behind the passage in a source."""
    on_mark: str
    selection: str
    on_selection: str
    code_keyword: str
    code_name: str
    code_string: str
    code_number: str


LIGHT = Colours(
    window="#f5f6f8",
    surface="#ffffff",
    raised="#f0f2f5",
    sunken="#eceff2",
    border="#dce0e6",
    outline="#858d99",
    text="#1a1e24",
    muted="#545d69",
    accent="#0b6b61",
    accent_hover="#095a52",
    on_accent="#ffffff",
    accent_soft="#dff0ed",
    accent_text="#0a6057",
    success="#17703a",
    warning="#805200",
    danger="#b3261e",
    on_danger="#ffffff",
    note="#1f5aa8",
    success_soft="#e2f3e7",
    warning_soft="#fbf0d9",
    danger_soft="#fceae8",
    note_soft="#e6effa",
    mark="#ffe9a8",
    on_mark="#2b2100",
    selection="#bfe3dd",
    on_selection="#10201e",
    code_keyword="#8a2da5",
    code_name="#1f5aa8",
    code_string="#17653a",
    code_number="#9a3b12",
)

DARK = Colours(
    window="#15181c",
    surface="#1c2025",
    raised="#262b32",
    sunken="#111417",
    border="#2f353d",
    outline="#717b88",
    text="#e7eaee",
    muted="#a5aeba",
    accent="#4bbfad",
    accent_hover="#66cfbf",
    on_accent="#05211d",
    accent_soft="#17352f",
    accent_text="#68cdbd",
    success="#63c987",
    warning="#e0ae4e",
    danger="#f28b82",
    on_danger="#330805",
    note="#84b4f4",
    success_soft="#17301f",
    warning_soft="#33280f",
    danger_soft="#3a1a18",
    note_soft="#182a42",
    mark="#5a4a12",
    on_mark="#fff4d1",
    selection="#24584f",
    on_selection="#f0fbf9",
    code_keyword="#d3a4ee",
    code_name="#84b4f4",
    code_string="#7bd095",
    code_number="#eda878",
)

_GROUNDS = ("window", "surface", "raised", "sunken")
TEXT_PAIRS: tuple[tuple[str, str], ...] = (
    *((ink, ground) for ink in ("text", "muted", "accent_text", "danger") for ground in _GROUNDS),
    *((ink, ground) for ink in ("success", "warning", "note") for ground in _GROUNDS),
    *((f"code_{kind}", "sunken") for kind in ("keyword", "name", "string", "number")),
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
    ("on_danger", "danger"),
    ("accent_text", "accent_soft"),
    ("text", "accent_soft"),
    ("muted", "accent_soft"),
    ("on_mark", "mark"),
    ("on_selection", "selection"),
    *(
        (ink, f"{tone}_soft")
        for tone in ("success", "warning", "danger", "note")
        for ink in (tone, "text", "muted")
    ),
)
"""Every (ink, ground) that the window puts together for text; each has to reach 4.5:1."""

EDGE_PAIRS: tuple[tuple[str, str], ...] = (
    ("outline", "surface"),
    ("outline", "window"),
    ("accent", "surface"),
    ("accent", "window"),
    ("accent", "sunken"),
)
"""Edges and focus rings that must be seen; each has to reach 3:1."""


def contrast(ink: str, ground: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21.

    Source: WCAG 2.2, definitions of contrast ratio and relative luminance.
    """
    lighter, darker = sorted((_luminance(ink), _luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


class Theme(QObject):
    """The theme in force; tells every view when it changes."""

    changed = Signal()
    zoomed = Signal()
    """Text of conversations has another size."""

    def __init__(
        self, choice: str = "system", parent: QObject | None = None, *, zoom_percent: int = 100
    ):
        super().__init__(parent)
        self._choice = choice
        self.zoom_percent = zoom_percent
        self._base = _base_font()
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._system_changed)
        self._apply()

    @property
    def choice(self) -> str:
        """'system', 'light' or 'dark'."""
        return self._choice

    @property
    def dark(self) -> bool:
        if self._choice == "system":
            return bool(QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark)
        return self._choice == "dark"

    @property
    def colours(self) -> Colours:
        return DARK if self.dark else LIGHT

    def choose(self, choice: str) -> None:
        """Follow the system, or force one theme."""
        if choice != self._choice:
            self._choice = choice
            self._apply()
            self.changed.emit()

    def font(self, role: Type = Type.BODY, *, bold: bool = False) -> QFont:
        """Return the font for a role of text."""
        font = QFont(self._base)
        font.setPointSizeF(self.points(role))
        if bold:
            font.setWeight(QFont.Weight.DemiBold)
        return font

    def zoom(self, percent: int) -> None:
        """Show the text of conversations at a share of its ordinary size."""
        if percent != self.zoom_percent:
            self.zoom_percent = percent
            self.zoomed.emit()

    def zoomed_font(self, font: QFont) -> QFont:
        """Return a font at the size at which conversations are read."""
        made = QFont(font)
        made.setPointSizeF(font.pointSizeF() * self.zoom_percent / 100)
        return made

    def mono(self, role: Type = Type.BODY) -> QFont:
        """Return the fixed-width font for code, a little smaller than the text around it."""
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(self.points(role) - 0.5)
        return font

    def points(self, role: Type) -> float:
        return self._base.pointSizeF() + TYPE_STEPS[role]

    def colour(self, name: str) -> QColor:
        return QColor(getattr(self.colours, name))

    @Slot()
    def _system_changed(self) -> None:
        if self._choice == "system":
            self._apply()
            self.changed.emit()

    def _apply(self) -> None:
        # QStyleHints.setColorScheme is a silent no-op on some desktops, so the palette is ours.
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.setStyle("Fusion")
            application.setPalette(_palette(self.colours))
            application.setFont(self.font())


def _base_font() -> QFont:
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    if font.pointSizeF() <= 0:  # some platforms give pixels
        font.setPointSizeF(10.0)
    font.setPointSizeF(max(9.5, font.pointSizeF()))
    return font


def _palette(colours: Colours) -> QPalette:
    role = QPalette.ColorRole
    ink = {
        role.Window: colours.window,
        role.WindowText: colours.text,
        role.Base: colours.surface,
        role.AlternateBase: colours.raised,
        role.Text: colours.text,
        role.PlaceholderText: colours.muted,
        role.Button: colours.surface,
        role.ButtonText: colours.text,
        role.BrightText: colours.danger,
        role.ToolTipBase: colours.raised,
        role.ToolTipText: colours.text,
        role.Highlight: colours.selection,
        role.HighlightedText: colours.on_selection,
        role.Link: colours.accent_text,
        role.LinkVisited: colours.accent_text,
        role.Accent: colours.accent,
        role.Light: colours.raised,
        role.Midlight: colours.border,
        role.Mid: colours.outline,
        role.Dark: colours.outline,
        role.Shadow: colours.border,
    }
    palette = QPalette()
    for which, colour in ink.items():
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(colours.muted))
    return palette


def colour_names() -> tuple[str, ...]:
    """Return the names of all colour tokens."""
    return tuple(spec.name for spec in fields(Colours))
