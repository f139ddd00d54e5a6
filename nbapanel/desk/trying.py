"""Tries a connection to a server of one's own, before it is put into the settings."""

from __future__ import annotations

from psycopg import Connection

from nbapanel.errors import DatabaseUnavailable
from nbapanel.warehouse.db import connect, in_words
from nbapanel.warehouse.migrate import pending
from nbapanel.wording import counted


def try_connection(url: str) -> str:
    """What is there, in words. Raises UserFacingError saying what is wrong with it.

    Nothing is made or changed.
    """
    with in_words(), connect(url, purpose="panel") as connection:
        version = connection.info.parameter_status("server_version") or "?"
        row = connection.execute(
            "SELECT current_database(), has_database_privilege(current_database(), 'CREATE'),"
            " to_regclass('ops.warehouse') IS NOT NULL"
        ).fetchone()
        assert row is not None
        name, may_create, is_warehouse = row
        if is_warehouse:
            return f"PostgreSQL {version}, database {name}: {_schema_in_words(connection)}."
    if not may_create:
        raise DatabaseUnavailable(
            f"The user may not create schemas in database {name}.",
            f"PostgreSQL {version}.",
            "Let it: GRANT CREATE ON DATABASE ... TO ...",
        )
    return f"PostgreSQL {version}, database {name}: no warehouse yet, one can be made."


def _schema_in_words(connection: Connection[tuple[object, ...]]) -> str:
    waiting = len(pending(connection))
    if waiting:
        return f"a warehouse of an older version, {counted(waiting, 'migration')} to apply"
    return "a warehouse, up to date"
