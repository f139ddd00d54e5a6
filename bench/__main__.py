"""`python -m bench`: measures all topics, or those named, and shows and keeps the figures."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import click
import psutil

from bench import machine, report, season
from bench.archives import Archives
from bench.figures import Figure
from bench.topics import TOPICS
from bench.workbench import Workbench
from nbapanel.simulator.league import League

_RESULTS = Path(__file__).with_name("results.json")
_END_S = 20.0


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(TOPICS)), help="Just this topic.")
@click.option("--games", type=click.IntRange(min=20, max=540), default=540, show_default=True)
@click.option("--repeats", type=click.IntRange(min=1), default=5, show_default=True)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the generated archives here for the next time.",
)
@click.option(
    "--results",
    type=click.Path(dir_okay=False, path_type=Path),
    default=_RESULTS,
    help="The JSON file to write (default: bench/results.json).",
)
def main(only: tuple[str, ...], games: int, repeats: int, data: Path | None, results: Path) -> None:
    """Measure nbapanel's speed and memory beside the usual ways. Takes about a quarter hour."""
    start = time.monotonic()
    topics = only or tuple(TOPICS)
    scratch = Path(tempfile.mkdtemp(prefix="nbapanel-bench-"))
    try:
        about = machine.described(scratch / "machine")
        archives = Archives(data or scratch / "archives", League(season.SEED))
        archives.root.mkdir(parents=True, exist_ok=True)
        found = _measure(Workbench(games, repeats, scratch, archives), topics)
        _expect_no_process(scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    took_s = round(time.monotonic() - start)
    asked = {"topics": topics, "games": games, "repeats": repeats, "took_s": took_s}
    report.write(results, about, asked, found)
    report.show(about, found, repeats)
    click.echo(f"Took {took_s} s. Every repeat: {results}")


def _measure(work: Workbench, topics: Sequence[str]) -> list[Figure]:
    found: list[Figure] = []
    with ExitStack() as stack:
        stack.callback(work.stop_server)
        for topic in topics:
            work.say(f"{topic} ...")
            start = time.monotonic()
            found += TOPICS[topic](work)
            work.say(f"  took {time.monotonic() - start:.0f} s")
    return found


def _expect_no_process(scratch: Path) -> None:
    """Wait for the last server's keeper; raise if anything is left that works in `scratch`."""
    deadline = time.monotonic() + _END_S
    while left := _processes_of(scratch):
        if time.monotonic() > deadline:
            raise RuntimeError(f"left behind: {left}")
        time.sleep(0.1)


def _processes_of(scratch: Path) -> list[str]:
    return [
        f"{process.pid} {' '.join(process.info['cmdline'])}"
        for process in psutil.process_iter(["cmdline"])
        if any(str(scratch) in argument for argument in process.info["cmdline"] or ())
    ]


if __name__ == "__main__":
    main()
