"""How many items a page of ESPN's core feed says there are. The items are not read."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class _Count(msgspec.Struct):
    count: int | None = None


_COUNT = msgspec.json.Decoder(_Count)


def says_nothing(parts: Sequence[bytes]) -> bool:
    """True where the first page says that there are none at all; False where it does not say."""
    try:
        return bool(parts) and _COUNT.decode(parts[0]).count == 0
    except (msgspec.DecodeError, RecursionError):
        return False
