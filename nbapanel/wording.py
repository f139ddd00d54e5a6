"""Small words for people: counts with their noun. No layout and no colour."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """As in "1 game", "2 games", "1,230 games"."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun}s"
