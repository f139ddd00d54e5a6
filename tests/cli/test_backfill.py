"""What is typed for a backfill and cannot be done is said in words, before anything is begun."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from nbapanel.cli.backfill import backfill
from nbapanel.cli.worker import worker
from nbapanel.errors import UsageError


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--season", "2023-24", "--resume"),
        ("--pause", "--list"),
        ("--season", "2023"),
        ("--season", "3023-24"),
    ],
)
def test_what_makes_no_sense_is_refused(words: tuple[str, ...], tmp_path: Path) -> None:
    done = CliRunner().invoke(backfill, [*words, "--data-dir", str(tmp_path / "data")])
    assert isinstance(done.exception, UsageError), done
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("words", [("--lane", "nfl"), ("--workers", "-1"), ("--limit", "0")])
def test_values_that_cannot_be_are_refused(words: tuple[str, ...], tmp_path: Path) -> None:
    given = ["--season", "2023-24", *words, "--data-dir", str(tmp_path / "data")]
    done = CliRunner().invoke(backfill, given)
    assert done.exit_code == 2
    assert not (tmp_path / "data").exists()


def test_a_report_that_cannot_be_written_is_said_before_the_hours_it_takes(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    given = ["--season", "2023-24", "--report", str(tmp_path / "file" / "r.jsonl")]
    done = CliRunner().invoke(backfill, [*given, "--data-dir", str(tmp_path / "data")])
    assert isinstance(done.exception, UsageError)
    assert "report" in str(done.exception)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("words", [("--list",), ("--pause",)])
def test_a_look_makes_no_warehouse(words: tuple[str, ...], tmp_path: Path) -> None:
    done = CliRunner().invoke(backfill, [*words, "--data-dir", str(tmp_path / "data")])
    assert done.exit_code == 0, done
    assert "Nothing here yet" in done.output
    assert not (tmp_path / "data").exists()


def test_the_help_says_how_to_share_the_work() -> None:
    """A worker elsewhere has an archive of its own: it is told there what that means."""
    said = " ".join(CliRunner().invoke(worker, ["--help"]).output.split())
    assert "DATABASE_URL" in said
    assert "archive of its own data directory" in said
