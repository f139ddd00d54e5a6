"""A command whose output nobody reads any more, as in `nbapanel qc | head`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("words", [("steps",), ("qc", "--json", "-"), ("steps", "--json")])
def test_it_ends_quietly_and_not_as_if_something_were_amiss(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    """As cat and grep end there. 1 would say that a check failed."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "nbapanel", *words],
            stdout=writing,
            stderr=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"},
            timeout=60,
            check=False,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")
