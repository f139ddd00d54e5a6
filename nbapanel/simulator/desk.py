"""Answers requests: feeds by their routes, the simulator's own controls, faults by their rules."""

from __future__ import annotations

import gzip
import logging
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

import msgspec

from nbapanel.errors import UsageError
from nbapanel.simulator.answer import Answer, Feed, Request, etag_of, json_answer
from nbapanel.simulator.faults import FaultBook, Rule, parse_rules
from nbapanel.simulator.routes import Call, Route, find_route
from nbapanel.simulator.settable_clock import SettableClock, parse_moment
from nbapanel.simulator.source import Refusal, Source, no_such_object
from nbapanel.simulator.spoiling import Delivery, Manner, spoil

Headers = tuple[tuple[str, str], ...]

log = logging.getLogger(__name__)

_KEPT_BYTES = 64 * 1024 * 1024
_KEPT_REQUESTS = 5_000
_CONTROL = "/simulator"
_PLAIN_BELOW = 256  # bytes that are not worth packing


@dataclass(frozen=True, slots=True)
class Logged:
    method: str
    path: str
    query: str
    status: int
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A good answer as it lies in the cache: packed, or plain where packing did not pay."""

    status: int
    packed: bytes
    is_gzip: bool
    content_type: str
    etag: str
    last_modified: str

    @property
    def weight(self) -> int:
        return len(self.packed) + 1_000

    def body(self) -> bytes:
        return gzip.decompress(self.packed) if self.is_gzip else self.packed


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is to be put on the wire: `encoding` is that of `body`, "" where it is plain."""

    status: int
    headers: Headers
    body: bytes
    encoding: str
    delivery: Delivery


class Desk:
    """One source behind one clock. Not for use from more than one thread."""

    def __init__(self, source: Source, clock: SettableClock) -> None:
        self.source = source
        self.clock = clock
        self.faults = FaultBook()
        self.requests: deque[Logged] = deque(maxlen=_KEPT_REQUESTS)
        self.counts: Counter[str] = Counter()
        self._kept: OrderedDict[tuple[str, str, datetime], Kept] = OrderedDict()
        self._kept_bytes = 0

    def answer(self, request: Request) -> Outgoing:
        if request.path == _CONTROL or request.path.startswith(f"{_CONTROL}/"):
            return self._out(request, self._control(request), Delivery())
        found = find_route(request.path)
        feed = found[0].feed if found else None
        self.counts[found[0].pattern if found else "(unknown)"] += 1
        target = request.path + (f"?{request.query_string}" if request.query_string else "")
        rule = self.faults.pick(request.headers.get("host", ""), feed, target)
        if found is None:
            outgoing = self._out(request, _no_such_path(request), Delivery())
        elif rule is not None:
            outgoing = self._spoiled(request, *found, rule)
        else:
            outgoing = self._good(request, *found)
        fault = rule.fault.value if rule and found else ""
        self.requests.append(
            Logged(request.method, request.path, request.query_string, outgoing.status, fault)
        )
        return outgoing

    def ahead_of(self, request: Request) -> Iterator[None]:
        """What would make the answer slow, in pieces: between them others can be answered."""
        found = find_route(request.path)
        if found is None or found[0].ahead is None:
            return iter(())
        return found[0].ahead(Call(self.source, found[1], request.query, self.clock.now()))

    def state(self) -> dict[str, Any]:
        return {
            "feeds": self.source.name,
            "clock": {
                "now": _iso(self.clock.now()),
                "start": _iso(self.clock.start),
                "rate": self.clock.rate,
            },
            "requests": dict(self.counts),
        }

    # Good answers

    def _good(self, request: Request, route: Route, path: Mapping[str, str]) -> Outgoing:
        if request.method not in ("GET", "HEAD"):
            return self._out(request, json_answer(route.feed, 405, b"{}"), Delivery())
        kept = self._keep(request, route, path)
        kind = ("Content-Type", kept.content_type)
        headers: Headers = (("Vary", "Accept-Encoding"), *self._date())
        if kept.status == 200:
            headers += (
                ("ETag", kept.etag),
                ("Last-Modified", kept.last_modified),
                ("Cache-Control", "max-age=3"),
            )
            if _is_unchanged(request, kept):
                return Outgoing(304, headers, b"", "", Delivery())
        if kept.is_gzip and request.accepts_gzip:
            return Outgoing(kept.status, (kind, *headers), kept.packed, "gzip", Delivery())
        return Outgoing(kept.status, (kind, *headers), kept.body(), "", Delivery())

    def _keep(self, request: Request, route: Route, path: Mapping[str, str]) -> Kept:
        now = self.clock.now()
        key = (request.path, request.query_string, now)
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        kept = self._made(request, route, path, now)
        if self.clock.rate == 0:
            self._kept[key] = kept
            self._kept_bytes += kept.weight
        while self._kept_bytes > _KEPT_BYTES:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= oldest.weight
        return kept

    def _made(self, request: Request, route: Route, path: Mapping[str, str], now: datetime) -> Kept:
        changed_at = now
        try:
            reply = route.answer(Call(self.source, path, request.query, now))
            answer = json_answer(route.feed, 200, reply.encoded())
            changed_at = reply.changed_at
        except Refusal as refusal:
            answer = _refused(route.feed, refusal)
        except UsageError as error:  # a recorded file that cannot be read
            log.warning("%s", error)
            answer = json_answer(route.feed, 500, msgspec.json.encode({"error": str(error)}))
        body = answer.body
        pays = len(body) >= _PLAIN_BELOW
        return Kept(
            status=answer.status,
            packed=_packed(body) if pays else body,
            is_gzip=pays,
            content_type=answer.content_type,
            etag=etag_of(body),
            last_modified=format_datetime(changed_at, usegmt=True),
        )

    # Bad answers

    def _spoiled(
        self, request: Request, route: Route, path: Mapping[str, str], rule: Rule
    ) -> Outgoing:
        kept = self._keep(request, route, path)
        answer, delivery = spoil(Answer(kept.status, kept.body(), kept.content_type), rule)
        return self._out(request, answer, delivery)

    def _out(self, request: Request, answer: Answer, delivery: Delivery) -> Outgoing:
        headers = (("Content-Type", answer.content_type), *answer.headers, *self._date())
        if delivery.manner is Manner.FALSE_ENCODING:
            return Outgoing(answer.status, headers, answer.body, "gzip", Delivery())
        if delivery.manner in (Manner.FLOOD, Manner.PACKED_FLOOD):
            encoding = "gzip" if delivery.manner is Manner.PACKED_FLOOD else ""
            return Outgoing(answer.status, headers, answer.body, encoding, delivery)
        if request.accepts_gzip and len(answer.body) >= _PLAIN_BELOW:
            return Outgoing(answer.status, headers, _packed(answer.body), "gzip", delivery)
        return Outgoing(answer.status, headers, answer.body, "", delivery)

    def _date(self) -> Headers:
        """By the feeds' own clock, as a feed has it."""
        return (("Date", format_datetime(self.clock.now(), usegmt=True)),)

    # The simulator's own

    def _control(self, request: Request) -> Answer:
        try:
            match (request.method, request.path.removeprefix(_CONTROL)):
                case ("GET", "" | "/"):
                    content: Any = self.state()
                case ("GET", "/requests"):
                    content = list(self.requests)
                case ("POST", "/clock"):
                    self._set_clock(request.body)
                    content = self.state()
                case ("GET", "/faults"):
                    content = self.faults.rules
                case ("POST", "/faults"):
                    self.faults.replace(parse_rules(request.body))
                    content = self.faults.rules
                case ("DELETE", "/faults"):
                    self.faults.replace(())
                    content = self.faults.rules
                case _:
                    return _no_such_path(request)
        except UsageError as error:
            return Answer(400, msgspec.json.encode({"error": str(error)}))
        return Answer(200, msgspec.json.encode(content))

    def _set_clock(self, body: bytes) -> None:
        try:
            wish = msgspec.json.decode(body, type=_ClockWish)
        except msgspec.MsgspecError as error:
            raise UsageError("The clock cannot be set by that.", str(error)) from error
        if wish.now is not None:
            self.clock.set(parse_moment(wish.now))
        if wish.advance_s:
            self.clock.advance(wish.advance_s)


class _ClockWish(msgspec.Struct, forbid_unknown_fields=True):
    now: str | None = None
    advance_s: float = 0.0


def _packed(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=1, mtime=0)


def _is_unchanged(request: Request, kept: Kept) -> bool:
    known = request.headers.get("if-none-match")
    if known is not None:
        tags = [tag.strip().removeprefix("W/") for tag in known.split(",")]
        return kept.etag in tags or "*" in tags
    return request.headers.get("if-modified-since") == kept.last_modified


def _refused(feed: Feed, refusal: Refusal) -> Answer:
    if isinstance(refusal.body, bytes):
        return Answer(refusal.status, refusal.body, "application/xml")
    return json_answer(feed, refusal.status, msgspec.json.encode(refusal.body))


def _no_such_path(request: Request) -> Answer:
    """As a feed's own host has it: ESPN where nothing says Kalshi or the NBA."""
    if request.path.startswith("/static/json/"):
        return _refused(Feed.NBA, no_such_object())
    if request.path.startswith("/trade-api/"):
        return json_answer(
            Feed.KALSHI, 404, b'{"error":{"code":"not_found","message":"page not found"}}'
        )
    return json_answer(Feed.ESPN, 404, b'{"code":404,"message":"not found"}')


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
