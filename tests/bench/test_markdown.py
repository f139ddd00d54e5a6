"""The report's page: ratios first, misses in numbers, nothing that would break a table."""

from __future__ import annotations

from dataclasses import replace

from bench import markdown
from bench.figures import Aim, Figure, Sample
from bench.results import Measured, Results


def test_readme_table_holds_the_chief_figures_ratio_first(results: Results) -> None:
    head, line, *rows = markdown.readme_table(results).splitlines()
    assert head == "| ratio |  | here | the usual way | aim |"
    assert line == "|---|---|---|---|---|"
    assert rows == [
        "| **4.0x** | 1,000 candlesticks, archive to table | 140,000 rows/s, COPY"
        " | 35,000 rows/s, executemany (of 2) | >= 150,000 rows/s: **missed** |"
    ]


def test_page_names_machine_size_and_picture(results: Results) -> None:
    page = markdown.page(results, "cost.png")
    assert "AMD EPYC, 2 cores, 25.3 GB; Python 3.11.7, PostgreSQL 18.4; 2026-11-22" in page
    assert "1,230 games of a generated season" in page
    assert "![Seconds against games, both ways](cost.png)" in page
    assert "| **5.6x** | Derive: 10 games that changed | 52 | 0.0900 s | 0.500 s |" in page
    assert "| **95x** |  | 1,215 | 0.100 s | 9.50 s (of 1) |" in page
    assert "the same again" in page, "what is not chief stands with its topic"


def test_misses_are_told_in_numbers(results: Results) -> None:
    assert "archive to table: 140,000 rows/s, aim 150,000 rows/s" in markdown.page(results, "p")


def test_a_missed_ratio_is_told_as_one(results: Results, measured: Measured) -> None:
    growth = Figure(
        "growth",
        "refetch",
        "s",
        Sample("large", (1.5,)),
        Sample("small", (1.2,)),
        Aim(1.2, of="ratio"),
        is_other_case=True,
    )
    results.put("growth", replace(measured, figures=(growth,)), ["candles", "growth"])
    assert "- refetch: 1.25 times as much, aim 1.2" in markdown.page(results, "p")


def test_without_a_miss_it_says_so(results: Results, measured: Measured) -> None:
    results.topics["candles"] = replace(measured, figures=measured.figures[1:])
    assert "## Aims missed\n\nNone." in markdown.page(results, "p")


def test_a_topic_that_broke_off_is_named(results: Results, measured: Measured) -> None:
    broken = replace(measured, figures=(), curves=(), failure="RuntimeError: no disk")
    results.put("growth", broken, ["candles", "growth"])
    assert "## Not measured\n\n- growth: RuntimeError: no disk" in markdown.page(results, "p")


def test_no_cell_breaks_its_table(results: Results, measured: Measured) -> None:
    odd = replace(measured.figures[0], what="a | b")
    results.topics["candles"] = replace(measured, figures=(odd,))
    rows = markdown.readme_table(results).splitlines()
    assert {row.count("|") for row in rows} == {6}
