"""Loading from the archive: everything that is not loaded yet, once, and nothing else."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from nbapanel.engine.control import Stopped
from nbapanel.engine.events import Changes
from nbapanel.errors import UserFacingError
from nbapanel.payload import SourceType
from nbapanel.steps import loading

PLAYS, ITEMS = "espn.plays", "espn.probabilities_raw_items"
EVENTS = [f"40180000{number}" for number in range(1, 6)]


@pytest.fixture
async def scheduled(desk, make):
    """Five games on a loaded scoreboard, so that their payloads may be loaded."""
    codes = ("NY", "SA", "GS", "NO", "WSH")
    events = [make.event(event, home=code) for event, code in zip(EVENTS, codes, strict=True)]
    desk.put(SourceType.ESPN_SCOREBOARD, "2026-01-15", {"events": events})
    await desk.do("load_scoreboards")
    desk.clear_marks()
    return desk


def plays_of(make, event: str, numbers=range(1, 4), **more) -> dict:
    return {"items": [make.play(number, event, **more) for number in numbers]}


def items_of(make, event: str, numbers=range(1, 4), **more) -> dict:
    return {"items": [make.item(number, event=event, **more) for number in numbers]}


def key_of(event: str) -> str:
    return f"{event}:{event}"


async def test_a_payload_is_told_to_the_database_as_it_is(desk, make):
    manifest = desk.put(
        SourceType.ESPN_SCOREBOARD, "2026-01-15", {"events": []}, etag='"x"', url="http://x.test/s"
    )
    await desk.do("load_scoreboards")
    row = desk.one(
        "SELECT source_file_id, source_type, source_key, url, path, fetched_at, checked_at,"
        " http_status, etag, last_modified, sha256_hex, byte_size, loaded_at IS NOT NULL,"
        " load_error, bad_items FROM ops.source_files"
    )
    assert row == (
        *(manifest.source_file_id, "espn_scoreboard", "2026-01-15", "http://x.test/s"),
        *(manifest.path, desk.clock.now(), desk.clock.now(), 200, '"x"', None),
        *(manifest.sha256, manifest.byte_size, True, None, 0),
    )
    assert desk.archive.pending() == []


@pytest.mark.parametrize("step", ["load_scoreboards", "load_games", "markets", "candlesticks"])
async def test_nothing_to_load_is_no_failure(desk, step):
    """trap L12: "nothing to load" reported as failure."""
    context = await desk.do(step, offline=True)
    assert context.reason == "no new payload"
    assert not any(changes.any for changes in context.changes.values())
    assert {status for _, status in desk.log("status")} == {"ok"}


async def test_loaded_once(scheduled, make):
    desk = scheduled
    desk.put(SourceType.ESPN_PLAYS, key_of(EVENTS[0]), plays_of(make, EVENTS[0]))
    first = await desk.do("load_games")
    assert first.changes[PLAYS] == Changes(inserted=3)
    assert desk.marks == {
        "espn.prob_event_state": {EVENTS[0]},
        "derived.snapshot_features": {EVENTS[0]},
    }
    again = await desk.do("load_games")
    assert again.reason == "no new payload"
    assert desk.wrong_versions() == []


async def test_one_row_of_the_refresh_log_for_each_relation(scheduled, make):
    desk = scheduled
    desk.put(SourceType.ESPN_PLAYS, key_of(EVENTS[0]), plays_of(make, EVENTS[0]))
    await desk.do("load_games")
    desk.look.execute("DELETE FROM ops.refresh_log")
    desk.clock.moment += timedelta(hours=1)
    changed = plays_of(make, EVENTS[0], [2, 3, 4, 5], text="corrected")
    desk.put(SourceType.ESPN_PLAYS, key_of(EVENTS[0]), changed)
    await desk.do("load_games")
    rows = ["rows_before", "rows_after", "inserted", "updated", "unchanged", "deleted"]
    about = ["status", "step", "kind", "strategy", "triggered_by"]
    found = {name: rest for name, *rest in desk.log(*rows, *about)}
    ended = ["ok", "load_games", "load", "upsert", "terminal"]
    assert found == {PLAYS: [3, 4, 2, 2, 0, 1, *ended], ITEMS: [0, 0, 0, 0, 0, 0, *ended]}


async def test_one_whose_load_failed_is_tried_again(desk, make):
    """trap L13: files chosen by modification time: one that failed is never tried again."""
    desk.put(SourceType.ESPN_PLAYS, key_of(EVENTS[0]), plays_of(make, EVENTS[0]))
    with pytest.raises(UserFacingError) as failed:
        await desk.do("load_games")
    assert f"espn_plays {EVENTS[0]}:{EVENTS[0]}" in failed.value.detail
    assert "on no loaded scoreboard" in failed.value.detail
    error = "SELECT load_error, loaded_at FROM ops.source_files WHERE source_type = 'espn_plays'"
    assert "on no loaded scoreboard" in desk.one(error)[0]
    assert desk.one(error)[1] is None
    desk.put(SourceType.ESPN_SCOREBOARD, "2026-01-15", {"events": [make.event(EVENTS[0])]})
    await desk.do("load_scoreboards", "load_games")
    assert desk.count(PLAYS) == 3
    assert desk.one(error)[0] is None


async def test_new_is_what_is_not_loaded_whatever_its_date(scheduled, make):
    """trap L13: an old payload that came late (a copied archive) is loaded like any other."""
    desk = scheduled
    desk.put(SourceType.ESPN_PLAYS, key_of(EVENTS[0]), plays_of(make, EVENTS[0]))
    await desk.do("load_games")
    long_ago = desk.clock.now() - timedelta(days=400)
    late = plays_of(make, EVENTS[1])
    desk.put(SourceType.ESPN_PLAYS, key_of(EVENTS[1]), late, fetched_at=long_ago)
    assert (await desk.do("load_games")).reason.startswith("1 payload")
    assert desk.count(PLAYS) == 6


async def test_what_came_changed_and_came_back_ends_as_it_came(scheduled, make):
    """The feed goes back to an answer it gave before: that answer is news again."""
    desk = scheduled
    first, second = (plays_of(make, EVENTS[0], text=text) for text in ("first", "second"))
    texts = f"SELECT DISTINCT text FROM {PLAYS}"
    for document in (first, second, first, second, first):
        desk.clock.moment += timedelta(minutes=10)
        desk.put(SourceType.ESPN_PLAYS, key_of(EVENTS[0]), document)
        await desk.do("load_games")
        assert desk.one(texts) == document["items"][0]["text"]
    assert desk.count("ops.source_files") == 3, "the scoreboard, and two distinct payloads"


async def test_what_came_changed_and_came_back_unloaded(scheduled, make):
    """The same, told to the database all at once."""
    desk = scheduled
    first, second = (plays_of(make, EVENTS[0], text=text) for text in ("first", "second"))
    for document in (first, second, first):
        desk.clock.moment += timedelta(minutes=10)
        desk.put(SourceType.ESPN_PLAYS, key_of(EVENTS[0]), document)
    await desk.do("load_games")
    assert desk.one(f"SELECT DISTINCT text FROM {PLAYS}") == "first"
    assert desk.one("SELECT count(*) FROM ops.source_files WHERE loaded_at IS NULL") == 0


@pytest.mark.parametrize("step_back", [timedelta(0), timedelta(hours=3)])
@pytest.mark.parametrize("at_once", [True, False])
async def test_what_comes_last_counts_whatever_the_clock_says(scheduled, make, step_back, at_once):
    """trap W12: the clock stands still (a simulated league's), or was set back."""
    desk = scheduled
    texts = ("first", "second", "first", "third", "second")
    for text in texts:
        desk.clock.moment -= step_back
        desk.put(SourceType.ESPN_PLAYS, key_of(EVENTS[0]), plays_of(make, EVENTS[0], text=text))
        if not at_once:
            await desk.do("load_games")
            assert desk.one(f"SELECT DISTINCT text FROM {PLAYS}") == text
    await desk.do("load_games")
    assert desk.one(f"SELECT DISTINCT text FROM {PLAYS}") == "second"
    assert desk.one("SELECT bool_and(checked_at >= fetched_at) FROM ops.source_files")


async def test_a_payload_that_is_confirmed_is_not_loaded_again(scheduled, make):
    desk = scheduled
    document = plays_of(make, EVENTS[0])
    desk.put(SourceType.ESPN_PLAYS, key_of(EVENTS[0]), document)
    await desk.do("load_games")
    fetched_at = desk.clock.now()
    desk.clock.moment += timedelta(hours=3)
    desk.put(SourceType.ESPN_PLAYS, key_of(EVENTS[0]), document)
    assert (await desk.do("load_games")).reason == "no new payload"
    times = "SELECT fetched_at, checked_at FROM ops.source_files WHERE source_type = 'espn_plays'"
    assert desk.one(times) == (fetched_at, desk.clock.now())


async def test_two_payloads_about_one_game_are_loaded_in_order(scheduled, make):
    """An old list of the core feed, and the summary that came when it had none any more."""
    desk = scheduled
    event = EVENTS[0]
    desk.put(SourceType.ESPN_PLAYS, key_of(event), plays_of(make, event, text="old"))
    desk.clock.moment += timedelta(hours=1)
    desk.put(SourceType.ESPN_PLAYS, key_of(event), b"{}", http_status=404)
    summary = {"header": {}, "plays": plays_of(make, event, text="new")["items"]}
    desk.put(SourceType.ESPN_SUMMARY, event, summary)
    await desk.do("load_games")
    assert desk.one(f"SELECT count(*), min(text), max(text) FROM {PLAYS}") == (3, "new", "new")
    assert desk.wrong_versions() == []


async def test_an_absence_counts_as_loaded(scheduled, make):
    desk = scheduled
    desk.put(SourceType.ESPN_PLAYS, key_of(EVENTS[0]), b"<no such thing>", http_status=404)
    context = await desk.do("load_games")
    assert context.reason.startswith("1 payload")
    assert context.bad_items == []
    assert desk.one(
        "SELECT loaded_at IS NOT NULL, load_error FROM ops.source_files WHERE http_status = 404"
    ) == (True, None)


async def test_a_stop_between_batches_loses_nothing(scheduled, make, monkeypatch):
    """What was loaded stays, the rest is loaded next time; and the record says so."""
    desk = scheduled
    monkeypatch.setattr(loading, "BATCH_ROWS", 1)
    for event in EVENTS:
        desk.put(SourceType.ESPN_PLAYS, key_of(event), plays_of(make, event))
    context = desk.context("load_games")
    context.stop_after = 2
    desk.look.execute("DELETE FROM ops.refresh_log")
    with pytest.raises(Stopped):
        await context.step.action(context)
    assert desk.count(PLAYS) == 6
    assert desk.wrong_versions() == []
    assert len(desk.marks["espn.prob_event_state"]) == 2
    assert {name: rest for name, *rest in desk.log("status", "inserted", "rows_after")} == {
        PLAYS: ["cancelled", 6, 6],
        ITEMS: ["cancelled", 0, 0],
    }
    rest = await desk.do("load_games")
    assert rest.reason.startswith("3 payloads")
    assert desk.count(PLAYS) == 15


async def test_a_cancel_in_the_middle_of_a_batch_loses_nothing(
    scheduled, make, monkeypatch, eventually
):
    """The transaction goes, and everything is loaded the next time."""
    desk = scheduled
    desk.put(SourceType.ESPN_PLAYS, key_of(EVENTS[0]), plays_of(make, EVENTS[0]))
    load = loading.load
    asleep = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND state = 'active' AND query LIKE 'SELECT pg_sleep%'"
    )

    async def slow(connection, *given, **more):
        merged = await load(connection, *given, **more)
        await connection.execute("SELECT pg_sleep(300)")
        return merged

    monkeypatch.setattr(loading, "load", slow)
    desk.look.execute("DELETE FROM ops.refresh_log")
    task = asyncio.create_task(desk.do("load_games"))
    # A cancel that comes before its statement does is not heard by the server.
    await eventually(lambda: desk.one(asleep) == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    monkeypatch.setattr(loading, "load", load)
    assert desk.count(PLAYS) == 0
    assert desk.marks == {}
    assert {status for _, status in desk.log("status")} == {"cancelled"}
    await desk.do("load_games")
    assert desk.count(PLAYS) == 3
    assert desk.wrong_versions() == []


async def test_many_batches_are_loaded_whole(scheduled, make, monkeypatch):
    desk = scheduled
    monkeypatch.setattr(loading, "BATCH_ROWS", 4)
    for event in EVENTS:
        desk.put(SourceType.ESPN_PLAYS, key_of(event), plays_of(make, event))
        desk.put(SourceType.ESPN_PROBABILITIES, key_of(event), items_of(make, event))
    context = await desk.do("load_games")
    assert context.changes == {PLAYS: Changes(inserted=15), ITEMS: Changes(inserted=15)}
    assert context.told[-1] == (10, 10, "payloads")
    assert desk.marks == {
        "espn.prob_event_state": set(EVENTS),
        "derived.snapshot_features": set(EVENTS),
    }
