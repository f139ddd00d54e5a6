"""A run that breaks off loses nothing that was measured, and the next one goes on from there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.results import Measured, Results

ORDER = ("probabilities", "candles", "growth")


def test_what_was_saved_is_there_again(results: Results, machine: dict[str, Any]) -> None:
    results.save()
    assert Results.beside(results.path, machine).topics == results.topics
    assert [path.name for path in results.path.parent.iterdir()] == ["results.json"]


def test_the_day_does_not_make_it_another_machine(results: Results) -> None:
    results.save()
    later = {**results.machine, "date": "2026-11-23T08:00:00+00:00"}
    assert Results.beside(results.path, later).topics


@pytest.mark.parametrize("what", ["processor", "cores", "python", "postgresql"])
def test_figures_of_another_machine_are_not_mixed_in(results: Results, what: str) -> None:
    results.save()
    assert not Results.beside(results.path, {**results.machine, what: "other"}).topics


@pytest.mark.parametrize("content", ["", "{", "[]", '{"machine": {}, "topics": ["candles"]}'])
def test_a_file_of_another_form_is_begun_anew(
    tmp_path: Path, machine: dict[str, Any], content: str
) -> None:
    path = tmp_path / "results.json"
    path.write_text(content, encoding="utf-8")
    assert Results.beside(path, machine).topics == {}


def test_only_what_lacks_is_measured(results: Results, measured: Measured) -> None:
    assert results.lacking(ORDER, 1_230, 3) == ["probabilities", "growth"]
    assert results.lacking(ORDER, 1_230, 5) == list(ORDER), "other repeats are another measurement"
    assert results.lacking(ORDER, 120, 3) == list(ORDER), "and so is another size"
    results.put("growth", replace(measured, failure="RuntimeError: it broke off"), ORDER)
    assert results.lacking(ORDER, 1_230, 3) == ["probabilities", "growth"], "it failed"
    assert results.failures == {"growth": "RuntimeError: it broke off"}


def test_topics_stand_in_the_order_of_the_table(results: Results, measured: Measured) -> None:
    results.put("growth", measured, ORDER)
    results.put("probabilities", measured, ORDER)
    assert tuple(results.topics) == ORDER


def test_a_topic_measured_again_takes_the_place_of_the_earlier(
    results: Results, measured: Measured
) -> None:
    results.put("candles", replace(measured, took_s=1.0), ORDER)
    assert results.topics["candles"].took_s == 1.0
    assert len(results.figures) == len(measured.figures)
