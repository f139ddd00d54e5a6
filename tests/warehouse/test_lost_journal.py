"""A refresh entry whose connection is gone says so in words: it is no bug of the step's."""

from __future__ import annotations

from typing import Any

import pytest

from nbapanel.errors import DatabaseUnavailable
from nbapanel.warehouse.journal import RefreshEntry, open_refresh


@pytest.fixture
async def journal(database):
    opened = await database.open_connection(autocommit=True)
    yield opened
    await opened.close()


async def opened(journal: Any) -> RefreshEntry:
    return await open_refresh(
        journal,
        run_id=None,
        step="a",
        relation="espn.plays",
        kind="load",
        strategy="upsert",
        triggered_by="terminal",
        rows_before=0,
        threshold_ms=1,
    )


def end(journal, connection) -> None:
    pid = journal.info.backend_pid
    assert connection.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,)).fetchone()[0]


async def test_on_opening(journal, connection):
    """trap W13: the server ended the connection."""
    end(journal, connection)
    with pytest.raises(DatabaseUnavailable, match="The database was shut down"):
        await opened(journal)
    with pytest.raises(DatabaseUnavailable, match="The database does not answer"):
        await opened(journal)


async def test_on_closing(journal, connection):
    """trap W13: the server ended the connection while the step worked on another."""
    entry = await opened(journal)
    end(journal, connection)
    with pytest.raises(DatabaseUnavailable, match="The database was shut down"):
        await entry.close("ok")
