"""Plays and probabilities of a game: a list speaks for its game, if it is a whole one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nbapanel.engine.events import Changes
from nbapanel.payload import SourceType

GAME = "401800001"
KEY = f"{GAME}:{GAME}"
PLAYS, ITEMS = "espn.plays", "espn.probabilities_raw_items"


@pytest.fixture
async def load(desk, make):
    """Put payloads of the game, load them, and tell what that did to a relation."""
    desk.put(SourceType.ESPN_SCOREBOARD, "2026-01-15", {"events": [make.event()]})
    await desk.do("load_scoreboards")
    desk.clear_marks()

    async def load(relation: str, *documents, source_type: SourceType | None = None) -> Changes:
        kinds = {PLAYS: SourceType.ESPN_PLAYS, ITEMS: SourceType.ESPN_PROBABILITIES}
        kind = source_type or kinds[relation]
        desk.clock.moment += timedelta(minutes=1)
        desk.put(kind, GAME if kind is SourceType.ESPN_SUMMARY else KEY, list(documents))
        context = await desk.do("load_games")
        return context.changes.get(relation, Changes())

    return load


def page(items, **more) -> dict:
    return {"items": items} | more


def summary_of(plays, share: float = 0.7) -> dict:
    listed = [{"playId": p["id"], "homeWinPercentage": share, "tiePercentage": 0} for p in plays]
    return {"header": {}, "plays": plays, "winprobability": listed}


async def test_what_a_whole_list_lacks_is_gone(desk, make, load):
    """trap L2: plays removed upstream stay in the table."""
    plays = [make.play(number) for number in range(1, 7)]
    assert await load(PLAYS, page(plays)) == Changes(inserted=6)
    desk.clear_marks()
    assert await load(PLAYS, page(plays[:4], count=4)) == Changes(unchanged=4, deleted=2)
    assert desk.marks == {"espn.prob_event_state": {GAME}, "derived.snapshot_features": {GAME}}
    assert desk.wrong_versions() == []


async def test_every_page_is_of_the_list(desk, make, load):
    """trap F7: the second page of a long game is lost, or taken for all there is."""
    items = [make.item(number) for number in range(1, 9)]
    pages = page(items[:5], count=8), page(items[5:], count=8)
    assert await load(ITEMS, *pages) == Changes(inserted=8)
    assert await load(ITEMS, page(items[:5], count=8)) == Changes(unchanged=5), "not whole"
    assert desk.count(ITEMS) == 8


async def test_an_empty_list_speaks_for_nothing(desk, make, load):
    await load(PLAYS, page([make.play(1)]))
    assert await load(PLAYS, page([], count=0)) == Changes()
    assert desk.count(PLAYS) == 1


async def test_a_list_with_an_item_that_cannot_be_read(desk, make, load):
    """Its row stays as it was: it stands on the list, only not as it should."""
    items = [make.item(number) for number in range(1, 5)]
    await load(ITEMS, page(items))
    odd = [*items[:2], items[2] | {"homeWinPercentage": "?"}]
    assert await load(ITEMS, page(odd)) == Changes(unchanged=2)
    assert desk.count(ITEMS) == 4


async def test_repeated_items_count_toward_the_whole(desk, make, load):
    plays = [make.play(number) for number in range(1, 4)]
    await load(PLAYS, page(plays))
    assert await load(PLAYS, page([*plays[:2], plays[1]], count=3)) == Changes(
        unchanged=2, deleted=1
    )


async def test_another_game_s_rows_are_not_touched(desk, make, load):
    other = [make.event(), make.event("401800002", home="SA")]
    desk.put(SourceType.ESPN_SCOREBOARD, "2026-01-16", {"events": other})
    await desk.do("load_scoreboards")
    key = "401800002:401800002"
    theirs = [make.play(number, "401800002") for number in (1, 2)]
    desk.put(SourceType.ESPN_PLAYS, key, page(theirs))
    await desk.do("load_games")
    await load(PLAYS, page([make.play(1), make.play(2)]))
    assert await load(PLAYS, page([make.play(1)])) == Changes(unchanged=1, deleted=1)
    assert desk.one(f"SELECT count(*) FROM {PLAYS} WHERE game_id = '401800002'") == 2


async def test_a_summary_gives_both(desk, make, load):
    plays = [make.play(number) for number in range(1, 4)]
    await load(PLAYS, summary_of(plays), source_type=SourceType.ESPN_SUMMARY)
    assert (desk.count(PLAYS), desk.count(ITEMS)) == (3, 3)
    assert desk.marks == {"espn.prob_event_state": {GAME}, "derived.snapshot_features": {GAME}}


async def test_the_core_feed_replaces_a_summary(desk, make, load):
    plays = [make.play(number) for number in range(1, 4)]
    await load(PLAYS, summary_of(plays), source_type=SourceType.ESPN_SUMMARY)
    items = [make.item(number, 0.25) for number in range(1, 3)]
    changes = await load(ITEMS, page(items, count=2))
    assert (changes.updated, changes.deleted) == (2, 1)
    assert desk.one(f"SELECT DISTINCT home_win_percentage FROM {ITEMS}") == 0.25


async def test_a_summary_that_came_along_does_not_replace_the_core_feed(desk, make, load):
    plays = [make.play(number) for number in range(1, 4)]
    await load(ITEMS, page([make.item(number, 0.25) for number in range(1, 4)]))
    await load(PLAYS, summary_of(plays), source_type=SourceType.ESPN_SUMMARY)
    assert desk.one(f"SELECT DISTINCT home_win_percentage FROM {ITEMS}") == 0.25
    assert desk.count(PLAYS) == 3


async def test_the_order_on_the_list_is_of_no_account(desk, make, load):
    """trap L3: order numbers that upstream swaps."""
    await load(PLAYS, page([make.play(1), make.play(2)]))
    swapped = [make.play(2, sequenceNumber="1"), make.play(1, sequenceNumber="2")]
    assert await load(PLAYS, page(swapped)) == Changes(updated=2)
    found = desk.rows(f"SELECT play_id, sequence_number FROM {PLAYS} ORDER BY sequence_number")
    assert found == [(int(f"{GAME}2"), 1), (int(f"{GAME}1"), 2)]


async def test_rows_say_where_they_came_from(desk, make, load):
    """Every loaded row carries the payload it was last changed by."""
    await load(PLAYS, page([make.play(1), make.play(2)]))
    await load(PLAYS, page([make.play(1), make.play(2, text="corrected")]))
    sources = desk.rows(
        f"SELECT p.sequence_number, f.fetched_at FROM {PLAYS} AS p"
        " JOIN ops.source_files AS f USING (source_file_id) ORDER BY 1"
    )
    now = desk.clock.now()
    assert sources == [(1, now - timedelta(minutes=1)), (2, now)]
