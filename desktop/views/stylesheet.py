"""The window's one style sheet, written from the theme's tokens.

Widgets say what they are by dynamic properties (`kind`, `role`, `tone`); only this module says
how that looks.
"""

from __future__ import annotations

from pathlib import Path
from string import Template

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from desktop.theme import Radius, Size, Space, Theme, Type, colour_names

_SHEET = Template("""
* { outline: none; }
QWidget { color: $text; }
QMainWindow, QDialog, QWidget[role="page"] { background: $window; }
QToolTip { background: $raised; color: $text; border: 1px solid $border; padding: 4px 6px; }

QLabel { background: transparent; }
QLabel[role="display"] { font-size: ${display}pt; font-weight: 600; }
QLabel[role="title"] { font-size: ${title}pt; font-weight: 600; }
QLabel[role="strong"] { font-weight: 600; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="small"] { color: $muted; font-size: ${small}pt; }
QLabel[role="section"] { color: $muted; font-size: ${small}pt; font-weight: 600; }
QLabel[role="problem"] { color: $danger; font-size: ${small}pt; }
QLabel[role="caution"] { color: $warning; font-size: ${small}pt; }
QLabel[role="removed"], QLabel[role="added"] {
    border-radius: ${radius_s}px; padding: 3px 8px; font-size: ${small}pt;
}
QLabel[role="removed"] { background: $danger_soft; color: $text; }
QLabel[role="added"] { background: $success_soft; color: $text; }
QLabel[role="chip"] {
    background: $raised; color: $muted; font-size: ${small}pt;
    border-radius: ${chip}px; padding: 3px 9px;
}
QLabel[role="chip"][tone="accent"] { background: $accent_soft; color: $accent_text; }
QLabel[role="chip"][tone="success"] { background: $success_soft; color: $success; }
QLabel[role="chip"][tone="warning"] { background: $warning_soft; color: $warning; }
QLabel[role="chip"][tone="danger"] { background: $danger_soft; color: $danger; }
QLabel[role="chip"][tone="note"] { background: $note_soft; color: $note; }

QFrame[role="card"] {
    background: $surface; border: 1px solid $border; border-radius: ${radius_l}px;
}
QFrame[role="card"][selected="true"] { border-color: $accent; }
QFrame[role="card"]:focus { border: 2px solid $accent; }
QFrame[role="panel"] { background: $surface; border: none; border-$near: 1px solid $border; }
QFrame[role="sidebar"] { background: $window; border: none; border-$far: 1px solid $border; }
QFrame[role="rail"] { background: $sunken; border: none; border-$far: 1px solid $border; }
QFrame[role="line"] { background: $border; border: none; }
QFrame[role="question"] { background: $accent_soft; border-radius: ${radius_l}px; }
QFrame[role="well"] { background: $sunken; border-radius: ${radius_m}px; }
QFrame[role="drop"] { background: $accent_soft; border: 2px dashed $accent;
    border-radius: ${radius_l}px; }
QFrame[role="composer"] {
    background: $surface; border: 1px solid $outline; border-radius: ${radius_l}px;
}
QFrame[role="composer"][focused="true"] { border: 2px solid $accent; }
QFrame[role="banner"] { border-radius: ${radius_m}px; border: 1px solid $border;
    background: $surface; }
QFrame[role="banner"][tone="danger"] { background: $danger_soft; border-color: $danger; }
QFrame[role="banner"][tone="warning"] { background: $warning_soft; border-color: $warning; }
QFrame[role="banner"][tone="success"] { background: $success_soft; border-color: $success; }
QFrame[role="banner"][tone="note"] { background: $note_soft; border-color: $note_soft; }

QPushButton, QToolButton[kind="button"] {
    background: $surface; color: $text; border: 1px solid $outline;
    border-radius: ${radius_m}px; padding: 0 14px; min-height: ${control}px;
}
QPushButton:hover { background: $raised; }
QPushButton:pressed { background: $sunken; }
QPushButton:focus { border: 2px solid $accent; padding: 0 13px; }
QPushButton:disabled { color: $muted; border-color: $border; background: $window; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; border-color: $accent;
    font-weight: 600; }
QPushButton[kind="primary"]:hover { background: $accent_hover; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; }
QPushButton[kind="primary"]:disabled { background: $raised; color: $muted;
    border-color: $border; }
QPushButton[kind="offer"] { text-align: left; }
QPushButton[kind="danger"] { background: $danger; color: $on_danger; border-color: $danger;
    font-weight: 600; }
QPushButton[kind="danger"]:focus { border: 2px solid $text; }
QPushButton[kind="quiet"], QToolButton { background: transparent; border: 2px solid transparent;
    color: $text; border-radius: ${radius_m}px; }
QPushButton[kind="quiet"] { padding: 0 8px; }
QPushButton[kind="quiet"]:hover, QToolButton:hover { background: $raised; }
QPushButton[kind="quiet"]:focus, QToolButton:focus { border-color: $accent; }
QToolButton { padding: 4px; }
QToolButton[kind="tool"] { padding: 3px; border-radius: ${radius_s}px; }
QToolButton::menu-indicator { image: none; }
QPushButton[kind="link"] { background: transparent; border: 1px solid transparent;
    color: $accent_text; padding: 0 4px; min-height: 18px; text-align: left;
    font-size: ${small}pt; border-radius: ${radius_s}px; }
QPushButton[kind="link"]:hover { text-decoration: underline; }
QPushButton[kind="link"]:focus { border: 1px solid $accent; }
QPushButton[kind="citation"] { background: $raised; border: 1px solid $border; color: $text;
    border-radius: ${pill}px; padding: 0 10px; min-height: 26px; font-size: ${small}pt;
    text-align: left; }
QPushButton[kind="citation"]:hover { border-color: $accent; }
QPushButton[kind="citation"]:focus { border: 2px solid $accent; padding: 0 9px; }
QPushButton[kind="citation"]:checked { background: $accent_soft; border-color: $accent; }

QToolButton[kind="rail"] {
    color: $muted; border: 2px solid transparent; border-radius: ${radius_m}px;
    padding: 8px 2px 6px 2px; font-size: ${small}pt;
}
QToolButton[kind="rail"]:hover { background: $raised; color: $text; }
QToolButton[kind="rail"]:checked { background: $accent_soft; color: $accent_text; }
QToolButton[kind="rail"]:focus { border-color: $accent; }

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox {
    background: $surface; color: $text; border: 1px solid $outline;
    border-radius: ${radius_m}px; padding: 0 10px;
    selection-background-color: $selection; selection-color: $on_selection;
}
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox { min-height: ${control}px; }
QPlainTextEdit, QTextEdit { padding: 6px 6px; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus,
QComboBox:focus { border: 2px solid $accent; padding: 0 9px; }
QPlainTextEdit:focus, QTextEdit:focus { padding: 5px 5px; }
QLineEdit[kind="search"] { padding: 0 4px; }
QLineEdit[kind="search"]:focus { padding: 0 3px; }
QSpinBox QLineEdit, QDoubleSpinBox QLineEdit { border: none; padding: 0; min-height: 0;
    background: transparent; }
QLineEdit[invalid="true"], QPlainTextEdit[invalid="true"], QComboBox[invalid="true"] {
    border-color: $danger; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled {
    color: $muted; background: $window; border-color: $border; }
QLineEdit[kind="bare"], QPlainTextEdit[kind="bare"], QTextEdit[kind="bare"],
QTextBrowser[kind="bare"] { background: transparent; border: none; padding: 0; }
QTextBrowser[kind="bare"]:focus, QPlainTextEdit[kind="bare"]:focus { border: none; padding: 0; }

QComboBox::drop-down { border: none; width: 26px; }
QComboBox::down-arrow { image: url("$fixed/chevron-down.svg"); width: 14px; height: 14px; }
QComboBox QAbstractItemView { background: $surface; color: $text; border: 1px solid $outline;
    border-radius: 0; padding: 4px; selection-background-color: $accent_soft;
    selection-color: $text; }
QSpinBox::up-button, QDoubleSpinBox::up-button { subcontrol-origin: border;
    subcontrol-position: top right; width: 22px; border: none; margin: 3px 3px 0 0; }
QSpinBox::down-button, QDoubleSpinBox::down-button { subcontrol-origin: border;
    subcontrol-position: bottom right; width: 22px; border: none; margin: 0 3px 3px 0; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: url("$fixed/chevron-up.svg");
    width: 11px; height: 11px; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow { image: url("$fixed/chevron-down.svg");
    width: 11px; height: 11px; }

QCheckBox, QRadioButton { spacing: 9px; background: transparent; min-height: 26px; }
QCheckBox::indicator { width: 17px; height: 17px; border: 1px solid $outline;
    border-radius: ${radius_s}px; background: $surface; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent;
    image: url("$fixed/check-$shade.svg"); }
QCheckBox::indicator:focus { border: 2px solid $accent; width: 15px; height: 15px; }
QCheckBox:focus { color: $accent_text; }

QListView, QTableView { background: transparent; border: none; color: $text;
    selection-background-color: $accent_soft; selection-color: $text; }
QTableView { background: $surface; border: 1px solid $border; border-radius: ${radius_l}px;
    gridline-color: $border; }
QTableView:focus { border: 1px solid $accent; }
QListView[kind="sections"]::item { padding: 0 8px; border-radius: ${radius_m}px; color: $text;
    border: 2px solid transparent; }
QListView[kind="sections"]::item:hover { background: $raised; }
QListView[kind="sections"]::item:selected { background: $accent_soft; color: $accent_text; }
QListView[kind="sections"]:focus::item:selected { border-color: $accent; }
QTableWidget::item { padding: 6px 9px; border-bottom: 1px solid $border; }
QHeaderView { background: transparent; border: none; }
QHeaderView::section { background: transparent; color: $muted; border: none;
    border-bottom: 1px solid $border; padding: 8px 12px; font-size: ${small}pt;
    font-weight: 600; }

QScrollArea, QScrollArea > QWidget > QWidget[role="body"] { background: transparent;
    border: none; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 2px; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 2px; }
QScrollBar::handle { background: $outline; border-radius: 4px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar[idle="true"]::handle { background: transparent; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QProgressBar { background: $raised; border: none; border-radius: 3px; max-height: 6px;
    min-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QMenu { background: $surface; border: 1px solid $outline; padding: 5px; }
QMenu::item { padding: 7px 24px 7px 10px; border-radius: ${radius_s}px; color: $text; }
QMenu::item:selected { background: $accent_soft; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $border; margin: 5px 8px; }
QMenu::icon { padding-left: 8px; }
QSplitter::handle { background: $border; }
""")


def stylesheet(theme: Theme, fixed: Path) -> str:
    """Return the style sheet; `fixed` is the folder of the icons that it refers to itself."""
    tokens: dict[str, object] = {name: getattr(theme.colours, name) for name in colour_names()}
    tokens |= {role.value: theme.points(role) for role in Type}
    tokens |= {"radius_s": Radius.S, "radius_m": Radius.M, "radius_l": Radius.L}
    tokens |= {
        "pill": Radius.PILL,
        "chip": Radius.CHIP,
        "control": Size.CONTROL - 2,
        "gap": Space.M,
    }
    tokens |= {"fixed": fixed.as_posix(), "shade": "dark" if theme.dark else "light"}
    tokens |= dict(zip(("near", "far"), _sides(), strict=True))
    return _SHEET.substitute(tokens)


def _sides() -> tuple[str, str]:
    """Return where reading begins and where it ends; Qt does not mirror style sheets."""
    if QGuiApplication.layoutDirection() is Qt.LayoutDirection.RightToLeft:
        return "right", "left"
    return "left", "right"
