"""The main job against the built-in league: all of it, nothing twice, and later only the news."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbapanel.pipeline import STEPS
from nbapanel.warehouse.db import connect

_LATER = "2026-01-16T04:50:00Z"
"""Still the same evening: a game that was on is over, one goes on, two have begun, and the
markets of one that was over have closed since."""

_CLOSED, _ENDED, _GOES_ON = "401810624", "401810625", "401810626"
_BEGAN = {"401810627", "401810628"}
_OF_GAMES = {
    "espn.probabilities_raw_items": "game_id",
    "espn.plays": "game_id",
    "espn.prob_event_state": "game_id",
    "derived.snapshot_features": "game_id",
    "derived.game_stats": "game_id",
    "derived.pbp_event_state": "(SELECT g.espn_event_id FROM nba.games AS g"
    " WHERE g.game_id = pbp_event_state.game_id)",
}


def _versions(connection: Any) -> dict[str, dict[str, list[Any]]]:
    """By relation and game: which transaction wrote each row."""
    return {
        relation: dict(
            connection.execute(
                f"SELECT {key}, array_agg(DISTINCT xmin::text ORDER BY xmin::text)"
                f" FROM {relation} GROUP BY {key}"
            ).fetchall()
        )
        for relation, key in _OF_GAMES.items()
    }


def _untouched(document: dict[str, Any]) -> bool:
    return not any(
        counts["inserted"] or counts["updated"] or counts["deleted"]
        for step in document["steps"]
        for counts in step["changes"].values()
    )


def test_the_evening_of_a_league(panel: Any, contents: Callable[[str], Any]) -> None:
    """trap F1, trap F2: what was fetched before or during a game is fetched again after it; only
    what changed since is loaded, and only that is derived."""
    first = panel("refetch", "--feeds", "demo", "--json")
    assert first.document["status"] == "done"
    assert first.states == dict.fromkeys(STEPS.keys, "done")
    assert all(step["bad_items"] == 0 for step in first.document["steps"])
    with panel.warehouse() as conninfo:
        held = contents(conninfo)
        with connect(conninfo, purpose="test looks") as connection:
            before = _versions(connection)
            assert _scores(connection, _ENDED)[2] is False

        again = panel("refetch", "--json")
        assert _untouched(again.document)
        skipped = [key for key, state in again.states.items() if state == "skipped"]
        assert skipped == [
            *("nba_state", "game_state", "snapshot_features", "publish", "invalidate_caches")
        ]
        assert all(s["reason"] for s in again.document["steps"] if s["state"] == "skipped")
        assert contents(conninfo) == held

        later = panel("refetch", "--clock", _LATER, "--json")
        assert later.states == dict.fromkeys(STEPS.keys, "done")
        with connect(conninfo, purpose="test looks") as connection:
            _only_these_changed(before, _versions(connection))
            _is_final_and_complete(connection, _ENDED)
            derived = later.step("game_state")["reason"]
            # Only games whose scoreboard row or plays changed: the evening's, not the week's.
            assert derived == "4 games", derived
        last = panel("refetch", "--clock", _LATER, "--json")
        assert _untouched(last.document)

        features = panel("verify", "features")
        assert features.out.count(": as computed from scratch") == 5
    panel.wait_until_nothing_runs()


def _only_these_changed(before: Any, after: Any) -> None:
    """By the transactions that wrote the rows: those of other games are the very same."""
    for relation, of_games in after.items():
        differing = {game for game in of_games if of_games[game] != before[relation].get(game)}
        changed = {_ENDED, _GOES_ON} | _BEGAN
        if relation == "derived.game_stats":  # it counts the candles
            changed |= {_CLOSED}
        assert differing == changed, relation
        assert set(before[relation]) <= set(of_games), relation


def _scores(connection: Any, game: str) -> Any:
    return connection.execute(
        "SELECT home_score, away_score, status_completed FROM espn.scoreboard_games"
        " WHERE competition_id = %s",
        (game,),
    ).fetchone()


def _is_final_and_complete(connection: Any, game: str) -> None:
    home, away, is_completed = _scores(connection, game)
    assert is_completed
    summary = connection.execute(
        "SELECT status_name, final_home_score, final_away_score, winner, items, plays, state_rows"
        " FROM derived.game_summary WHERE game_id = %s",
        (game,),
    ).fetchone()
    status, final_home, final_away, winner, items, plays, state_rows = summary
    assert (status, final_home, final_away) == ("STATUS_FINAL", home, away)
    assert winner == (0 if home > away else 1)
    assert items > 400
    assert plays == state_rows >= items
    last = connection.execute(
        "SELECT home_score, away_score, final_winning_team FROM espn.prob_event_state"
        " WHERE game_id = %s AND time_remaining = 0 ORDER BY sequence_number DESC LIMIT 1",
        (game,),
    ).fetchone()
    assert last == (home, away, winner)
