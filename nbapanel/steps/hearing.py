"""Who is heard about a game: a fallback only where the feed that goes first has none of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from psycopg import AsyncConnection

from nbapanel.payload import SourceType
from nbapanel.steps.loading import UnloadedFile
from nbapanel.warehouse.statements import statement

_BEFORE = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class FirstFeed:
    """What the feed that goes first said of which game, by source type and key, and when it came.

    The fallback is heard where the last that was said before it is no list, or an empty one: as
    when each came by itself, also where a rebuild has all of them in one load.
    """

    source_types: tuple[SourceType, ...]
    _told: dict[tuple[str, str], list[tuple[datetime, bool]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    async def recall(
        self, connection: AsyncConnection[Any], keys: Sequence[str], files: Sequence[UnloadedFile]
    ) -> None:
        """What was said before this load of these keys, and which of its files say "none"."""
        types = [kind.value for kind in self.source_types]
        cursor = await connection.execute(
            statement("newest_loaded_files"), {"source_types": types, "keys": sorted(set(keys))}
        )
        for source_type, key, gave in await cursor.fetchall():
            self._told[source_type, key].append((_BEFORE, gave))
        for file in files:
            if file.http_status >= 400:  # never parsed
                self.said(file, gave=False)

    def said(self, file: UnloadedFile, *, gave: bool) -> None:
        """Note an answer of this load; `gave`: rows came of it."""
        self._told[file.source_type, file.source_key].append((file.arrived_at, gave))

    def speaks_of(self, source_type: SourceType, key: str, moment: datetime) -> bool:
        """Whether the last that it had said at that moment was a list of something."""
        told = (one for one in self._told[source_type.value, key] if one[0] <= moment)
        return max(told, default=(_BEFORE, False))[1]
