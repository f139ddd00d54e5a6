"""How much one answer of a feed may hold: for whoever fetches, keeps or parses one.

Nothing is decoded here: what is too large must be known before it is taken apart.
"""

from __future__ import annotations

from typing import Final

MOST_BYTES: Final = 100_000_000
"""Of a whole payload, all its pages together, unpacked. The largest recorded has 1.5 million."""

MOST_ITEMS: Final = 100_000
"""Games, plays, probabilities, markets or candles in a payload: thirty seasons of markets."""

MOST_PAGES: Final = 200
"""Of one list. A game has one or two, a season's markets three."""

_VALUES_AN_ITEM: Final = 10
"""As the smallest items have. Larger ones come in thousands: a page is bounded by the feed."""


def holds_too_many_values(body: bytes, most_items: int) -> bool:
    """Whether a body separates more values than so many items of a feed have.

    Commas are counted, those in texts too: one pass, no memory. A list of 50 million ones, which
    as objects would fill the machine, is known by it.
    """
    most_values = most_items * _VALUES_AN_ITEM
    # A value and its comma are two bytes at least: most bodies are too short for too many.
    return len(body) > 2 * most_values and body.count(b",") > most_values


_HINT = 'If the feed has grown so much, raise "{}" ({}) in the settings.'
IF_BYTES_GREW: Final = _HINT.format("Largest payload", "most_payload_mb")
IF_ITEMS_GREW: Final = _HINT.format("Most items", "most_items")
IF_PAGES_GREW: Final = _HINT.format("Most pages", "most_pages")
"""What to do about an answer that is past a limit and sound all the same."""
