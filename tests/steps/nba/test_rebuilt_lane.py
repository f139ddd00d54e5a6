"""The archive alone gives back what the lane made, whatever came first; and `verify` agrees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nbapanel.payload import SourceType
from nbapanel.steps.verification import differences

GAME, OTHER_GAME = "0022500575", "0022500576"


async def test_a_season_of_changes_comes_back_byte_for_byte(desk, nba, make, come, as_rebuilt):
    """trap L8: moved, corrected, completed, renamed; payloads that came back; odds twice."""
    moved = datetime(2026, 1, 18, 0, 30, tzinfo=UTC)
    await come(SourceType.NBA_SCHEDULE, nba.schedule(nba.scheduled(), nba.scheduled(OTHER_GAME)))
    await come(SourceType.NBA_SCOREBOARD, nba.scoreboard(nba.on_board(status=2, score=(20, 18))))
    await come(SourceType.NBA_BOXSCORE, nba.box_score(status=2, score=(20, 18)))
    await come(SourceType.NBA_PBP, nba.play_by_play(nba.played()[:4]))
    await come(SourceType.NBA_PBP, nba.play_by_play(nba.played((110, 98))))
    await come(SourceType.NBA_PBP, nba.play_by_play(nba.played()[:4]))
    await come(SourceType.NBA_PBP, nba.play_by_play(nba.played((110, 99))))
    final = nba.schedule(
        nba.scheduled(status=3, score=(110, 99)),
        nba.scheduled(OTHER_GAME, home="BOS", start=moved),
    )
    await come(SourceType.NBA_SCHEDULE, final)
    await come(SourceType.NBA_SCOREBOARD, nba.scoreboard(day="2026-01-16"))
    await come(SourceType.NBA_BOXSCORE, nba.box_score())
    await come(SourceType.ESPN_SCOREBOARD, {"events": [make.event()]}, "2026-01-15")
    await desk.do("load_scoreboards", "nba_state", offline=True)
    assert desk.one("SELECT espn_event_id FROM nba.games WHERE game_id = %s", GAME) is not None
    await as_rebuilt()


def odds(price):
    outcome = {"odds_field_id": 1, "type": "home", "odds": price, "opening_odds": "1.400"}
    book = {"id": "sr:book:1", "name": "A book", "outcomes": [outcome], "countryCode": "AU"}
    market = {"name": "2way", "odds_type_id": 1, "group_name": "regular", "books": [book]}
    return {"games": [{"gameId": GAME, "sr_id": "x", "markets": [market]}]}


@pytest.mark.parametrize("is_loaded_between", [True, False])
async def test_odds_that_went_back_are_a_snapshot_each_time(desk, as_rebuilt, is_loaded_between):
    """Also where no load came between, as after kills: what they were at each time is kept."""
    for price in ("1.370", "1.410", "1.370"):
        desk.clock.moment += timedelta(minutes=10)
        desk.put(SourceType.NBA_ODDS, "2026-01-16", odds(price))
        if is_loaded_between:
            await desk.do("nba_lists", offline=True)
    await desk.do("nba_lists", offline=True)
    assert desk.rows(
        "SELECT o.odds_text FROM nba.odds_outcomes AS o"
        " JOIN nba.odds_snapshots AS s USING (snapshot_id) ORDER BY s.taken_at"
    ) == [("1.370",), ("1.410",), ("1.370",)]
    await as_rebuilt()


@pytest.fixture
async def one_game(desk, nba, come):
    await come(SourceType.NBA_SCHEDULE, nba.schedule(nba.scheduled(status=3, score=(110, 99))))
    await come(SourceType.NBA_PBP, nba.play_by_play(nba.played()))


async def compared(desk):
    async with desk.resources.database.connection() as connection:
        found = [one async for _, one in differences(connection)]
    return {one.relation: (one.too_many, one.missing) for one in found if one.games}


@pytest.mark.usefixtures("one_game")
async def test_what_was_derived_is_as_computed_from_scratch(desk):
    assert await compared(desk) == {}


@pytest.mark.usefixtures("one_game")
@pytest.mark.parametrize(
    ("change", "relation", "found"),
    [
        ("UPDATE nba.games SET winner_team_id = 1", "nba.games", (1, 1)),
        ("DELETE FROM derived.pbp_event_state WHERE period = 4",
         "derived.pbp_event_state", (0, 2)),
        ("INSERT INTO nba.games (game_id, season, season_type, season_label)"
         " VALUES ('0022500999', 2025, 2, '2025-26')", "nba.games", (1, 0)),
    ],
)  # fmt: skip
async def test_what_was_tampered_with_is_found(desk, change, relation, found):
    desk.look.execute(change)
    assert (await compared(desk))[relation] == found
