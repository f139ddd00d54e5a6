"""A network that answers with what it had hours ago: what is held complete, and what is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

GAME = "0022500575"
NEXT_NOON = datetime(2026, 1, 16, 17, 0, tzinfo=UTC)
PLAYS, BOX = f"playbyplay_{GAME}.json", f"boxscore_{GAME}.json"


@pytest.mark.parametrize("is_first_look", [True, False])
async def test_what_still_stands_in_play_at_noon_is_not_the_last_word(
    desk, nba, league, asked, as_rebuilt, is_first_look
):
    """trap F2: the look at noon, which is the last of a final, brought the third quarter."""
    if not is_first_look:
        league(3)
        await asked()
    desk.clock.moment = NEXT_NOON
    league(3)
    desk.feed.nba[PLAYS] = nba.play_by_play(nba.played()[:5])
    desk.feed.nba[BOX] = nba.box_score(status=2, score=(60, 58))
    for _ in range(2):
        assert await asked() == [BOX, PLAYS]
        assert desk.one("SELECT final_score_home, final_from FROM nba.games") == (110, "schedule")
        desk.clock.moment += timedelta(hours=1)
    league(3)
    assert await asked() == [BOX, PLAYS]
    assert desk.one("SELECT final_score_home, final_from FROM nba.games") == (110, "pbp")
    assert await asked() == []
    await as_rebuilt()
