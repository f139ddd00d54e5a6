"""Payloads that are none, for every parser; and text that needs mending before it is JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from nbapanel.errors import UserFacingError
from nbapanel.rows import espn, kalshi, nba
from nbapanel.rows.announced import says_nothing
from nbapanel.rows.mending import mended

NOW = datetime(2026, 6, 14, 4, 0, tzinfo=UTC)
GAME: dict[str, Any] = {"game_id": "1", "season_label": "2023-24", "source_file_id": 7}
NBA_GAME: dict[str, Any] = {"game_id": "0022300001", "source_file_id": 7}
Parse = Callable[[Sequence[bytes]], Any]
PARSERS: dict[str, Parse] = {
    "scoreboard": lambda parts: espn.parse_scoreboard(
        parts, day=date(2024, 1, 15), fetched_at=NOW, source_file_id=7
    ),
    "probabilities": lambda parts: espn.parse_probabilities(parts, **GAME),
    "plays": lambda parts: espn.parse_plays(parts, **GAME),
    "summary": lambda parts: espn.parse_summary(parts, **GAME),
    "markets": lambda parts: kalshi.parse_markets(parts, fetched_at=NOW, source_file_id=7),
    "candlesticks": lambda parts: kalshi.parse_candlesticks(
        parts, source_key="T", source_file_id=7
    ),
    "nba schedule": lambda parts: nba.parse_schedule(parts, source_file_id=7),
    "nba scoreboard": lambda parts: nba.parse_scoreboard(parts, source_file_id=7),
    "nba play-by-play": lambda parts: nba.parse_play_by_play(parts, **NBA_GAME),
    "nba play-by-play v3": lambda parts: nba.parse_play_by_play_v3(parts, **NBA_GAME),
    "nba box score": lambda parts: nba.parse_box_score(parts, **NBA_GAME),
    "nba game finder": lambda parts: nba.parse_game_finder(parts, source_file_id=7),
    "nba odds": lambda parts: nba.parse_odds(parts, fetched_at=NOW, source_file_id=7),
}
DEEP = 100_000
NOT_PAYLOADS = {
    "empty": b"",
    "blank": b" \n",
    "null": b"null",
    "array": b"[]",
    "array of items": b'[{"id": "1"}]',
    "string": b'"items"',
    "number": b"7",
    "html": b"<!DOCTYPE html><html><body>Bad gateway</body></html>",
    "xml": b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
    "cut": b'{"items": [{"id": "1"}], "events": [{"id": "1", "plays": "',
    "two documents": b'{"items": []} {"items": []}',
    "error": b'{"code": 400, "message": "Probabilities are not supported"}',
    "noise": bytes(range(256)),
    "utf-16": '{"items": []}'.encode("utf-16"),
    "deep array": b"[" * DEEP + b"]" * DEEP,
    "null in the place of the list": b'{"items":null,"events":null,"markets":null,"games":null,'
    b'"game":null,"scoreboard":null,"leagueSchedule":null,"resultSets":null}',
    "deep and cut": b'{"items": ' + b"[" * DEEP,
    "deep elsewhere": b'{"items":[],"events":[],"plays":[],"markets":[],"candlesticks":[],"x":'
    + b'{"x":' * DEEP
    + b"1"
    + b"}" * DEEP
    + b"}",
    "cut in an escape": b'{"items": [{"text": "' + b'\\"' * 50_000,
}


@pytest.mark.parametrize("name", NOT_PAYLOADS)
@pytest.mark.parametrize("parser", PARSERS)
def test_what_is_no_payload_is_refused(parser, name):
    """Traps F8, L6: refused with a sentence, whatever it is, and with it the pages before it."""
    with pytest.raises(espn.PayloadRefused) as caught:
        PARSERS[parser]([NOT_PAYLOADS[name]])
    error = caught.value
    assert isinstance(error, UserFacingError)
    assert error.title.startswith("This is not a")
    assert error.detail.startswith("Page 1: ")
    assert error.hint
    assert len(str(error)) < 500
    assert str(error).isprintable()


@pytest.mark.parametrize("name", NOT_PAYLOADS)
def test_what_is_no_payload_does_not_say_that_there_is_nothing(name):
    """Trap F11: only a page that counts none says so; then the summary is asked."""
    assert says_nothing([b'{"count": 0, "items": []}'])
    assert not says_nothing([NOT_PAYLOADS[name]])


def test_deep_nesting_inside_an_item_refuses_the_payload():
    deep = b'{"items":[{"x":' + b"[" * DEEP + b"]" * DEEP + b"}]}"
    with pytest.raises(espn.PayloadRefused, match="nested too deeply"):
        PARSERS["plays"]([deep])


def test_a_byte_order_mark_is_no_reason_to_refuse(make):
    body = b"\xef\xbb\xbf" + make.body({"items": [make.play()]})
    assert len(PARSERS["plays"]([body]).rows) == 1


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (rb'"a\u0000b"', "ab"),
        (rb'"a\\u0000b"', "a\\u0000b"),
        (rb'"a\\\u0000b"', "a\\b"),
        (rb'"\ud83d\ude00"', "\U0001f600"),
        (rb'"\ud83d"', "\ufffd"),
        (rb'"\ude00\ud83d"', "\ufffd\ufffd"),
        (rb'"\ud83d\ud83d\ude00"', "\ufffd\U0001f600"),
        (rb'"\ud83dx\ude00"', "\ufffdx\ufffd"),
        (b'"a\x00\x01\nb"', "a  b"),
        (b'"\xff"', "\ufffd"),
        (b'"\xc3\xa9"', "\u00e9"),
        (b'"NaN \\" Infinity"', 'NaN " Infinity'),
        (b"NaN", float("inf")),
        (b"-Infinity", float("inf")),
        (b'["NaN", 1]', ["NaN", 1]),
    ],
)
def test_mending(text, meant):
    """Trap L17."""
    assert json.loads(mended(text)) == meant


def test_mending_sound_text_changes_nothing(recorded):
    body = recorded("espn_scoreboard/20240115.json")
    assert mended(body) == body
