"""Where things are kept: in the data directory and nowhere else."""

from __future__ import annotations

import re
import stat
import sys
from pathlib import Path
from typing import Any

import pytest


def _tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def _passwords(folder: Path) -> set[str]:
    return {path.read_text().strip() for path in (folder / "postgres").rglob("*password*")}


def test_nothing_is_written_outside_the_data_directory(panel: Any) -> None:
    before = _tree(panel.home)
    panel("refetch", "--feeds", "demo", "--days", "1")
    for command in (("status",), ("history",), ("doctor",), ("archive", "verify"), ("db", "stop")):
        panel(*command)
    assert _tree(panel.home) == before == set()
    assert _tree(panel.data_dir.parent) == {"home", "data"} | {
        f"data/{path}" for path in _tree(panel.data_dir)
    }
    assert {path.name for path in panel.data_dir.iterdir()} == {
        "archive", "logs", "origin.json", "postgres", "run.lock",
    }  # fmt: skip
    assert stat.S_IMODE(panel.data_dir.stat().st_mode) == 0o700
    panel.wait_until_nothing_runs()


def test_the_environment_names_the_data_directory(new_panel: Any, tmp_path: Path) -> None:
    panel = new_panel(NBAPANEL_DATA_DIR=str(tmp_path / "named"))
    panel("migrate", in_data_dir=False)
    assert (tmp_path / "named" / "postgres").is_dir()
    assert _tree(panel.home) == set()


@pytest.mark.skipif(sys.platform != "linux", reason="names of folders are text there")
def test_a_data_directory_whose_name_is_no_text(new_panel: Any, tmp_path: Path) -> None:
    """bug: in a home named in Latin-1 the embedded server was up and never found to be."""
    panel = new_panel(tmp_path / "Jos\udce9 Zoë", PYTHONIOENCODING="utf-8:strict")
    panel("refetch", "--feeds", "demo", "--days", "1", "--until", "load_scoreboards")
    assert "✗" not in panel("doctor").out
    panel.wait_until_nothing_runs()


def test_invented_data_has_a_default_directory_of_its_own(new_panel: Any) -> None:
    """Without a directory named: beside the one of the live data, never in it."""
    panel = new_panel()
    game = ("--days", "1", "--game", "401810622")
    panel("refetch", "--feeds", "demo", *game, in_data_dir=False)
    shares = panel.home / ".local" / "share"
    assert {path.name for path in shares.iterdir()} == {"nbapanel-demo"}
    live = panel("status", in_data_dir=False)
    assert "Nothing here yet" in live.out
    demo = panel("status", "--feeds", "demo", in_data_dir=False)
    assert "Feeds: demo:7" in demo.out
    assert {path.name for path in shares.iterdir()} == {"nbapanel-demo"}, "a look makes nothing"


def test_no_secret_is_in_what_is_said_or_logged(new_panel: Any) -> None:
    """trap W16: the embedded server's password is in its own file, for its owner alone."""
    panel = new_panel()
    done = panel("refetch", "--feeds", "demo", "--days", "1", "--game", "401810622", "--verbose")
    said = [done.out, done.err]
    for command in (("status", "--verbose"), ("doctor",), ("db", "status"), ("history", "1")):
        done = panel(*command)
        said += [done.out, done.err]
    secrets = _passwords(panel.data_dir)
    assert secrets
    assert all(len(secret) >= 16 for secret in secrets)
    logs = [path.read_text() for path in (panel.data_dir / "logs").iterdir()]
    logs += [path.read_text() for path in (panel.data_dir / "postgres").glob("*.log")]
    assert logs
    for text in said + logs:
        assert not any(secret in text for secret in secrets)
    for path in (panel.data_dir / "postgres").rglob("*password*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not re.search(r"password=\S", "".join(said + logs))
