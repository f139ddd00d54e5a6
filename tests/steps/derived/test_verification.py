"""Verifying: what is recomputed from scratch is compared with what stands in the tables."""

from __future__ import annotations

import pytest

from nbapanel.steps.verification import Difference, differences

STATE, FEATURES, STATS = "espn.prob_event_state", "derived.snapshot_features", "derived.game_stats"


@pytest.fixture
async def games(tables, derived):
    for number in ("1", "2", "3"):
        tables.game(number)
        tables.plays(number, {"home_score": 2}, {"home_score": 4}, {"home_score": 5})
        tables.items(number, {}, {}, {})
        tables.candles(tables.market(number, 0), (0, "0.5500", "0.5700"))
    await derived("1", "2", "3")


@pytest.fixture
def found(desk):
    async def found() -> dict[str, Difference]:
        async with desk.resources.database.connection() as connection:
            told = [difference async for _, difference in differences(connection)]
        assert [difference.relation for difference in told] == [STATE, FEATURES, STATS]
        return {d.relation: d for d in told if d.too_many or d.missing}

    return found


@pytest.mark.usefixtures("games")
async def test_nothing_differs(desk, found):
    assert await found() == {}


@pytest.mark.usefixtures("games")
async def test_it_changes_nothing(desk, found):
    relations = (STATE, FEATURES, STATS)
    before = [desk.rows(f"SELECT xmin::text, * FROM {name} ORDER BY 2, 3") for name in relations]
    desk.look.execute(f"DELETE FROM {STATE} WHERE event_id = 1001")
    before[0] = desk.rows(f"SELECT xmin::text, * FROM {STATE} ORDER BY 2, 3")
    await found()
    after = [desk.rows(f"SELECT xmin::text, * FROM {name} ORDER BY 2, 3") for name in relations]
    assert after == before
    assert desk.marks == {}


@pytest.mark.usefixtures("games")
@pytest.mark.parametrize(
    ("relation", "tampered"),
    [
        (STATE, "UPDATE {} SET time_remaining = time_remaining + 1 WHERE event_id = 2001"),
        (FEATURES, "UPDATE {} SET kalshi_home_bid = 0.5 WHERE game_id = '2' AND period = 1"),
        (FEATURES, "UPDATE {} SET aligned_by = 'none' WHERE game_id = '2'"),
        (STATS, "UPDATE {} SET lead_changes = 9 WHERE game_id = '2'"),
    ],
)
async def test_a_row_that_was_changed_is_found(desk, found, relation, tampered):
    """Both directions: the row that is there, and the one that should be."""
    desk.look.execute(tampered.format(relation))
    difference = (await found())[relation]
    assert difference.too_many == difference.missing > 0
    assert difference.games == ("2",)


@pytest.mark.usefixtures("games")
@pytest.mark.parametrize("relation", [STATE, FEATURES, STATS])
async def test_a_row_that_is_missing_is_found(desk, found, relation):
    desk.look.execute(f"DELETE FROM {relation} WHERE game_id = '2'")
    difference = (await found())[relation]
    assert difference.too_many == 0
    assert difference.missing == (1 if relation == STATS else 3)
    assert difference.games == ("2",)


@pytest.mark.usefixtures("games")
@pytest.mark.parametrize(
    ("relation", "game"),
    [(STATE, "2"), (STATE, "77"), (FEATURES, "2"), (FEATURES, "77"), (STATS, "77")],
)
async def test_a_row_too_many_is_found(desk, found, relation, game):
    """Also one of a game (77) that stands on no scoreboard (any more)."""
    columns = desk.one(
        "SELECT string_agg(attname, ', ') FROM pg_attribute WHERE attrelid = %s::regclass"
        " AND attnum > 0 AND attname NOT IN ('game_id', 'event_id', 'sequence_number')",
        relation,
    )
    own = {STATE: "event_id, sequence_number, ", FEATURES: "sequence_number, ", STATS: ""}[relation]
    values = {STATE: "5, 5, ", FEATURES: "55, ", STATS: ""}[relation]
    desk.look.execute(
        f"INSERT INTO {relation} (game_id, {own}{columns}) SELECT '{game}', {values}{columns}"
        f" FROM {relation} WHERE game_id = '1' LIMIT 1"
    )
    difference = (await found())[relation]
    assert (difference.too_many, difference.missing) == (1, 0)
    assert difference.games == (game,)


@pytest.mark.usefixtures("games")
async def test_a_source_that_changed_without_a_mark_is_found(desk, found):
    desk.look.execute("UPDATE espn.plays SET home_score = 9 WHERE play_id = 3003")
    difference = (await found())[STATE]
    assert (difference.too_many, difference.missing, difference.games) == (1, 1, ("3",))


async def test_an_empty_warehouse(desk):
    async with desk.resources.database.connection() as connection:
        assert [each async for each in differences(connection)] == []
