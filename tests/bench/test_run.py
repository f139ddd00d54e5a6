"""A whole run of the command, with topics that measure nothing: what is written, and when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PySide6.QtWidgets import QApplication

import bench.__main__ as command
from bench.figures import Curve, Figure, Sample
from bench.workbench import Workbench

FIGURE = Figure("good", "something", "s", Sample("ours", (1.0,)), Sample("usual", (3.0,)))


class Topics:
    """A good one, one that breaks off unless told otherwise, and one more after it."""

    def __init__(self, curve: Curve) -> None:
        self.done: list[str] = []
        self.is_broken = True
        self._curve = curve

    def good(self, _work: Workbench) -> Iterator[Figure | Curve]:
        self.done.append("good")
        yield FIGURE

    def broken(self, _work: Workbench) -> Iterator[Figure | Curve]:
        self.done.append("broken")
        yield FIGURE
        if self.is_broken:
            raise RuntimeError("the disk is full")

    def growing(self, _work: Workbench) -> Iterator[Figure | Curve]:
        self.done.append("growing")
        yield self._curve


@pytest.fixture
def topics(
    monkeypatch: pytest.MonkeyPatch, machine: dict[str, Any], curve: Curve, qapp: QApplication
) -> Topics:
    told = Topics(curve)
    by_name = {"good": told.good, "broken": told.broken, "growing": told.growing}
    monkeypatch.setattr(command, "TOPICS", by_name)
    monkeypatch.setattr(command.machine, "described", lambda _scratch: machine)
    return told


def run(out: Path, *options: str) -> Result:
    return CliRunner().invoke(command.main, ["--out", str(out), *options])


def held(out: Path) -> dict[str, Any]:
    topics: dict[str, Any] = json.loads((out / "results.json").read_text())["topics"]
    return topics


def test_one_topic_that_breaks_off_takes_no_other_along(topics: Topics, tmp_path: Path) -> None:
    result = run(tmp_path)
    assert topics.done == ["good", "broken", "growing"]
    assert result.exit_code == 1
    assert "broken: RuntimeError: the disk is full" in result.output
    assert held(tmp_path)["good"]["figures"][0]["ratio"] == 3.0
    assert held(tmp_path)["broken"]["figures"] == [], "half of a topic is no measurement"
    assert "- broken: RuntimeError: the disk is full" in (tmp_path / "report.md").read_text()
    assert (tmp_path / "cost.png").stat().st_size > 10_000


def test_what_lacks_is_measured_and_the_rest_kept(topics: Topics, tmp_path: Path) -> None:
    run(tmp_path)
    topics.done.clear()
    topics.is_broken = False
    result = run(tmp_path, "--lacking")
    assert topics.done == ["broken"]
    assert result.exit_code == 0, result.output
    assert list(held(tmp_path)) == ["good", "broken", "growing"]
    assert "Not measured" not in (tmp_path / "report.md").read_text()


def test_nothing_lacking_writes_the_report_again(topics: Topics, tmp_path: Path) -> None:
    topics.is_broken = False
    run(tmp_path)
    (tmp_path / "report.md").unlink()
    topics.done.clear()
    assert run(tmp_path, "--lacking").exit_code == 0
    assert topics.done == []
    assert "something" in (tmp_path / "report.md").read_text()


def test_each_topic_is_written_before_the_next_begins(
    topics: Topics, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill in the middle of an hour leaves what came before it."""
    seen: list[list[str]] = []

    def looking(_work: Workbench) -> Iterator[Figure | Curve]:
        seen.append(list(held(tmp_path)))
        yield FIGURE

    monkeypatch.setattr(command, "TOPICS", {"good": topics.good, "looking": looking})
    assert run(tmp_path).exit_code == 0
    assert seen == [["good"]]
