"""Kalshi's market objects of a generated game, in the format of the game's generation."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from nbapanel.simulator.kalshi_shapes import DOLLARS, fixed_point
from nbapanel.simulator.plan import Generation, Plan
from nbapanel.simulator.trading import Candle, held

Json = dict[str, Any]

_UUID_SPACE = uuid.UUID("6f1d2c1e-3f62-4d0c-9a57-0d9c3f0b7a11")


@dataclass(frozen=True, slots=True)
class Book:
    """Prices in cents, counts in hundredths of contracts."""

    bid: int
    ask: int
    last: int
    previous: int
    volume: int
    open_interest: int


EMPTY_BOOK = Book(bid=0, ask=100, last=0, previous=0, volume=0, open_interest=0)


def status_of(plan: Plan, now: datetime) -> str:
    """The object's own word; the list filter has others. Settling takes half its time."""
    if now < plan.opens_at:
        return "initialized"
    if now < plan.closes_at:
        return "active"
    if now >= plan.settles_at:
        return "finalized"
    halfway = plan.closes_at + (plan.settles_at - plan.closes_at) / 2
    return "closed" if now < halfway else "determined"


def created_at(plan: Plan) -> datetime:
    return plan.opens_at - timedelta(minutes=10, microseconds=-(plan.volumes[0] % 999_983))


def latest_close(plan: Plan) -> datetime:
    """When the market would close at the latest: two weeks on, or two years in older formats."""
    is_new = plan.generation is Generation.DOLLARS
    return plan.fixture.tip_at + timedelta(days=14 if is_new else 730)


def live_book(candles: Sequence[Candle]) -> Book:
    """Of a market that trades: as its last candle left it."""
    if not candles:
        return EMPTY_BOOK
    last = candles[-1]
    price = last.trade.ohlc[3] if last.trade else last.previous
    return Book(
        bid=last.bid[3],
        ask=last.ask[3],
        last=price or 0,
        previous=last.previous or 0,
        volume=sum(candle.volume for candle in candles),
        open_interest=last.open_interest,
    )


def closed_book(plan: Plan, side: int) -> Book:
    """Of a market that is over: no bids, asks at a dollar, the last price at its end."""
    won = plan.settles_side
    last = 50 if won is None else 99 if won == side else 1
    return Book(
        bid=0,
        ask=100,
        last=last,
        previous=last,
        volume=plan.volumes[side],
        open_interest=held(plan.volumes[side], plan.contract_unit),
    )


def market(plan: Plan, side: int, book: Book, now: datetime) -> Json:
    fixture = plan.fixture
    team = fixture.away if side else fixture.home
    dollars = plan.generation is Generation.DOLLARS
    status = status_of(plan, now)
    expires = latest_close(plan)
    shape: Json = {
        "ticker": fixture.ticker(side),
        "event_ticker": fixture.event_ticker,
        "market_type": "binary",
        "title": _title(plan),
        "yes_sub_title": team.market_name,
        "no_sub_title": team.market_name,
        "created_time": _microseconds(created_at(plan)),
        "open_time": _seconds(plan.opens_at),
        "close_time": _close_time(plan, status, expires),
        "expected_expiration_time": _seconds(fixture.tip_at + timedelta(hours=3)),
        "expiration_time": _seconds(expires),
        "latest_expiration_time": _seconds(expires),
        "settlement_timer_seconds": 30 if dollars else 500,
        "status": status,
        "result": "",
        "can_close_early": True,
        "early_close_condition": "This market will close and expire after a winner is declared.",
        "expiration_value": "",
        "rules_primary": _rules(plan, team.market_name),
        "rules_secondary": "" if dollars else _postponement_rule(plan),
        "strike_type": "structured",
        "custom_strike": {"basketball_team": str(uuid.uuid5(_UUID_SPACE, team.code))},
        "price_level_structure": "linear_cent",
        "price_ranges": [{"start": "0.0000", "end": "1.0000", "step": "0.0100"}],
    }
    shape |= _prices(plan, book, status)
    if status in ("determined", "finalized"):
        shape |= _outcome(plan, side, status)
    if dollars:
        shape["occurrence_datetime"] = shape["expected_expiration_time"]
        shape["exchange_index"] = 0
    return shape


def as_archived(shape: Json, plan: Plan, side: int) -> Json:
    """The form of /historical: dollars and fixed point whatever the market was born with."""
    kept = {name: value for name, value in shape.items() if not _is_cents(name, value)}
    book = closed_book(plan, side)
    kept |= _dollar_prices(book) | _fixed_point_counts(plan, book, "finalized")
    kept["settlement_ts"] = _microseconds(plan.settles_at)
    kept["updated_time"] = _microseconds(plan.settles_at + timedelta(seconds=1))
    return kept


def _is_cents(name: str, value: object) -> bool:
    return isinstance(value, int) and name not in (
        "can_close_early",
        "settlement_timer_seconds",
        "exchange_index",
    )


def _title(plan: Plan) -> str:
    joined = "vs" if plan.generation is Generation.CENTS else "at"
    away, home = plan.fixture.away.market_name, plan.fixture.home.market_name
    return f"{away} {joined} {home} Winner?"


def _rules(plan: Plan, team: str) -> str:
    away, home = plan.fixture.away.market_name, plan.fixture.home.market_name
    older = plan.generation is Generation.CENTS
    joined, scheduled = ("vs", "scheduled") if older else ("at", "originally scheduled")
    return (
        f"If {team} wins the {away} {joined} {home} professional basketball game {scheduled} for "
        f"{_day(plan)}, then the market resolves to Yes."
    )


def _postponement_rule(plan: Plan) -> str:
    away, home = plan.fixture.away.market_name, plan.fixture.home.market_name
    return (
        f"The following market refers to the {away} vs {home} professional basketball game "
        f"scheduled for {_day(plan)}. If this game is postponed or delayed, the market will remain "
        "open and close after the rescheduled game has finished, or resolve to a fair price."
    )


def _day(plan: Plan) -> str:
    return f"{plan.fixture.day:%b} {plan.fixture.day.day}, {plan.fixture.day.year}"


def _prices(plan: Plan, book: Book, status: str) -> Json:
    if plan.generation is Generation.DOLLARS:
        return _dollar_prices(book) | _fixed_point_counts(plan, book, status)
    day_volume = 0 if status == "finalized" else book.volume
    shape: Json = {
        "yes_bid": book.bid,
        "yes_ask": book.ask,
        "no_bid": 100 - book.ask,
        "no_ask": 100 - book.bid,
        "last_price": book.last,
        "previous_price": book.previous,
        "previous_yes_bid": book.bid,
        "previous_yes_ask": book.ask,
        "notional_value": 100,
        "liquidity": 0,
        "tick_size": 1,
        "volume": book.volume // 100,
        "volume_24h": day_volume // 100,
        "open_interest": book.open_interest // 100,
        "response_price_units": "usd_cent",
        **_dollar_prices(book),
    }
    if plan.generation is Generation.BOTH:
        shape |= _fixed_point_counts(plan, book, status)
    else:
        shape |= {"category": "", "risk_limit_cents": 0}
    return shape


def _dollar_prices(book: Book) -> Json:
    return {
        "yes_bid_dollars": DOLLARS[book.bid],
        "yes_ask_dollars": DOLLARS[book.ask],
        "no_bid_dollars": DOLLARS[100 - book.ask],
        "no_ask_dollars": DOLLARS[100 - book.bid],
        "last_price_dollars": DOLLARS[book.last],
        "previous_price_dollars": DOLLARS[book.previous],
        "previous_yes_bid_dollars": DOLLARS[book.bid],
        "previous_yes_ask_dollars": DOLLARS[book.ask],
        "notional_value_dollars": "1.0000",
        "liquidity_dollars": "0.0000",
    }


def _fixed_point_counts(plan: Plan, book: Book, status: str) -> Json:
    shape: Json = {
        "volume_fp": fixed_point(book.volume),
        "volume_24h_fp": fixed_point(0 if status == "finalized" else book.volume),
        "open_interest_fp": fixed_point(book.open_interest),
        "updated_time": _microseconds(
            plan.settles_at + timedelta(seconds=1) if status == "finalized" else created_at(plan)
        ),
    }
    if plan.generation is Generation.DOLLARS:
        size = 0 if book.ask == 100 else 25_000
        shape |= {"yes_bid_size_fp": fixed_point(size), "yes_ask_size_fp": fixed_point(size)}
    return shape


def _outcome(plan: Plan, side: int, status: str) -> Json:
    """Yes or no; "scalar" and half a dollar for a game that was not played."""
    won = plan.settles_side
    cents = 50 if won is None else 100 if won == side else 0
    fixture = plan.fixture
    winner = None if won is None else (fixture.away if won else fixture.home)
    shape: Json = {
        "result": "scalar" if winner is None else "yes" if won == side else "no",
        "expiration_value": "" if winner is None else winner.market_name,
        "settlement_value_dollars": DOLLARS[cents],
    }
    if plan.generation is not Generation.DOLLARS:
        shape["settlement_value"] = cents
    if plan.generation is not Generation.CENTS and status == "finalized":
        shape["settlement_ts"] = _microseconds(plan.settles_at)
    return shape


def _close_time(plan: Plan, status: str, expires: datetime) -> str:
    """While it trades a market says when it would close at the latest; afterwards, when it did."""
    if status in ("initialized", "active"):
        return _seconds(expires)
    if plan.generation is Generation.CENTS:
        return _microseconds(plan.closes_at)
    return _seconds(plan.closes_at)


def _seconds(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _microseconds(moment: datetime) -> str:
    """With a fraction that belongs to the moment, for none of ours has one."""
    fraction = moment.microsecond or int(moment.timestamp()) * 7_919 % 1_000_000
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction:06d}Z"
