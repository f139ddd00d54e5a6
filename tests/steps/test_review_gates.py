"""Findings of the review about gates and publishing: what they judge, and when they are due."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from nbapanel.errors import GateFailed
from nbapanel.steps.emptying import empty_the_tables
from nbapanel.steps.resources import Window
from nbapanel.warehouse.merge import mark_games

V1, SUMMARY = "derived.snapshot_features_v1", "derived.game_summary"


@pytest.fixture
async def published(desk, make):
    """Two finished games, fetched and published the way a run does it."""
    for event in ("401800001", "401800002"):
        final = [make.play(1), make.play(2, homeScore=110, awayScore=99)]
        desk.feed.plays[event] = [p | {"id": f"{event}{n}"} for n, p in enumerate(final)]
        desk.feed.probabilities[event] = [make.item(1, event=event)]
    listed = [make.event("401800001"), make.event("401800002", home="BOS", away="LAL")]
    desk.feed.scoreboards["20260115"] = listed
    await refetched(desk)
    assert desk.count(SUMMARY) == 2


async def refetched(desk, **changes):
    await desk.do("fetch_scoreboards", "load_scoreboards", "fetch_games", "load_games", **changes)
    return await desk.do("game_state", "snapshot_features", "publish", **changes)


async def emptied(desk) -> None:
    async with desk.resources.database.connection() as connection:
        await empty_the_tables(connection, desk.archive, accept_loss=True)


@pytest.mark.usefixtures("published")
async def test_after_a_rebuild_the_rows_are_counted_against_what_is_published(desk):
    """Finding 1: emptied tables of which nothing came back must not be published."""
    await emptied(desk)
    desk.look.execute("UPDATE ops.source_files SET loaded_at = now()")
    with pytest.raises(GateFailed, match="object") as failed:
        await desk.do("publish")
    assert f"{SUMMARY} would fall from 2 to 0" in failed.value.detail
    assert desk.count(SUMMARY) == 2


@pytest.mark.usefixtures("published")
async def test_after_a_rebuild_every_view_is_behind(desk):
    """Finding 1: also one whose tables stay empty, for {} is not what it was built from."""
    await emptied(desk)
    assert (await desk.plan("publish")).units == 3
    await desk.do("publish", publish_anyway=True)
    assert desk.count(SUMMARY) == 0
    assert (await desk.plan("publish")).units == 0


async def test_a_view_that_was_never_published_is_behind(desk):
    """Finding 1: no row is not the same as nothing changed."""
    assert (await desk.plan("publish")).units == 3
    await desk.do("publish")
    assert await desk.skip("publish")


# -- no way around a gate ------------------------------------------------------------------------


async def broken(desk, make) -> None:
    """The first game ends otherwise than its plays do, and the gate said so."""
    listed = desk.feed.scoreboards["20260115"]
    desk.feed.scoreboards["20260115"] = [make.event("401800001", score=(112, 99)), listed[1]]
    desk.clock.moment += timedelta(hours=1)
    with pytest.raises(GateFailed):
        await refetched(desk, force=True)


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    "narrowed",
    [
        {"games": ("401800002",)},
        {"window": Window(date(2026, 1, 17), date(2026, 1, 18))},
        {"games": ("401800002",), "window": Window(date(2026, 1, 17), date(2026, 1, 18))},
    ],
    ids=["game", "window", "both"],
)
async def test_a_narrower_run_publishes_nothing_that_a_gate_objected_to(desk, make, narrowed):
    """Finding 4: the views show every game, so a run about another one cannot let it through."""
    await broken(desk, make)
    with pytest.raises(GateFailed) as failed:
        await desk.do("publish", **narrowed)
    assert "401800001" in failed.value.detail
    await desk.do("publish", publish_anyway=True, **narrowed)
    assert desk.count("ops.unpublished_games") == 0


@pytest.mark.usefixtures("published")
async def test_a_game_without_state_that_was_objected_to_stays_so(desk, make):
    """Finding 4: the same for a game that could not be fetched."""
    desk.feed.scoreboards["20260115"].append(make.event("401800003", home="GS", away="SA"))
    desk.feed.broken["401800003"] = 503
    desk.clock.moment += timedelta(hours=1)
    await desk.do("fetch_scoreboards", "load_scoreboards", force=True)
    with pytest.raises(GateFailed):
        await desk.do("publish")
    with pytest.raises(GateFailed) as failed:
        await desk.do("publish", games=("401800001",))
    assert "401800003" in failed.value.detail


@pytest.mark.usefixtures("published")
async def test_a_run_about_one_game_needs_no_other_that_nobody_asked_for(desk, make):
    desk.feed.scoreboards["20260115"].append(make.event("401800003", home="GS", away="SA"))
    desk.clock.moment += timedelta(hours=1)
    await desk.do("fetch_scoreboards", "load_scoreboards", force=True)
    await desk.do("publish", games=("401800001",))
    assert desk.count(SUMMARY) == 3


@pytest.mark.usefixtures("published")
async def test_what_changes_while_views_are_built_is_judged_next_time(desk, monkeypatch):
    from nbapanel.steps import publish

    refresh = publish._refresh

    async def meanwhile(context, connection, view, anyway):
        await mark_games(connection, ["espn.prob_event_state"], ["401800001"], desk.run_id)
        await refresh(context, connection, view, anyway)

    async with desk.resources.database.connection() as connection:
        await mark_games(
            connection,
            ["espn.prob_event_state"],
            ["401800001", "401800002"],
            desk.run_id,
        )
    monkeypatch.setattr(publish, "_refresh", meanwhile)
    await desk.do("publish", force=True)
    assert desk.rows("SELECT game_id FROM ops.unpublished_games") == [("401800001",)]


@pytest.mark.usefixtures("published")
async def test_the_slate_must_not_lose_days(desk):
    """Finding 30."""
    desk.look.execute("UPDATE ops.published_views SET row_count = 2 WHERE relation LIKE '%slate'")
    with pytest.raises(GateFailed) as failed:
        await desk.do("publish")
    assert "derived.slate would fall from 2 to 1" in failed.value.detail


@pytest.mark.usefixtures("published")
async def test_a_rebuild_is_judged_whole(desk):
    """Finding 30: it replaces every game, so every game is judged, however old."""
    await emptied(desk)
    await desk.do("load_scoreboards", "load_games", "game_state", "snapshot_features", offline=True)
    desk.look.execute("UPDATE espn.scoreboard_games SET home_score = 1 WHERE event_id='401800002'")
    with pytest.raises(GateFailed) as failed:
        await desk.do("publish", window=Window(date(2026, 3, 1), date(2026, 3, 2)))
    assert "401800002" in failed.value.detail
