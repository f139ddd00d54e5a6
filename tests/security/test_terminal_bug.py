"""A bug in a command: its traceback reaches the terminal without the secrets that it repeats."""

from __future__ import annotations

import subprocess
import sys

_PROGRAM = """
import nbapanel.cli
from nbapanel.secrets import hide

URL, HOOK = "postgresql://nba:zq7Pass0123456789@db.test/house", "https://hooks.test/zq7Path0123456789"
hide(HOOK)

def broken(*_, **__):
    raise RuntimeError(f"could not use {URL} with {HOOK}")

nbapanel.cli.cli.main = broken
nbapanel.cli.main()
"""


def test_its_last_words_hold_no_secret() -> None:
    """trap W16: cron mails them, and a window keeps them in a file while the run lives."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "RuntimeError: could not use postgresql://nba:***@db.test/house" in done.stderr
    assert "zq7" not in done.stderr + done.stdout
