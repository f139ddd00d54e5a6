"""What a source of feeds must be able to answer, whether it was recorded or is generated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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


NO_SUCH_OBJECT = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code>'
    b"<Message>Access Denied</Message><RequestId>8T2K</RequestId></Error>"
)


class Refusal(Exception):
    """An answer other than 200, with the body that the feed gives then: JSON, or XML as it is."""

    def __init__(self, status: int, body: Json | bytes) -> None:
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


def no_such_object() -> Refusal:
    """How the storage behind the NBA's network says that it has no such file: never 404."""
    return Refusal(403, NO_SUCH_OBJECT)


@dataclass(frozen=True, slots=True)
class Dated:
    """What a feed has, and since when it has been that."""

    content: Json | bytes
    changed_at: datetime


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


class NbaSource(Protocol):
    """What the NBA's own feeds have. All may raise Refusal."""

    def ahead(self, now: datetime, season_label: str = "") -> Iterator[None]:
        """Does in small pieces, one each time, what would make a list of the season slow."""

    def schedule(self, now: datetime) -> Dated: ...

    def scoreboard(self, now: datetime) -> Dated: ...

    def play_by_play(self, game: str, now: datetime) -> Dated: ...

    def box_score(self, game: str, now: datetime) -> Dated: ...

    def odds(self, now: datetime) -> Dated: ...

    def play_by_play_v3(self, game: str, now: datetime) -> Dated: ...

    def game_finder(self, asked: Mapping[str, str], now: datetime) -> Dated: ...


class Source(Protocol):
    """All may raise Refusal. `now` is the moment as of which the feed answers."""

    @property
    def name(self) -> str:
        """The feeds' identity, such as "demo:7"."""

    @property
    def nba(self) -> NbaSource: ...

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
