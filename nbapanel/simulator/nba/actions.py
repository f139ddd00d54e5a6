"""A generated game as the NBA's list of actions: each with the moment at which it comes out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from nbapanel.simulator.draws import Draws, draws
from nbapanel.simulator.game import Played
from nbapanel.simulator.nba.scribe import Scribe
from nbapanel.simulator.nba.sheet import Entry, Oddities


def oddities(seed: int, played: Played) -> Oddities:
    stream = draws(seed, played.plan.fixture.event_id, "nba oddities")
    corrected_s = stream.whole(8, 13) * 3600 + stream.whole(0, 3599)
    is_corrected, has_trailing, rows = stream.chance(0.25), stream.chance(0.1), stream.whole(1, 2)
    final_ts = played.walls[-1]
    return Oddities(
        corrected_ts=final_ts + corrected_s if is_corrected else 0,
        trailing=rows if has_trailing else 0,
    )


def write_actions(seed: int, played: Played, odd: Oddities, *, corrected: bool) -> list[Entry]:
    """The whole game in the order of the list, before or after its correction."""
    scribe = Scribe(seed, played, odd, corrected=corrected)
    entries = list(scribe.all_of_it())
    _number(entries, scribe.stream)
    if corrected:
        entries = [one for one in entries if not one.is_aside]
        _exchange(entries)
    return entries


def out_by(entries: Sequence[Entry], now: datetime) -> list[Entry]:
    """What the feed has by then."""
    now_ts = int(now.timestamp())
    return [one for one in entries if one.appears_ts <= now_ts]


def _number(entries: Sequence[Entry], stream: Draws) -> None:
    """Actions are numbered as they come out, with gaps; the order number says where each belongs.

    One that comes late goes between its neighbours, half a step after the one before it. So no
    number changes while the game goes on.
    """
    number = order = 0
    for entry in sorted(entries, key=lambda one: one.appears_ts):
        number += 2 if stream.random() < 0.3 else 1
        entry.action["actionNumber"] = number
    for entry in entries:
        order = order + 5_000 if entry.is_late else (order // 10_000 + 1) * 10_000
        entry.action["orderNumber"] = order


def _exchange(entries: list[Entry]) -> None:
    """A turnover and its steal, in the middle of the game, change places and order numbers."""
    for place in range(len(entries) // 2, len(entries) - 1):
        first, second = entries[place], entries[place + 1]
        if (first.action["actionType"], second.action["actionType"]) == ("turnover", "steal"):
            numbers = second.action["orderNumber"], first.action["orderNumber"]
            first.action["orderNumber"], second.action["orderNumber"] = numbers
            entries[place : place + 2] = second, first
            return
