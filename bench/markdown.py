"""What was measured as a page of Markdown: the README's table, the curves, all of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bench import wording
from bench.figures import Figure, Sample
from bench.results import Measured, Results

_MEDIANS = (
    "Medians (of memory and stalls the most) of {repeats}, or of as many as are said:"
    " (of n). Both ways did the same on the same data in the same run, and their results were"
    " compared."
)


def page(results: Results, picture: str) -> str:
    """The whole report; `picture` is the file of the curves, as a link."""
    parts = [
        "# What it costs",
        _measured_on(results),
        *_if_any("## In short", readme_table(results)),
        *_if_any("## As the season grows", _curves(results, picture)),
        *_if_any("## Aims missed", _missed(results.figures)),
        *_if_any("## Not measured", _failures(results)),
        *_everything(results),
    ]
    return "\n\n".join(parts) + "\n"


def readme_table(results: Results) -> str:
    """The chief figures, ratios first."""
    rows = [
        (
            f"**{wording.ratio(figure)}**" if figure.ratio is not None else "",
            figure.what,
            wording.ours(figure, measured.repeats),
            wording.usual(figure, measured.repeats),
            _aim(figure),
        )
        for measured in results.topics.values()
        for figure in measured.figures
        if figure.is_chief
    ]
    return _table(("ratio", "", "here", "the usual way", "aim"), rows)


def _measured_on(results: Results) -> str:
    repeats = " or ".join(map(str, sorted({n for _, n in results.sizes}, reverse=True)))
    games = " or ".join(f"{games:,}" for games in sorted({games for games, _ in results.sizes}))
    return (
        f"{wording.machine(results.machine)}; {results.machine['date'][:10]}. {games} games of a"
        f" generated season. `make bench` measures it again."
        f" {_MEDIANS.format(repeats=repeats)}"
    )


def _curves(results: Results, picture: str) -> str:
    curves = [
        (curve, measured.repeats)
        for measured in results.topics.values()
        for curve in measured.curves
    ]
    if not curves:
        return ""
    rows = [
        (
            f"**{wording.times(point.usual.median / point.ours.median)}**",
            f"{curve.title}: {curve.about}" if point is curve.points[0] else "",
            f"{point.games:,}",
            _seconds(point.ours, repeats),
            _seconds(point.usual, repeats),
        )
        for curve, repeats in curves
        for point in curve.points
    ]
    ways = [
        f"- {curve.title}: here {curve.points[-1].ours.way}; the usual way"
        f" {curve.points[-1].usual.way}."
        for curve, _ in curves
    ]
    table = _table(("ratio", "", "games", "here", "the usual way"), rows)
    return f"![Seconds against games, both ways]({picture})\n\n{table}\n\n" + "\n".join(ways)


def _seconds(sample: Sample, repeats: int) -> str:
    count = len(sample.values)
    shown = wording.seconds(sample.median)
    return shown if count == repeats else f"{shown} (of {count})"


def _missed(figures: Iterable[Figure]) -> str:
    missed = [figure for figure in figures if figure.is_met is False]
    if not missed:
        return "None."
    return "\n".join(
        f"- {figure.what}: {_found(figure)}, aim {_bound(figure)}" for figure in missed
    )


def _found(figure: Figure) -> str:
    if figure.aim is not None and figure.aim.of == "ratio":
        return f"{figure.ratio:.2f} times as much"
    return wording.quantity(figure.ours_shown, figure.unit)


def _bound(figure: Figure) -> str:
    return wording.aim(figure).removeprefix("<= ").removeprefix(">= ")


def _failures(results: Results) -> str:
    return "\n".join(f"- {topic}: {reason}" for topic, reason in results.failures.items())


def _everything(results: Results) -> Iterator[str]:
    for topic, measured in results.topics.items():
        if measured.figures:
            yield f"## {topic.capitalize()}"
            yield _table(("ratio", "", "here", "the usual way", "aim"), _rows(measured))


def _rows(measured: Measured) -> Iterator[tuple[str, ...]]:
    for figure in measured.figures:
        yield (
            wording.ratio(figure),
            figure.what,
            wording.ours(figure, measured.repeats),
            wording.usual(figure, measured.repeats),
            _aim(figure),
        )


def _aim(figure: Figure) -> str:
    told = wording.aim(figure)
    return f"{told}: **missed**" if figure.is_met is False else told


def _if_any(heading: str, text: str) -> Iterator[str]:
    if text:
        yield heading
        yield text


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Empty without rows."""
    lines = [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"| {' | '.join(head)} |", "|---" * len(head) + "|", *lines])
