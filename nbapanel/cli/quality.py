"""`qc`: holds what the warehouse has of NBA games against the archive, the feeds and itself."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from nbapanel.archive import Archive
from nbapanel.cli.place import find_place, place_options
from nbapanel.cli.screen import STYLES, console
from nbapanel.errors import UsageError, UserFacingError
from nbapanel.opening import look_into, nothing_here
from nbapanel.place import Place
from nbapanel.quality.reading import looking
from nbapanel.quality.report import examine, nothing
from nbapanel.rows.quality import CheckedGame, CheckTotal, QualityReport, QualityWanted
from nbapanel.wording import counted, took

_STDOUT = "-"
_MOST_GAMES = 50


@click.command()
@place_options
@click.option("--game", metavar="ID", help="One game: its NBA id, such as 0022500775.")
@click.option("--season", metavar="SEASON", help="One season, such as 2025-26.")
@click.option(
    "--json",
    "json_file",
    metavar="FILE",
    help="Write the whole report as JSON into a file; - for the screen.",
)
def qc(
    data_dir: Path | None,
    feeds: str | None,
    verbose: bool,
    game: str | None,
    season: str | None,
    json_file: str | None,
) -> None:
    """Check what is held of the NBA games; exit 1 if any check fails.

    Warnings do not fail, nor does a game that is live or still to come. Nothing is changed.
    """
    if game is not None and season is not None:
        raise UsageError("Name a game or a season, not both.")
    place = find_place(data_dir, feeds, verbose)
    wanted = QualityWanted(game, season)
    with look_into(place, "qc") as conninfo:
        there = conninfo is not None
        report = _examined(place, conninfo, wanted) if conninfo is not None else nothing(wanted)
    if json_file == _STDOUT:
        click.echo(msgspec.json.encode(report))
    elif there:
        _show(report)
    else:
        click.echo(f"○ {nothing_here(place)}")
    if json_file is not None and json_file != _STDOUT:
        _write(Path(json_file), msgspec.json.format(msgspec.json.encode(report)))
    sys.exit(1 if report.has_failed else 0)


def _examined(place: Place, conninfo: str, wanted: QualityWanted) -> QualityReport:
    archive = Archive(place.data_dir.archive, most_bytes=place.settings.most_payload_mb * 1_000_000)
    out = Console(stderr=True)
    with (
        looking(conninfo) as connection,
        Progress(console=out, transient=True, disable=not out.is_terminal) as progress,
    ):
        task = progress.add_task("Checking games", total=None)
        return examine(
            connection,
            archive,
            wanted,
            lambda done, total: progress.update(task, completed=done, total=total),
        )


# ---- on the screen -----------------------------------------------------------------------------


def _show(report: QualityReport) -> None:
    out = console()
    if not report.games:
        out.print("○ No NBA games yet: nothing to check.")
        return
    out.print(_checks_table(report.checks))
    amiss = [game for game in report.games if game.verdict in ("failed", "warned")]
    amiss.sort(key=lambda game: game.verdict != "failed")
    for game in amiss[:_MOST_GAMES]:
        _show_game(game)
    if len(amiss) > _MOST_GAMES:
        out.print(f"… and {counted(len(amiss) - _MOST_GAMES, 'game')} more: --json has them all.")
    if len(report.games) == 1:
        for reason, names in report.games[0].unseen.items():
            out.print(Text(f"○ {reason}: {', '.join(names)}", "dim"))
    out.print(_summary(report))


def _checks_table(checks: tuple[CheckTotal, ...]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("")
    table.add_column("check", no_wrap=True)
    table.add_column("")
    for name in ("passed", "warned", "failed", "not seen"):
        table.add_column(name, justify="right", no_wrap=True)
    for check in checks:
        glyph, role = _look(check.failed, check.warned, check.passed)
        numbers = (check.passed, check.warned, check.failed, check.unseen)
        table.add_row(
            Text(glyph, STYLES[role]),
            check.name,
            Text(check.title, "dim"),
            *(f"{number:,}" if number else Text("-", "dim") for number in numbers),
        )
    return table


def _look(failed: int, warned: int, passed: int) -> tuple[str, str]:
    if failed:
        return "✗", "bad"
    if warned:
        return "!", "warning"
    return ("✓", "good") if passed else ("○", "muted")


def _show_game(game: CheckedGame) -> None:
    out = console()
    glyph, role = _look(game.failed, game.warned, game.passed)
    matchup = f"{game.away_code or '?'} @ {game.home_code or '?'}"
    head = f"{glyph} {game.game_id}  {game.game_date or 'no date'}  {matchup}  {game.status}"
    out.print(Text(head, STYLES[role]))
    for finding in game.findings:
        mark = "!" if finding.is_warning else "✗"
        told = (
            f"    {mark} {finding.check}: {finding.where}: due {finding.expected};"
            f" found {finding.found}"
        )
        out.print(Text(told), soft_wrap=True)
    if game.withheld:
        out.print(Text(f"    … and {counted(game.withheld, 'finding')} more of the same", "dim"))


def _summary(report: QualityReport) -> Text:
    verdicts = [game.verdict for game in report.games]
    failed, warned = verdicts.count("failed"), verdicts.count("warned")
    passed, unseen = verdicts.count("passed"), verdicts.count("unseen")
    to_come = sum(game.status != "final" for game in report.games)
    parts = [f"{failed:,} fail" if failed else "none fails"]
    parts += [f"{warned:,} with warnings"] if warned else []
    parts += [f"{passed:,} pass"] if passed else []
    parts += [f"{unseen:,} with nothing to check"] if unseen else []
    parts += [f"{to_come:,} not final yet"] if to_come else []
    glyph, role = _look(failed, warned, passed)
    said = f"{counted(len(report.games), 'game')} of {report.asked}: {', '.join(parts)}"
    if report.asked == f"game {report.games[0].game_id}":
        said = _of_one(report.games[0])
    return Text(f"{glyph} {said}. {took(report.took_s)}.", STYLES[role])


def _of_one(game: CheckedGame) -> str:
    numbers = ((game.failed, "failed"), (game.warned, "with warnings"), (game.passed, "passed"))
    told = [f"{counted(number, 'check')} {word}" for number, word in numbers if number]
    return f"Game {game.game_id} ({game.status}): {', '.join(told) or 'nothing to check'}"


# ---- into a file -------------------------------------------------------------------------------


def _write(path: Path, document: bytes) -> None:
    """Whole or not at all."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        partial.write_bytes(document + b"\n")
        os.replace(partial, path)
    except OSError as error:
        raise UserFacingError(
            "The report could not be written.", f"{path}: {error.strerror or error}"
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
