"""What is wrong with one payload, or one item of it, stays with it: the others load."""

from __future__ import annotations

import gzip
import json

import pytest

from nbapanel.engine.events import Changes
from nbapanel.errors import UserFacingError
from nbapanel.payload import SourceType
from nbapanel.settings import Settings

PLAYS, ITEMS = "espn.plays", "espn.probabilities_raw_items"
EVENTS = [f"4018000{number:02}" for number in range(1, 14)]
CODES = ["NY", "SA", "GS", "NO", "WSH", "BOS", "MIA", "LAL", "LAC", "DEN", "DAL", "HOU", "PHI"]


@pytest.fixture
async def scheduled(desk, make):
    """Thirteen games on a loaded scoreboard."""
    events = [make.event(event, home=code) for event, code in zip(EVENTS, CODES, strict=True)]
    desk.put(SourceType.ESPN_SCOREBOARD, "2026-01-15", {"events": events})
    await desk.do("load_scoreboards")
    desk.clear_marks()
    desk.look.execute("DELETE FROM ops.refresh_log")
    return desk


@pytest.fixture
def put_plays(scheduled, make):
    def put(event: str, *documents, **more):
        documents = documents or ({"items": [make.play(n, event, **more) for n in (1, 2, 3)]},)
        return scheduled.put(SourceType.ESPN_PLAYS, f"{event}:{event}", list(documents))

    return put


async def failing(desk, step="load_games") -> tuple[UserFacingError, object]:
    """The error of the step, and its context."""
    context = desk.context(step)
    with pytest.raises(UserFacingError) as failed:
        await context.step.action(context)
    return failed.value, context


def loaded_games(desk) -> set[str]:
    return {game for (game,) in desk.rows(f"SELECT DISTINCT game_id FROM {PLAYS}")}


BAD_BODIES = {
    "an error page": b"<!DOCTYPE html><html><body>502</body></html>",
    "a cut body": b'{"items": [{"id": "4018000031", "seq',
    "an array": b"[]",
    "null": b"null",
    "nothing": b"",
    "no items": b'{"count": 0}',
    "no UTF-8": b'{"items": "\xff\xfe"}',
    "nested too deeply": b'{"items": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}


async def test_a_bad_payload_never_takes_its_neighbours(scheduled, put_plays):
    """trap L6: one corrupt file discards the good ones before it; the counters count them."""
    desk = scheduled
    bad = dict(zip(EVENTS[2:10], BAD_BODIES.values(), strict=True))
    good = {*EVENTS} - {*bad}
    for event in EVENTS:
        put_plays(event, *([bad[event]] if event in bad else []))
    error, context = await failing(desk)
    assert loaded_games(desk) == good
    assert error.title.startswith("8 of 13 payloads could not be loaded")
    named = {f"espn_plays {event}:{event}" for event in bad}
    assert sum(name in error.detail for name in named) == 5, "the first few are named here"
    assert {where for where, _ in context.bad_items} == named, "and all of them there"
    assert all(reason for _, reason in context.bad_items)
    assert context.changes[PLAYS] == Changes(inserted=3 * len(good))
    assert desk.marks == {"espn.prob_event_state": good, "derived.snapshot_features": good}
    failed = "SELECT source_key FROM ops.source_files WHERE {}"
    for condition in ("load_error IS NOT NULL", "loaded_at IS NULL"):
        found = {key for (key,) in desk.rows(failed.format(condition))}
        assert found == {f"{event}:{event}" for event in bad}
    assert desk.wrong_versions() == []


async def test_what_was_done_is_on_record_though_a_payload_failed(scheduled, put_plays):
    """The relations were loaded with what there was; what was not is noted at the payload."""
    desk = scheduled
    put_plays(EVENTS[0])
    put_plays(EVENTS[1], b"null")
    await failing(desk)
    found = {name: rest for name, *rest in desk.log("status", "inserted", "rows_after")}
    assert found == {PLAYS: ["ok", 3, 3], ITEMS: ["ok", 0, 0]}
    error = desk.one("SELECT load_error FROM ops.source_files WHERE load_error IS NOT NULL")
    assert "not a page of ESPN plays" in error


def spoil(path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 0xFF
    path.write_bytes(body)


def replace_content(path) -> None:
    path.write_bytes(gzip.compress(b'{"items": []}'))


DAMAGE = {
    "a flipped byte": spoil,
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:40]),
    "other content": replace_content,
    "gone": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
}


async def test_a_damaged_file_of_the_archive_is_named(scheduled, put_plays):
    """trap L6: the file is named, and fetching it again mends it."""
    desk = scheduled
    damaged = dict(zip(EVENTS[1:6], DAMAGE.values(), strict=True))
    paths = {}
    for event in EVENTS[:8]:
        paths[event] = put_plays(event).path
    for event, damage in damaged.items():
        damage(desk.archive.root / paths[event])
    error, context = await failing(desk)
    assert loaded_games(desk) == {*EVENTS[:8]} - {*damaged}
    for event in damaged:
        assert paths[event] in error.detail
    assert all("damaged" in reason for _, reason in context.bad_items)
    for event in damaged:
        put_plays(event)
    await desk.do("load_games")
    assert loaded_games(desk) == set(EVENTS[:8])
    assert desk.one("SELECT count(*) FROM ops.source_files WHERE load_error IS NOT NULL") == 0


async def test_a_manifest_that_is_gone(scheduled, put_plays):
    """The database knows of the payload, the archive no longer says what it is."""
    desk = scheduled
    manifest = put_plays(EVENTS[1], b"null")
    put_plays(EVENTS[0])
    await failing(desk)
    place = desk.archive.root / manifest.path.replace(".json.gz", ".manifest.json")
    place.unlink()
    error, _ = await failing(desk)
    assert "manifest" in error.detail
    assert loaded_games(desk) == {EVENTS[0]}


@pytest.mark.warns_in_log
async def test_a_batch_that_the_database_refuses_is_loaded_one_by_one(scheduled, put_plays):
    """trap L7: one bad value poisons the whole transaction."""
    desk = scheduled
    desk.look.execute(f"ALTER TABLE {PLAYS} ADD CHECK (text <> 'refused')")
    for event in EVENTS[:5]:
        put_plays(event, text="refused" if event in EVENTS[1:3] else "fine")
    error, context = await failing(desk)
    assert loaded_games(desk) == {EVENTS[0], *EVENTS[3:5]}
    assert error.title.startswith("2 of 5")
    assert "violates check constraint" in error.detail
    assert context.changes[PLAYS] == Changes(inserted=9)
    good = {EVENTS[0], *EVENTS[3:5]}
    assert desk.marks == {"espn.prob_event_state": good, "derived.snapshot_features": good}
    refused = "SELECT count(*) FROM ops.source_files WHERE load_error LIKE '%check constraint%'"
    assert desk.one(refused) == 2
    assert desk.wrong_versions() == []


async def test_what_the_database_cannot_do_at_all_is_no_payload_s_fault(scheduled, put_plays):
    """A database that is read-only, or full, refuses everything: said so, and nothing blamed."""
    desk = scheduled
    put_plays(EVENTS[0])
    desk.look.execute(
        f"CREATE FUNCTION public.no_space() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$;"
        f"CREATE TRIGGER no_space BEFORE INSERT ON {PLAYS} EXECUTE FUNCTION public.no_space()"
    )
    error, context = await failing(desk)
    assert error.title == "The database's disk is full."
    assert context.bad_items == []
    assert desk.one("SELECT count(*) FROM ops.source_files WHERE load_error IS NOT NULL") == 0
    assert {status for _, status in desk.log("status")} == {"failed"}
    desk.look.execute(f"DROP TRIGGER no_space ON {PLAYS}")
    await desk.do("load_games")
    assert desk.count(PLAYS) == 3


# -- single items --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "odd",
    [
        '"homeWinPercentage": "high"',
        '"homeWinPercentage": 1e400',
        '"homeWinPercentage": 60.0',
        '"sequenceNumber": "99999999999"',
        '"lastModified": "0001-01-01T00:00:00Z"',
    ],
)
async def test_one_bad_value_costs_its_item(scheduled, make, odd):
    """trap L7: a string where a number is due, 1e400, a date in year 0001; trap D11: 60 %."""
    desk = scheduled
    sound = [json.dumps(make.item(number)) for number in (1, 2, 4)]
    name = odd.split(":")[0]
    bad = json.dumps(make.item(3)).replace(name, f'{odd}, "was_{name[1:]}', 1)
    body = f'{{"items": [{", ".join([*sound[:2], bad, sound[2]])}]}}'
    desk.put(SourceType.ESPN_PROBABILITIES, f"{EVENTS[0]}:{EVENTS[0]}", body.encode())
    context = await desk.do("load_games")
    assert desk.rows(f"SELECT sequence_number FROM {ITEMS} ORDER BY 1") == [(1,), (2,), (4,)]
    ((where, reason),) = context.bad_items
    assert where.startswith(f"{EVENTS[0]}:{EVENTS[0]} items[2]")
    assert reason
    assert desk.one("SELECT bad_items FROM ops.source_files ORDER BY bad_items DESC LIMIT 1") == 1


async def test_an_item_without_a_play_loads_like_the_others(scheduled, make):
    """trap L5: one item without a play reference loses every file of the batch."""
    desk = scheduled
    bare = make.item(2)
    del bare["play"]
    for event in EVENTS[:2]:
        items = [make.item(1, event=event), bare, make.item(3, event=event)]
        desk.put(SourceType.ESPN_PROBABILITIES, f"{event}:{event}", {"items": items})
    context = await desk.do("load_games")
    assert context.changes[ITEMS] == Changes(inserted=6)
    assert context.bad_items == []
    found = desk.rows(f"SELECT sequence_number FROM {ITEMS} WHERE event_id IS NULL")
    assert found == [(2,), (2,)]


async def test_duplicates_in_one_payload_are_counted_and_the_last_stands(
    scheduled, put_plays, make
):
    """trap L14: duplicate keys inside one payload."""
    desk = scheduled
    event = EVENTS[0]
    first, second = ([make.play(n, event, text=t) for n in (1, 2)] for t in ("first", "second"))
    put_plays(event, {"items": first}, {"items": second})
    context = await desk.do("load_games")
    assert context.changes[PLAYS] == Changes(inserted=2)
    assert context.notes == {f"duplicates in espn_plays {event}:{event}": 2}
    assert desk.one(f"SELECT DISTINCT text FROM {PLAYS}") == "second"


async def test_blank_text_is_text(scheduled, put_plays):
    """trap L15: blank descriptions are kept as they are."""
    put_plays(EVENTS[0], text="", shortText="")
    await scheduled.do("load_games")
    assert scheduled.one(f"SELECT DISTINCT text, short_text FROM {PLAYS}") == ("", "")


async def test_text_that_no_database_takes(scheduled, put_plays, make):
    """trap L17: NUL characters and lone surrogates in text."""
    desk = scheduled
    body = json.dumps({"items": [make.play(n, EVENTS[0], text="X") for n in (1, 2)]})
    put_plays(EVENTS[0], body.replace('"X"', r'"a\u0000b\ud83dc"').encode())
    context = await desk.do("load_games")
    assert desk.count(PLAYS) + len(context.bad_items) == 2
    assert all("\x00" not in text for (text,) in desk.rows(f"SELECT text FROM {PLAYS}"))


@pytest.mark.parametrize("keep", [True, False])
async def test_raw_pieces_are_kept_where_asked_for(scheduled, make, keep):
    """As JSON that can be asked, not as a string that holds it."""
    desk = scheduled
    event = EVENTS[0]
    desk.put(SourceType.ESPN_PLAYS, f"{event}:{event}", {"items": [make.play(1, event, odd="x")]})
    desk.put(SourceType.ESPN_PROBABILITIES, f"{event}:{event}", {"items": [make.item(1)]})
    desk.put(SourceType.ESPN_SCOREBOARD, "2026-01-14", {"events": [make.event("401800009")]})
    desk.put(SourceType.KALSHI_MARKETS, "KXNBAGAME.all", {"markets": [make.market()], "cursor": ""})
    settings = Settings(keep_raw_in_database=keep)
    await desk.do("load_scoreboards", "load_games", settings=settings)
    await desk.do("markets", settings=settings, offline=True)
    assert desk.one(f"SELECT raw_play ->> 'odd' FROM {PLAYS}") == ("x" if keep else None)
    assert desk.one(f"SELECT raw_item ->> 'sequenceNumber' FROM {ITEMS}") == ("1" if keep else None)
    raw = "SELECT raw_event ->> 'id' FROM espn.scoreboard_games WHERE event_id = '401800009'"
    assert desk.one(raw) == ("401800009" if keep else None)
    assert desk.one("SELECT raw ->> 'title' FROM kalshi.markets") == ("Winner?" if keep else None)
