"""Who goes first, on machines of all kinds: most know nothing of sessions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nbapanel import priority

_BEFORE = "/autogroup-9 nice 0\n"


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of what stands in /proc/PID/autogroup, named by PID."""
    monkeypatch.setattr(priority, "_autogroup", lambda pid: tmp_path / str(pid))
    return tmp_path


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("/autogroup-76 nice 5\n", "5"),
        ("/autogroup-76 nice -3\n", "-3"),
        ("/autogroup-76 nice 0\n", _BEFORE),
        ("", _BEFORE),  # nobody gave this process a session since its container was started
        (None, _BEFORE),  # a kernel without such groups
    ],
)
def test_a_process_that_works_for_us_shares_our_place(
    places: Path, ours: str | None, theirs: str
) -> None:
    if ours is not None:
        (places / str(os.getpid())).write_text(ours, "ascii")
    (places / "9").write_text(_BEFORE, "ascii")
    priority.share_place(9)
    assert (places / "9").read_text("ascii") == theirs


def test_a_place_that_cannot_be_given_is_let_be(places: Path) -> None:
    """It belongs to another user, or has ended meanwhile."""
    (places / str(os.getpid())).write_text("/autogroup-76 nice 5\n", "ascii")
    (places / "9").mkdir()
    priority.share_place(9)
    assert (places / "9").is_dir()
