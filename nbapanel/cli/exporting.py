"""`export`: a relation or a named query into a CSV or Parquet file, or the list of them."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click
import msgspec
from rich.padding import Padding
from rich.text import Text

from nbapanel.cli.export_progress import ended_as_by_ctrl_c, progress
from nbapanel.cli.place import find_place, place_options
from nbapanel.cli.screen import console, ticked
from nbapanel.errors import DatabaseUnavailable, UsageError
from nbapanel.exports import export as write_export
from nbapanel.exports import export_choices
from nbapanel.exports.narrowing import check_season, moment_of
from nbapanel.exports.sources import no_such_source
from nbapanel.opening import look_into, nothing_here
from nbapanel.paths import expanded
from nbapanel.place import Place
from nbapanel.rows.exportable import (
    FORMATS,
    Exportable,
    ExportDone,
    ExportWanted,
    FileFormat,
)
from nbapanel.warehouse.db import connect
from nbapanel.wording import counted, size, took


@click.command(short_help="Write a table, a view or a query as CSV or Parquet.")
@click.argument("source", metavar="[RELATION|QUERY]", required=False)
@click.option("--list", "is_list", is_flag=True, help="Name what there is; of one, its columns.")
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), help="Default: by the end of FILE."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to; FILE.manifest.json comes beside it.",
)
@click.option("--game", "games", multiple=True, help="Only this game: ESPN or NBA id; repeatable.")
@click.option("--season", "seasons", multiple=True, help="Only this one, as 2023-24; repeatable.")
@click.option(
    "--since", metavar="TIME", help="Only rows from then on: a US Eastern day, or a time."
)
@click.option("--overwrite", is_flag=True, help="Replace FILE if it is there.")
@click.option("--json", "as_json", is_flag=True, help="Say what was written, or the list, as JSON.")
@click.option("--progress-lines", is_flag=True, hidden=True)  # for a window: JSON, a line each
@place_options
def export(
    source: str | None,
    is_list: bool,
    format_: str | None,
    out: Path | None,
    games: tuple[str, ...],
    seasons: tuple[str, ...],
    since: str | None,
    overwrite: bool,
    as_json: bool,
    progress_lines: bool,
    data_dir: Path | None,
    feeds: str | None,
    verbose: bool,
) -> None:
    """Write a table, a view or a named query of the warehouse into a CSV or Parquet file.

    The file is there whole or not at all, and beside it FILE.manifest.json says what it holds, of
    which moment, and its SHA-256. `nbapanel export --list` names all relations and queries.
    """
    place = find_place(data_dir, feeds, verbose)
    if is_list:
        _list(place, source, as_json=as_json)
        return
    if source is None or out is None:
        raise UsageError(
            "What is to be exported, and where to?",
            "As in: nbapanel export nba.games --out games.csv",
            "What there is: nbapanel export --list",
        )
    wanted = ExportWanted(
        source,
        _place_of(out),
        cast(FileFormat, format_ or _format_of(out)),
        games,
        tuple(check_season(season) for season in seasons),
        None if since is None else moment_of(since),
        overwrite,
    )
    with ended_as_by_ctrl_c(), look_into(place, "export") as conninfo:
        if conninfo is None:
            raise DatabaseUnavailable("There is nothing to export yet.", nothing_here(place))
        with (
            connect(conninfo, purpose="export") as connection,
            progress(source, as_json=as_json, as_lines=progress_lines) as told,
        ):
            done = write_export(connection, wanted, told)
    if as_json or progress_lines:
        click.echo(msgspec.json.encode(done))
    else:
        console().print(ticked(_in_words(done), is_good=True), soft_wrap=True)


def _place_of(out: Path) -> Path:
    """Absolute: in the manifest, and in what is said, it is to be found from anywhere."""
    if str(out) == "-":
        raise UsageError(
            "An export goes into a file, for it is whole or not at all.",
            hint="As in: --out games.csv",
        )
    return expanded(out).absolute()


def _format_of(out: Path) -> str:
    found = out.suffix.removeprefix(".").lower()
    if found not in FORMATS:
        raise UsageError(
            f"The format of {out.name} is not told by its name.", hint="--format csv or parquet"
        )
    return found


def _in_words(done: ExportDone) -> str:
    rows = counted(done.rows, "row")
    return f"{done.source}: {rows}, {size(done.byte_size)} in {took(done.seconds)} → {done.out}"


def _list(place: Place, name: str | None, *, as_json: bool) -> None:
    with look_into(place, "export") as conninfo:
        if conninfo is None:
            raise DatabaseUnavailable("There is nothing to export yet.", nothing_here(place))
        with connect(conninfo, purpose="export") as connection:
            sources = export_choices(connection).sources
    if name is not None:
        known = [one.name for one in sources]
        if name not in known:
            raise no_such_source(name, known)
        sources = (sources[known.index(name)],)
    if as_json:
        click.echo(msgspec.json.encode(sources))
    elif name is not None:
        _show_one(sources[0])
    else:
        _show_all(sources)


def _show_all(sources: tuple[Exportable, ...]) -> None:
    out = console()
    for kind in ("query", "relation"):
        out.print(Text("Queries" if kind == "query" else "\nRelations", "bold"))
        for source in sources:
            if (source.kind == "query") != (kind == "query"):
                continue
            title = Text(source.name)
            title.append(f"  {_kind_and_filters(source)}", "dim")
            out.print(title)
            if source.description:
                out.print(Padding(Text(source.description, "dim"), (0, 0, 0, 4), expand=False))


def _show_one(source: Exportable) -> None:
    out = console()
    out.print(Text.assemble(source.name, (f"  {_kind_and_filters(source)}", "dim")))
    if source.description:
        out.print(Text(source.description))
    for column in source.columns:
        out.print(Text.assemble(f"  {column.name}", (f"  {column.type}", "dim")))


def _kind_and_filters(source: Exportable) -> str:
    filters = [
        *(["--game"] if source.takes_game else []),
        *(["--season"] if source.takes_season else []),
        *([f"--since by {source.time_column}"] if source.time_column else []),
    ]
    return ", ".join([source.kind, *filters, counted(len(source.columns), "column")])
