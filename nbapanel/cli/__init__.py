"""The terminal. Commands are found by name and imported when they are called, for a quick start."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from types import TracebackType
from typing import Any, TextIO

import click

from nbapanel.errors import UserFacingError
from nbapanel.redaction import redact

_COMMANDS = {
    "panel": "nbapanel.cli.panel:panel",
    "refetch": "nbapanel.cli.refetch:refetch",
    "resume": "nbapanel.cli.refetch:resume",
    "backfill": "nbapanel.cli.backfill:backfill",
    "worker": "nbapanel.cli.worker:worker",
    "steps": "nbapanel.cli.look:steps",
    "status": "nbapanel.cli.look:status",
    "history": "nbapanel.cli.look:history",
    "watch": "nbapanel.cli.watching:watch",
    "rebuild": "nbapanel.cli.rebuilding:rebuild",
    "migrate": "nbapanel.cli.upkeep:migrate",
    "verify": "nbapanel.cli.verifying:verify",
    "export": "nbapanel.cli.exporting:export",
    "qc": "nbapanel.cli.quality:qc",
    "doctor": "nbapanel.cli.upkeep:doctor",
    "archive": "nbapanel.cli.upkeep:archive",
    "db": "nbapanel.cli.database:db",
    "shortcut": "nbapanel.cli.shortcut:shortcut",
    "simulate": "nbapanel.cli.simulated:simulate",
}
_OF_THE_WHOLE = ("-h", "--help")


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = _COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, name = place.split(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _as_read_by_nobody():  # --version and --help are told here already
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with _as_read_by_nobody():
            return super().invoke(ctx)


class _NobodyReads(Exception):
    """Whoever read our stdout went away."""


@contextmanager
def _as_read_by_nobody() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        # click would leave with 1, and that is how a command says that something is amiss.
        raise _NobodyReads from error


def _tell_version(context: click.Context, parameter: click.Parameter, is_asked: bool) -> None:
    from nbapanel.cli.version import tell_version  # not at every start

    tell_version(context, parameter, is_asked)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--verbose", is_flag=True, is_eager=True, help="With --version: of all parts.")
@click.option(
    "--version", is_flag=True, expose_value=False, callback=_tell_version, help="Say it and leave."
)
def cli(verbose: bool) -> None:
    """Keep an NBA and prediction-market warehouse complete and fresh.

    Without a command the window opens (see: nbapanel panel --help). `nbapanel refetch` does all of
    its work in the terminal: fetch, load, derive, publish. With `--feeds demo` either does so for a
    generated league, without the internet.
    """


def main() -> None:
    """Run a command; known trouble becomes a few words on stderr and an exit code.

    Whatever is written from here on, by every process that it starts, is for its owner alone.
    """
    os.umask(0o077)
    sys.excepthook = _tell_bug
    _take_any_character(sys.stdout)
    try:
        cli.main(_or_panel(sys.argv[1:]), standalone_mode=False)
    except UserFacingError as error:
        tell(error)
        sys.exit(error.exit_code)
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except _NobodyReads:
        # Somebody read as much as they wanted (`| head`): what is still held back goes nowhere.
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        sys.exit(141)


def _take_any_character(stdout: TextIO | None) -> None:
    """Where it is not UTF-8, or a path is not, a mark for a character is better than no answer."""
    if isinstance(stdout, TextIOWrapper) and stdout.errors == "strict":
        stdout.reconfigure(errors="replace")


def _or_panel(words: list[str]) -> list[str]:
    """The window's options may stand without its name: `nbapanel --feeds demo`."""
    of_the_window = not words or (words[0].startswith("-") and words[0] not in _OF_THE_WHOLE)
    if of_the_window and "--version" not in words:
        return ["panel", *words]
    return words


def _tell_bug(kind: type[BaseException], bug: BaseException, trace: TracebackType | None) -> None:
    """What nobody caught, as Python tells it, but without the secrets that it may repeat."""
    sys.stderr.write(redact("".join(traceback.format_exception(kind, bug, trace))))


def tell(error: UserFacingError) -> None:
    """Known trouble on stderr, where there is one."""
    click.secho(f"nbapanel: {error.title}", err=True, fg="red", bold=True)
    for line in (error.detail, error.hint):
        if line:
            click.echo(f"  {line}", err=True)
