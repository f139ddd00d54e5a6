"""`verify`: computes the derived tables again from scratch and reports any difference."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click
import msgspec

from nbapanel.cli.place import find_place, place_options
from nbapanel.cli.screen import console, ticked
from nbapanel.opening import open_warehouse
from nbapanel.steps.verification import Difference, differences
from nbapanel.warehouse.db import Database


@click.group()
def verify() -> None:
    """Check what is stored against what it was made from."""


@verify.command(short_help="Compute states and features from scratch and compare.")
@place_options
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def features(data_dir: Path | None, feeds: str | None, verbose: bool, as_json: bool) -> None:
    """Compute all states and features from scratch and compare; exit 1 if anything differs."""
    place = find_place(data_dir, feeds, verbose)
    with open_warehouse(place, "verify") as conninfo:
        found = asyncio.run(_compare(conninfo))
    if as_json:
        click.echo(msgspec.json.encode(list(found.values())))
    else:
        for one in found.values():
            _show(one)
    sys.exit(1 if any(one.too_many or one.missing for one in found.values()) else 0)


async def _compare(conninfo: str) -> dict[str, Difference]:
    total: dict[str, Difference] = {}
    async with Database(conninfo, "verify") as database, database.connection() as connection:
        async for _, found in differences(connection):
            before = total.get(found.relation, Difference(found.relation, 0, 0, ()))
            total[found.relation] = Difference(
                found.relation,
                before.too_many + found.too_many,
                before.missing + found.missing,
                (before.games + found.games)[:10],
            )
    return total


def _show(one: Difference) -> None:
    out = console()
    if not one.too_many and not one.missing:
        out.print(ticked(f"{one.relation}: as computed from scratch", is_good=True))
        return
    told = (
        f"{one.relation}: {one.too_many:,} rows that should not be there,"
        f" {one.missing:,} missing. Games: {', '.join(one.games)}"
    )
    out.print(ticked(told, is_good=False))
