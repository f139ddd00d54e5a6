"""The terminal's program of the frozen build does the whole job by what lies in its folder."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbapanel import __version__
from nbapanel.installation import LIBRARIES

pytestmark = [pytest.mark.dist, pytest.mark.timeout(600)]

_MOST_BYTES = 240_000_000
_NOBODY = 65_534


def test_it_is_no_bigger_than_it_may_be(built: Path) -> None:
    """Unpacked; what is there under two names is there once."""
    files = {path.stat().st_ino: path.stat().st_size for path in built.rglob("*") if path.is_file()}
    assert sum(files.values()) <= _MOST_BYTES


def test_it_runs_from_its_own_folder(bundle: Callable[..., Any]) -> None:
    """A path with blanks and letters of elsewhere; Python, home and PATH are not there."""
    ours = bundle("mein Panel – Zoë")
    said = ours.says("--version", "--verbose")
    assert re.search(rf"^nbapanel +{re.escape(__version__)}$", said, re.MULTILINE)
    assert f"executable in {ours.folder}" in said
    assert re.search(rf"^PostgreSQL +18\.\d+, embedded, {ours.folder}/", said, re.MULTILINE)
    assert "not found" not in said
    assert all(name in said for name in LIBRARIES)

    assert "✗" not in ours.says("doctor", "--feeds", "demo")
    _refetches(ours)
    assert "✗" not in ours.says("doctor", "--feeds", "demo")
    _is_fresh(ours)
    _does_the_rest(ours)
    assert ours.data_dir.stat().st_mode & 0o777 == 0o700
    ours.is_left_alone()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to run as somebody else")
def test_somebody_else_runs_it_where_they_cannot_write(bundle: Callable[..., Any]) -> None:
    """It is root's, and they are not: as under /opt."""
    ours = bundle(uid=_NOBODY)
    before = _listing(ours.folder)
    _refetches(ours)
    _is_fresh(ours)
    assert _listing(ours.folder) == before
    assert {path.stat().st_uid for path in ours.data_dir.rglob("*")} == {_NOBODY}


def _refetches(ours: Any) -> None:
    first = ours.says("refetch", "--feeds", "demo")
    assert re.search(r"14 done of 14 steps", first), first
    again = ours.says("refetch", "--feeds", "demo")
    assert re.search(r"9 done, 5 skipped", again), again


def _does_the_rest(ours: Any) -> None:
    """What reads files of its libraries: the queue's schema, the named queries."""
    asked = ("--season", "2024-25", "--lane", "nba", "--limit", "2")
    ours.says("backfill", "--feeds", "demo", *asked)
    ours.says("qc", "--feeds", "demo", "--season", "2024-25")
    file = ours.data_dir / "games.csv"
    ours.says("export", "games", "--feeds", "demo", "--out", str(file))
    assert len(file.read_text(encoding="utf-8").splitlines()) > 50


def _is_fresh(ours: Any) -> None:
    assert ours.says("status", "--feeds", "demo").startswith("✓ Fresh")


def _listing(folder: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.lstat().st_mtime_ns) for path in folder.rglob("*"))
