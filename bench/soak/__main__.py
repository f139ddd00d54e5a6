"""`python -m bench.soak`: runs it, writes the report, and says which check was not met."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import traceback
from pathlib import Path

import click

from bench import machine
from bench.soak import judging, processes, report
from bench.soak.course import Course
from bench.soak.found import Found, Wanted
from bench.soak.judging import Check

_OUT = Path(__file__).parents[1] / "soak.json"
_GONE_MOST_S = 30.0


@click.command()
@click.option("--minutes", type=click.FloatRange(min=2), default=120, show_default=True)
@click.option("--seed", type=int, default=7, show_default=True, help="Of the league and of chance.")
@click.option("--rate", type=float, default=60, show_default=True, help="Of the league's clock.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=_OUT,
    help="The JSON file to write (default: bench/soak.json); SOAK.md comes beside it.",
)
@click.option("--keep", is_flag=True, help="Leave the scratch folder, for a look.")
@click.option("--trace", is_flag=True, help="Trace the window's memory (much slower).")
def main(minutes: float, seed: int, rate: float, out: Path, keep: bool, trace: bool) -> None:
    """Use the window for hours against a season at 60x with faults, and see that it stays sound."""
    # A process that is ended leaves its blocks, and with them ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    scratch = Path(tempfile.mkdtemp(prefix="nbapanel-soak-"))
    try:
        about = machine.described(scratch / "machine")
        wanted = Wanted(minutes, seed, rate, scratch, trace)
        found = _gone_through(Course(wanted))
        report.write(out, about, wanted, found)
    finally:
        processes.left_in(scratch, _GONE_MOST_S)
        if keep:
            click.echo(f"Kept: {scratch}", err=True)
        else:
            shutil.rmtree(scratch, ignore_errors=True)
    missed = [check for check in found.checks if not check.is_met]
    for check in found.checks:
        click.echo(f"{'  met' if check.is_met else 'NOT MET'}: {check.what}. {check.found}")
    click.echo(f"Report: {out}")
    sys.exit(1 if missed else 0)


def _gone_through(course: Course) -> Found:
    """What was found; also where it broke off, for hours went into it."""
    try:
        course.run()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a check that was not met
        traceback.print_exc()
        told = f"It broke off: {type(error).__name__}: {error}"
        course.found.checks.append(Check("the soak comes to its end", told, False))
    found = course.found
    steady = judging.memory(found.samples, found.took_s) + judging.constants(found.samples)
    found.checks = steady + found.checks
    return found


if __name__ == "__main__":
    main()
