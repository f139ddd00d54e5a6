"""Bring the schema up to date: numbered SQL files, forward only, one transaction each."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection

from nbapanel.errors import UserFacingError
from nbapanel.paths import shipped
from nbapanel.warehouse.db import explain, in_words

_LOCK = 0x6E62_6101  # "nba", 1: all processes that migrate one database wait here for each other
_FILE = re.compile(r"(\d{4})_(\w+)\.sql")


class MigrationRefused(UserFacingError):
    pass


@dataclass(frozen=True, slots=True)
class Migration:
    version: int
    name: str
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Applied:
    version: int
    name: str
    sha256: str


def available(folder: Path | None = None) -> tuple[Migration, ...]:
    """The migrations that ship with the program, in order. Their numbers have no gap."""
    found = []
    for path in sorted((folder or shipped("migrations")).glob("*.sql")):
        matched = _FILE.fullmatch(path.name)
        if matched is None:
            raise MigrationRefused(f"{path.name} is not named NNNN_name.sql.", str(path.parent))
        text = path.read_text(encoding="utf-8")
        found.append(Migration(int(matched[1]), matched[2], text))
    if [m.version for m in found] != list(range(1, len(found) + 1)):
        numbers = ", ".join(f"{m.version:04}" for m in found)
        raise MigrationRefused(f"The migrations do not count up from 0001: {numbers}.")
    return tuple(found)


def applied(connection: Connection[Any]) -> tuple[Applied, ...]:
    """What this database has had, in order; empty for one that was never migrated."""
    with in_words():
        row = connection.execute("SELECT to_regclass('ops.schema_migrations')").fetchone()
        if row is None or row[0] is None:
            return ()
        rows = connection.execute(
            "SELECT version, name, sha256 FROM ops.schema_migrations ORDER BY version"
        ).fetchall()
    return tuple(Applied(*row) for row in rows)


def drift(have: Sequence[Applied], known: Sequence[Migration]) -> list[str]:
    """In words, each way in which the database's history is not the program's."""
    by_version = {migration.version: migration for migration in known}
    told = []
    for one in have:
        ours = by_version.get(one.version)
        if ours is None:
            told.append(
                f"{one.version:04}_{one.name} was applied by a newer nbapanel than this one"
            )
        elif ours.sha256 != one.sha256:
            told.append(f"{one.version:04}_{one.name} was edited after it was applied")
    return told


def pending(connection: Connection[Any], folder: Path | None = None) -> tuple[Migration, ...]:
    """The migrations still to be applied. Raises MigrationRefused if the history differs."""
    known, have = available(folder), applied(connection)
    told = drift(have, known)
    if told:
        raise MigrationRefused(
            "This database's schema is not the one this nbapanel was made for.",
            "; ".join(told) + ".",
            "Install the nbapanel that made it, or see: nbapanel doctor",
        )
    done = {one.version for one in have}
    return tuple(migration for migration in known if migration.version not in done)


def apply(
    connection: Connection[Any],
    folder: Path | None = None,
    told: Callable[[Migration, float], None] | None = None,
) -> tuple[Migration, ...]:
    """Apply what is pending, each in a transaction of its own; returns what was applied.

    `connection` is in autocommit. Processes that come at once wait for each other. `told` is
    called after each with its seconds.
    """
    if not pending(connection, folder):
        return ()
    with in_words():
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        try:
            todo = pending(connection, folder)
            for migration in todo:
                begun = time.monotonic()
                _apply_one(connection, migration)
                if told is not None:
                    told(migration, time.monotonic() - begun)
        finally:
            connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))
    return todo


def _apply_one(connection: Connection[Any], migration: Migration) -> None:
    try:
        with connection.transaction():
            connection.execute(migration.text.encode())
            connection.execute(
                "CREATE TABLE IF NOT EXISTS ops.schema_migrations ("
                " version integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL,"
                " applied_at timestamptz NOT NULL DEFAULT now())"
            )
            connection.execute(
                "INSERT INTO ops.schema_migrations (version, name, sha256) VALUES (%s, %s, %s)",
                (migration.version, migration.name, migration.sha256),
            )
    except psycopg.Error as error:
        if explain(error) is not None:
            raise
        raise MigrationRefused(
            f"Migration {migration.version:04}_{migration.name} does not apply.",
            str(error).strip().splitlines()[0],
            "Nothing of it was kept. If this database has tables of its own in the schemas ops,"
            " nba, espn, kalshi or derived, use another database.",
        ) from error
