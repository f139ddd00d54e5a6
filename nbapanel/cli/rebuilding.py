"""`rebuild`: empties the data tables and loads everything again from the archive, offline."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import click
from psycopg import AsyncConnection

from nbapanel.archive import Archive
from nbapanel.cli.place import find_place, place_options
from nbapanel.cli.refetch import run_request
from nbapanel.cli.requests import RunRequest
from nbapanel.pipeline import STEPS
from nbapanel.steps.loading import register_manifests
from nbapanel.warehouse.statements import statement

_FETCHING = ("fetch_scoreboards", "fetch_games")
_MANIFESTS_AT_ONCE = 1_000


@click.command()
@place_options
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document at the end.")
def rebuild(
    data_dir: Path | None, feeds: str | None, verbose: bool, yes: bool, as_json: bool
) -> None:
    """Drop the data tables' rows and load everything again from the archive, without a request.

    The journal of runs stays. A rebuild that was cut short goes on with: nbapanel resume
    """
    place = find_place(data_dir, feeds, verbose)
    if not yes:
        click.confirm("Empty the data tables and load them again from the archive?", abort=True)
    request = RunRequest(
        kind="steps",
        trigger="terminal",
        steps=tuple(key for key in STEPS.keys if key not in _FETCHING),
        days=place.settings.days,
        offline=True,
    )
    sys.exit(run_request(place, request, as_json=as_json, wait=False, prepare=empty_and_register))


async def empty_and_register(connection: AsyncConnection[Any], archive: Archive) -> None:
    """In one transaction: the tables empty, every payload of the archive waiting to be loaded."""
    manifests = await asyncio.to_thread(lambda: list(archive.all()))
    async with connection.transaction():
        await connection.execute(statement("empty_the_data_tables"))
        for start in range(0, len(manifests), _MANIFESTS_AT_ONCE):
            await register_manifests(connection, manifests[start : start + _MANIFESTS_AT_ONCE])
