"""Small words for people: counts with their noun. No layout and no colour."""

from __future__ import annotations


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
    """A duration, as in "0.4 s", "32 s", "4 min 10 s", "2 h 5 min"."""
    if seconds < 9.95:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(whole / 60), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
