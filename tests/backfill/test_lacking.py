"""What a unit still lacks after its job: judged by its newest payloads, and by no other feed's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from nbapanel.backfill.stages import not_loaded
from nbapanel.payload import SourceType
from nbapanel.warehouse.db import Database

_FILE = """
INSERT INTO ops.source_files (source_file_id, source_type, source_key, url, path, fetched_at,
    checked_at, arrived_at, http_status, sha256_hex, byte_size, loaded_at, load_error)
VALUES (%s, %s, %s, '', %s, %s, %s, %s, 200, %s, 1, %s, %s)
"""
PLAYS = (SourceType.ESPN_PLAYS, SourceType.ESPN_PROBABILITIES)


class Files:
    """Payloads put on record, each newer than the one before."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._count = 0

    def put(self, kind: SourceType, key: str, *, is_loaded: bool, error: str | None = None) -> None:
        self._count += 1
        at = f"2026-01-16 05:00:{self._count:02}+00"
        path, sha = f"{kind}/{self._count}", f"{self._count:064x}"
        loaded_at = at if is_loaded else None
        self._connection.execute(
            _FILE, (self._count, kind.value, key, path, at, at, at, sha, loaded_at, error)
        )


async def _told(database: Database, *keys: str) -> dict[str, str]:
    resources: Any = SimpleNamespace(database=database, payload_keys=frozenset(keys))
    return await not_loaded(resources, PLAYS)


async def test_a_refused_payload_that_was_followed_by_a_good_one_is_forgotten(
    database: Database, connection: Any
) -> None:
    """bug: a game whose first answer was damaged was given up, though its next one was loaded."""
    files = Files(connection)
    files.put(SourceType.ESPN_PLAYS, "1:1", is_loaded=False, error="not an object")
    files.put(SourceType.ESPN_PLAYS, "1:1", is_loaded=True)
    files.put(SourceType.ESPN_PLAYS, "2:2", is_loaded=True)
    files.put(SourceType.ESPN_PLAYS, "2:2", is_loaded=False, error="not an object")
    assert await _told(database, "1:1", "2:2") == {"2:2": "not an object"}


async def test_one_kind_that_is_refused_is_not_hidden_by_another_that_is_held(
    database: Database, connection: Any
) -> None:
    files = Files(connection)
    files.put(SourceType.ESPN_PLAYS, "1:1", is_loaded=False, error="not an object")
    files.put(SourceType.ESPN_PROBABILITIES, "1:1", is_loaded=True)
    assert await _told(database, "1:1") == {"1:1": "not an object"}


async def test_what_came_and_was_not_loaded_is_lacking(database: Database, connection: Any) -> None:
    """bug: where one game of a job was not fetched and the load broke off, the rest was "done"."""
    Files(connection).put(SourceType.ESPN_PLAYS, "1:1", is_loaded=False)
    assert await _told(database, "1:1") == {"1:1": "It came, and was not loaded."}


async def test_another_feed_under_the_same_key_is_not_meant(
    database: Database, connection: Any
) -> None:
    """Days are keys of several feeds: what one cannot load is no fault of the others."""
    Files(connection).put(SourceType.NBA_ODDS, "1:1", is_loaded=False, error="not an object")
    assert await _told(database, "1:1") == {}
