"""Moments, durations, ages and sizes in words for a table's cells. No widget and no colour."""

from __future__ import annotations

from datetime import date, datetime

from PySide6.QtCore import QCoreApplication

_DAYS_COUNTED = 14
_SIZES = ("bytes", "KB", "MB", "GB", "TB")


def _tr(text: str) -> str:
    return QCoreApplication.translate("words", text)


def duration(seconds: float | None) -> str:
    """As in "80 ms", "3.2 s", "4 min 10 s", "1 h 5 min"; empty for None."""
    if seconds is None:
        return ""
    if seconds < 0.0995:
        return _tr("{} ms").format(round(seconds * 1000))
    if seconds < 59.95:
        return _tr("{} s").format(f"{seconds:.1f}")
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return _tr("{} min {} s").format(minutes, rest)
    hours, minutes = divmod(minutes, 60)
    return _tr("{} h {} min").format(f"{hours:,}", minutes)


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago, in its largest unit, or the day; empty for None."""
    if moment is None:
        return ""
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < 1:
        return _tr("just now")
    if minutes < 60:
        return _tr("{} min ago").format(minutes)
    if minutes < 48 * 60:
        return _tr("{} h ago").format(minutes // 60)
    days = minutes // (24 * 60)
    if days <= _DAYS_COUNTED:
        return _tr("{} days ago").format(days)
    there = moment.astimezone()
    return f"{there.day} {there:%b %Y}"


def local(moment: datetime | None) -> str:
    """In the machine's zone, to the minute."""
    return "" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M}"


def exact(moment: datetime | None) -> str:
    """To the second with the zone, as a tooltip says it."""
    if moment is None:
        return ""
    here = moment.astimezone()
    offset = f"{here:%z}"
    return f"{here:%Y-%m-%d %H:%M:%S} {here:%Z} (UTC{offset[:3]}:{offset[3:]})"


def day(value: date | None) -> str:
    return "" if value is None else f"{value:%a} {value.day} {value:%b %Y}"


def size(count: int) -> str:
    """In decimal units: "812 bytes", "1.4 MB"."""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_SIZES) - 1:
        value, unit = value / 1000, unit + 1
    return f"{count:,} {_SIZES[0]}" if unit == 0 else f"{value:,.1f} {_SIZES[unit]}"
