"""What the tests of the warehouse share: a database without schema, and a small table of their own
with every kind of column."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from nbapanel.rows.models import Column, Relation
from nbapanel.warehouse.db import connect

THINGS = Relation(
    "public.things",
    (
        Column("game_id", "text"),
        Column("sequence", "int4"),
        Column("play_id", "int8"),
        Column("label", "text"),
        Column("share", "float8"),
        Column("source", "int8"),
        Column("first_source", "int8"),
        Column("raw", "jsonb"),
    ),
    key=("game_id", "sequence", "play_id"),
    scope="game_id",
    nullable_keys=("play_id",),
    uncompared=("source", "first_source"),
    insert_only=("first_source",),
)

_CREATE = """
    CREATE TABLE public.things (
        game_id text NOT NULL, sequence integer NOT NULL, play_id bigint, label text,
        share double precision, source bigint, first_source bigint, raw jsonb,
        UNIQUE NULLS NOT DISTINCT (game_id, sequence, play_id))
"""


def make_thing(
    game: str = "g1",
    sequence: int = 1,
    play: int | None = 10,
    *,
    label: str | None = "a",
    share: float | None = 0.5,
    source: int = 1,
    raw: str | None = None,
) -> tuple[Any, ...]:
    return (game, sequence, play, label, share, source, source, raw)


@pytest.fixture
def things(connection: psycopg.Connection) -> Relation:
    """The relation `public.things`, empty, in the test's own database."""
    connection.execute(_CREATE)
    return THINGS


@pytest.fixture(scope="session")
def thing() -> Callable[..., tuple[Any, ...]]:
    return make_thing


@pytest.fixture
def empty_database(server_conninfo: str) -> Iterator[str]:
    """A database that was never migrated."""
    name = f"empty_{uuid.uuid4().hex[:12]}"
    with connect(server_conninfo, purpose="tests") as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield make_conninfo(server_conninfo, dbname=name)
    with connect(server_conninfo, purpose="tests") as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
