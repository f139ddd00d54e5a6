"""What a fault does to an answer's status and body; what it does to the wire is told, not done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import msgspec

from nbapanel.simulator.answer import Answer
from nbapanel.simulator.faults import POISONS, Fault, Rule
from nbapanel.simulator.source import NO_SUCH_OBJECT

_BLOCK_PAGE = b"""<HTML><HEAD>
<TITLE>Access Denied</TITLE>
</HEAD><BODY>
<H1>Access Denied</H1>
You don't have permission to access this resource on this server.<P>
Reference&#32;&#35;18&#46;2d3c1002
</BODY>
</HTML>
"""
_MAINTENANCE = b"<!DOCTYPE html><html><head><title>We'll be right back</title></head></html>"
_HTML, _XML, _JSON = "text/html", "application/xml", "application/json"
_LISTS = ("items", "events", "markets", "candlesticks", "plays", "winprobability", "actions",
          "games", "players", "rowSet")  # fmt: skip
_ENVELOPES = ("game", "scoreboard", "leagueSchedule", "homeTeam", "awayTeam")
_NESTED = ("gameDates", "resultSets")


class Manner(StrEnum):
    """How an answer goes out."""

    WHOLE = "whole"
    SILENT = "silent"
    DRIP = "drip"
    CUT = "cut"
    SHORT_LENGTH = "short length"
    FALSE_ENCODING = "false encoding"  # plain, and said to be packed
    RESET = "reset"
    FLOOD = "flood"
    PACKED_FLOOD = "packed flood"


@dataclass(frozen=True, slots=True)
class Delivery:
    """`amount`: bytes of a drip or a flood, share that is kept, or bytes the length is short by."""

    manner: Manner = Manner.WHOLE
    amount: float = 0.0
    pause_s: float = 0.0


def spoil(answer: Answer, rule: Rule) -> tuple[Answer, Delivery]:
    fixed = _fixed_answers(rule).get(rule.fault)
    if fixed is not None:
        return fixed, Delivery()
    delivery = _deliveries(rule).get(rule.fault)
    if delivery is not None:
        return answer, delivery
    if rule.fault is Fault.CUT_JSON:
        return _cut(answer, rule.number("keep", 0.6)), Delivery()
    return _edited(answer, rule), Delivery()


def _fixed_answers(rule: Rule) -> dict[Fault, Answer]:
    wait_s = str(int(rule.number("retry_after_s", 1)))
    error = b'{"error":{"code":"%s","message":"%s"}}'
    unavailable = (("Retry-After", wait_s),) if "retry_after_s" in rule.params else ()
    return {
        Fault.HTML_403: Answer(403, _BLOCK_PAGE, _HTML),
        Fault.XML_403: Answer(403, NO_SUCH_OBJECT, _XML),
        Fault.NOT_FOUND: Answer(404, error % (b"not_found", b"not found"), _JSON),
        Fault.TOO_MANY: Answer(
            429,
            error % (b"too_many_requests", b"too many requests"),
            _JSON,
            (("Retry-After", wait_s),),
        ),
        Fault.ERROR_500: Answer(500, error % (b"internal", b"internal error"), _JSON),
        Fault.ERROR_502: Answer(502, b"<html><body>Bad Gateway</body></html>", _HTML),
        Fault.ERROR_503: Answer(503, _MAINTENANCE, _HTML, unavailable),
        Fault.HTML_200: Answer(200, _MAINTENANCE, _HTML),
        Fault.EMPTY_BODY: Answer(200, b"", _JSON),
        Fault.NULL: Answer(200, b"null", _JSON),
        Fault.ARRAY: Answer(200, b"[1,2,3]", _JSON),
    }


def _deliveries(rule: Rule) -> dict[Fault, Delivery]:
    return {
        Fault.TIME_OUT: Delivery(Manner.SILENT),
        Fault.RESET: Delivery(Manner.RESET),
        Fault.SLOW_DRIP: Delivery(
            Manner.DRIP, rule.number("chunk_bytes", 64), rule.number("pause_s", 0.05)
        ),
        Fault.CUT_BODY: Delivery(Manner.CUT, rule.number("keep", 0.5)),
        Fault.WRONG_LENGTH: Delivery(Manner.SHORT_LENGTH, rule.number("short_by", 7)),
        Fault.WRONG_ENCODING: Delivery(Manner.FALSE_ENCODING),
        Fault.HUGE: Delivery(
            Manner.PACKED_FLOOD if rule.params.get("packed") else Manner.FLOOD,
            rule.number("megabytes", 200) * 1_000_000,
        ),
    }


def _cut(answer: Answer, keep: float) -> Answer:
    """A body that ends early though HTTP says that it is whole."""
    return replace(answer, body=answer.body[: int(len(answer.body) * keep)])


def _edited(answer: Answer, rule: Rule) -> Answer:
    """The same document with some of its items changed; one that is no object is left alone."""
    try:
        document = msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        return answer
    if not isinstance(document, dict):
        return answer
    edit = {
        Fault.DUPLICATE_ITEMS: _duplicate,
        Fault.FIELDS_MISSING: _drop_fields,
        Fault.POISON: _poison,
    }[rule.fault]
    every = max(1, int(rule.number("every", 1)))
    for items in _lists_of(document):
        edit(items, every, rule)
    return replace(answer, body=msgspec.json.encode(document))


def _lists_of(document: dict[str, Any]) -> Iterator[list[Any]]:
    """The lists of items; of a batch of candles those inside it rather than the markets.

    The NBA's are in an object of the document, the schedule's one for each day.
    """
    for envelope in _ENVELOPES:
        inner = document.get(envelope)
        if isinstance(inner, dict):
            yield from _lists_of(inner)
    for name in _NESTED:
        for holder in document.get(name) or ():
            if isinstance(holder, dict):
                yield from _lists_of(holder)
    for name in _LISTS:
        items = document.get(name)
        if not isinstance(items, list):
            continue
        inner = [
            one["candlesticks"] for one in items if isinstance(one, dict) and "candlesticks" in one
        ]
        yield from inner or [items]


def _duplicate(items: list[Any], every: int, rule: Rule) -> None:
    items[:] = [
        copy
        for place, item in enumerate(items)
        for copy in ([item, item] if place % every == 0 else [item])
    ]


def _drop_fields(items: list[Any], every: int, rule: Rule) -> None:
    for item in items[::every]:
        for name in rule.params["fields"]:
            _change(item, name, lambda holder, key: holder.pop(key))


def _poison(items: list[Any], every: int, rule: Rule) -> None:
    value = msgspec.Raw(POISONS[rule.params.get("what", "text")])

    def put(holder: dict[str, Any], key: str) -> None:
        holder[key] = value

    for item in items[::every]:
        name = rule.params.get("field") or _first_number(item)
        if name is not None:
            _change(item, name, put)


def _change(node: Any, name: str, change: Callable[[dict[str, Any], str], Any]) -> None:
    """Wherever that key stands in the item, however deep."""
    if isinstance(node, dict):
        if name in node:
            change(node, name)
        for child in list(node.values()):
            _change(child, name, change)
    elif isinstance(node, list):
        for child in node:
            _change(child, name, change)


def _first_number(item: Any) -> str | None:
    if not isinstance(item, dict):
        return None
    for key, value in item.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(key)
    return None
