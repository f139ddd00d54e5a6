"""Spreads a season's pairings over its days: never two games a day, hardly three days running."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta

from nbapanel.simulator.draws import Draws
from nbapanel.simulator.pairings import Pairing
from nbapanel.simulator.season_days import MOST, SeasonDays

_ONE_DAY = timedelta(days=1)


class _Table:
    """What is still to be dealt, and when each team played."""

    def __init__(self, pairings: list[Pairing], stream: Draws) -> None:
        self.stream = stream
        self.pairs: dict[tuple[str, str], list[Pairing]] = defaultdict(list)
        self.left: Counter[str] = Counter()
        self.played: dict[str, set[date]] = defaultdict(set)
        for pairing in stream.shuffled(pairings):
            home, away = pairing
            self.pairs[min(home.code, away.code), max(home.code, away.code)].append(pairing)
            self.left[home.code] += 1
            self.left[away.code] += 1

    def is_free(self, code: str, day: date) -> bool:
        """Not on that day, and not as the third day of a run."""
        days = self.played[code]
        return day not in days and _run(days, day, -_ONE_DAY) + _run(days, day, _ONE_DAY) < 2

    def take(self, pair: tuple[str, str], day: date) -> Pairing:
        pairing = self.pairs[pair].pop()
        for code in pair:
            self.left[code] -= 1
            self.played[code].add(day)
        return pairing

    def day_of(self, day: date, games: int) -> list[Pairing]:
        """The pairs that are most behind, those who played yesterday last."""
        yesterday = day - _ONE_DAY
        need = {
            code: left - (4 if yesterday in self.played[code] else 0)
            for code, left in self.left.items()
            if left and self.is_free(code, day)
        }
        ranked = sorted(
            (
                (need[pair[0]] + need[pair[1]] + 3 * len(waiting) + 4 * self.stream.random(), pair)
                for pair, waiting in self.pairs.items()
                if waiting and pair[0] in need and pair[1] in need
            ),
            reverse=True,
        )
        chosen: list[Pairing] = []
        taken: set[str] = set()
        for _, pair in ranked:
            if len(chosen) == games:
                break
            if pair[0] not in taken and pair[1] not in taken:
                taken.update(pair)
                chosen.append(self.take(pair, day))
        return chosen


def _run(days: set[date], day: date, step: timedelta) -> int:
    length = 0
    while day + (length + 1) * step in days:
        length += 1
    return length


def deal(pairings: list[Pairing], days: SeasonDays, stream: Draws) -> dict[date, list[Pairing]]:
    table = _Table(pairings, stream)
    dealt = {day: table.day_of(day, games) for day, games in days.capacities.items()}
    for pair, waiting in table.pairs.items():
        while waiting:
            day = _day_for(pair, table, dealt, days)
            dealt[day].append(table.take(pair, day))
    return dealt


def _day_for(
    pair: tuple[str, str], table: _Table, dealt: dict[date, list[Pairing]], days: SeasonDays
) -> date:
    """For what greed left over: the emptiest day on which both are free, else merely unbooked."""
    open_days = [
        day for day, games in dealt.items() if len(games) < MOST and not days.is_showcase_week(day)
    ]
    ranked = sorted(open_days, key=lambda day: (len(dealt[day]), day))
    for day in ranked:
        if table.is_free(pair[0], day) and table.is_free(pair[1], day):
            return day
    return next(day for day in ranked if not any(day in table.played[code] for code in pair))
