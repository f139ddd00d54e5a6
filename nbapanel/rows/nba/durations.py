"""Lengths of time as the league writes them, "PT21M05.00S", in seconds. Nothing else."""

from __future__ import annotations

import re
from functools import lru_cache

from nbapanel.rows.refusal import OddValue
from nbapanel.rows.scalars import shown

_DURATION = re.compile(r"PT(?=[0-9])(?:([0-9]{1,4})M)?(?:([0-9]{1,2}(?:\.[0-9]{1,6})?)S)?")
_LONGEST_CHARS = 24


@lru_cache(maxsize=4_096)
def duration_seconds(text: str) -> float | None:
    """The seconds in "PT240M00.00S" or "PT21M"; None if it is blank."""
    if len(text) > _LONGEST_CHARS:  # nor is it to be remembered
        raise OddValue(f"the time {shown(text)} cannot be read")
    if not text.strip():
        return None
    match = _DURATION.fullmatch(text)
    if match is None:
        raise OddValue(f"the time {shown(text)} cannot be read")
    return int(match[1] or 0) * 60 + float(match[2] or 0)
