"""One league and one recorded folder for all tests of this room; both are never changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nbapanel.simulator.league import League

_REPO = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def league() -> League:
    return League(7)


@pytest.fixture(scope="session")
def recorded_dir() -> Path:
    folder = Path(os.environ.get("NBAPANEL_RECORDED") or _REPO.parent / "shared" / "recorded")
    if not folder.is_dir():
        pytest.skip(f"no recorded payloads at {folder}; NBAPANEL_RECORDED names them")
    return folder
