"""`steps`, `status` and `history`: what there is and what happened. Nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from rich.table import Table
from rich.text import Text

from nbapanel.cli.backfill_screen import backfills_table
from nbapanel.cli.place import find_place, place_options
from nbapanel.cli.screen import STYLES, console
from nbapanel.engine.events import StepState
from nbapanel.errors import UsageError
from nbapanel.headline import headline
from nbapanel.opening import look_into, nothing_here
from nbapanel.place import Place
from nbapanel.rows.backfills import BackfillRow
from nbapanel.rows.reads import NOTHING, Overview, RunRow, SlateDay, StaleStep, StepRow
from nbapanel.steps.inputs import INPUTS
from nbapanel.steps.publish import VIEWS
from nbapanel.views import overview, runs, stale_steps
from nbapanel.views.attempts import last_successes, run_steps
from nbapanel.views.backfills import backfills
from nbapanel.warehouse.db import connect
from nbapanel.wording import size, took

_WRAPPED = {"", "waits for"}


@click.command()
@place_options
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def steps(data_dir: Path | None, feeds: str | None, verbose: bool, as_json: bool) -> None:
    """The steps of a refetch, in order: their keys, lanes and needs. The same for all feeds."""
    find_place(data_dir, feeds, verbose)  # refuses what any other command refuses
    from nbapanel.pipeline import STEPS

    if as_json:
        shown = [
            {"key": s.key, "title": s.title, "lane": s.lane, "needs": s.needs,
             "follows": s.follows, "writes": s.writes, "timeout_s": s.timeout_s}
            for s in STEPS.steps
        ]  # fmt: skip
        click.echo(msgspec.json.encode(shown))
        return
    table = _table("", "step", "lane", "waits for")
    for number, step in enumerate(STEPS.steps, 1):
        table.add_row(
            str(number),
            Text.assemble(step.key, (f"\n{step.title}", "dim")),
            step.lane,
            Text.assemble(
                ", ".join(step.waits_for) or "-",
                (f"\nwrites {', '.join(step.writes)}" if step.writes else "", "dim"),
            ),
        )
    console().print(table)


@click.command(short_help="Is the data fresh and complete, and what is there.")
@place_options
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def status(data_dir: Path | None, feeds: str | None, verbose: bool, as_json: bool) -> None:
    """Is the data fresh and complete, what is there, and what ran last."""
    place = find_place(data_dir, feeds, verbose)
    with look_into(place, "status") as conninfo:
        looked = _Looked(NOTHING, {}, {}) if conninfo is None else _look(place, conninfo)
    if as_json:
        stale = {step: one.reason for step, one in looked.stale.items()}
        click.echo(msgspec.json.encode(msgspec.to_builtins(looked.seen) | {"stale": stale}))
    elif conninfo is None:
        click.echo(f"○ {nothing_here(place)}")
    else:
        _show(place, looked)


@dataclass(frozen=True, slots=True)
class _Looked:
    """`succeeded`: by step, when it last ended well; `stale`: those with changed inputs since."""

    seen: Overview
    succeeded: dict[str, StepRow]
    stale: dict[str, StaleStep]


def _look(place: Place, conninfo: str) -> _Looked:
    with connect(conninfo, purpose="status") as connection:
        seen = overview(
            connection,
            days=place.settings.days,
            made_of={view.name: view.made_of for view in VIEWS},
        )
        return _Looked(seen, last_successes(connection), stale_steps(connection, INPUTS))


def _show(place: Place, looked: _Looked) -> None:
    seen = looked.seen
    out = console()
    told = headline(seen, {}, {}, datetime.now(UTC))
    out.print(Text(f"{told.glyph} {told.line}", STYLES[told.role]))
    out.print(f"Feeds: {seen.feeds}. PostgreSQL {seen.server_version}. Data: {place.data_dir.root}")
    if seen.days:
        table = _table("day", "games", "final", "live", "postp.", "probs", "state",
                       "candles", "")  # fmt: skip
        for day in seen.days:
            numbers = (day.games, day.final, day.live, day.postponed, day.with_probabilities,
                       day.with_state, day.with_kalshi)  # fmt: skip
            table.add_row(
                f"{day.game_date}",
                *(f"{n}" for n in numbers),
                _day_in_words(day),
            )
        out.print(table)
    if seen.relations:
        table = _table("relation", "rows", "size")
        for relation in seen.relations:
            table.add_row(relation.relation, f"{relation.row_count:,}", size(relation.size_bytes))
        out.print(table)
    out.print(_successes_table(looked))


def _successes_table(looked: _Looked) -> Table:
    from nbapanel.pipeline import STEPS

    table = _table("step", "last success", "took", "")
    for step in STEPS.steps:
        row, stale = looked.succeeded.get(step.key), looked.stale.get(step.key)
        look = StepState.STALE
        table.add_row(
            step.title,
            "never" if row is None or row.finished_at is None else _moment(row.finished_at),
            "" if row is None or row.duration_ms is None else took(row.duration_ms / 1000),
            Text(f"{look.glyph} {look.word}: {stale.reason}", STYLES[look.role]) if stale else "",
        )
    return table


def _day_in_words(day: SlateDay) -> Text:
    if day.complete:
        return Text("✓ complete", "green")
    if day.live:
        return Text(f"▶ {day.live} live", "cyan")
    to_come = day.games - day.final - day.postponed
    return Text(f"○ {to_come} to come", "dim") if to_come else Text("! not complete", "yellow")


@click.command(short_help="The last runs and backfills, and what each changed.")
@click.argument("run_id", type=click.IntRange(1, 2**63 - 1), required=False)
@place_options
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=20,
    show_default=True,
    help="How many runs, and how many backfills.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def history(
    run_id: int | None,
    data_dir: Path | None,
    feeds: str | None,
    verbose: bool,
    limit: int,
    as_json: bool,
) -> None:
    """The last runs and backfills; with a RUN_ID its steps and what each changed."""
    place = find_place(data_dir, feeds, verbose)
    rows: list[RunRow] = []
    done: list[StepRow] = []
    brought: tuple[BackfillRow, ...] = ()
    with look_into(place, "history") as conninfo:
        if conninfo is not None:
            with connect(conninfo, purpose="history") as connection:
                rows = runs(connection, limit=limit, run_id=run_id)
                done = run_steps(connection, run_id) if run_id is not None else []
                brought = backfills(connection, limit) if run_id is None else ()
    if run_id is not None and not rows:
        raise UsageError(f"There is no run {run_id}.", hint="See: nbapanel history")
    if as_json:
        click.echo(msgspec.json.encode({"runs": rows, "steps": done, "backfills": brought}))
        return
    if conninfo is None:
        click.echo(nothing_here(place))
        return
    further = [backfills_table(brought)] if brought else []
    further += [_steps_table(done)] if done else []
    further += [_changes_table(done)] if any(row.changes for row in done) else []
    out = console()
    out.print(_runs_table(rows))
    for table in further:
        out.print()
        out.print(table)


def _runs_table(rows: list[RunRow]) -> Table:
    table = _table("run", "began", "what", "trigger", "result", "took", "+", "~", "-", "")
    for row in rows:
        state = StepState(row.status)
        table.add_row(
            str(row.run_id),
            _moment(row.started_at),
            row.kind,
            row.trigger + (f" of {row.resumes}" if row.resumes else ""),
            Text(f"{state.glyph} {state.word}", STYLES[state.role]),
            "" if row.duration_ms is None else took(row.duration_ms / 1000),
            f"{row.inserted:,}",
            f"{row.updated:,}",
            f"{row.deleted:,}",
            Text(row.error or "", "dim"),
        )
    return table


def _steps_table(done: list[StepRow]) -> Table:
    table = _table("", "step", "result", "took", "requests", "bad", "")
    for row in done:
        state = StepState(row.status)
        said = " ".join(part for part in (row.reason, row.error, row.hint) if part)
        table.add_row(
            Text(state.glyph, STYLES[state.role]),
            row.step,
            Text(state.word, STYLES[state.role]),
            "" if row.duration_ms is None else took(row.duration_ms / 1000),
            f"{row.requests}",
            f"{row.bad_items}",
            Text(said, "dim"),
        )
    return table


def _changes_table(done: list[StepRow]) -> Table:
    """A table of its own: beside what a step says there is no room for names in 80 columns."""
    table = _table("step", "what changed", "inserted", "updated", "deleted")
    for row in done:
        for relation, changed in row.changes.items():
            numbers = (changed[name] for name in ("inserted", "updated", "deleted"))
            table.add_row(row.step, relation, *(f"{number:,}" for number in numbers))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    numeric = {"rows", "size", "took", "games", "final", "live", "postp.", "probs",
               "state", "candles", "requests", "bad", "+", "~", "-", "run",
               "inserted", "updated", "deleted"}  # fmt: skip
    for column in columns:
        table.add_column(
            column,
            justify="right" if column in numeric else "left",
            no_wrap=column not in _WRAPPED,
        )
    return table


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"
