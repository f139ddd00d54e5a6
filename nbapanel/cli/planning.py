"""`refetch --dry-run`: what would happen, by the same planning code that the steps use."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import click
import msgspec
from rich.table import Table
from rich.text import Text

from nbapanel.archive import Archive
from nbapanel.cli.feeds import Reached, reach
from nbapanel.cli.league_time import held_until
from nbapanel.cli.requests import RunRequest
from nbapanel.cli.running import durations, window_of
from nbapanel.cli.screen import console
from nbapanel.engine import eta
from nbapanel.engine.steps import Plan
from nbapanel.opening import look_into, nothing_here
from nbapanel.pipeline import STEPS
from nbapanel.place import Place
from nbapanel.source.feeds import open_feeds
from nbapanel.steps.resources import PipelineStep, Resources
from nbapanel.warehouse.db import Database
from nbapanel.wording import counted


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """`seconds` from history; None where three good runs are not known yet."""

    key: str
    title: str
    plan: Plan | None
    skip_reason: str
    seconds: float | None


def dry_run(place: Place, request: RunRequest, *, as_json: bool) -> None:
    with look_into(place, "plan") as conninfo:
        if conninfo is None:
            planned, total_s = _all_of(request), None
        else:
            held = held_until(place, conninfo)
            with reach(place.feeds, place.settings, request.clock, held) as reached:
                planned, total_s = asyncio.run(_plan(place, request, reached, conninfo))
    if as_json:
        document = {"steps": msgspec.to_builtins(planned), "seconds": total_s}
        click.echo(msgspec.json.encode(document))
        return
    if conninfo is None:
        click.echo(f"{nothing_here(place)} makes the warehouse, and fetches all that is asked for.")
        return
    out = console()
    out.print(_table(planned))
    out.print()
    if total_s is None:
        out.print("How long it takes is not known: that needs three runs of each step.")
    else:
        out.print(f"Usually {eta.about(total_s)}. Nothing was done.")


def _all_of(request: RunRequest) -> list[PlannedStep]:
    """The plan where there is no warehouse to ask: every step, and no number is known."""
    steps = [STEPS.by_key[key] for key in request.steps]
    return [PlannedStep(step.key, step.title, None, "", None) for step in steps]


async def _plan(
    place: Place, request: RunRequest, reached: Reached, conninfo: str
) -> tuple[list[PlannedStep], float | None]:
    steps = [STEPS.by_key[key] for key in request.steps]
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(conninfo, "plan"))
        journal = await database.open_connection(autocommit=True)
        stack.push_async_callback(journal.close)
        feeds = await stack.enter_async_context(open_feeds(reached.settings))
        resources = Resources(
            settings=place.settings,
            archive=Archive(place.data_dir.archive),
            feeds=feeds,
            database=database,
            journal=journal,
            clock=reached.clock,
            window=window_of(request, reached),
            triggered_by="plan",
            games=request.games,
            force=request.force,
            publish=request.publish,
        )
        history = await durations(journal, request.steps)
        planned = [await _planned(step, resources, history) for step in steps]
    pending = [one.key for one in planned if not one.skip_reason]
    return planned, eta.remaining(steps, history, {}, pending)


async def _planned(
    step: PipelineStep, resources: Resources, history: dict[str, list[float]]
) -> PlannedStep:
    plan = await step.plan(resources) if step.plan is not None else None
    reason = await step.skip_if(resources) if step.skip_if is not None else None
    return PlannedStep(
        step.key, step.title, plan, reason or "", eta.usual(history.get(step.key, ()))
    )


def _table(planned: list[PlannedStep]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("what would happen", overflow="fold")
    table.add_column("requests", justify="right", no_wrap=True)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("rows", justify="right", no_wrap=True)
    table.add_column("usually", justify="right", no_wrap=True)
    for one in planned:
        plan: Any = one.plan or Plan(requests=0)
        told = f"as of now: {one.skip_reason}" if one.skip_reason else plan.note
        table.add_row(
            Text.assemble(one.title, (f"\n  {told}" if told else "", "dim")),
            _number(plan.requests),
            "" if plan.units is None else counted(plan.units, plan.unit.removesuffix("s")),
            _number(plan.rows),
            "not known" if one.seconds is None else eta.about(one.seconds),
        )
    return table


def _number(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"
