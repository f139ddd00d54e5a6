"""Kalshi's requests: markets and candlesticks, present and historical. Nothing in them is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from nbapanel.errors import FeedFailed
from nbapanel.payload import Payload, SourceType
from nbapanel.size_limits import IF_PAGES_GREW
from nbapanel.source.answers import (
    Absent,
    Answer,
    NotModified,
    OnRequest,
    Origin,
    Request,
    payload_of,
)
from nbapanel.source.checks import Shape, text
from nbapanel.source.client import FeedClient, unexpected
from nbapanel.source.pages import Pages

_API = "/trade-api/v2"
_LIMIT = 1000
_BATCH_CANDLES = 9_000  # of the 10,000 a batch answer may hold
_BATCH_TICKERS = 100
_LONGEST_CURSOR = 4_000  # what fits into a URL
_SINGLE_CANDLES = 4_900  # of 5,000
HOURLY_SUFFIX = ".60"

_MARKETS = Shape(lists=("markets",), texts=("cursor",))
_CANDLES = Shape(lists=("candlesticks",))
_CUTOFF = Shape(one_of=("market_settled_ts",), texts=("market_settled_ts",))
_TICKER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Kalshi:
    client: FeedClient
    origin: Origin
    counted: OnRequest

    async def markets(
        self, series: str = "KXNBAGAME", min_close: datetime | None = None
    ) -> Payload:
        """Every market of a series that the live data still holds, of any status.

        `min_close` (aware): only those that close after it. It goes with no status filter but
        `closed`, so none is sent.
        """
        params: dict[str, str | int] = {"series_ticker": _checked(series)}
        key = f"{series}.all"
        if min_close is not None:
            params["min_close_ts"] = int(min_close.timestamp())
            key = f"{series}.since-{min_close.astimezone(UTC):%Y-%m-%d}"
        got = await self._sweep("/markets", params, key)
        if isinstance(got, Absent):
            raise unexpected(self._request("/markets", params, _MARKETS), got)
        return got

    async def historical_cutoff(self) -> datetime | Absent:
        """Markets settled before this moment are to be had from the historical requests only."""
        request = self._request("/historical/cutoff", {}, _CUTOFF)
        got = await self.client.get(request, self.counted)
        match got:
            case Absent():
                return got
            case NotModified():
                raise unexpected(request, got)
        value = text(got.top, "market_settled_ts") or ""
        try:
            cutoff = datetime.fromisoformat(value)
            if cutoff.tzinfo is None:
                raise ValueError("it names no zone")
            return cutoff.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise FeedFailed(f"Kalshi gave {value[:40]!a} as its historical cutoff.") from error

    async def historical_markets(self, series: str = "KXNBAGAME") -> Payload | Absent:
        """Every market of a series that has left the live data."""
        params: dict[str, str | int] = {"series_ticker": _checked(series)}
        return await self._sweep("/historical/markets", params, f"{series}.historical")

    async def candlesticks(
        self, event_ticker: str, market_tickers: Sequence[str], start: datetime, end: datetime
    ) -> list[Payload] | Absent:
        """One-minute candles of an event's markets, both ends included.

        One payload under the event's key, in the batch form ({"markets": [{"market_ticker",
        "candlesticks"}]}); where that is refused, one per market under the market's own key, in
        the single form ({"candlesticks": [...]}). A part per stretch of time.
        """
        tickers = [_checked(ticker) for ticker in market_tickers]
        if not 1 <= len(tickers) <= _BATCH_TICKERS:
            raise ValueError(f"{len(tickers)} markets in one event")
        answers = Pages(self.client.settings.most_bytes)
        for first, last in self._stretches(start, end, _BATCH_CANDLES // len(tickers)):
            params = _window(first, last) | {"market_tickers": ",".join(tickers)}
            request = self._request("/markets/candlesticks", params, _MARKETS, absent_400="")
            got = await self.client.get(request, self.counted)
            if not isinstance(got, Answer):
                return await self._one_by_one(event_ticker, tickers, start, end)
            answers.add(request, got)
        key = _checked(event_ticker)
        return [payload_of(SourceType.KALSHI_CANDLESTICKS, key, answers.answers)]

    async def historical_candlesticks(
        self, ticker: str, start: datetime, end: datetime
    ) -> Payload | Absent:
        """One-minute candles of a market that has left the live data, in the single form."""
        path = f"/historical/markets/{_checked(ticker)}/candlesticks"
        return await self._single(path, ticker, start, end)

    async def hourly_candlesticks(
        self, ticker: str, start: datetime, end: datetime
    ) -> Payload | Absent:
        """One-hour candles of a market, in the single form, under its key and HOURLY_SUFFIX.

        For a market whose minutes are not to be had.
        """
        series = _checked(ticker).partition("-")[0]
        path = f"/series/{series}/markets/{ticker}/candlesticks"
        return await self._single(path, ticker + HOURLY_SUFFIX, start, end, interval_min=60)

    async def _one_by_one(
        self, event_ticker: str, tickers: Sequence[str], start: datetime, end: datetime
    ) -> list[Payload] | Absent:
        series = _checked(event_ticker).partition("-")[0]
        payloads: list[Payload] = []
        absent: Absent | None = None
        for ticker in tickers:
            path = f"/series/{series}/markets/{ticker}/candlesticks"
            got = await self._single(path, ticker, start, end)
            if isinstance(got, Payload):
                payloads.append(got)
            else:
                absent = got
        return absent if absent is not None and not payloads else payloads

    async def _single(
        self, path: str, key: str, start: datetime, end: datetime, interval_min: int = 1
    ) -> Payload | Absent:
        answers = Pages(self.client.settings.most_bytes)
        for first, last in self._stretches(start, end, _SINGLE_CANDLES * interval_min):
            request = self._request(path, _window(first, last, interval_min), _CANDLES)
            got = await self.client.get(request, self.counted)
            match got:
                case Answer():
                    answers.add(request, got)
                case Absent() if not answers:
                    return got
                case _:
                    raise unexpected(request, got)
        return payload_of(SourceType.KALSHI_CANDLESTICKS, key, answers.answers)

    async def _sweep(self, path: str, params: dict[str, str | int], key: str) -> Payload | Absent:
        """Every page, by cursor. The last is the one without a cursor, or without a market."""
        pages = Pages(self.client.settings.most_bytes)
        most_pages = self.client.settings.most_pages
        cursors: set[str] = set()
        cursor: str | None = None
        while len(pages) < most_pages:
            here = params | {"limit": _LIMIT} | ({"cursor": cursor} if cursor else {})
            request = self._request(path, here, _MARKETS)
            got = await self.client.get(request, self.counted)
            match got:
                case Answer():
                    pass
                case Absent() if not pages:
                    return got
                case _:
                    raise unexpected(request, got)
            is_empty = not bytes(got.top["markets"]).strip(b"[] \t\r\n")
            if not (is_empty and pages):
                pages.add(request, got)
            cursor = text(got.top, "cursor")
            if is_empty or not cursor:
                return payload_of(SourceType.KALSHI_MARKETS, key, pages.answers)
            if len(cursor) > _LONGEST_CURSOR:
                raise _endless(path, f"gives a cursor of {len(cursor):,} characters")
            if cursor in cursors:
                raise _endless(path, f"gives the cursor {cursor[:40]!a} twice")
            cursors.add(cursor)
        raise _endless(path, f"goes on after {most_pages} pages", IF_PAGES_GREW)

    def _stretches(self, start: datetime, end: datetime, minutes: int) -> Sequence[tuple[int, int]]:
        """Raises FeedFailed for a time so long that Kalshi's own dates must be wrong."""
        most = self.client.settings.most_pages
        if end - start > most * timedelta(minutes=minutes):
            raise FeedFailed(
                "Kalshi names times that no market is open for.",
                f"Candlesticks from {start:%Y-%m-%d} to {end:%Y-%m-%d} would be more than"
                f" {most:,} pages.",
                IF_PAGES_GREW,
            )
        return list(_stretches(start, end, minutes))

    def _request(
        self,
        path: str,
        params: dict[str, str | int],
        shape: Shape,
        absent_400: str | None = None,
    ) -> Request:
        return Request(self.origin, _API + path, params, shape, absent_400=absent_400)


def _stretches(start: datetime, end: datetime, minutes: int) -> Iterator[tuple[int, int]]:
    """(first, last) in Unix seconds, whole minutes, both included, that share no minute."""
    first = int(start.timestamp()) // 60 * 60
    end_s = -(-int(end.timestamp()) // 60) * 60
    if first > end_s:
        raise ValueError("the candles would end before they start")
    while first <= end_s:
        last = min(first + (minutes - 1) * 60, end_s)
        yield first, last
        first = last + 60


def _window(first: int, last: int, interval_min: int = 1) -> dict[str, str | int]:
    return {"start_ts": first, "end_ts": last, "period_interval": interval_min}


def _checked(ticker: str) -> str:
    """A ticker that may stand in a URL and in a key."""
    if _TICKER.fullmatch(ticker) is None or ".." in ticker:
        raise FeedFailed(
            f"Kalshi names a market {ticker[:60]!a}, which is no ticker.",
            "A ticker is made of letters, digits and . _ -",
        )
    return ticker


def _endless(path: str, how: str, hint: str = "Run the same again later.") -> FeedFailed:
    return FeedFailed(
        "Kalshi's list of markets does not end.",
        f"{_API}{path} {how}; none of it was kept.",
        hint,
    )
