"""Kalshi's three ways of writing a price or a count, as decimal text that a numeric column takes.

Prices are dollars 0..1 with four places, whatever the feed's generation.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final

from nbapanel.rows.refusal import OddValue
from nbapanel.rows.scalars import shown

GRID: Final = tuple(f"{n // 10_000}.{n % 10_000:04d}" for n in range(10_001))
"""Every price there is: "0.0000" to "1.0000"."""

_CENTS: Final = GRID[::100]
_PLAIN = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,10})?")
_PLACES = Decimal("0.0001")
_MAX_COUNT: Final = 10**15


def price_text(dollars: str | None, plain: int | float | str | None) -> str | None:
    """A price out of its twins: `dollars` ("0.5600", field *_dollars) wins where it is given.

    `plain` is the field without suffix: whole or fractional cents, or in the historical feed
    dollars as text. None where neither holds anything; OddValue outside 0..1.
    """
    if dollars:
        return _from_dollars(dollars)
    if plain is None or plain == "":
        return None
    if isinstance(plain, str):
        return _from_dollars(plain)
    if isinstance(plain, int):
        if 0 <= plain <= 100:
            return _CENTS[plain]
        raise OddValue(f"a price of {shown(plain)} cents is not within 0..100")
    return _on_grid(Decimal(repr(plain)) / 100, plain)


def count_text(fp: str | None, plain: int | float | str | None) -> str | None:
    """A volume or an open interest: `fp` ("107027102.30", field *_fp) wins where it is given.

    Zero stays zero; None where neither holds anything; OddValue below zero.
    """
    value = fp or plain
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return checked_count(value)
    if not 0 <= value <= _MAX_COUNT:
        raise OddValue(f"a count of {shown(value)} is not within 0..1e15")
    return format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value)


def checked_count(text: str) -> str:
    """The text itself, if it is a plain decimal number that is not negative."""
    if not _PLAIN.fullmatch(text):
        raise OddValue(f"a count is {shown(text)}, not a plain number of 0 or more")
    return text


@lru_cache(maxsize=16_384)
def _from_dollars(text: str) -> str:
    if not _PLAIN.fullmatch(text):
        raise OddValue(f"a price is {shown(text)}, not a plain number of dollars")
    return _on_grid(Decimal(text), text)


def _on_grid(dollars: Decimal, given: object) -> str:
    if not 0 <= dollars <= 1:
        raise OddValue(f"a price of {shown(given)} is not within 0..1 dollars")
    return str(abs(dollars.quantize(_PLACES, ROUND_HALF_UP)))
