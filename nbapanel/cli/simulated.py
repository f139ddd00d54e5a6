"""`simulate`: the feeds' simulator on this machine, for trying things out."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nbapanel.origin import DEMO_LEAGUE


@click.command(short_help="Serve all feeds on this machine, for trying things out.")
@click.option(
    "--league", type=int, help=f"A season invented from this number (default: {DEMO_LEAGUE})."
)
@click.option(
    "--recorded",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Serve the recorded payloads of this folder.",
)
@click.option("--clock", default="fixed", metavar="fixed|ISO|live|60x", help="The league's clock.")
@click.option("--port", type=int, default=8099, show_default=True, help="0: any that is free.")
@click.option(
    "--faults",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON rules by which to misbehave.",
)
@click.option("--not-before", hidden=True)
@click.option("--announce", is_flag=True, hidden=True)
@click.option("--until-stdin-closes", is_flag=True, hidden=True)
def simulate(
    league: int | None,
    recorded: Path | None,
    clock: str,
    port: int,
    faults: Path | None,
    not_before: str | None,
    announce: bool,
    until_stdin_closes: bool,
) -> None:
    """Serve all feeds on 127.0.0.1, for `--feeds http://127.0.0.1:PORT`, until Ctrl-C."""
    from nbapanel.simulator.__main__ import main

    arguments = ["--clock", clock, "--port", str(port)]
    if recorded is not None:
        arguments += ["--recorded", str(recorded)]
    else:
        arguments += ["--league", str(DEMO_LEAGUE if league is None else league)]
    if not_before is not None:
        arguments += ["--not-before", not_before]
    if faults is not None:
        arguments += ["--faults", str(faults)]
    if announce:
        arguments.append("--announce")
    if until_stdin_closes:
        arguments.append("--until-stdin-closes")
    sys.exit(main(arguments))
