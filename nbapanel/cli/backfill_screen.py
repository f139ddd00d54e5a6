"""A backfill on the terminal: how far it is, day by day, its pace, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from nbapanel.cli.screen import STYLES, console
from nbapanel.rows.backfills import (
    LANE_NAMES,
    STAGE_TITLES,
    BackfillDay,
    BackfillDetail,
    BackfillRow,
)
from nbapanel.wording import counted, size, took

_MOST_DAYS, _MOST_TROUBLES = 14, 20
_ROLES = {
    "done": "good",
    "failed": "bad",
    "underway": "active",
    "running": "active",
    "paused": "warning",
    "interrupted": "warning",
    "waiting": "muted",
}


class Shown(Protocol):
    """Somewhere that a backfill is shown; `take` is called now and then with how far it is."""

    def take(self, detail: BackfillDetail) -> None: ...

    def say(self, text: str) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class LiveBackfill:
    """A table that changes in place."""

    def __init__(self) -> None:
        self._detail: BackfillDetail | None = None
        self._said = ""
        self._live = Live(console=console(), refresh_per_second=4, get_renderable=self._renderable)

    def take(self, detail: BackfillDetail) -> None:
        self._detail = detail

    def say(self, text: str) -> None:
        self._said = text

    def _renderable(self) -> RenderableType:
        if self._detail is None:
            return Text(self._said or "Looking what the seasons hold…", "dim")
        return Group(
            _stages(self._detail),
            _days(self._detail.days),
            _foot(self._detail.row),
            Text(self._said, STYLES["warning"]),
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()


class PlainBackfill:
    """A line for each day that is done, and for each unit that is given up."""

    def __init__(self, *, is_silent: bool = False) -> None:
        self._is_silent = is_silent
        self._told: set[tuple[str, str]] = set()
        self._console = console()

    def take(self, detail: BackfillDetail) -> None:
        if detail.row.phase == "discover":
            return
        for day in detail.days:
            if day.done + day.failed == day.units:
                lacking = f", {day.failed} failed" if day.failed else ""
                text = f"{day.day}: {counted(day.done, 'unit')} done{lacking}"
                self._once(("day", day.day.isoformat()), text)
        for trouble in detail.troubles:
            if trouble.status == "failed":
                about = (trouble.stage, trouble.key)
                self._once(about, f"{_title(trouble.stage)} {trouble.key}: {trouble.reason}")

    def _once(self, about: tuple[str, str], text: str) -> None:
        if about not in self._told:
            self._told.add(about)
            self.say(text)

    def say(self, text: str) -> None:
        if not self._is_silent:
            self._console.print(Text(text), soft_wrap=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def _title(stage: str) -> str:
    return STAGE_TITLES.get(stage, stage)


def _stages(detail: BackfillDetail) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("backfill", no_wrap=True)
    for name in ("units", "done", "underway", "failed"):
        table.add_column(name, justify="right", no_wrap=True)
    order = list(STAGE_TITLES)
    for one in sorted(detail.stages, key=lambda stage: order.index(stage.stage)):
        table.add_row(
            _title(one.stage),
            f"{one.units:,}",
            Text(f"{one.done:,}", STYLES["good"] if one.done else "dim"),
            f"{one.underway:,}",
            Text(f"{one.failed:,}", STYLES["bad"] if one.failed else "dim"),
        )
    return table


def _days(days: Sequence[BackfillDay]) -> Table:
    """The days around those that are being worked, each with a bar."""
    table = Table(box=None, padding=(0, 1), show_header=False)
    first = next((n for n, day in enumerate(days) if day.word != "done"), len(days))
    start = max(0, min(first - 3, len(days) - _MOST_DAYS))
    for day in days[start : start + _MOST_DAYS]:
        done = round(20 * (day.done + day.failed) / day.units) if day.units else 0
        style = STYLES.get(_ROLES[day.word], "dim")
        table.add_row(
            f"{day.day:%a %Y-%m-%d}",
            Text("━" * done, style) + Text("━" * (20 - done), "grey37"),
            f"{day.done} of {day.units}",
            Text(day.word, style),
        )
    return table


def _foot(row: BackfillRow) -> Text:
    parts = [f"{row.done:,} of {row.units:,} done"]
    if row.units_per_s:
        parts.append(f"{row.units_per_s:.1f} a second")
    if row.left_s is not None:
        parts.append(f"about {took(row.left_s)} left")
    if row.workers:
        parts.append(f"at work: {', '.join(row.workers)}")
    return Text(" · ".join(parts), "dim")


def summary(detail: BackfillDetail) -> RenderableType:
    """How it ended, or how far it is: a table of its stages, what failed and why, the figures."""
    row = detail.row
    parts: list[RenderableType] = [_stages(detail)]
    given_up = [one for one in detail.troubles if one.status == "failed"]
    for one in given_up[:_MOST_TROUBLES]:
        day = f" ({one.day})" if one.day is not None and one.key != one.day.isoformat() else ""
        parts.append(Text(f"✗ {_title(one.stage)} {one.key}{day}: {one.reason}", STYLES["bad"]))
    if len(given_up) > _MOST_TROUBLES:
        parts.append(Text(f"… and {len(given_up) - _MOST_TROUBLES:,} more", "dim"))
    told = Text.assemble(
        (row.standing.capitalize(), STYLES[_ROLES[row.standing]]),
        f" in {took(row.worked_s)}: {row.done:,} of {counted(row.units, 'unit')}"
        f" (backfill {row.backfill_id}).",
    )
    if row.is_left:
        told.append(" Nobody is at it; --resume goes on with what is left.", STYLES["warning"])
    elif row.reason and row.status == "paused":
        told.append(f" {row.reason}", STYLES["warning"])
    return Group(*parts, told, Text(_figures(row), "dim"))


def _figures(row: BackfillRow) -> str:
    text = f"{counted(row.requests, 'request')}, {size(row.bytes_fetched)}"
    if not row.rows_loaded:
        return text
    return (
        f"{text}; {row.rows_loaded:,} rows loaded in {took(row.load_s)}, derived in"
        f" {took(row.derive_s)}: {row.rows_per_s:,.0f} rows a second of both together"
    )


def backfills_table(rows: Sequence[BackfillRow]) -> Table:
    """A line for each, beside the runs of the history."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("backfill", "began", "seasons", "lanes", "trigger", "result"):
        table.add_column(name, no_wrap=True)
    for name in ("took", "units", "failed"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            str(row.backfill_id),
            f"{row.started_at.astimezone():%Y-%m-%d %H:%M}",
            ", ".join(row.seasons),
            ", ".join(LANE_NAMES.get(lane, lane) for lane in row.lanes),
            row.trigger,
            Text(row.standing.capitalize(), STYLES[_ROLES[row.standing]]),
            took(row.worked_s),
            f"{row.done:,} of {row.units:,}",
            Text(f"{row.failed:,}", STYLES["bad"] if row.failed else "dim"),
        )
    return table
