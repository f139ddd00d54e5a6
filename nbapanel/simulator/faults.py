"""Rules by which the simulator misbehaves: which request, which fault; nothing is spoiled here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from nbapanel.errors import UsageError
from nbapanel.simulator.answer import Feed


class Fault(StrEnum):
    """By name, as a rule says it. Params in brackets."""

    HTML_403 = "403-html"
    XML_403 = "403-xml"
    NOT_FOUND = "404"
    TOO_MANY = "429"  # retry_after_s
    ERROR_500 = "500"
    ERROR_502 = "502"
    ERROR_503 = "503"  # retry_after_s, if any
    TIME_OUT = "time-out"
    SLOW_DRIP = "slow-drip"  # chunk_bytes, pause_s
    CUT_BODY = "cut-body"  # keep (share of the body that is sent)
    WRONG_LENGTH = "wrong-length"  # short_by (bytes that Content-Length is too small)
    RESET = "reset"
    HTML_200 = "html-200"
    EMPTY_BODY = "empty-body"
    NULL = "null"
    ARRAY = "array"
    CUT_JSON = "cut-json"  # keep
    WRONG_ENCODING = "wrong-encoding"
    DUPLICATE_ITEMS = "duplicate-items"  # every (1 = all, 3 = each third)
    FIELDS_MISSING = "fields-missing"  # fields, every
    POISON = "poison"  # what, field, every
    HUGE = "huge"  # megabytes; packed (whether they go over the wire as gzip)


POISONS: Mapping[str, bytes] = {
    "text": b'"not a number"',
    "nan": b"NaN",
    "huge": b"1e400",
    "year-0001": b'"0001-01-01T00:00:00Z"',
    "nul": b'"a\\u0000b"',
    "surrogate": b'"a\\ud800b"',
    "null": b"null",
    "object": b'{"of": "all things"}',
    "negative": b"-1",
}
"""What a poisoned field holds, as it stands in the JSON."""


class Rule(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Matches where all that it names matches.

    `host` is part of the Host header, or "espn", "kalshi" or "nba"; `path` a regular expression
    searched for in path and query; `nth` counts the rule's own matches from 1; `times` ends it
    after so many faults.
    """

    fault: Fault
    host: str = ""
    path: str = ""
    nth: int | list[int] | None = None
    times: int | None = None
    params: dict[str, Any] = {}

    def number(self, name: str, otherwise: float) -> float:
        value = self.params.get(name, otherwise)
        return float(value) if isinstance(value, int | float) else otherwise


class FaultBook:
    """The rules in force, each with its own count of the requests that it matched."""

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        self.replace(rules)

    def replace(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._paths = [re.compile(rule.path) for rule in rules]
        self._matched = [0] * len(rules)
        self._fired = [0] * len(rules)

    def pick(self, host: str, feed: Feed | None, target: str) -> Rule | None:
        """The first rule due for this request; every rule that matches counts it."""
        chosen: int | None = None
        for place, rule in enumerate(self.rules):
            if rule.host and rule.host != feed and rule.host not in host:
                continue
            if not self._paths[place].search(target):
                continue
            self._matched[place] += 1
            if chosen is None and self._is_due(place):
                chosen = place
        if chosen is None:
            return None
        self._fired[chosen] += 1
        return self.rules[chosen]

    def _is_due(self, place: int) -> bool:
        rule, matched = self.rules[place], self._matched[place]
        if rule.times is not None and self._fired[place] >= rule.times:
            return False
        if rule.nth is None:
            return True
        return matched in (rule.nth if isinstance(rule.nth, list) else [rule.nth])


def parse_rules(document: bytes) -> list[Rule]:
    """A JSON list of rules. Raises UsageError that says what is wrong with it."""
    try:
        rules = msgspec.json.decode(document, type=list[Rule])
        for rule in rules:
            re.compile(rule.path)
            _check(rule)
    except (msgspec.MsgspecError, re.error, ValueError) as error:
        raise UsageError(
            "These fault rules cannot be used.",
            str(error),
            'Example: [{"host": "espn", "path": "scoreboard", "nth": 1, "fault": "429"}]',
        ) from error
    return rules


def _check(rule: Rule) -> None:
    what = rule.params.get("what", "text")
    if rule.fault is Fault.POISON and what not in POISONS:
        raise ValueError(f"no poison is called {what!r}; known: {', '.join(POISONS)}")
    fields = rule.params.get("fields")
    if rule.fault is Fault.FIELDS_MISSING and not (isinstance(fields, list) and fields):
        raise ValueError("fields-missing needs the params.fields to leave out")
