"""What a source of feeds must be able to answer, whether it was recorded or is generated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

Json = dict[str, Any]

FILTER_WORDS = {
    "initialized": "unopened",
    "active": "open",
    "inactive": "paused",
    "closed": "closed",
    "determined": "closed",
    "disputed": "closed",
    "amended": "closed",
    "finalized": "settled",
}
"""Market status -> the word by which Kalshi's list filters it."""


class Refusal(Exception):
    """An answer other than 200, with the body that the feed gives then."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body


def espn_refusal(status: int, message: str) -> Refusal:
    return Refusal(status, {"code": status, "message": message})


def core_refusal(status: int, message: str) -> Refusal:
    return Refusal(status, {"error": {"message": message, "code": status}})


def not_supported(event_id: str) -> Refusal:
    return core_refusal(400, f"Probabilities are not supported for event {event_id}")


def kalshi_refusal(status: int, details: str = "") -> Refusal:
    code, message = {
        400: ("bad_request", "bad request"),
        404: ("not_found", "not found"),
    }[status]
    error = {"code": code, "message": message}
    return Refusal(status, {"error": error | ({"details": details} if details else {})})


@dataclass(frozen=True, slots=True)
class Page:
    """Of ESPN's core feed; counted from 1."""

    number: int
    size: int


@dataclass(frozen=True, slots=True)
class Window:
    """Candles that end within, in Unix seconds, both bounds included."""

    start_ts: int
    end_ts: int
    interval_min: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A market in the list: what the filters look at, and how to make the object itself.

    `order` places it in the list and is the cursor. Times are Unix seconds; None passes every
    filter, and NaN (not yet settled) none.
    """

    ticker: str
    order: tuple[int, str]
    filter_word: str | None
    close_ts: float | None
    settled_ts: float | None
    shape: Callable[[], Json]


class Source(Protocol):
    """All may raise Refusal. `now` is the moment as of which the feed answers."""

    @property
    def name(self) -> str:
        """The feeds' identity, such as "demo:7"."""

    def start(self) -> datetime:
        """The moment at which its clock stands unless told otherwise."""

    def changed_at(self, event_id: str | None, day: date | None, now: datetime) -> datetime:
        """When that event or day last changed; `now` where that is not known."""

    def scoreboard(self, day: date, limit: int, now: datetime) -> Json | bytes: ...

    def summary(self, event_id: str, now: datetime) -> Json | bytes: ...

    def probabilities(
        self, event_id: str, competition_id: str, page: Page, now: datetime
    ) -> Json | bytes: ...

    def plays(
        self, event_id: str, competition_id: str, page: Page, now: datetime
    ) -> Json | bytes: ...

    def cutoff(self, now: datetime) -> datetime:
        """Markets settled before it are historical."""

    def listed(self, series: str, now: datetime, *, historical: bool) -> Sequence[Listed]:
        """In the order of the list."""

    def market(self, ticker: str, now: datetime, *, historical: bool) -> Json: ...

    def candlesticks(
        self, ticker: str, window: Window, now: datetime, *, historical: bool
    ) -> list[Json]: ...


def paged(items: Sequence[Json], page: Page, **more: str) -> Json:
    """One page in the shape of ESPN's core feed; one beyond the last is not found."""
    page_count = -(-len(items) // page.size)
    if page.number > max(1, page_count):
        raise core_refusal(404, f"page {page.number} of {page_count}")
    first = (page.number - 1) * page.size
    return {
        **more,
        "count": len(items),
        "pageIndex": page.number,
        "pageSize": page.size,
        "pageCount": page_count,
        "items": list(items[first : first + page.size]),
    }
