"""Numbers, shares and moments as the reader's language writes them."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication, QDate, QLocale, QTime

from desktop.viewmodels.base import CONTEXT, tr


def number(value: int) -> str:
    """Return a whole number: 1,240 or 1.240."""
    return str(QLocale().toString(value))


def decimal(value: float, digits: int = 1) -> str:
    """Return a number with decimals: 3.4 or 3,4."""
    return str(QLocale().toString(float(value), "f", digits))


def short(value: float) -> str:
    """Return a number with as many decimals as it has: 0, 0.7 or 0,7."""
    return str(QLocale().toString(float(value), "g", 6))


def percent(share: float) -> str:
    """Return a share from 0 to 1 in percent, without decimals."""
    return tr("{number}%").format(number=number(round(share * 100)))


def count(many: int, one: str, more: str) -> str:
    """Return '1 document' or '2 documents'; languages with other plurals have their own.

    Translations stand under the second form, such as '{n} documents'. Both are literals in every
    call, since `dev.py translate` reads them from the source.
    """
    source = f"{{n}} {more}"
    told = QCoreApplication.translate(CONTEXT, source, None, many)
    if told == source:
        told = f"{{n}} {one if many == 1 else more}"
    return told.format(n=number(many))


def clock(moment: datetime, *, seconds: bool = False) -> str:
    """Return the local time of day: 14:05, or 2:05 PM where that is the habit."""
    local = moment.astimezone()
    time = QTime(local.hour, local.minute, local.second)
    if seconds:
        return str(QLocale().toString(time, "HH:mm:ss"))
    return str(QLocale().toString(time, QLocale.FormatType.ShortFormat))


def day(moment: datetime, *, year: bool = True) -> str:
    """Return the local date in few letters: 3 Mar 2024."""
    local = moment.astimezone()
    pattern = tr("d MMM yyyy") if year else tr("d MMM")
    return str(QLocale().toString(QDate(local.year, local.month, local.day), pattern))


def weekday(moment: datetime) -> str:
    """Return the short name of the local day of the week."""
    return str(QLocale().dayName(moment.astimezone().isoweekday(), QLocale.FormatType.ShortFormat))
