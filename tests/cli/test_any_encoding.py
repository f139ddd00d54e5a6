"""A terminal, or a pipe, whose encoding has no ticks, and a folder whose name is no text."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(sys.platform != "linux", reason="names of folders are text there")
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_character_that_cannot_be_written_ends_nothing(encoding: str, tmp_path: Path) -> None:
    """bug: `status` and `doctor` ended in an internal error at the first tick."""
    folder = os.fsencode(tmp_path / "Jos") + b"\xe9"
    done = subprocess.run(
        [sys.executable, "-m", "nbapanel", "doctor", "--data-dir", folder],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "LANG": "C.UTF-8",
            "PYTHONIOENCODING": f"{encoding}:strict",
        },
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Jos?" in done.stdout
    assert done.stdout.decode(encoding)
