"""Kalshi markets of every generation."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from nbapanel.rows.kalshi import PayloadRefused, parse_markets
from nbapanel.rows.models import MARKETS, Parsed

FETCHED_AT = datetime(2026, 6, 14, 4, 0, tzinfo=UTC)
GAME_COLUMNS = ("game_date", "away_code", "home_code", "team_code", "side")


def parse(*parts: bytes, keep_raw: bool = False) -> Parsed:
    return parse_markets(parts, fetched_at=FETCHED_AT, source_file_id=7, keep_raw=keep_raw)


@pytest.fixture
def market(make, named, fits):
    """The row of a market with these fields; it stands between two sound ones."""

    def row(**changes: Any) -> dict[str, Any]:
        markets = [make.market(1), make.market(2, **changes), make.market(3)]
        parsed = parse(make.body({"markets": markets}))
        fits(MARKETS, parsed)
        assert parsed.bad == ()
        return named(MARKETS, parsed)[1]

    return row


def test_both_sides_of_the_finals_game(recorded, named, fits):
    """Trap W8: two markets, two rows; the side is in the ticker, the subtitles name one team."""
    parsed = parse(recorded("kalshi_markets/KXNBAGAME-26JUN13NYKSAS_markets.json"))
    fits(MARKETS, parsed)
    assert parsed.bad == ()
    home, away = named(MARKETS, parsed)
    assert home == {
        "ticker": "KXNBAGAME-26JUN13NYKSAS-SAS",
        "event_ticker": "KXNBAGAME-26JUN13NYKSAS",
        "title": "Game 5: New York at San Antonio Winner?",
        "subtitle": None,
        "yes_sub_title": "San Antonio",
        "no_sub_title": "San Antonio",
        "market_type": "binary",
        "status": "finalized",
        "result": "no",
        "last_price": Decimal("0.0100"),
        "yes_bid": Decimal("0.0000"),
        "yes_ask": Decimal("1.0000"),
        "no_bid": Decimal("0.0000"),
        "no_ask": Decimal("1.0000"),
        "previous_price": Decimal("0.0100"),
        "settlement_value": Decimal("0.0000"),
        "volume": Decimal("48467702.82"),
        "volume_24h": Decimal("0.00"),
        "open_interest": Decimal("25792873.42"),
        "open_time": datetime(2026, 6, 9, 3, 55, tzinfo=UTC),
        "close_time": datetime(2026, 6, 14, 3, 31, 47, tzinfo=UTC),
        "expiration_time": datetime(2026, 6, 28, 0, 30, tzinfo=UTC),
        "expected_expiration_time": datetime(2026, 6, 14, 3, 30, tzinfo=UTC),
        "created_time": datetime(2026, 6, 9, 3, 50, 32, 565205, tzinfo=UTC),
        "settlement_time": datetime(2026, 6, 14, 3, 32, 25, 229203, tzinfo=UTC),
        "rules_primary": home["rules_primary"],
        "rules_secondary": "",
        "can_close_early": True,
        "game_date": date(2026, 6, 13),
        "away_code": "NYK",
        "home_code": "SAS",
        "team_code": "SAS",
        "side": 0,
        "first_seen_at": FETCHED_AT,
        "last_seen_at": FETCHED_AT,
        "raw": None,
        "source_file_id": 7,
    }
    assert home["rules_primary"].startswith("If San Antonio wins the Game 5")
    assert (away["team_code"], away["side"], away["result"]) == ("NYK", 1, "yes")
    assert (away["settlement_value"], away["volume"]) == (Decimal(1), Decimal("107027102.30"))


def test_an_event_with_its_markets_reads_the_same(recorded):
    alone = parse(recorded("kalshi_markets/KXNBAGAME-26JUN13NYKSAS_markets.json"))
    nested = parse(recorded("kalshi_markets/KXNBAGAME-26JUN13NYKSAS_event.json"))
    assert nested.rows == alone.rows


def test_a_historical_market(recorded, named, fits):
    body = recorded("kalshi_markets/KXNBAGAME-25APR15ATLORL-ATL_historical_market.json")
    parsed = parse(body)
    fits(MARKETS, parsed)
    (row,) = named(MARKETS, parsed)
    assert (row["game_date"], row["side"]) == (date(2025, 4, 15), 1)
    assert (row["yes_ask"], row["no_bid"]) == (Decimal("0.0100"), Decimal("0.9900"))
    assert row["close_time"] == datetime(2025, 4, 16, 2, 39, 9, 736516, tzinfo=UTC)
    assert row["expiration_time"].year == 2027
    assert (row["volume"], row["open_interest"]) == (Decimal(185969), Decimal(0))


def test_other_leagues_are_rows_without_a_game(recorded, named, fits):
    body = recorded("kalshi_markets/games_settled_20260808_dollars.json")
    parsed = parse(body)
    fits(MARKETS, parsed)
    rows = named(MARKETS, parsed)
    assert (len(rows), parsed.bad, parsed.duplicates) == (44, (), 0)
    assert all(row[name] is None for row in rows for name in GAME_COLUMNS)
    tickers = [market["ticker"] for market in json.loads(body)["markets"]]
    assert [row["ticker"] for row in rows] == tickers
    assert sum(row["result"] is None for row in rows) == 2  # closed, not yet settled
    assert sum(row["settlement_time"] is None for row in rows) == 2


def test_cents_beside_dollars(recorded, named, fits):
    """Trap L16: the open interest of these is 0, not unknown."""
    parsed = parse(recorded("kalshi_markets/markets_list_20260112_cents_and_dollars.json"))
    fits(MARKETS, parsed)
    rows = named(MARKETS, parsed)
    assert (len(rows), parsed.bad) == (5, ())
    for row in rows:
        assert (row["open_interest"], row["volume"], row["volume_24h"]) == (0, 0, 0)
        assert (row["yes_bid"], row["no_ask"]) == (Decimal("0.0000"), Decimal("1.0000"))
        assert (row["result"], row["settlement_value"]) == (None, None)
        assert all(row[name] is None for name in GAME_COLUMNS)


def test_a_single_market(recorded, named):
    parsed = parse(recorded("kalshi_markets/market_single_20260112_cents_and_dollars.json"))
    (row,) = named(MARKETS, parsed)
    assert row["ticker"] == "KXMVENFLSINGLEGAME-S202513E70FA7695-688BECB3826"
    assert row["created_time"] == datetime(2026, 1, 12, 22, 8, 10, 446961, tzinfo=UTC)


def test_the_piece_is_kept_where_asked_for(recorded):
    body = recorded("kalshi_markets/games_settled_20260808_dollars.json")
    at = MARKETS.column_names.index("raw")
    kept = [json.loads(row[at]) for row in parse(body, keep_raw=True).rows]
    assert kept == json.loads(body)["markets"]


@pytest.mark.parametrize(
    ("fields", "price"),
    [
        ({"last_price_dollars": None, "last_price": 56}, "0.5600"),
        ({"last_price_dollars": None, "last_price": 0}, "0.0000"),
        ({"last_price_dollars": None, "last_price": 100}, "1.0000"),
        ({"last_price_dollars": None, "last_price": 56.5}, "0.5650"),
        ({"last_price_dollars": "0.5600", "last_price": 12}, "0.5600"),
        ({"last_price_dollars": None, "last_price": "0.5600"}, "0.5600"),
        ({"last_price_dollars": "0.565"}, "0.5650"),
        ({"last_price_dollars": "0.12345"}, "0.1235"),
        ({"last_price_dollars": "1"}, "1.0000"),
        ({"last_price_dollars": "", "last_price": 7}, "0.0700"),
        ({"last_price_dollars": ""}, None),
        ({"last_price_dollars": None}, None),
    ],
)
def test_one_column_for_every_way_of_writing_a_price(market, fields, price):
    expected = None if price is None else Decimal(price)
    assert market(**fields)["last_price"] == expected


@pytest.mark.parametrize(
    ("fields", "interest"),
    [
        ({"open_interest_fp": None, "open_interest": 0}, "0"),
        ({"open_interest_fp": "0.00", "open_interest": 5}, "0.00"),
        ({"open_interest_fp": None, "open_interest": "12.50"}, "12.50"),
        ({"open_interest_fp": None, "open_interest": 1e-7}, "0.0000001"),
        ({"open_interest_fp": None}, None),
        ({"open_interest_fp": ""}, None),
    ],
)
def test_zero_is_zero_and_absent_is_null(market, fields, interest):
    """Trap L16."""
    expected = None if interest is None else Decimal(interest)
    assert market(**fields)["open_interest"] == expected


def test_the_zero_time_is_no_time(market):
    """Trap L7: what Go writes where there is none."""
    assert market(close_time="0001-01-01T00:00:00Z", created_time="")["close_time"] is None


@pytest.mark.parametrize("result", ["yes", "no", "scalar"])
def test_results(market, result):
    """Trap L18: a postponed game settles as a scalar, and keeps its ticker."""
    row = market(result=result, settlement_value_dollars="0.5000")
    assert (row["result"], row["settlement_value"]) == (result, Decimal("0.5"))
    assert market(result="")["result"] is None


def test_a_sparse_market_loads(named, make, fits):
    sparse = {
        "ticker": "KXNBAGAME-26JUN13NYKSAS-SAS",
        "event_ticker": "KXNBAGAME-26JUN13NYKSAS",
        "status": "initialized",
        "open_time": "2026-06-09T03:55:00Z",
        "close_time": "2026-06-14T03:31:47Z",
    }
    parsed = parse(make.body({"markets": [sparse], "cursor": ""}))
    fits(MARKETS, parsed)
    (row,) = named(MARKETS, parsed)
    assert (row["side"], row["yes_bid"], row["open_interest"]) == (0, None, None)


def test_a_market_that_names_no_event_gets_it_from_its_ticker(market):
    assert market(event_ticker=None)["event_ticker"] == "KXNBAGAME-26JAN02UTANYK"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ticker": None}, "$.ticker"),
        ({"ticker": ""}, "length >= 1"),
        ({"ticker": "T" * 3000}, "length <= 100"),
        ({"ticker": "NODASH", "event_ticker": ""}, "names no event"),
        ({"status": None}, "$.status"),
        ({"status": ""}, "$.status"),
        ({"yes_bid_dollars": "1.0001"}, "not within 0..1 dollars"),
        ({"yes_bid_dollars": "-0.0100"}, "not a plain number"),
        ({"yes_bid_dollars": "NaN"}, "not a plain number"),
        ({"yes_bid_dollars": "1e-2"}, "not a plain number"),
        ({"yes_bid_dollars": "٠.٥"}, "not a plain number"),
        ({"yes_bid_dollars": 0.56}, "yes_bid_dollars"),
        ({"yes_bid_dollars": None, "yes_bid": 101}, "not within 0..100"),
        ({"yes_bid_dollars": None, "yes_bid": -1}, "not within 0..100"),
        ({"yes_bid_dollars": None, "yes_bid": True}, "yes_bid"),
        ({"yes_bid_dollars": None, "yes_bid": "@@1e400@@"}, "out of range"),
        ({"volume_fp": "-1.00"}, "not a plain number"),
        ({"volume_fp": "Infinity"}, "not a plain number"),
        ({"volume_fp": None, "volume": -1}, "not within 0..1e15"),
        ({"volume_fp": None, "volume": 10**30}, "not within 0..1e15"),
        ({"open_time": "1850-01-01T00:00:00Z"}, "before 1900"),
        ({"open_time": "2026-06-09"}, "cannot be read"),
        ({"settlement_ts": 1781301600}, "settlement_ts"),
    ],
)
def test_a_bad_value_costs_its_market_and_no_other(make, fits, changes, reason):
    """Trap L7."""
    markets = [make.market(1), make.market(2, **changes), make.market(3)]
    parsed = parse(make.body({"markets": markets}))
    fits(MARKETS, parsed)
    assert [row[0][12:17] for row in parsed.rows] == ["JAN01", "JAN03"]
    assert len(parsed.bad) == 1
    assert parsed.bad[0].where.startswith("markets[1]")
    assert reason in parsed.bad[0].reason


def test_pages_with_a_market_on_both(make):
    """Trap L14: the list moved while it was being read; the later page stands."""
    first = make.body({"cursor": "x", "markets": [make.market(1), make.market(2)]})
    second = make.body({"cursor": "", "markets": [make.market(2, status="closed")]})
    parsed = parse(first, second)
    assert parsed.duplicates == 1
    assert [row[7] for row in parsed.rows] == ["active", "closed"]


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"markets": null}',
        b'{"markets": {}}',
        b'{"events": []}',
        b'{"error":{"code":"bad_request","details":"invalid status filter"}}',
    ],
)
def test_what_has_no_markets_is_refused(body):
    """Trap F8: a null list of markets must not look like "every market is gone"."""
    with pytest.raises(PayloadRefused):
        parse(body)
