"""What an export tells while it writes, and how it is told to end. Nothing is written here."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import click
import msgspec
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from nbapanel.wording import size

Told = Callable[[int, int], None]
"""Hears of the rows and bytes written so far."""

_TELL_EVERY_S = 0.5


@contextmanager
def progress(source: str, *, as_json: bool, as_lines: bool) -> Iterator[Told | None]:
    """On a terminal a line that changes, on stderr; for a window lines of JSON; else nothing."""
    if as_lines:
        yield _tell_in_lines()
    elif as_json or not sys.stderr.isatty():
        yield None
    else:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            TextColumn("{task.fields[told]}", markup=False),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
            task = shown.add_task(source, total=None, told="")
            yield lambda rows, byte_size: shown.update(
                task, told=f"{rows:,} rows, {size(byte_size)}"
            )


def _tell_in_lines() -> Told:
    last = time.monotonic()

    def tell(rows: int, byte_size: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _TELL_EVERY_S:
            last = time.monotonic()
            click.echo(msgspec.json.encode({"rows": rows, "byte_size": byte_size}))

    return tell


@contextmanager
def ended_as_by_ctrl_c() -> Iterator[None]:
    """To be told to end is as good as Ctrl-C: what is half done goes."""
    before = {}
    with contextlib.suppress(ValueError):  # not the main thread: nobody can tell us
        for name in ("SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                number = signal.Signals[name]
                before[number] = signal.signal(number, _end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
