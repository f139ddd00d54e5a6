"""A backfill from nothing, again, and by several hands: what it brings and what it says."""

from __future__ import annotations

import json
from typing import Any

_OF_GAMES = ("/plays", "candlesticks", "playbyplay", "boxscore")
_GAMES = """
SELECT count(*), count(*) FILTER (WHERE s.state_rows > 0 AND s.items > 0 AND s.home_candles > 0)
FROM espn.scoreboard_games AS g JOIN derived.game_stats AS s ON s.game_id = g.competition_id
WHERE g.status_completed
"""


def test_a_season_is_brought_and_the_same_again_asks_for_nothing(
    hands: Any, end_of: Any, feed: Any, tmp_path: Any
) -> None:
    """Every finished game has all its parts; a second time only the days still open are asked."""
    report = tmp_path / "report.jsonl"
    ended = end_of(hands.backfill("--report", str(report)))
    assert ended.code == 0, ended
    told = ended.document
    games, whole = hands.query(_GAMES)[0]
    assert games == whole == 16
    assert told["status"] == "done"
    assert told["failures"] == []
    assert told["stages"]["espn_games"]["done"] == games
    assert told["stages"]["kalshi_events"]["done"] == games
    assert told["stages"]["nba_games"]["done"] == games
    assert hands.one("SELECT count(DISTINCT game_id) FROM derived.pbp_event_state") == games
    assert hands.one("SELECT count(*) FROM nba.games WHERE final_from = 'pbp'") == games
    assert hands.one("SELECT count(*) FROM ops.game_changes") == 0
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    assert [line["type"] for line in lines] == ["unit"] * told["units"] + ["backfill"]
    assert {(line["status"], line["attempts"]) for line in lines[:-1]} == {("done", 1)}
    assert {line["finished_at"][10] + line["finished_at"][-1] for line in lines[:-1]} == {"TZ"}

    feed.forget_requests()
    again = end_of(hands.backfill())
    assert again.code == 0, again
    assert not {"espn_games", "kalshi_events", "nba_games"} & set(again.document["stages"])
    asked = [one.path for one in feed.requests]
    assert asked
    assert not [path for path in asked if any(kind in path for kind in _OF_GAMES)]
    assert again.document["backfill_id"] != told["backfill_id"]

    plain = end_of(hands.start("history")).out
    assert [line.split()[:1] for line in plain.splitlines()[-2:]] == [["2"], ["1"]], plain
    assert plain.count("Done") == 2
    brought = end_of(hands.start("history", "--json")).document["backfills"]
    assert [one["backfill_id"] for one in brought] == [2, 1]
