"""Kalshi candlesticks of every generation."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from nbapanel.rows import candle_pages
from nbapanel.rows.kalshi import PayloadRefused, parse_candlesticks
from nbapanel.rows.models import CANDLESTICKS, Parsed

TICKER = "KXNBAGAME-26JUN13NYKSAS-SAS"
FLAT = "kalshi_candlesticks/flattened_csv_1min_KXNBAGAME"


def parse(*parts: bytes, interval: int = 1) -> Parsed:
    return parse_candlesticks(
        parts, source_key=TICKER, source_file_id=7, period_interval_min=interval
    )


@pytest.fixture
def by_item(monkeypatch):
    """Shuts the quick way, so that every candle is read by itself."""

    def shut():
        monkeypatch.setattr("nbapanel.rows.candlesticks.add_whole", lambda *_a, **_k: False)

    return shut


def test_three_hours_of_the_finals(recorded, named, fits):
    parsed = parse(
        recorded("kalshi_candlesticks/KXNBAGAME-26JUN13NYKSAS-SAS_hourly.json"), interval=60
    )
    fits(CANDLESTICKS, parsed)
    assert (parsed.bad, parsed.duplicates) == ((), 0)
    rows = named(CANDLESTICKS, parsed)
    assert rows[0] == {
        "ticker": TICKER,
        "period_interval_min": 60,
        "period_ts": datetime(2026, 6, 12, 22, tzinfo=UTC),
        "price_open": "0.6500",
        "price_high": "0.6500",
        "price_low": "0.6400",
        "price_close": "0.6400",
        "price_mean": "0.6498",
        "price_previous": "0.6500",
        "yes_bid_open": "0.6400",
        "yes_bid_high": "0.6400",
        "yes_bid_low": "0.6400",
        "yes_bid_close": "0.6400",
        "yes_ask_open": "0.6500",
        "yes_ask_high": "0.6500",
        "yes_ask_low": "0.6500",
        "yes_ask_close": "0.6500",
        "volume": "73570.84",
        "open_interest": "1558910.90",
        "source_file_id": 7,
    }
    assert [row["period_ts"].hour for row in rows] == [22, 23, 0]
    assert rows[-1]["volume"] == "161410.90"


def test_a_batch_of_three_markets(recorded, named, fits):
    """The recorder kept the three answers in one object; the feed's batch form is a list."""
    kept = json.loads(recorded("kalshi_candlesticks/KXMLBGAME_1min_20260807_dollars.json"))
    markets = [
        {"market_ticker": ticker, "candlesticks": market["candlesticks"]}
        for ticker, market in kept["markets"].items()
    ]
    parsed = parse(json.dumps({"markets": markets}).encode())
    fits(CANDLESTICKS, parsed)
    assert (len(parsed.rows), parsed.bad, parsed.duplicates) == (48, (), 0)
    rows = named(CANDLESTICKS, parsed)
    assert [row["ticker"] for row in rows[::16]] == list(kept["markets"])
    assert sum(row["price_close"] is None for row in rows) == 2  # minutes without a trade
    one = markets[1]["market_ticker"]
    alone = parse_candlesticks(
        [json.dumps({"candlesticks": markets[1]["candlesticks"]}).encode()],
        source_key=one,
        source_file_id=7,
    )
    assert alone.rows == [row for row in parsed.rows if row[0] == one]


def test_cents_beside_dollars_and_days_without_trade(recorded, named, fits):
    body = recorded("kalshi_candlesticks/KXELONMARS-99_daily_20260112_cents_and_dollars.json")
    parsed = parse(body, interval=1440)
    fits(CANDLESTICKS, parsed)
    assert (len(parsed.rows), parsed.bad) == (90, ())
    source = json.loads(body)["candlesticks"]
    for row, candle in zip(named(CANDLESTICKS, parsed), source, strict=True):
        assert row["ticker"] == "KXELONMARS-99"
        assert row["period_ts"] == datetime.fromtimestamp(candle["end_period_ts"], UTC)
        assert row["yes_ask_high"] == candle["yes_ask"]["high_dollars"]
        assert row["price_mean"] == candle["price"].get("mean_dollars")
        assert row["price_previous"] == candle["price"]["previous_dollars"]
        assert (row["volume"], row["open_interest"]) == (
            str(candle["volume"]),
            str(candle["open_interest"]),
        )
    assert sum(row[3] is None for row in parsed.rows) == 22


@pytest.mark.parametrize("generation", ["cents", "cents_and_dollars", "dollars", "historical"])
@pytest.mark.parametrize("name", ["22500171_PHI_at_CLE_2025-11-05_candles.csv.gz"])
def test_a_recorded_market_in_every_generation(recorded, named, fits, name, generation):
    """The recorder flattened it to integer cents; written in any form it gives the same rows."""
    text = recorded(f"{FLAT}/{name}").decode()
    lines = list(csv.DictReader(io.StringIO(text)))
    candles = [generations(line)[generation] for line in lines]
    parsed = parse(json.dumps({"ticker": lines[0]["ticker"], "candlesticks": candles}).encode())
    fits(CANDLESTICKS, parsed)
    assert (len(parsed.rows), parsed.bad, parsed.duplicates) == (len(lines), (), 0)
    for row, line in zip(named(CANDLESTICKS, parsed), lines, strict=True):
        assert row["period_ts"].timestamp() == int(line["timestamp"])
        assert float(row["volume"]) == int(line["volume"])
        for field in ("open", "high", "low", "close"):
            expected = f"{float(line[field]) / 100:.4f}" if line[field] else None
            assert row[f"price_{field}"] == expected


def generations(line: dict[str, str]) -> dict[str, dict[str, Any]]:
    cents = {
        name: int(float(line[name])) if line[name] else None
        for name in ("open", "high", "low", "close")
    }
    dollars = {name: None if c is None else f"{c / 100:.4f}" for name, c in cents.items()}
    twins = {f"{name}_dollars": text for name, text in dollars.items() if text is not None}
    ends, volume = {"end_period_ts": int(line["timestamp"])}, int(line["volume"])
    return {
        "cents": {**ends, "price": cents, "volume": volume},
        "cents_and_dollars": {**ends, "price": cents | twins, "volume": volume},
        "dollars": {**ends, "price": twins, "volume_fp": f"{volume}.00"},
        "historical": {**ends, "price": dollars, "volume": f"{volume}.00"},
    }


def test_all_recorded_flattened_markets(recorded):
    """1-minute candles of whole games: gaps and trade-less minutes are normal."""
    index = recorded("INDEX.md").decode()
    names = [word for word in index.split() if word.endswith("_candles.csv.gz")]
    assert len(names) >= 20
    for name in names:
        lines = list(csv.DictReader(io.StringIO(recorded(f"{FLAT}/{name}").decode())))
        candles = [generations(line)["dollars"] for line in lines]
        parsed = parse(json.dumps({"candlesticks": candles}).encode())
        assert (len(parsed.rows), parsed.bad, parsed.duplicates) == (len(lines), (), 0)


def test_both_ways_give_the_same_rows(make, by_item):
    """The quick way through a page and the way through each candle, for both quick generations."""
    modern = [make.candle(n) for n in range(5)]
    modern[1]["price"] = {"previous_dollars": "0.1000"}
    modern[2]["price"] = {}
    del modern[3]["yes_bid"], modern[3]["open_interest_fp"]
    modern[4]["volume_fp"] = "0.00"
    bodies = [make.body({"candlesticks": c}) for c in (modern, [historical(m) for m in modern])]
    quick = [parse(body) for body in bodies]
    by_item()
    slow = [parse(body) for body in bodies]
    assert quick == slow
    assert quick[0] == quick[1]
    assert (len(quick[0].rows), quick[0].bad) == (5, ())


def historical(candle: dict[str, Any]) -> dict[str, Any]:
    """The same candle as /historical has it: no suffixes, nulls where there was no trade."""
    plain: dict[str, Any] = {"end_period_ts": candle["end_period_ts"]}
    for name in ("price", "yes_bid", "yes_ask"):
        if name in candle:
            nulls = dict.fromkeys(("close", "high", "low", "open"))
            given = {k.removesuffix("_dollars"): v for k, v in candle[name].items()}
            plain[name] = nulls | given
    for name in ("volume", "open_interest"):
        plain[name] = candle.get(f"{name}_fp")
    return plain


def test_sound_pages_take_the_quick_way(make):
    """A guard for its speed: neither modern nor historical pages are read candle by candle."""
    for candles in ([make.candle()], [historical(make.candle())]):
        harvest = candle_pages.Harvest("candles", 10)
        body = make.body({"candlesticks": candles})
        options = {"page": 1, "source_key": "T", "source_file_id": 1, "interval_min": 1}
        assert candle_pages.add_whole(body, harvest, **options)
        assert len(harvest.rows) == 1


def test_generations_mixed_in_one_page(make, named, fits):
    """Cents alone beside dollars alone: no price is lost to a look at the wrong field."""
    cents = {"close": 12, "high": 13, "low": 11, "open": 12}
    candles = [make.candle(1), make.candle(2, price=cents, yes_bid=cents, volume=3, volume_fp=None)]
    parsed = parse(make.body({"candlesticks": candles}))
    fits(CANDLESTICKS, parsed)
    row = named(CANDLESTICKS, parsed)[1]
    assert (row["price_close"], row["yes_bid_high"], row["yes_ask_low"]) == (
        "0.1200",
        "0.1300",
        "0.5600",
    )
    assert row["volume"] == "3"


def test_dollars_win_over_cents(make, named):
    price = {"close": 56, "close_dollars": "0.5650"}
    parsed = parse(make.body({"candlesticks": [make.candle(price=price)]}))
    assert named(CANDLESTICKS, parsed)[0]["price_close"] == "0.5650"


def test_finer_prices_are_rounded_to_the_column(make, named, fits):
    price = {"close_dollars": "0.123450", "open_dollars": "1", "low_dollars": ""}
    parsed = parse(make.body({"candlesticks": [make.candle(price=price), make.candle(2)]}))
    fits(CANDLESTICKS, parsed)
    row = named(CANDLESTICKS, parsed)[0]
    assert (row["price_close"], row["price_open"]) == ("0.1235", "1.0000")
    assert row["price_low"] is None


def test_zero_is_zero_and_absent_is_null(make, named):
    """Trap L16."""
    zero = make.candle(1, open_interest_fp="0.00", volume_fp=None, volume=0)
    parsed = parse(make.body({"candlesticks": [zero, make.candle(2, open_interest_fp=None)]}))
    first, second = named(CANDLESTICKS, parsed)
    assert (first["open_interest"], first["volume"], second["open_interest"]) == ("0.00", "0", None)


@pytest.mark.parametrize("ticker", [{}, {"ticker": ""}, {"ticker": None}, {"ticker": TICKER}])
def test_a_page_without_ticker_is_of_the_market_asked_for(make, ticker):
    parsed = parse(make.body({**ticker, "candlesticks": [make.candle()]}))
    assert [row[0] for row in parsed.rows] == [TICKER]


def test_a_period_given_twice_stands_once_as_last_given(make):
    """Trap L14: windows overlap, as start and end are both inclusive."""
    first = make.body({"candlesticks": [make.candle(n, volume_fp="1") for n in (1, 2)]})
    second = make.body({"candlesticks": [make.candle(n, volume_fp="2") for n in (2, 3, 3)]})
    parsed = parse(first, second)
    assert parsed.duplicates == 2
    assert [row[17] for row in parsed.rows] == ["1", "2", "2"]
    assert parse(first, first).duplicates == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"price": {"close_dollars": "1.0100"}}, "not within 0..1 dollars"),
        ({"price": {"close": 101}}, "not within 0..100"),
        ({"price": {"close": -1}}, "not within 0..100"),
        ({"price": {"close_dollars": "@@1e400@@"}}, "$.price"),
        ({"price": {"close": "@@1e400@@"}}, "out of range"),
        ({"price": {"close": "@@NaN@@"}}, "out of range"),
        ({"price": {"close": "NaN"}}, "not a plain number"),
        ({"yes_bid": {"open_dollars": "-0.01"}}, "not a plain number"),
        ({"yes_bid": []}, "$.yes_bid"),
        ({"volume_fp": "-1"}, "not a plain number"),
        ({"volume_fp": "1e3"}, "not a plain number"),
        ({"volume_fp": "1" * 40}, "not a plain number"),
        ({"volume_fp": "٣"}, "not a plain number"),
        ({"volume_fp": 5}, "$.volume_fp"),
        ({"end_period_ts": None}, "end_period_ts"),
        ({"end_period_ts": "soon"}, "end_period_ts"),
        ({"end_period_ts": -1}, "end_period_ts"),
        ({"end_period_ts": 1_781_301_600_000}, "end_period_ts"),
        ({"end_period_ts": 10**30}, "end_period_ts"),
    ],
)
def test_a_bad_value_costs_its_candle_and_no_other(make, fits, changes, reason):
    """Trap L7."""
    candles = [make.candle(1), make.candle(2, **changes), make.candle(3)]
    for body in (
        make.body({"candlesticks": candles}),
        make.body({"markets": [{"market_ticker": TICKER, "candlesticks": candles}]}),
    ):
        parsed = parse(body)
        fits(CANDLESTICKS, parsed)
        assert [row[2].minute for row in parsed.rows] == [1, 3]
        assert len(parsed.bad) == 1
        assert "candlesticks[1]" in parsed.bad[0].where
        assert reason in parsed.bad[0].reason


def test_where_names_the_candle(make):
    candles = [make.candle(1, volume_fp="?")]
    page = make.body({"markets": [{"market_ticker": TICKER, "candlesticks": candles}]})
    assert parse(page).bad[0].where == f"markets[0] {TICKER}, candlesticks[0] 1781301660"
    assert parse(page, page).bad[1].where.startswith(f"page 2, markets[0] {TICKER}, ")


def test_a_bad_market_costs_no_other(make):
    """Trap L6 within a batch."""
    good = {"market_ticker": TICKER, "candlesticks": [make.candle()]}
    bad = [{"candlesticks": [make.candle()]}, {"market_ticker": "X", "candlesticks": None}, 7]
    parsed = parse(make.body({"markets": [*bad, good]}))
    assert [row[0] for row in parsed.rows] == [TICKER]
    assert [b.where for b in parsed.bad] == ["markets[0]", "markets[1]", "markets[2]"]


def test_no_candles_are_no_rows():
    """Trap L12."""
    assert parse(b'{"candlesticks": [], "ticker": "T"}', b'{"markets": []}') == Parsed([])


def test_the_grid_of_prices_is_whole():
    assert len(set(candle_pages.GRID)) == 10_001
    assert candle_pages.GRID[::2500] == ("0.0000", "0.2500", "0.5000", "0.7500", "1.0000")


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"candlesticks": null}',
        b'{"candlesticks": {}}',
        b'{"markets": {}}',
        b'{"ticker": 7, "candlesticks": []}',
        b'{"error": {"code": "not_found"}}',
    ],
)
def test_what_has_no_candles_is_refused(body):
    with pytest.raises(PayloadRefused):
        parse(body)


def test_gzip_is_not_undone_here(make):
    with pytest.raises(PayloadRefused):
        parse(gzip.compress(make.body({"candlesticks": [make.candle()]})))
