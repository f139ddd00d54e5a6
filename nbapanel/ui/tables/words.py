"""Moments, durations and ages in words for a table's cells. No widget and no colour."""

from __future__ import annotations

from datetime import date, datetime

from nbapanel.wording import ago, took

_DAYS_COUNTED = 14


def duration(seconds: float | None) -> str:
    """As in "80 ms", "3.2 s"; empty for None."""
    return "" if seconds is None else took(seconds)


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago, or the day where that is long ago; empty for None."""
    if moment is None:
        return ""
    if (now - moment).days <= _DAYS_COUNTED:
        return ago(now - moment)
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
