"""Opens the warehouse for a command: the server, its schema, and whose data it may hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from psycopg import Connection
from psycopg.types.json import Jsonb

from nbapanel.cli.place import Place
from nbapanel.logs import log_to
from nbapanel.origin import check, claim, refusal
from nbapanel.warehouse import migrate
from nbapanel.warehouse.db import connect, in_words


@contextmanager
def open_warehouse(
    place: Place, purpose: str, *, quiet: bool = True, claiming: bool = False
) -> Iterator[str]:
    """The connection string of a warehouse that is up, migrated and of the right origin.

    The embedded server is started if need be, and stays up as long as somebody is in this block.
    `claiming`: a new warehouse belongs to these feeds from now on.
    """
    (claim if claiming else check)(place.data_dir, place.feeds)
    place.data_dir.make()
    log_to(place.data_dir.logs, verbose=place.verbose)
    with (
        in_words(),
        server(place, purpose) as conninfo,
        connect(conninfo, purpose=purpose) as connection,
    ):
        migrate.apply(connection, told=None if quiet else _tell_migration)
        _check_database(connection, place, claiming=claiming)
        # The question is answered; what follows opens connections of its own.
        connection.close()
        yield conninfo


@contextmanager
def server(place: Place, purpose: str) -> Iterator[str]:
    """The connection string of the server that the settings name, or of the embedded one."""
    if place.settings.database_url:
        yield place.settings.database_url
        return
    from nbapanel.warehouse.server import acquire

    with acquire(place.data_dir.postgres, purpose=purpose) as lease:
        yield lease.conninfo


def _check_database(connection: Connection[Any], place: Place, *, claiming: bool) -> None:
    if claiming:
        connection.execute(
            "INSERT INTO ops.warehouse (key, value) VALUES ('feeds', %s) ON CONFLICT DO NOTHING",
            (Jsonb(place.feeds.identity),),
        )
    row = connection.execute("SELECT value FROM ops.warehouse WHERE key = 'feeds'").fetchone()
    if row is not None and row[0] != place.feeds.identity:
        raise refusal("The database", str(row[0]), place.feeds.identity)


def _tell_migration(migration: migrate.Migration, seconds: float) -> None:
    click.echo(f"applied {migration.version:04}_{migration.name} in {seconds:.2f} s")
