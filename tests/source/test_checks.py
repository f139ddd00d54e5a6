"""trap F8: what has status 200 and is no answer is refused before anything can keep it as good."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path

import httpx
import pytest

from nbapanel.errors import FeedFailed
from nbapanel.source.checks import Shape, check, markup_of, text, whole_number
from nbapanel.source.trouble import BodyRefused

DAY = date(2026, 1, 15)
GOOD = {"events": []}
BODY = json.dumps({"events": [{"id": str(n)} for n in range(200)]}).encode()
PACKED = gzip.compress(BODY)

REFUSED = {
    "empty": ([b""], {}, "an empty body"),
    "blank": ([b" \n"], {}, "an empty body"),
    "HTML": ([b"<!doctype html><html>Sorry</html>"], {}, "an HTML page"),
    "HTML after a blank line": ([b"\r\n <HTML>Sorry</HTML>"], {}, "an HTML page"),
    "XML": ([b'<?xml version="1.0"?><Error/>'], {}, "an XML document"),
    "null": ([b"null"], {}, "null where an object is due"),
    "array": ([b'[{"events": []}]'], {}, "a JSON array where an object is due"),
    "string": ([b'"events"'], {}, "a JSON string where an object is due"),
    "number": ([b"1"], {}, "JSON of another kind"),
    "cut in the middle": ([BODY[:1500]], {}, "cut or garbled JSON"),
    "cut of the last byte": ([BODY[:-1]], {}, "cut or garbled JSON"),
    "two documents": ([BODY + BODY], {}, "cut or garbled JSON"),
    "NaN": ([b'{"events": [NaN]}'], {}, "cut or garbled JSON"),
    "not UTF-8": ([b'{"events": ["\xe9"]}'], {}, "not UTF-8"),
    "cut by length": ([BODY[:500]], {"content_length": "3000"}, "sent 500 bytes where"),
    "longer than said": ([BODY], {"content_length": "20"}, "where it had promised 20"),
    "gzip cut": ([PACKED[:100]], {"content_encoding": "gzip"}, "answered with"),
    "said gzip, is not": ([BODY], {"content_encoding": "gzip"}, "not encoded as it says"),
    "gzip, does not say": ([PACKED], {}, "not UTF-8"),
    "not asked for": ([b"\x8b\x00\x80"], {"content_encoding": "br"}, r"not asked for \(br\)"),
    "key missing": ([b'{"leagues": []}'], {}, "lacks 'events'"),
    "key null": ([b'{"events": null}'], {}, "'events' that is no list"),
    "key no list": ([b'{"events": {}}'], {}, "'events' that is no list"),
    "broken off": ([BODY[:99], httpx.ReadError("reset")], {}, "broke the connection"),
}


@pytest.mark.parametrize(("pieces", "headers", "reason"), REFUSED.values(), ids=REFUSED.keys())
async def test_refused_and_asked_for_again(feeds, script, answer, pieces, headers, reason):
    """trap F8"""
    bad = answer(*pieces, **headers)
    script.then(bad, bad, GOOD)
    async with feeds() as opened:
        payload = await opened.espn.scoreboard(DAY)
    assert payload.parts == (b'{"events": []}',)
    assert len(script.requests) == 3


@pytest.mark.parametrize(("pieces", "headers", "reason"), REFUSED.values(), ids=REFUSED.keys())
async def test_refused_for_good_it_is_an_error(feeds, script, answer, pieces, headers, reason):
    """trap F8"""
    script.then(answer(*pieces, **headers))
    async with feeds() as opened:
        with pytest.raises(FeedFailed, match=reason) as caught:
            await opened.espn.scoreboard(DAY)
    assert caught.value.title.startswith("ESPN ")
    assert len(script.requests) == 6


ENDPOINTS = {
    "scoreboard": (lambda f: f.espn.scoreboard(DAY), {"leagues": []}),
    "summary": (lambda f: f.espn.summary("1"), {"meta": {}}),
    "plays": (lambda f: f.espn.plays("1", "1"), {"items": [], "pageIndex": 1}),
    "plays, no items": (lambda f: f.espn.plays("1", "1"), {"pageCount": 1, "pageIndex": 1}),
    "probabilities": (
        lambda f: f.espn.probabilities("1", "1"),
        {"items": [], "pageCount": "2", "pageIndex": 1},
    ),
    "markets": (lambda f: f.kalshi.markets(), {"cursor": ""}),
    "markets, odd cursor": (lambda f: f.kalshi.markets(), {"markets": [], "cursor": 7}),
    "historical markets": (lambda f: f.kalshi.historical_markets(), {"market": {}}),
    "cutoff": (lambda f: f.kalshi.historical_cutoff(), {"trades_created_ts": ""}),
}


@pytest.mark.parametrize(("call", "document"), ENDPOINTS.values(), ids=ENDPOINTS.keys())
async def test_each_endpoint_knows_what_is_due(feeds, script, call, document):
    """trap F8"""
    script.then(document)
    async with feeds() as opened:
        with pytest.raises(FeedFailed):
            await call(opened)
    assert len(script.requests) == 6


def test_half_a_pair_of_surrogates_does_not_cost_the_game():
    """trap F8, L17: valid JSON, which the fast decoder declines."""
    top = check(rb'{"items": [{"text": "\ud83d only"}], "pageCount": 1}', Shape(lists=("items",)))
    assert whole_number(top, "pageCount") == 1


@pytest.mark.parametrize("body", [b'{"a": tru}', b'{"a": "\\ud83d', b"[" * 100_000, b'["\\ud83d"]'])
def test_what_no_decoder_takes_is_refused(body):
    with pytest.raises(BodyRefused):
        check(body, Shape())


def test_texts_may_be_absent_or_null():
    top = check(b'{"a": null, "b": "x", "c": 1}', Shape(texts=("a", "b", "d")))
    assert (text(top, "a"), text(top, "b"), text(top, "d")) == (None, "x", None)
    with pytest.raises(BodyRefused):
        text(top, "c")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>", "an HTML page"),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "x">', "an HTML page"),
        (b"\xef\xbb\xbf<!DOCTYPE HTML>", "an HTML page"),
        (b"<h1>Sorry</h1>", "an HTML page"),
        (b"<Error><Code>AccessDenied</Code></Error>", "an XML document"),
        (b'{"a": "<html>"}', None),
        (b"", None),
    ],
)
def test_block_pages_and_missing_objects_are_told_apart(body, kind):
    """trap F11"""
    assert markup_of(body) == kind


@pytest.mark.recorded
def test_recorded_answers_pass(recorded):
    """Every recording that is a whole answer of an endpoint."""
    shapes = {
        "espn_scoreboard/*.json": Shape(lists=("events",)),
        "espn_summary/*.json*": Shape(one_of=("header", "plays")),
        "espn_plays/*.json": Shape(lists=("items",), numbers=("pageCount", "pageIndex")),
        "espn_probabilities/*.json": Shape(lists=("items",), numbers=("pageCount", "pageIndex")),
        "kalshi_markets/*_markets.json": Shape(lists=("markets",), texts=("cursor",)),
        "kalshi_candlesticks/KX[NE]*.json": Shape(lists=("candlesticks",)),
    }
    for pattern, shape in shapes.items():
        found = sorted(Path(recorded).glob(pattern))
        assert found, pattern
        for place in found:
            data = place.read_bytes()
            assert check(gzip.decompress(data) if place.suffix == ".gz" else data, shape)


@pytest.mark.recorded
def test_the_recorded_403_is_a_missing_object(recorded):
    """trap F11"""
    body = Path(recorded, "nba_pbp/error_no_such_game_s3_403.xml").read_bytes()
    assert markup_of(body) == "an XML document"
