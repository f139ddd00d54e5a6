"""How the window behaves, each preference once, kept in panel.ini of the data directory.

What the engine does is not here but in nbapanel/settings.py.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

from nbapanel.declared import Entry, declare, entries, trouble
from nbapanel.ui.theme import Choice

APPEARANCE, SCHEDULE = "Appearance", "Schedule"
NOTIFICATIONS, LOG = "Notifications and tray", "Log"

REFETCH_OFF, REFETCH_AT_TIMES, REFETCH_WHILE_LIVE = "off", "at_times", "while_live"
NOTIFY_ALWAYS, NOTIFY_FAILURES, NOTIFY_NEVER = "always", "failures", "never"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Preferences:
    theme: str = declare(
        Choice.SYSTEM.value,
        "The colours of the window.",
        label="Colours",
        group=APPEARANCE,
        choices=(
            (Choice.SYSTEM.value, "As the system"),
            (Choice.LIGHT.value, "Light"),
            (Choice.DARK.value, "Dark"),
        ),
    )
    refetch: str = declare(
        REFETCH_OFF,
        "When a refetch starts by itself. Nothing overlaps; what was missed during sleep is run"
        " once.",
        label="Automatic refetch",
        group=SCHEDULE,
        choices=(
            (REFETCH_OFF, "Off"),
            (REFETCH_AT_TIMES, "Every day at these times"),
            (REFETCH_WHILE_LIVE, "Again and again while games are live"),
        ),
    )
    refetch_times: str = declare(
        "06:00, 12:00",
        "Times of day on this machine's clock, for a refetch at times.",
        label="Times",
        group=SCHEDULE,
        kind="times",
    )
    refetch_every_min: int = declare(
        10,
        "How often a refetch begins while games are live; not while one is underway.",
        label="While games are live, every",
        group=SCHEDULE,
        unit="minutes",
        least=1,
        most=1_440,
    )
    refresh_views: bool = declare(
        True,
        "Publish the views that are behind their tables, and read the warehouse again, from time"
        " to time, also when nobody announced a change.",
        label="Refresh the views, and what the window shows",
        group=SCHEDULE,
    )
    refresh_every_min: int = declare(
        5,
        "How often that is done.",
        label="Refresh every",
        group=SCHEDULE,
        unit="minutes",
        least=1,
        most=1_440,
    )
    notify: str = declare(
        NOTIFY_ALWAYS,
        "One notification a run, and only when the window is not in front. Failures stay in the"
        " list of problems in any case.",
        label="Notify when a run ends",
        group=NOTIFICATIONS,
        choices=(
            (NOTIFY_ALWAYS, "However it ended"),
            (NOTIFY_FAILURES, "Only when something failed"),
            (NOTIFY_NEVER, "Never"),
        ),
    )
    tray: bool = declare(
        False,
        "An icon with Refetch, Stop, Open and Quit, where the system has a tray.",
        label="Show an icon in the tray",
        group=NOTIFICATIONS,
    )
    keep_in_tray: bool = declare(
        False,
        "Closing the window leaves nbapanel in the tray. Without a tray, closing means quit.",
        label="Keep running in the tray",
        group=NOTIFICATIONS,
    )
    log_lines: int = declare(
        20_000,
        "How many lines the log pane holds; older ones are in the log files.",
        label="Lines in the log pane",
        group=LOG,
        unit="lines",
        least=1_000,
        most=200_000,
    )

    @property
    def times(self) -> tuple[time, ...]:
        """The times of day of an automatic refetch, each once, in order."""
        return parse_times(self.refetch_times)


ENTRIES: Mapping[str, Entry] = {entry.name: entry for entry in entries(Preferences)}


def parse_times(text: str) -> tuple[time, ...]:
    """Times such as "06:00, 12:30". Raises ValueError naming the part that is none."""
    found = set()
    for part in (part.strip() for part in text.split(",") if part.strip()):
        hour, _, minute = part.partition(":")
        if not (hour.isdecimal() and minute.isdecimal() and len(minute) == 2):
            raise ValueError(part)
        try:
            found.add(time(int(hour), int(minute)))
        except ValueError as error:
            raise ValueError(part) from error
    return tuple(sorted(found))


def trouble_with(entry: Entry, value: Any) -> str:
    """Why a preference cannot have that value, in a sentence; empty for one that it can."""
    if entry.kind != "times":
        return trouble(entry, value)
    try:
        return "" if parse_times(value) else "At least one time of day, such as 06:00."
    except ValueError as error:
        return f"{error} is not a time of day. Written as 06:00, 12:30."


class PreferenceStore:
    """panel.ini: the preferences, and what the window remembers of itself as plain bytes."""

    def __init__(self, data_dir: Path) -> None:
        self._ini = QSettings(str(data_dir / "panel.ini"), QSettings.Format.IniFormat)

    def read(self) -> Preferences:
        """What is kept; a value of no use counts as its default and is named in the log."""
        kept: dict[str, Any] = {}
        for name, entry in ENTRIES.items():
            text = self._ini.value(f"preferences/{name}")
            if text is None:
                continue
            value = _value(entry, text)
            if value is None or trouble_with(entry, value):
                _log.info("panel.ini: %s is not usable, the default is used", name)
            else:
                kept[name] = value
        return replace(Preferences(), **kept)

    def write(self, preferences: Preferences) -> bool:
        """Keep what differs from the defaults; False where the file cannot be written."""
        for one in fields(preferences):
            value, key = getattr(preferences, one.name), f"preferences/{one.name}"
            if value == ENTRIES[one.name].default:
                self._ini.remove(key)
            else:
                self._ini.setValue(key, str(value).lower() if isinstance(value, bool) else value)
        return self._is_synced()

    def recall(self, name: str) -> bytes:
        """What was remembered under that name, such as "geometry"; empty for nothing."""
        found = self._ini.value(f"window/{name}")
        return bytes(found.data()) if isinstance(found, QByteArray) else b""

    def remember(self, name: str, value: bytes) -> bool:
        self._ini.setValue(f"window/{name}", QByteArray(value))
        return self._is_synced()

    def forget(self, *names: str) -> None:
        """For Reset Layout."""
        for name in names:
            self._ini.remove(f"window/{name}")
        self._ini.sync()

    def _is_synced(self) -> bool:
        self._ini.sync()
        return self._ini.status() is QSettings.Status.NoError


def _value(entry: Entry, text: Any) -> Any:
    """The value that was kept; None for what is not of the entry's type."""
    if isinstance(text, list):  # commas without quotes, in a file that was written by hand
        text = ", ".join(text)
    try:
        match entry.type:
            case "bool":
                return {"true": True, "false": False}.get(str(text).lower())
            case "int":
                return int(text)
            case "float":
                return float(text)
            case _:
                return str(text)
    except ValueError:
        return None
