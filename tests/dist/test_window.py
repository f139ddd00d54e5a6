"""The window of the frozen build, on a screen of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.dist, pytest.mark.timeout(600)]

_PICTURE = Path(__file__).parents[2] / "build" / "dist" / "window.png"
_MOST_S = 120
_LOOKS = Path(__file__).with_name("look_at_screen.py")


@pytest.fixture
def display() -> Iterator[str]:
    """A screen of 1920x1080 that nobody sees."""
    program = shutil.which("Xvfb")
    if program is None:
        pytest.skip("Xvfb is not installed")
    reads, writes = os.pipe()
    server = subprocess.Popen(
        [program, "-displayfd", str(writes), "-screen", "0", "1920x1080x24", "-nolisten", "tcp"],
        pass_fds=[writes],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writes)
    with os.fdopen(reads) as told:
        number = told.readline().strip()
    assert number, "Xvfb did not start"
    yield f":{number}"
    server.terminate()
    server.wait(timeout=30)


def test_it_opens_shows_the_last_run_and_leaves(bundle: Callable[..., Any], display: str) -> None:
    ours = bundle("the panel")
    ours.says("refetch", "--feeds", "demo")
    window = ours.start(
        "nbapanel", "--feeds", "demo", DISPLAY=display, QT_QPA_PLATFORM="xcb",
        XDG_RUNTIME_DIR=str(ours.home),
    )  # fmt: skip
    log = ours.data_dir / "logs" / "nbapanel.log"
    painted = _until(lambda: re.search(r"First paint ([\d.]+) s", log.read_text()), window)
    _PICTURE.parent.mkdir(parents=True, exist_ok=True)
    _until(lambda: _looks_filled(display), window)
    sys.stdout.write(f"First paint: {painted[1]} s. What was on the screen: {_PICTURE}\n")

    window.send_signal(signal.SIGTERM)
    said, _ = window.communicate(timeout=_MOST_S)
    assert window.returncode == 0, said
    assert said == "", "nothing that nobody caught"
    ours.is_left_alone()


def _until(holds: Callable[[], Any], window: subprocess.Popen[str]) -> Any:
    deadline = time.monotonic() + _MOST_S
    while not (found := holds()):
        assert window.poll() is None, window.communicate()[0]
        assert time.monotonic() < deadline, f"never came within {_MOST_S} s"
        time.sleep(0.2)
    return found


def _looks_filled(display: str) -> bool:
    """Whether there is a window on that screen with something in it; the picture is kept."""
    looked = subprocess.run(
        [sys.executable, str(_LOOKS), str(_PICTURE)],
        env={**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"},
        capture_output=True,
        text=True,
        timeout=_MOST_S,
    )
    assert looked.returncode == 0, looked.stderr
    return int(looked.stdout) >= 40
