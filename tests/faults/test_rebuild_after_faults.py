"""What was spoiled and mended on the way comes out of the archive as it stands in the tables."""

from __future__ import annotations

from typing import Any

_LOADING = ("load_scoreboards", "load_games")
_LANE = ("fetch_scoreboards", "load_scoreboards", "fetch_games", "load_games")

_GAME = "401810576"  # one that the core feed has, as most


def test_a_summary_of_the_time_between_does_not_come_back(
    desk: Any, contents: Any, same_contents: Any
) -> None:
    """trap L8: the core feed gave no item that could be read, so the summary was listened to; then
    it gave all of them, and the summary was confirmed once more. A rebuild, which has all of this
    in one load, held the confirmed summary for the last word."""
    spoiled = {"what": "object", "field": "homeWinPercentage", "every": 1}
    desk.simulator.faults([{"path": "/probabilities", "fault": "poison", "params": spoiled}])
    first = desk(only=_LANE, games=(_GAME,))
    assert first.step("load_games").bad_items > 400
    desk.simulator.advance(60)
    desk(only=_LANE, games=(_GAME,))
    asked = [one.query for one in desk.simulator.requests if one.path.endswith("/summary")]
    assert any(_GAME in query for query in asked), "asked for once the core feed had nothing"

    desk.simulator.faults()
    desk.simulator.advance(60)
    assert desk(only=_LANE, games=(_GAME,), force=True).finished.status == "done"
    held = contents(desk.conninfo)
    assert desk(only=_LOADING, rebuild=True, offline=True).finished.status == "done"
    same_contents(contents(desk.conninfo), held)
