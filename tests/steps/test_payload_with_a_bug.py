"""A payload that meets a bug of ours is set aside alone, with its reason; the others load."""

from __future__ import annotations

import logging

import pytest

from nbapanel.engine.events import Changes
from nbapanel.errors import UserFacingError
from nbapanel.payload import SourceType
from nbapanel.steps import espn_games

PLAYS = "espn.plays"
EVENTS = ["401800001", "401800002", "401800003", "401800004"]
ODD = EVENTS[1]
GOOD = {*EVENTS} - {ODD}

pytestmark = pytest.mark.warns_in_log


@pytest.fixture
async def waiting(desk, make):
    """The plays of four games are in the archive and not loaded yet."""
    codes = ("NY", "SA", "GS", "NO")
    events = [make.event(event, home=code) for event, code in zip(EVENTS, codes, strict=True)]
    desk.put(SourceType.ESPN_SCOREBOARD, "2026-01-15", {"events": events})
    await desk.do("load_scoreboards")
    desk.clear_marks()
    for event in EVENTS:
        items = [make.play(number, event) for number in (1, 2, 3)]
        desk.put(SourceType.ESPN_PLAYS, f"{event}:{event}", {"items": items})
    return desk


@pytest.fixture
def bug(monkeypatch):
    """Parsing the plays of one game divides by zero, until it is mended."""
    parse = espn_games.parse_plays

    def divide(parts, *, game_id, **about):
        if game_id == ODD:
            raise ZeroDivisionError("division by zero")
        return parse(parts, game_id=game_id, **about)

    with monkeypatch.context() as patched:
        patched.setattr(espn_games, "parse_plays", divide)
        yield patched


async def failing(desk):
    context = desk.context("load_games")
    with pytest.raises(UserFacingError) as failed:
        await context.step.action(context)
    return failed.value, context


def loaded(desk) -> set[str]:
    return {game for (game,) in desk.rows(f"SELECT DISTINCT game_id FROM {PLAYS}")}


async def test_a_bug_in_parsing_costs_its_payload_alone(waiting, bug, caplog):
    """trap L6: one payload discards the good ones around it."""
    desk = waiting
    error, context = await failing(desk)
    assert loaded(desk) == GOOD
    assert context.changes[PLAYS] == Changes(inserted=9)
    assert desk.marks == {"espn.prob_event_state": GOOD, "derived.snapshot_features": GOOD}

    reason = "internal error: ZeroDivisionError: division by zero"
    assert error.title == "1 of 4 payloads could not be loaded."
    assert f"espn_plays {ODD}:{ODD}: {reason}" in error.detail
    assert context.bad_items == [(f"espn_plays {ODD}:{ODD}", reason)]
    noted = desk.rows("SELECT source_key, load_error FROM ops.source_files WHERE loaded_at IS NULL")
    assert noted == [(f"{ODD}:{ODD}", reason)]
    (told,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert told.exc_info[0] is ZeroDivisionError, "with its traceback: it is ours to mend"


async def test_it_is_loaded_once_the_bug_is_mended(waiting, bug):
    desk = waiting
    await failing(desk)
    bug.undo()
    context = await desk.do("load_games")
    assert context.reason == "1 payload"
    assert loaded(desk) == {*EVENTS}
    assert desk.one("SELECT count(*) FROM ops.source_files WHERE load_error IS NOT NULL") == 0
    assert desk.wrong_versions() == []


async def test_a_bug_in_loading_costs_its_payload_alone(waiting, monkeypatch):
    """The same behind the parser: in what is done with the rows of a batch."""
    desk, mark_games = waiting, espn_games.mark_games

    async def divide(connection, datasets, games, run_id):
        games = set(games)
        if ODD in games:
            raise ZeroDivisionError("division by zero")
        await mark_games(connection, datasets, games, run_id)

    monkeypatch.setattr(espn_games, "mark_games", divide)
    error, context = await failing(desk)
    assert loaded(desk) == GOOD
    assert context.changes[PLAYS] == Changes(inserted=9)
    assert f"{ODD}:{ODD}: internal error: ZeroDivisionError" in error.detail
    assert [where for where, _ in context.bad_items] == [f"espn_plays {ODD}:{ODD}"]
    assert desk.wrong_versions() == []
