"""The gates: each objects to what it is there for, names it, and to nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from nbapanel.errors import GateFailed
from nbapanel.settings import Settings
from nbapanel.steps.gates import objections
from nbapanel.steps.resources import Window

TIP_OFF = datetime(2026, 1, 16, 0, 41, tzinfo=UTC)

FEATURES, V1 = "derived.snapshot_features", "derived.snapshot_features_v1"
SIDES = ("home", "away")
COUNTED = ((V1, FEATURES), ("derived.game_summary", "espn.scoreboard_games"))


@pytest.fixture
def game(tables):
    def game(number: str = "1", **more) -> None:
        """A finished game of which everything is there, and the last play agrees."""
        tables.game(number, **{"home_score": 4, "away_score": 0} | more)
        tables.plays(number, {"home_score": 2}, {"home_score": 4, "clock_seconds": 0.0})
        tables.items(number, {}, {})
        tables.candles(tables.market(number, 0), (0, "0.5500", "0.5700"))

    return game


@pytest.fixture
def found(desk):
    async def found(**changes) -> dict[str, tuple[str, ...]]:
        resources = desk.context("publish", **changes).resources
        async with desk.resources.database.connection() as connection:
            told = await objections(connection, resources, COUNTED)
        return {one.gate: one.about for one in told}

    return found


@pytest.fixture
async def published(desk, game, derived):
    """Two sound games, published: no gate objects."""
    game("1")
    game("2")
    await derived("1", "2")
    await desk.do("publish")


@pytest.mark.usefixtures("published")
async def test_no_gate_objects_to_sound_data(desk, found):
    assert await found() == {}
    assert desk.count(V1) == 4


async def test_no_gate_objects_to_nothing(desk, found):
    assert await found() == {}
    assert (await desk.do("publish")).reason.startswith("3 of 3"), "never published before"
    assert (await desk.do("publish")).reason.startswith("0 of 3")


# -- state ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("published")
async def test_a_completed_game_without_state(desk, tables, found):
    tables.game("3", short_name="SA @ GS")
    assert await found() == {"state": ("3 (SA @ GS)",)}
    desk.look.execute(
        "UPDATE espn.scoreboard_games SET status_completed = false WHERE event_id='3'"
    )
    assert await found() == {}


@pytest.mark.usefixtures("published")
async def test_a_game_of_which_espn_has_nothing_needs_no_state(desk, tables, found):
    tables.game("3")
    about = {"source_file_id": 9, "source_type": "espn_summary", "source_key": "3", "url": ""}
    about |= {"path": ""} | dict.fromkeys(("fetched_at", "checked_at", "arrived_at"), TIP_OFF)
    tables.add("ops.source_files", about | {"http_status": 200, "sha256_hex": "", "byte_size": 0})
    assert set(await found()) == {"state"}, "it had a summary"
    desk.look.execute("UPDATE ops.source_files SET http_status = 404")
    assert await found() == {}


@pytest.mark.usefixtures("published")
async def test_a_game_of_another_day_is_not_this_run_s_business(tables, found):
    tables.game("3", game_date=date(2025, 11, 2))
    assert await found() == {}
    window = Window(date(2025, 11, 1), date(2025, 11, 3))
    assert set(await found(window=window)) == {"state"}
    assert await found(window=window, games=("1",)) == {}


# -- final score ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("side", ["home_score", "away_score"])
async def test_a_final_score_that_is_not_the_last_play_s(desk, found, side):
    desk.look.execute(f"UPDATE espn.scoreboard_games SET {side} = 7 WHERE event_id = '2'")
    about = (await found())["final score"]
    assert len(about) == 1
    assert about[0].startswith("2 (")
    assert "last play 4-0" in about[0]
    assert "7" in about[0]


@pytest.mark.usefixtures("published")
async def test_a_live_score_is_ahead_of_its_plays(desk, found):
    desk.look.execute(
        "UPDATE espn.scoreboard_games SET home_score = 7, status_completed = false"
        " WHERE event_id = '2'"
    )
    assert await found() == {}


# -- range, future, quotes -----------------------------------------------------------------------


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("value", [1.0001, -0.0001])
async def test_a_probability_outside_its_range(desk, found, value):
    one = "game_id = '2' AND sequence_number = 1"
    for column in ("espn_home_prob", "espn_away_prob", *(f"kalshi_{s}_mid_price" for s in SIDES)):
        desk.look.execute(f"UPDATE {FEATURES} SET {column} = {value} WHERE {one}")
        assert await found() == {"range": ("2 (1 rows)",)}, column
        desk.look.execute(f"UPDATE {FEATURES} SET {column} = 0.5 WHERE {one}")
    assert await found() == {}


@pytest.mark.usefixtures("published")
async def test_the_ends_of_the_range_are_in_it(desk, found):
    desk.look.execute(f"UPDATE {FEATURES} SET espn_home_prob = 1, espn_away_prob = 0")
    desk.look.execute(f"UPDATE {FEATURES} SET kalshi_home_mid_price = NULL")
    assert await found() == {}


@pytest.mark.usefixtures("published")
async def test_a_candle_in_the_future(desk, tables, found):
    now = desk.clock.now()
    seconds = (now - desk.one("SELECT min(period_ts) FROM kalshi.candlesticks")).total_seconds()
    tables.candles("KX-2-0", (seconds, "0.5", "0.6"))
    assert await found() == {}, "one that ends now"
    desk.clock.moment -= timedelta(seconds=1)
    told = await found()
    assert list(told) == ["future"]
    assert told["future"][0].startswith("KX-2-0 (a candle ends at 2026-01-16 17:00:00")


@pytest.mark.usefixtures("published")
async def test_a_bid_above_the_ask(tables, found):
    tables.candles("KX-1-0", (60, "0.5000", "0.5000"))
    assert await found() == {}
    tables.candles("KX-1-0", (120, "0.5001", "0.5000"), (180, "0.9000", "0.1000"))
    assert await found() == {"quotes": ("KX-1-0 (2 candles)",)}


# -- row counts ----------------------------------------------------------------------------------


def pretend(desk, relation: str, rows: int) -> None:
    """As many rows as that, by the count that is kept of the relation."""
    desk.look.execute(
        "UPDATE ops.relation_versions SET row_count = %s WHERE relation = %s", (rows, relation)
    )


def pretend_published(desk, view: str, rows: int) -> None:
    desk.look.execute(
        "UPDATE ops.published_views SET row_count = %s WHERE relation = %s", (rows, view)
    )


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    ("rows", "objects"), [(980, False), (979, True), (0, True), (1_000, False), (2_000, False)]
)
async def test_rows_may_fall_by_two_percent(desk, found, rows, objects):
    pretend_published(desk, V1, 1_000)
    pretend(desk, FEATURES, rows)
    assert set(await found()) == ({"row count"} if objects else set())


@pytest.mark.usefixtures("published")
async def test_how_much_they_may_fall_is_a_setting(desk, found):
    pretend_published(desk, "derived.game_summary", 100)
    pretend(desk, "espn.scoreboard_games", 90)
    assert await found() == {"row count": ("derived.game_summary",)}
    assert await found(settings=Settings(publish_row_drop_percent=10.0)) == {}


# -- what comes of it ----------------------------------------------------------------------------


@pytest.mark.usefixtures("published")
async def test_a_failed_gate_keeps_the_views_and_names_the_games(desk, tables, game, derived):
    """The old view stays as it was; nothing of the new data is to be seen."""
    game("3")
    await derived("3")
    tables.game("4", short_name="SA @ GS")
    before = desk.rows(f"SELECT * FROM {V1} ORDER BY 1, 2")
    context = desk.context("publish")
    with pytest.raises(GateFailed) as failed:
        await context.step.action(context)
    assert "4 (SA @ GS)" in failed.value.detail
    assert "--publish-anyway" in failed.value.hint
    assert desk.rows(f"SELECT * FROM {V1} ORDER BY 1, 2") == before
    assert list(context.notes["objections"].values()) == [["4 (SA @ GS)"]]
    assert context.notes["published_anyway"] is False
    assert await desk.skip("publish") is None, "it is still to be done"
    assert desk.one("SELECT count(*) FROM ops.published_views WHERE published_anyway") == 0


@pytest.mark.usefixtures("published")
async def test_publishing_anyway_is_on_record(desk, tables, game, derived):
    game("3")
    await derived("3")
    tables.game("4")
    context = await desk.do("publish", publish_anyway=True)
    assert "despite objections" in context.reason
    assert context.notes["published_anyway"] is True
    assert context.notes["objections"]
    assert desk.count(V1) == 6
    assert desk.one("SELECT bool_and(published_anyway) FROM ops.published_views")
    tables.plays("4", {"home_score": 110, "away_score": 99})
    await derived("4")
    await desk.do("publish")
    anyway = "SELECT relation FROM ops.published_views WHERE published_anyway"
    assert desk.rows(anyway) == [(V1,)], "the others were published since, and nobody objected"


@pytest.mark.usefixtures("published")
async def test_of_many_games_the_first_are_named(desk, tables):
    for number in range(100, 120):
        tables.game(str(number))
    context = desk.context("publish")
    with pytest.raises(GateFailed, match="ompleted games") as failed:
        await context.step.action(context)
    assert "20" in failed.value.detail
    assert "and 8 more" in failed.value.detail
