"""An archived play-by-play beside the events that were made of it. No file and no database here.

The payload is read in a way of its own, so that a fault of the loader's parser is seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from nbapanel.payload import SourceType
from nbapanel.rows.mending import has_nul, mended

_MOST_DIGITS = 19


class Action(NamedTuple):
    """An action as the payload has it, or an event as the table has it, made comparable."""

    number: int | None
    order: int | None
    period: int | None
    clock: str
    action_type: str
    sub_type: str
    description: str
    team: int | None
    person: int | None
    score_home: int | None
    score_away: int | None


class Difference(NamedTuple):
    where: str
    expected: str
    found: str


_NAMES = {
    "order": "order",
    "period": "period",
    "clock": "clock",
    "action_type": "type",
    "sub_type": "subtype",
    "description": "description",
    "team": "team",
    "person": "person",
    "score_home": "home score",
    "score_away": "away score",
}


class PayloadOdd(ValueError):
    """A payload that has no list of actions; the message says why."""


def actions_of(body: bytes, source_type: str) -> list[Action]:
    """The actions of a play-by-play, as they stand in it.

    A score that an action leaves blank is that of the action before it. The third version (pbp_v3)
    tells actions apart, and orders them, by actionId, and names a team as its own person.
    """
    made: list[Action] = []
    home = away = None
    for one in _listed(body):
        said = one if isinstance(one, dict) else {}
        home = _score(said.get("scoreHome"), home)
        away = _score(said.get("scoreAway"), away)
        number, order = whole(said.get("actionNumber")), whole(said.get("orderNumber"))
        team, person = whole(said.get("teamId")) or None, whole(said.get("personId")) or None
        if source_type == SourceType.NBA_PBP_V3:
            identity = whole(said.get("actionId"))
            number = order = number if identity is None else identity
            person = None if person == team else person
        made.append(
            Action(
                number,
                order,
                whole(said.get("period")),
                _text(said.get("clock")),
                _text(said.get("actionType")),
                _text(said.get("subType")),
                _text(said.get("description")),
                team,
                person,
                home,
                away,
            )
        )
    return made


def events_of(text: str) -> list[Action]:
    """The events of a game, from the text that `quality_events` makes of them."""
    return [
        Action(number, order, period, _text(clock), _text(kind), _text(sub), _text(words), *rest)
        for number, order, period, clock, kind, sub, words, *rest in msgspec.json.decode(text)
    ]


def differences(actions: Sequence[Action], events: Sequence[Action]) -> Iterator[Difference]:
    """Actions without their event, events without their action, and pairs that differ."""
    due = {action.number: action for action in actions}
    held = {event.number: event for event in events}
    if due == held and len(due) == len(actions):
        return
    for number, times in Counter(action.number for action in actions).items():
        if times > 1:
            yield Difference(f"action {number}", "one action of that number", f"{times} of them")
    missing = [action for action in due.values() if action.number not in held]
    if missing:
        yield Difference(
            "all events",
            f"{len(actions):,} events, as many as the payload has actions",
            f"{len(events):,} events",
        )
    for action in missing:
        yield Difference(f"action {action.number}", _told(action), "no event")
    for event in events:
        wanted = due.get(event.number)
        if wanted is None:
            none_due = "no event: the payload has none"
            yield Difference(f"action {event.number}", none_due, _told(event))
        elif wanted != event:
            yield _of_pair(wanted, event)


def breaks(actions: Sequence[Action]) -> Iterator[Difference]:
    """Where the order number does not rise, in the order in which the actions stand."""
    before: Action | None = None
    for place, action in enumerate(actions, 1):
        if action.order is None:
            yield Difference(_place(action, place), "an order number", "none")
            continue
        if before is not None and before.order is not None and action.order <= before.order:
            yield Difference(
                _place(action, place),
                f"an order number above {before.order} of action {before.number} before it",
                f"{action.order}",
            )
        before = action


def _listed(body: bytes) -> list[Any]:
    try:
        document = _decoded(body)
        listed = document["game"]["actions"]
    except (msgspec.DecodeError, KeyError, TypeError, RecursionError) as error:
        raise PayloadOdd(f"it has no list of actions: {error}") from error
    if not isinstance(listed, list):
        raise PayloadOdd("its actions are no list")
    return listed


def _decoded(body: bytes) -> Any:
    """Characters that no table can hold are mended here as they are where it is loaded."""
    if not has_nul(body):
        try:
            return msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
    return msgspec.json.decode(mended(body))


def whole(value: Any) -> int | None:
    """A whole number, said as one or as text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    text = value.strip() if isinstance(value, str) else ""
    is_number = len(text) <= _MOST_DIGITS and text.removeprefix("-").isdecimal()
    return int(text) if is_number else None


def _score(value: Any, before: int | None) -> int | None:
    is_blank = value is None or (isinstance(value, str) and not value.strip())
    return before if is_blank else whole(value)


def _text(value: Any) -> str:
    """Blank is the same as not said."""
    return value if isinstance(value, str) and value.strip() else ""


def _place(action: Action, place: int) -> str:
    return f"action {action.number}, {place:,}. of the payload"


def _told(action: Action) -> str:
    told = f"{action.action_type} {action.sub_type}".strip() or "no type"
    return f"{told}, period {action.period}, {action.clock or 'no clock'}"


def _of_pair(action: Action, event: Action) -> Difference:
    named = [name for name in _NAMES if getattr(action, name) != getattr(event, name)]
    return Difference(
        f"action {action.number}",
        ", ".join(f"{_NAMES[name]} {_shown(getattr(action, name))}" for name in named),
        ", ".join(f"{_NAMES[name]} {_shown(getattr(event, name))}" for name in named),
    )


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f"“{value}”"
    return "none" if value is None else f"{value}"
