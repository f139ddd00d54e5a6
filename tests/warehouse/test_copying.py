"""Rows by COPY: every value arrives as it was, in text (with numbers as decimals) and in binary."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from psycopg import sql

from nbapanel.warehouse.copying import copy_rows

EASTERN_WINTER = timezone(timedelta(hours=-5))
TIP_OFF = datetime(2026, 1, 16, 0, 30, tzinfo=UTC)
MOMENTS = (
    TIP_OFF,
    TIP_OFF.astimezone(EASTERN_WINTER),  # the same moment in another zone, and equal to it
    TIP_OFF + timedelta(microseconds=1),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2200, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    TIP_OFF,
    None,
)


@pytest.mark.parametrize("price_type", ["numeric", "float8"])
async def test_moments_arrive_as_they_were(database, connection, price_type):
    """Text and binary: `numeric` among the types decides which."""
    connection.execute(
        f"CREATE TABLE public.timed (place int4, at timestamptz, price {price_type})"
    )
    price = "0.5600" if price_type == "numeric" else 0.56
    columns = [("place", "int4"), ("at", "timestamptz"), ("price", price_type)]
    async with database.connection() as held, held.cursor() as cursor:
        rows = [(place, moment, price) for place, moment in enumerate(MOMENTS)]
        await copy_rows(cursor, sql.Identifier("public", "timed"), columns, rows)
        await cursor.execute("SELECT at, price FROM public.timed ORDER BY place")
        found = await cursor.fetchall()
    assert [moment for moment, _ in found] == list(MOMENTS)
    assert {Decimal(str(value)) for _, value in found} == {Decimal("0.56")}


async def test_lists_arrive_as_they_were(database, connection):
    """Each is written once, however often it comes: none takes the place of another."""
    connection.execute("CREATE TABLE public.listed (place int4, names text[], numbers int8[])")
    columns = [("place", "int4"), ("names", "text[]"), ("numbers", "int8[]")]
    names = [[], ["a"], ["a", "b"], ["b", "a"], [None, "a"], ["{},\"'"], None, ["a"], ["1"], []]
    numbers = [[], [1], [1, 2], [2, 1], [None, 1], [2**62], None, [1], [11], [1]]
    rows = list(zip(range(len(names)), names, numbers, strict=True))
    async with database.connection() as held, held.cursor() as cursor:
        await copy_rows(cursor, sql.Identifier("public", "listed"), columns, rows)
        await cursor.execute("SELECT place, names, numbers FROM public.listed ORDER BY place")
        assert await cursor.fetchall() == rows
