"""Rows into a table by COPY, in the form that costs least; what is there already is not asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, LiteralString

from psycopg import AsyncCursor, sql
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.types.array import ListBinaryDumper

from nbapanel.rows.models import Row

_YIELD_EVERY_ROWS = 500


async def copy_rows(
    cursor: AsyncCursor[Any],
    table: sql.Identifier,
    columns: Sequence[tuple[str, LiteralString]],
    rows: Iterable[Row],
) -> None:
    """Append rows to the table, their values in the order of `columns` (name and type)."""
    # Decimal strings go as text; all else in the binary form, which costs half as much.
    types = [type_ for _, type_ in columns]
    binary = "numeric" not in types
    command = sql.SQL("COPY {} ({}) FROM STDIN{}").format(
        table,
        sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns),
        sql.SQL(" (FORMAT BINARY)" if binary else ""),
    )
    if binary:
        _remember_lists(cursor, types)
    else:
        cursor.adapters.register_dumper(datetime, _MomentDumper)
    async with cursor.copy(command) as copy:
        if binary:
            copy.set_types(types)
        for number, row in enumerate(rows, 1):
            await copy.write_row(row)
            if number % _YIELD_EVERY_ROWS == 0:
                # write_row never suspends while the socket takes data: without this the loop's
                # timers, and with them a cancel, would wait for the whole COPY.
                await asyncio.sleep(0)


@lru_cache(maxsize=4_096)
def _text_of(moment: datetime) -> bytes:
    return str(moment).encode()


class _MomentDumper(Dumper):
    """Writes a time in COPY's text once, however many rows hold it.

    The games of an evening share their minutes, and writing one anew costs as much as all the
    other values of a candle together.
    """

    def dump(self, obj: datetime) -> bytes:
        return _text_of(obj)


def _remember_lists(cursor: AsyncCursor[Any], types: Sequence[str]) -> None:
    for type_ in {one for one in types if one.endswith("[]")}:
        oid = cursor.adapters.types[type_.removesuffix("[]")].array_oid
        dumper = cursor.adapters.get_dumper_by_oid(oid, Format.BINARY)
        remembering = type("RememberingListDumper", (_RememberingLists, dumper), {})
        cursor.adapters.register_dumper(None, remembering)


class _RememberingLists(ListBinaryDumper):
    """Writes a list once in a COPY, however many rows hold its like.

    Most actions of a game bear no qualifier and name one of twenty players; written anew each time,
    their lists cost more than all their other values together.
    """

    def __init__(self, cls: type, context: AdaptContext | None = None) -> None:
        super().__init__(cls, context)
        self._written: dict[tuple[Any, ...], Buffer | None] = {}

    def dump(self, obj: list[Any]) -> Buffer | None:
        key = tuple(obj)
        if key not in self._written:
            self._written[key] = super().dump(obj)
        return self._written[key]
