"""A request that failed is noted as not fetched; bad items are what came and could not be read."""

from __future__ import annotations

import pytest

from nbapanel.errors import FeedFailed
from nbapanel.steps.fetching import fetch_each

GAMES = ["401800001", "401800002", "401800003"]


async def failing(context) -> None:
    with pytest.raises(FeedFailed):
        await context.step.action(context)


async def test_a_game_that_could_not_be_fetched_is_no_bad_item(desk, make):
    """trap F12: it is named with what happened, and the others come."""
    events = [
        make.event(event, home=home) for event, home in zip(GAMES, ("NY", "SA", "GS"), strict=True)
    ]
    desk.feed.scoreboards["20260115"] = events
    for event in GAMES:
        desk.feed.plays[event] = [make.play(1, event)]
        desk.feed.probabilities[event] = [make.item(1, event=event)]
    await desk.do("fetch_scoreboards", "load_scoreboards")
    desk.feed.broken[f"/{GAMES[1]}/"] = 500
    context = desk.context("fetch_games")
    await failing(context)
    assert context.bad_items == []
    (told,) = context.notes["not_fetched"].items()
    assert GAMES[1] in told[0]
    assert "500" in told[1]
    fetched = {one.source_key.partition(":")[0] for one in desk.archive.all()}
    assert fetched == {"2026-01-15", "2026-01-14", "2026-01-16", GAMES[0], GAMES[2]}


async def test_a_day_that_could_not_be_fetched_is_no_bad_item(desk, make):
    desk.feed.scoreboards["20260115"] = [make.event()]
    desk.feed.broken["dates=20260115"] = 503
    context = desk.context("fetch_scoreboards")
    await failing(context)
    assert context.bad_items == []
    assert len(context.notes["not_fetched"]) == 1


async def test_of_very_many_some_are_noted(desk):
    """The note goes into the journal: it names some, and the sentence says how many there are."""
    context = desk.context("fetch_games")

    async def fetch(unit: int) -> None:
        raise FeedFailed("ESPN answered 500.")

    with pytest.raises(FeedFailed) as failed:
        await fetch_each(context, range(100), "games", fetch, lambda unit: f"game {unit}")
    assert "100 of 100 games" in failed.value.detail
    assert context.bad_items == []
    noted = context.notes["not_fetched"]
    assert 5 <= len(noted) < 100
    assert set(noted.values()) == {"ESPN answered 500."}
