"""What a soak found, as one JSON file and as a page to read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from bench.soak import judging
from bench.soak.found import Found, Wanted
from bench.soak.samples import Sample

_MOST_SAMPLES = 240
_PAGE_ROWS = 12


def write(path: Path, machine: Mapping[str, Any], wanted: Wanted, found: Found) -> None:
    """The JSON file, and SOAK.md beside it."""
    document = {
        "machine": dict(machine),
        "seed": wanted.seed,
        "minutes": wanted.minutes,
        "rate": wanted.rate,
        "took_s": round(found.took_s),
        "league_time": found.league_time,
        "checks": [asdict(check) for check in found.checks],
        "runs": found.runs,
        "faults": dict(sorted(found.faults.items())),
        "acts": dict(sorted(found.acts.items())),
        "commands": dict(sorted(found.commands.items())),
        "restarts": dict(found.restarts),
        "rows": found.rows,
        "inside_at_rests": found.inside,
        "unexpected": found.unexpected,
        "samples": [_as_json(one) for one in thinned(found.samples)],
        "samples_taken": len(found.samples),
    }
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    path.with_name("SOAK.md").write_text(page(document, found.samples), encoding="utf-8")


def thinned(samples: Sequence[Sample], most: int = _MOST_SAMPLES) -> list[Sample]:
    """Those of the rests, and as many of the others as there is room for, evenly."""
    others = [one for one in samples if not one.is_resting]
    stride = max(1, -(-len(others) // most))
    kept = others[::stride] + [one for one in samples if one.is_resting]
    return sorted(kept, key=lambda one: one.at_s)


def page(document: Mapping[str, Any], samples: Sequence[Sample]) -> str:
    """The same to read: what it ran on, what was checked, and how it went on."""
    took_s = document["took_s"]
    parts = (
        ("# Soak", _about(document)),
        ("## What was checked", [*_checked(document["checks"]), "", _HOW]),
        ("## The window's process", _course(samples, took_s)),
        ("## What went on", _went_on(document)),
    )
    return "\n".join(line for title, body in parts for line in (title, "", *body, ""))


def _about(document: Mapping[str, Any]) -> Iterable[str]:
    machine = document["machine"]
    yield (
        f"{document['took_s'] / 60:.0f} minutes at {document['rate']:g}x with seed"
        f" {document['seed']}: the league's clock went {_span(document['league_time'])}."
        f" Written by `python -m bench.soak` on {machine['date']}."
    )
    yield ""
    yield (
        f"{machine['processor']}, {machine['cores']} cores, {machine['ram_gb']} GB;"
        f" {machine['system']}; Python {machine['python']}, PostgreSQL {machine['postgresql']}."
    )


def _checked(checks: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    yield "| | check | found |"
    yield "|---|---|---|"
    for check in checks:
        mark = "met" if check["is_met"] else "**not met**"
        yield f"| {mark} | {_cell(check['what'])} | {_cell(check['found'])} |"


def _went_on(document: Mapping[str, Any]) -> Iterable[str]:
    for trigger, by in document["runs"].items():
        told = ", ".join(f"{number:,} {status}" for status, number in by.items())
        yield f"- runs from the {trigger}: {told}"
    for key, title in _TITLES.items():
        yield f"- {title}: {_counted(document[key])}"
    rows = ", ".join(f"{relation} {number:,}" for relation, number in document["rows"].items())
    yield f"- rows at the end: {rows or 'not counted'}"


_TITLES = {
    "faults": "faults of the feeds, by kind",
    "restarts": "PostgreSQL ended, by signal, and was started again by its keeper",
    "acts": "what was done in the window",
    "commands": "commands in a terminal beside it",
}

_HOW = (
    f"Memory is compared between the samples from {judging.WARM_FROM:.0%} to"
    f" {judging.WARM_FROM + judging.WARM_SHARE:.0%} of the time and those of the last"
    f" {judging.LAST_SHARE:.0%}, by their medians, whatever goes on meanwhile. Threads, handles,"
    " children and connections are compared at rests, at which no fault, command, run or hand is"
    " at work: evenly spread from the beginning of the warm slice to the end, and of each rest the"
    " least, for Qt draws with threads of its own now and then. At the end comes a refetch of all"
    " days without faults (forced, so that what was spoiled comes anew); then the window is closed,"
    " and a second data directory is built from nothing but a copy of the archive."
)


def _course(samples: Sequence[Sample], took_s: float) -> Iterable[str]:
    """The medians of each part of the time."""
    yield "| minutes | own MB | all MB | threads | handles | children |"
    yield "|---|---|---|---|---|---|"
    part_s = (took_s or 1) / _PAGE_ROWS
    for number in range(_PAGE_ROWS):
        inside = [one for one in samples if number <= one.at_s / part_s < number + 1]
        if not inside:
            continue
        values = (
            f"{number * part_s / 60:.0f}-{(number + 1) * part_s / 60:.0f}",
            f"{median(one.own_mb for one in inside):.1f}",
            f"{median(one.rss_mb for one in inside):.1f}",
            f"{median(one.threads for one in inside):g}",
            f"{median(one.handles for one in inside):g}",
            f"{median(one.children for one in inside):g}",
        )
        yield f"| {' | '.join(values)} |"


def _span(moments: Sequence[str]) -> str:
    return f"from {moments[0]} to {moments[-1]}" if moments else "nowhere"


def _as_json(sample: Sample) -> dict[str, Any]:
    return asdict(sample)


def _counted(by: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} x {name}" for name, number in by.items()) or "none"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")[:600]
