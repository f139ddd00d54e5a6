"""A command whose output nobody reads any more, as in `nbapanel qc | head`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "words",
    [
        ("steps",),
        ("qc", "--json", "-"),
        ("steps", "--json"),
        ("--help",),
        ("--version", "--verbose"),
    ],
)
def test_it_ends_quietly_and_not_as_if_something_were_amiss(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    """As cat and grep end there. 1 would say that a check failed."""
    done = _unread(*words, home=tmp_path)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_run_goes_on_to_its_end(tmp_path: Path) -> None:
    """What was begun is brought home: only its words go nowhere."""
    only = ("--feeds", "demo", "--until", "load_scoreboards", "--days", "1")
    done = _unread("refetch", *only, home=tmp_path)
    assert (done.returncode, done.stderr) == (141, b"")
    told = _nbapanel("history", "--json", "--feeds", "demo", home=tmp_path, stdout=subprocess.PIPE)
    assert [run["status"] for run in json.loads(told.stdout)["runs"]] == ["done"]


def _unread(*words: str, home: Path) -> subprocess.CompletedProcess[bytes]:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        return _nbapanel(*words, home=home, stdout=writing)
    finally:
        os.close(writing)


def _nbapanel(*words: str, home: Path, stdout: int) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "nbapanel", *words],
        stdout=stdout,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"},
        timeout=120,
        check=False,
    )
