"""One league for all tests of this room; it is never changed."""

from __future__ import annotations

import pytest

from nbapanel.simulator.league import League


@pytest.fixture(scope="session")
def league() -> League:
    return League(7)
