"""Odds and spreads, given as text or as numbers, as a decimal and the text. Nothing else."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from nbapanel.rows.refusal import OddValue
from nbapanel.rows.scalars import shown

OddsNumber = str | int | float | None

_PLAIN = re.compile(r"[+-]?[0-9]{1,9}(?:\.[0-9]{1,20})?")
_PLACES = Decimal("0.000001")


def odds_columns(given: OddsNumber, what: str) -> tuple[Decimal | None, str | None]:
    """Decimal odds, and the text: "1.370" is 1.370000. NULL for a blank; odd below 0."""
    number, text = spread_columns(given, what)
    if number is not None and number < 0:
        raise OddValue(f"{what} is {shown(given)}, less than 0")
    return number, text


def spread_columns(given: OddsNumber, what: str) -> tuple[Decimal | None, str | None]:
    """The same for a number that may be below 0: -6.5, or -8."""
    text = given.strip() if isinstance(given, str) else None if given is None else repr(given)
    if not text:
        return None, None
    if not _PLAIN.fullmatch(text):
        raise OddValue(f"{what} is {shown(given)}, not a plain number")
    number = Decimal(text).quantize(_PLACES, ROUND_HALF_UP)
    return number or abs(number), text
