"""What a soak judges by: samples, sayings and contents that are sound, and such that are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import msgspec
import pytest

from bench.soak import contents, judging, report, said
from bench.soak.decks import Deck
from bench.soak.disturbances import Disturbances, kinds
from bench.soak.samples import Sample
from nbapanel.rows.reads import LogLine
from nbapanel.simulator.faults import Fault, parse_rules

_HOUR_S = 3600
_USUAL = Sample(0.0, 200.0, 130.0, 7, 12, 0, {"panel": 2})


def _course(growth: float) -> list[Sample]:
    """An hour in which memory grows evenly by that share; its beginning counts for nothing."""

    def at(moment: int) -> Sample:
        times = 1 + growth * moment / _HOUR_S if moment > 60 else 0.1
        return replace(_USUAL, at_s=float(moment), rss_mb=200 * times, own_mb=130 * times)

    return [at(moment) for moment in range(0, _HOUR_S, 10)]


def _rests(*levels: dict[str, Any]) -> list[Sample]:
    """A rest with three looks for each of these, and something else between them."""
    found = []
    for number, level in enumerate(levels, 1):
        found.append(replace(_USUAL, at_s=600.0 * number - 30, threads=40, handles=90))
        found += [
            replace(_USUAL, at_s=600.0 * number + look, is_resting=True, **level)
            for look in (0, 2, 4)
        ]
    return found


@pytest.mark.parametrize(
    ("growth", "is_met"), [(0.0, True), (-0.2, True), (0.1, True), (0.2, False), (1.0, False)]
)
def test_memory_is_judged_by_the_last_slice_beside_the_warm_one(
    growth: float, is_met: bool
) -> None:
    for check in judging.memory(_course(growth), _HOUR_S):
        assert check.is_met is is_met, check


def test_without_samples_nothing_is_met() -> None:
    assert not any(check.is_met for check in judging.memory([], _HOUR_S))
    assert not any(check.is_met for check in judging.constants([]))
    assert not any(check.is_met for check in judging.constants(_rests({})))


def test_threads_that_come_and_go_within_a_rest_are_no_leak() -> None:
    """Now and then Qt draws with threads of its own: 7, 9, 9 at the last rest are 7."""
    *samples, second, third = (one for one in _rests({}, {}) if one.is_resting)
    drawing = (replace(one, threads=one.threads + 2) for one in (second, third))
    check = judging.constants([*samples, *drawing])[0]
    assert check.is_met, check.found


@pytest.mark.parametrize(
    ("threads", "is_met"),
    [
        ((7, 7, 7, 7, 7), True),
        ((9, 8, 7, 7, 7), True),
        ((7, 8, 7, 8, 8), True),  # it comes and goes
        ((7, 7, 7, 7, 8), False),
        ((7, 7, 8, 8, 8), False),  # it came and stays
        ((7, 8, 9, 10, 11), False),
    ],
)
def test_what_is_more_at_the_last_rest_than_it_ever_was_leaks(
    threads: tuple[int, ...], is_met: bool
) -> None:
    samples = _rests(*({"threads": number} for number in threads))
    found = {check.what: check.is_met for check in judging.constants(samples)}
    assert len(found) == 4
    assert [met for what, met in found.items() if "threads" in what] == [is_met]
    assert all(met for what, met in found.items() if "threads" not in what)


def test_a_connection_that_stays_is_found_by_whatever_name() -> None:
    samples = _rests({}, {}, {"connections": {"panel": 2, "run": 1}})
    missed = [check.what for check in judging.constants(samples) if not check.is_met]
    assert len(missed) == 1
    assert "connections" in missed[0]


def test_each_kind_of_fault_comes_before_any_comes_twice() -> None:
    """trap F8: all of the simulator's faults and poisons, and rules that it takes."""
    known = {fault.value for fault in Fault}
    assert {kind.partition(" ")[0] for kind in kinds()} == known
    disturbances = Disturbances(Random(7))
    drawn = [disturbances.draw() for _ in kinds()]
    assert sorted(one.kind for one in drawn) == sorted(kinds())
    for one in drawn:
        assert parse_rules(msgspec.json.encode(one.rules))
        assert one.lasts_s > 0
    again = Disturbances(Random(7))
    assert [again.draw() for _ in kinds()] == drawn, "a seed says it all"


def test_a_deck_deals_every_card_and_then_all_of_them_anew() -> None:
    deck = Deck("abcdef", Random(1))
    rounds = ["".join(deck.draw() for _ in range(6)) for _ in range(3)]
    assert {"".join(sorted(one)) for one in rounds} == {"abcdef"}
    assert len(set(rounds)) > 1


def _line(level: str, logger: str, message: str) -> LogLine:
    return LogLine(datetime(2026, 1, 16, tzinfo=UTC), level, logger, None, "", message)


@pytest.mark.parametrize(
    ("line", "is_expected"),
    [
        (_line("INFO", "nbapanel.desk.opened", "The database is away"), True),
        (_line("ERROR", "nbapanel.engine.logbook", "Run failed in 3.0 s"), True),
        (_line("WARNING", "qt", "default: This plugin does not support raise()"), True),
        (_line("WARNING", "qt", "default: QObject::startTimer: no thread"), False),
        (_line("ERROR", "nbapanel.engine.logbook", "Oh\nTraceback (most recent call last)"), False),
        (_line("ERROR", "nbapanel.engine.telling", "StepProgress could not be recorded"), True),
        (_line("CRITICAL", "nbapanel.ui.hooks", "Uncaught in the window\nKeyError: 1"), False),
        (_line("ERROR", "nbapanel.desk.follower", "The follower stumbled"), False),
    ],
)
def test_only_what_was_provoked_may_warn(line: LogLine, is_expected: bool) -> None:
    assert bool(said.unexpected([line])) is not is_expected


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 0),
        ("default: This plugin does not support propagateSizeHints()\n", 0),
        ("Task exception was never retrieved\nfuture: <Task>\nTraceback (most recent):\n", 2),
        ("x.py:3: RuntimeWarning: coroutine 'a' was never awaited\n", 1),
        ("QObject::killTimer: Timers cannot be stopped from another thread\n", 1),
    ],
)
def test_a_bug_is_known_by_what_it_writes_to_stderr(text: str, number: int) -> None:
    assert len(said.bad_lines(text)) == number


def test_what_differs_is_named_with_a_row_of_either_side() -> None:
    held = {"espn.plays": b"1\ta\n2\tb\n", "kalshi.markets": b"x\n"}
    assert contents.differences(held, dict(held)) == []
    (told,) = contents.differences(held, held | {"espn.plays": b"1\ta\n2\tc\n3\td\n"})
    assert told.startswith("espn.plays: 1 rows")
    assert "2\\tb" in told
    assert "2\\tc" in told
    assert contents.counts(held) == {"espn.plays": 2, "kalshi.markets": 1}


def test_rests_are_never_thinned_out() -> None:
    samples = sorted(_course(0) + _rests({}, {}), key=lambda one: one.at_s)
    kept = report.thinned(samples, most=20)
    assert sum(one.is_resting for one in kept) == 6
    assert 10 <= sum(not one.is_resting for one in kept) <= 20
    assert kept == sorted(kept, key=lambda one: one.at_s)
