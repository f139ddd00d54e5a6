"""Figures as the words that tables are made of, in the terminal and in the report alike."""

from __future__ import annotations

from typing import Any

from bench.figures import Figure, Sample, Unit


def machine(about: dict[str, Any]) -> str:
    return (
        f"{about['processor']}, {about['cores']} cores, {about['ram_gb']} GB;"
        f" Python {about['python']}, PostgreSQL {about['postgresql']}"
    )


def ratio(figure: Figure) -> str:
    """How many times better than the usual way; of another case how many times as much."""
    found = figure.ratio
    if found is None:
        return ""
    return f"{found:.2f}" if figure.is_other_case else times(found)


def times(found: float) -> str:
    return f"{found:,.0f}x" if found >= 10 else f"{found:.1f}x"


def ours(figure: Figure, repeats: int) -> str:
    return f"{quantity(figure.ours_shown, figure.unit)}, {_way(figure.ours, repeats)}"


def usual(figure: Figure, repeats: int) -> str:
    if figure.usual is None:
        return ""
    return f"{quantity(figure.usual.median, figure.unit)}, {_way(figure.usual, repeats)}"


def aim(figure: Figure) -> str:
    if figure.aim is None:
        return ""
    if figure.aim.of == "ratio":
        return f"<= {figure.aim.bound:g}"
    return f"{'>=' if figure.more_is_better else '<='} {quantity(figure.aim.bound, figure.unit)}"


def verdict(figure: Figure) -> str:
    return {True: "met", False: "MISSED", None: ""}[figure.is_met]


def quantity(value: float, unit: Unit) -> str:
    if unit == "rows/s":
        return f"{value:,.0f} rows/s"
    if unit in ("MB", "ms"):
        return f"{value:.0f} {unit}"
    return seconds(value)


def seconds(value: float, digits: int = 3) -> str:
    """With so many digits, or as many as stand before the point: 0.0912 s, 1.27 s, 1,180 s."""
    if value >= 10 ** (digits - 1):
        return f"{value:,.0f} s"
    return f"{value:#.{digits}g} s"


def _way(sample: Sample, repeats: int) -> str:
    count = len(sample.values)
    return sample.way if count == repeats else f"{sample.way} (of {count})"
