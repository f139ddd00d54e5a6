"""`python -m bench`: measures all topics, or those named, and shows and keeps what it found."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
import psutil

from bench import machine, markdown, report, season, wording
from bench.archives import Archives
from bench.figures import Curve, Figure
from bench.results import Measured, Results
from bench.topics import TOPICS
from bench.workbench import SEASON, Workbench
from nbapanel.simulator.league import League

_HERE = Path(__file__).parent
_QUICK_PLACE = _HERE.parent / "build" / "bench"
_QUICK_GAMES, _QUICK_REPEATS = 120, 1
_RESULTS, _PAGE, _PICTURE = "results.json", "report.md", "cost.png"
_END_S = 20.0


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(TOPICS)), help="Just this topic.")
@click.option("--games", type=click.IntRange(min=20, max=SEASON), default=SEASON, show_default=True)
@click.option("--repeats", type=click.IntRange(min=1), default=5, show_default=True)
@click.option(
    "--quick",
    is_flag=True,
    help=f"{_QUICK_GAMES} games, once, into build/bench: to see that all of it works.",
)
@click.option(
    "--lacking",
    is_flag=True,
    help="Only what the results do not hold at this size yet: goes on where a run broke off.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the generated archives here for the next time.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help=f"The folder of {_RESULTS}, {_PAGE} and {_PICTURE} (default: bench).",
)
def main(
    only: tuple[str, ...],
    games: int,
    repeats: int,
    quick: bool,
    lacking: bool,
    data: Path | None,
    out: Path | None,
) -> None:
    """Measure nbapanel's speed and memory beside the usual ways. Takes about 40 minutes.

    What is found is written after each topic; other topics of an earlier run are kept.
    """
    if quick:
        games, repeats = _QUICK_GAMES, _QUICK_REPEATS
    out = out or (_QUICK_PLACE if quick else _HERE)
    out.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    scratch = Path(tempfile.mkdtemp(prefix="nbapanel-bench-"))
    try:
        results = Results.beside(out / _RESULTS, machine.described(scratch / "machine"))
        topics = list(only or TOPICS)
        if lacking:
            topics = results.lacking(topics, games, repeats)
        archives = Archives(data or scratch / "archives", League(season.SEED))
        archives.root.mkdir(parents=True, exist_ok=True)
        with closing(Workbench(games, repeats, scratch, archives)) as work:
            _measure(work, topics, results)
        left = _left_behind(scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    _write(results)
    report.show(results)
    click.echo(f"Took {time.monotonic() - start:.0f} s. Written: {out}/{_RESULTS}, {_PAGE}")
    _fail_if_any([f"{topic}: {said}" for topic, said in results.failures.items()] + left)


def _measure(work: Workbench, topics: Sequence[str], results: Results) -> None:
    for topic in topics:
        work.say(f"{topic} ...")
        measured = _measured(work, topic)
        work.say(f"  took {measured.took_s:.0f} s")
        results.put(topic, measured, list(TOPICS))
        _write(results)


def _measured(work: Workbench, topic: str) -> Measured:
    """One that breaks off is named, and the others are measured nevertheless."""
    start = time.monotonic()
    found: list[Figure | Curve] = []
    failure = ""
    try:
        found += TOPICS[topic](work)
    except Exception as error:  # noqa: BLE001 - whatever it is, hours of others must not go with it
        traceback.print_exc()
        found, failure = [], f"{type(error).__name__}: {error}"[:300]
        work.stop_server()
    return Measured(
        datetime.now(UTC).isoformat(timespec="seconds"),
        work.games,
        work.repeats,
        round(time.monotonic() - start, 1),
        tuple(one for one in found if isinstance(one, Figure)),
        tuple(one for one in found if isinstance(one, Curve)),
        failure,
    )


def _write(results: Results) -> None:
    """All that is held, as data, as a page and as a picture."""
    results.save()
    folder = results.path.parent
    if results.curves:
        _draw(results, folder / _PICTURE)
    (folder / _PAGE).write_text(markdown.page(results, _PICTURE), encoding="utf-8")


def _draw(results: Results, picture: Path) -> None:
    try:
        from bench import plot
    except ImportError as error:  # Qt without the libraries that it needs of the system
        click.echo(f"No {picture.name}: {error}", err=True)
        return
    plot.draw(results.curves, wording.machine(results.machine), picture)


def _left_behind(scratch: Path) -> list[str]:
    """What still works in `scratch` when the last server's keeper had time to end."""
    deadline = time.monotonic() + _END_S
    while (left := _processes_of(scratch)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return [f"left behind: {process}" for process in left]


def _processes_of(scratch: Path) -> list[str]:
    return [
        f"{process.pid} {' '.join(process.info['cmdline'])}"
        for process in psutil.process_iter(["cmdline"])
        if any(str(scratch) in argument for argument in process.info["cmdline"] or ())
    ]


def _fail_if_any(troubles: Sequence[str]) -> None:
    for trouble in troubles:
        click.echo(trouble, err=True)
    if troubles:
        sys.exit(1)


if __name__ == "__main__":
    main()
