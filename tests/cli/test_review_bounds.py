"""What is typed beyond all bounds is refused with exit code 2, and leaves nothing to resume."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

_BEYOND = [
    ("history", "99999999999999999999"),
    ("history", "0"),
    ("history", "--limit", "-1"),
    ("history", "--limit", "99999999999999999999"),
    ("refetch", "--days", "10000000"),
    ("refetch", "--days", "99999999999999999999"),
    ("refetch", "--date", "9999-12-31"),
    ("refetch", "--date", "0001-01-01"),
    ("refetch", "--date", "1945-01-01..2026-01-01"),
    ("refetch", "--feeds", "demo", "--clock", "nonsense"),
    ("refetch", "--feeds", "demo", "--clock", "0001-01-01T00:00:00+14:00"),
    ("refetch", "--feeds", "demo", "--clock", "9999-12-31T23:59:59Z"),
    ("refetch", "--feeds", "demo", "--clock", "1" + "0" * 400 + "x"),
]


@pytest.mark.parametrize("typed", _BEYOND, ids=" ".join)
def test_beyond_all_bounds(typed: tuple[str, ...], nbapanel: Any, tmp_path: Path) -> None:
    done = nbapanel(*typed)
    assert done.code == 2, done
    assert "Traceback" not in done.err
    assert "are above" not in done.err
    assert not (tmp_path / "data" / "requested_run.json").exists()


@pytest.mark.parametrize("days", ["0", "-3", "10000000"])
@pytest.mark.parametrize("command", ["refetch", "status"])
def test_a_setting_beyond_bounds(
    command: str, days: str, nbapanel: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBAPANEL_DAYS", days)
    done = nbapanel(command)
    assert done.code == 2, done
    assert days in done.err
    assert not (tmp_path / "data" / "requested_run.json").exists()


def test_a_run_that_is_refused_is_not_resumed(
    refetch: Any, run_command: Any, tmp_path: Path
) -> None:
    """A database of other feeds: `resume` would be refused for ever."""
    assert refetch("--until", "load_scoreboards").code == 0
    elsewhere = tmp_path / "elsewhere"
    done = run_command("refetch", "--feeds", "demo:8", "--data-dir", str(elsewhere))
    assert done.code == 2
    assert "The database belongs to the feeds 'demo:7'" in done.err
    assert not (elsewhere / "requested_run.json").exists()


@pytest.mark.parametrize("clock", ["fixed", "live", "60x", "2026-01-16T03:30:00Z"])
def test_a_good_clock_is_taken(clock: str, nbapanel: Any) -> None:
    assert nbapanel("refetch", "--feeds", "demo", "--clock", clock, "--dry-run").code == 0
