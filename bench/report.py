"""The figures as one table and one JSON file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.figures import Aim, Figure, Sample, Unit

_NARROWEST = 150


def write(
    path: Path, machine: dict[str, Any], about: dict[str, Any], found: Sequence[Figure]
) -> None:
    document = {"machine": machine, **about, "figures": [figure.as_json() for figure in found]}
    path.write_text(json.dumps(document, indent=1, default=str) + "\n", encoding="utf-8")


def show(machine: dict[str, Any], found: Sequence[Figure], repeats: int) -> None:
    console = Console()
    # Piped, or in a narrow window, a row is better cut by the pager than broken over lines.
    console.width = max(console.width, _NARROWEST)
    console.print(
        f"{machine['processor']}, {machine['cores']} cores, {machine['ram_gb']} GB;"
        f" Python {machine['python']}, PostgreSQL {machine['postgresql']}"
    )
    table = Table("what", "our way", "the usual way", "ratio", "aim", "met?")
    topic = ""
    for figure in found:
        if topic and figure.topic != topic:
            table.add_section()
        topic = figure.topic
        table.add_row(*_cells(figure, repeats))
    console.print(table)
    console.print(
        f"Medians of {repeats} (of memory and stalls the most), or of as many as are said: (of n)."
    )


def _cells(figure: Figure, repeats: int) -> tuple[str, ...]:
    usual = figure.usual
    return (
        figure.what,
        f"{_shown(figure.ours_shown, figure.unit)}, {_way(figure.ours, repeats)}",
        f"{_shown(usual.median, figure.unit)}, {_way(usual, repeats)}" if usual else "",
        _ratio(figure),
        _aim(figure.aim, figure),
        {True: "yes", False: "NO", None: ""}[figure.is_met],
    )


def _ratio(figure: Figure) -> str:
    ratio = figure.ratio
    if ratio is None:
        return ""
    if figure.is_other_case:
        return f"{ratio:.2f}"
    return f"{ratio:,.0f}x" if ratio >= 100 else f"{ratio:.1f}x"


def _way(sample: Sample, repeats: int) -> str:
    count = len(sample.values)
    return sample.way if count == repeats else f"{sample.way} (of {count})"


def _aim(aim: Aim | None, figure: Figure) -> str:
    if aim is None:
        return ""
    if aim.of == "ratio":
        return f"<= {aim.bound:g}"
    return f"{'>=' if figure.more_is_better else '<='} {_shown(aim.bound, figure.unit)}"


def _shown(value: float, unit: Unit) -> str:
    if unit == "rows/s":
        return f"{value:,.0f} rows/s"
    if unit in ("MB", "ms"):
        return f"{value:.0f} {unit}"
    return f"{value:.3g} s" if value < 10 else f"{value:.1f} s"
