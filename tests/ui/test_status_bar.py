"""What the four cells at the foot of the window say, with what a pointer on them reads."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from nbapanel.pipeline import STEPS
from nbapanel.rows.reads import CacheCounts, DatabaseFacts, DatabaseState
from nbapanel.ui.live import Live
from nbapanel.ui.status_bar import StatusBar

FACTS = DatabaseFacts("embedded", "nbapanel", "18.4", 115_000_000)
CACHE = CacheCounts(hits=1, misses=2, entries=3, time_to_live_s=300.0)


@pytest.mark.parametrize(("looked_after_min", "oldest_min"), [(5, 10), (None, 5)])
def test_the_age_of_what_is_shown_is_the_sum_of_both_waits(
    qtbot: QtBot, looked_after_min: int | None, oldest_min: int
) -> None:
    """trap R9: an answer kept for five minutes may be of a view that is five minutes old."""
    live = Live(STEPS.steps)
    bar = StatusBar((), live)
    qtbot.addWidget(bar)
    live.take_database(DatabaseState("ready", "Open"))
    bar.show_database(FACTS, CACHE, looked_after_min)
    assert bar.database.words == "embedded · PostgreSQL 18.4 · 115 MB"
    assert f"what is shown may be {oldest_min} min old" in bar.database.toolTip()
