"""Opens the warehouse: the server, its schema, and whose data it may hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from nbapanel.errors import DatabaseUnavailable
from nbapanel.logs import log_to
from nbapanel.origin import check, claim, refusal
from nbapanel.place import Place
from nbapanel.warehouse import migrate
from nbapanel.warehouse.db import connect, in_words
from nbapanel.warehouse.server_dir import ServerDir
from nbapanel.wording import counted

Told = Callable[[migrate.Migration, float], None]


@contextmanager
def open_warehouse(
    place: Place, purpose: str, *, told: Told | None = None, claiming: bool = False
) -> Iterator[str]:
    """The connection string of a warehouse that is up, migrated and of the right origin.

    The embedded server is started if need be, and stays up as long as somebody is in this block.
    `claiming`: a new warehouse belongs to these feeds from now on. `told` hears of each migration
    and its seconds.
    """
    (claim if claiming else check)(place.data_dir, place.feeds)
    place.data_dir.make()
    with place.data_dir.writing():
        log_to(place.data_dir.logs, verbose=place.verbose)
    with (
        in_words(),
        server(place, purpose) as conninfo,
        connect(conninfo, purpose=purpose) as connection,
    ):
        # First whose it is: what is not ours is not migrated either.
        _check_database(connection, place)
        migrate.apply(connection, told=told)
        if claiming:
            _claim_database(connection, place)
        # The question is answered; what follows opens connections of its own.
        connection.close()
        yield conninfo


@contextmanager
def look_into(place: Place, purpose: str) -> Iterator[str | None]:
    """The connection string of a warehouse as it stands; None where there is none yet.

    Nothing is made, migrated or claimed for a look. Raises DatabaseUnavailable for a schema that
    is older than this program.
    """
    check(place.data_dir, place.feeds)
    if not is_there(place):
        yield None
        return
    if place.data_dir.origin.exists():
        log_to(place.data_dir.logs, verbose=place.verbose)
    with (
        in_words(),
        server(place, purpose) as conninfo,
        connect(conninfo, purpose=purpose) as connection,
    ):
        _check_database(connection, place)
        is_new = not migrate.applied(connection)
        waiting = () if is_new else migrate.pending(connection)
        connection.close()
        if waiting:
            raise DatabaseUnavailable(
                "The schema of this database is older than this nbapanel.",
                f"{counted(len(waiting), 'migration')} to apply.",
                place.command("migrate"),
            )
        yield None if is_new else conninfo


def is_there(place: Place) -> bool:
    """Whether there is a server to ask: one's own, or an embedded one that was made before."""
    if place.settings.database_url:
        return True
    return ServerDir(place.data_dir.postgres.absolute()).is_initialised


def nothing_here(place: Place) -> str:
    return f"Nothing here yet: {place.command('refetch')}"


@contextmanager
def server(place: Place, purpose: str) -> Iterator[str]:
    """The connection string of the server that the settings name, or of the embedded one."""
    if place.settings.database_url:
        yield place.settings.database_url
        return
    from nbapanel.warehouse.server import acquire

    with acquire(place.data_dir.postgres, purpose=purpose) as lease:
        yield lease.conninfo


def _check_database(connection: Connection[Any], place: Place) -> None:
    found = connection.execute("SELECT to_regclass('ops.warehouse') IS NOT NULL").fetchone()
    if found is None or not found[0]:
        return
    row = connection.execute("SELECT value FROM ops.warehouse WHERE key = 'feeds'").fetchone()
    if row is not None and row[0] != place.feeds.identity:
        another = "DATABASE_URL" if place.settings.database_url else "--data-dir"
        raise refusal("The database", str(row[0]), place.feeds.identity, another)


def _claim_database(connection: Connection[Any], place: Place) -> None:
    connection.execute(
        "INSERT INTO ops.warehouse (key, value) VALUES ('feeds', %s) ON CONFLICT DO NOTHING",
        (Jsonb(place.feeds.identity),),
    )
    # Somebody else may have been quicker.
    _check_database(connection, place)
