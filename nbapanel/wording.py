"""Small words for people: counts with their noun, durations, ages, sizes. No layout, no colour."""

from __future__ import annotations

from datetime import timedelta

_SIZES = ("bytes", "KB", "MB", "GB", "TB")


def counted(number: int, noun: str) -> str:
    """As in "1 game", "2 games", "1,230 games"."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun}s"


def sentences(*parts: str) -> str:
    """Parts of a message one after the other, each with a full stop; empty ones are left out."""
    said = (part.strip() for part in parts)
    return " ".join(part if part[-1] in ".!?…" else f"{part}." for part in said if part)


def took(seconds: float) -> str:
    """A duration, as in "40 ms", "3.2 s", "32 s", "4 min 10 s", "2 h 5 min"."""
    if seconds < 0.9995:
        return f"{max(seconds, 0.0) * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(whole / 60), 60)
    return f"{hours:,} h {minutes} min" if minutes else f"{hours:,} h"


def ago(age: timedelta) -> str:
    """As in "just now", "5 min ago", "3 h ago", from the third day on "2 days ago"."""
    minutes = int(age.total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 48 * 60:
        return f"{minutes // 60} h ago"
    return f"{minutes // (24 * 60):,} days ago"


def size(count: int) -> str:
    """Bytes in decimal units, as in "812 bytes", "1.4 MB", "340 MB"."""
    value, unit = float(count), 0
    while value >= 999.5 and unit < len(_SIZES) - 1:
        value, unit = value / 1000, unit + 1
    return (
        f"{value:.1f} {_SIZES[unit]}" if unit and value < 99.95 else f"{value:,.0f} {_SIZES[unit]}"
    )
