"""`qc`: holds what the warehouse has of NBA games against the archive, the feeds and itself."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from nbapanel.archive import Archive
from nbapanel.cli.export_progress import ended_as_by_ctrl_c
from nbapanel.cli.place import find_place, place_options
from nbapanel.cli.screen import STYLES, console
from nbapanel.errors import UsageError
from nbapanel.exports.whole_file import check_place, whole_file
from nbapanel.opening import look_into, nothing_here
from nbapanel.place import Place
from nbapanel.quality.reading import looking
from nbapanel.quality.report import Told, examine, nothing
from nbapanel.rows.quality import CheckedGame, CheckTotal, QualityReport, QualityWanted, Verdict
from nbapanel.wording import counted, took

_STDOUT = Path("-")
_MOST_GAMES = 50
_LOOKS: dict[Verdict, tuple[str, str]] = {
    "failed": ("✗", "bad"),
    "warned": ("!", "warning"),
    "lacking": ("○", "warning"),
    "passed": ("✓", "good"),
    "unseen": ("○", "muted"),
}


@click.command()
@place_options
@click.option("--game", metavar="ID", help="One game: its NBA id, such as 0022500775.")
@click.option("--season", metavar="SEASON", help="One season, such as 2025-26.")
@click.option(
    "--json",
    "json_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the whole report as JSON into a file, in place of what is there; - for the screen.",
)
@click.option("--progress-lines", is_flag=True, hidden=True)  # for a window: JSON, a line each
def qc(
    data_dir: Path | None,
    feeds: str | None,
    verbose: bool,
    game: str | None,
    season: str | None,
    json_file: Path | None,
    progress_lines: bool,
) -> None:
    """Check what is held of the NBA games; exit 1 if any check fails.

    Warnings do not fail, nor does what is not there to be checked: a game that is live or to come,
    or of which nothing is held. Nothing is changed. A game or a season that the warehouse does not
    know is refused: exit 2.

    The JSON of --json: asked, checked_at, took_s, has_failed; checks: of each its name, title and
    about, and how many games passed, warned, failed, or gave it nothing to judge (unseen); games,
    newest first: game_id, season_label, game_date, away_code, home_code, status, verdict (failed,
    warned, lacking, passed, unseen), how many checks passed, warned, failed, unseen (reason: names
    of checks), findings (check, title, is_warning, where, expected, found: the first five of each
    check) and how many more there are (withheld).
    """
    if game is not None and season is not None:
        raise UsageError("Name a game or a season, not both.")
    is_for_stdout = json_file == _STDOUT
    if json_file is not None and not is_for_stdout:
        check_place(json_file, overwrite=True)
    place = find_place(data_dir, feeds, verbose)
    wanted = QualityWanted(game, season)
    with ended_as_by_ctrl_c(), look_into(place, "qc") as conninfo:
        there = conninfo is not None
        if conninfo is None:
            report = nothing(wanted)
        else:
            with _told(as_lines=progress_lines) as told:
                report = _examined(place, conninfo, wanted, told)
    if is_for_stdout:
        click.echo(msgspec.json.encode(_document(report)))
    elif there:
        _show(report)
    else:
        click.echo(f"○ {nothing_here(place)}")
    if json_file is not None and not is_for_stdout:
        with whole_file(json_file, overwrite=True) as file:
            file.write(msgspec.json.format(msgspec.json.encode(_document(report))) + b"\n")
    sys.exit(1 if report.has_failed else 0)


def _examined(place: Place, conninfo: str, wanted: QualityWanted, told: Told) -> QualityReport:
    archive = Archive(place.data_dir.archive, most_bytes=place.settings.most_payload_mb * 1_000_000)
    with looking(conninfo) as connection:
        return examine(connection, archive, wanted, told)


@contextmanager
def _told(*, as_lines: bool) -> Iterator[Told]:
    """Where it stands: lines of JSON for a window, else a bar on a terminal's stderr."""
    if as_lines:
        yield lambda done, total: click.echo(msgspec.json.encode({"done": done, "total": total}))
        return
    out = Console(stderr=True)
    with Progress(console=out, transient=True, disable=not out.is_terminal) as progress:
        task = progress.add_task("Checking games", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _document(report: QualityReport) -> dict[str, Any]:
    """The report with what follows from it."""
    said: dict[str, Any] = msgspec.to_builtins(report)
    for game, told in zip(report.games, said["games"], strict=True):
        told["verdict"] = game.verdict
    return said | {"has_failed": report.has_failed}


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
    for name in ("passed", "warned", "failed", "not checked"):
        table.add_column(name, justify="right", no_wrap=True)
    for check in checks:
        glyph, role = _LOOKS[check.verdict]
        numbers = (check.passed, check.warned, check.failed, check.unseen)
        table.add_row(
            Text(glyph, STYLES[role]),
            check.name,
            Text(check.title, "dim"),
            *(f"{number:,}" if number else Text("-", "dim") for number in numbers),
        )
    return table


def _show_game(game: CheckedGame) -> None:
    out = console()
    glyph, role = _LOOKS[game.verdict]
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
    verdicts = Counter(game.verdict for game in report.games)
    told: dict[Verdict, str] = {
        "failed": "fail",
        "warned": "with warnings",
        "lacking": "incomplete",
        "passed": "pass",
        "unseen": "not checked",
    }
    parts = [f"{verdicts[one]:,} {words}" for one, words in told.items() if verdicts[one]]
    glyph, role = _LOOKS[report.verdict]
    said = f"{counted(len(report.games), 'game')} of {report.asked}: {', '.join(parts)}"
    if report.asked == f"game {report.games[0].game_id}":
        said = _of_one(report.games[0])
    return Text(f"{glyph} {said}. {took(report.took_s)}.", STYLES[role])


def _of_one(game: CheckedGame) -> str:
    numbers = ((game.failed, "failed"), (game.warned, "with warnings"), (game.passed, "passed"))
    told = [f"{counted(number, 'check')} {word}" for number, word in numbers if number]
    return f"Game {game.game_id} ({game.status}): {', '.join(told) or 'nothing to check'}"
