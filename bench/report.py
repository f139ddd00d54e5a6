"""What was measured as a table in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from bench import wording
from bench.results import Results

_NARROWEST = 150


def show(results: Results) -> None:
    console = Console()
    # Piped, or in a narrow window, a row is better cut by the pager than broken over lines.
    console.width = max(console.width, _NARROWEST)
    console.print(wording.machine(results.machine))
    table = Table("ratio", "what", "our way", "the usual way", "aim", "")
    for measured in results.topics.values():
        for figure in measured.figures:
            table.add_row(
                wording.ratio(figure),
                figure.what,
                wording.ours(figure, measured.repeats),
                wording.usual(figure, measured.repeats),
                wording.aim(figure),
                wording.verdict(figure),
            )
        table.add_section()
    console.print(table)
    console.print(
        "Medians (of memory and stalls the most) of as many repeats as were asked for,"
        " or of as many as are said: (of n)."
    )
