"""The checks, in the order in which they are told: what each holds a game to, and when it may not.

How they look is elsewhere: in SQL by the names given here, or in a module named after the matter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

_ALL_STAR = 3


@dataclass(frozen=True, slots=True)
class GameFacts:
    """What there is of a game, as far as it decides which checks have something to judge.

    `is_underived`: its events changed, and their state was not computed since; `is_unsettled`: nor
    was its row in nba.games since a feed said something new.
    """

    game_id: str
    season_label: str
    season_type: int
    game_date: date | None
    away_code: str | None
    home_code: str | None
    is_final: bool
    is_live: bool
    is_postponed: bool
    has_box_score: bool
    has_events: bool
    has_odds: bool
    is_underived: bool
    is_unsettled: bool

    @property
    def status(self) -> str:
        """Where the game stands, in a word or two."""
        if self.is_final:
            return "final"
        if self.is_live:
            return "live"
        return "postponed" if self.is_postponed else "not begun"


@dataclass(frozen=True, slots=True)
class Found:
    """A place of a game that is not as it should be. Without its check, as a look gives it."""

    game_id: str
    is_warning: bool
    where: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Check:
    """`due` says why there is nothing to judge of a game; empty: there is.

    `statements`: those of quality.sql that give what is amiss, a row a place. A check without any
    is done by a function (report).
    """

    name: str
    title: str
    about: str
    due: Callable[[GameFacts], str]
    statements: tuple[str, ...] = ()


def _always(_: GameFacts) -> str:
    return ""


def _with_events(game: GameFacts) -> str:
    return "" if game.has_events else "no play-by-play is held"


def _when_derived(game: GameFacts) -> str:
    if game.has_events and (game.is_underived or game.is_unsettled):
        return "its state waits to be derived"
    return _with_events(game)


def _when_settled(game: GameFacts) -> str:
    if game.is_unsettled:
        return "it waits to be settled"
    return "" if game.is_final else "not final yet"


def _final_box_score(game: GameFacts) -> str:
    if not game.is_final:
        return "not final yet"
    return "" if game.has_box_score else "no box score is held"


def _of_the_rules(game: GameFacts) -> str:
    if game.season_type == _ALL_STAR:
        return "All-Star games have rules of their own"
    return _final_box_score(game)


def _with_odds(game: GameFacts) -> str:
    return "" if game.has_odds else "no odds were taken"


CHECKS = (
    Check(
        "events_match",
        "Events are the actions of the archived payload",
        "Number, order, period, clock, type, texts, team, person and score of every action in the"
        " payload that was loaded last, read from the archive by another way than the loader's.",
        _with_events,
    ),
    Check(
        "order_as_stored",
        "Order numbers rise strictly",
        "From one action to the next as they stand in the payload, not as the table sorts them.",
        _with_events,
    ),
    Check(
        "provenance",
        "Every row's payload is known and archived",
        "Its source_file_id is in ops.source_files, and the archive holds that very payload.",
        _always,
    ),
    Check(
        "clocks",
        "Clocks can be read",
        "derived.parse_clock_seconds makes seconds of each.",
        _with_events,
        ("quality_clocks",),
    ),
    Check(
        "seconds",
        "Seconds are within their bounds",
        "0 to 720 in a quarter, 0 to 300 in an overtime; what is left of the game likewise.",
        _with_events,
        ("quality_seconds", "quality_time_remaining"),
    ),
    Check(
        "state",
        "The derived state has the scores of its event",
        "Scores, their difference and who leads, one state for each event and none without.",
        _when_derived,
        ("quality_state",),
    ),
    Check(
        "scores_rise",
        "No score falls",
        "A fall of one team by at most four points is taken for a correction of the league, and a"
        " warning; rows of 0-0 after the last end of a period are administrative.",
        _with_events,
        ("quality_falls",),
    ),
    Check(
        "finals",
        "All sources have the same final score",
        "Play-by-play, box score, scoreboard, schedule, game finder, ESPN and nba.games, as far as"
        " they have one; and the winner is the team with more points.",
        _when_settled,
        ("quality_winners",),
    ),
    Check(
        "minutes",
        "Minutes of the box score add up",
        "240 a team and 25 more each overtime; half a second of rounding is let pass for each"
        " player who played.",
        _of_the_rules,
        ("quality_minutes",),
    ),
    Check(
        "starters",
        "Five starters a side",
        "Counted in the box score, which has a home and an away team.",
        _final_box_score,
        ("quality_starters", "quality_sides"),
    ),
    Check(
        "points",
        "Points of the players add up to the team's",
        "And so do its periods; the box score's final score is the same.",
        _final_box_score,
        ("quality_points",),
    ),
    Check(
        "odds",
        "Odds are well-formed",
        "Decimal odds above 1, both sides of a market quoted, for the teams of the game.",
        _with_odds,
        ("quality_odds_values", "quality_odds_sides", "quality_odds_teams"),
    ),
    Check(
        "odds_sides",
        "No book has home and away swapped",
        "Its favourite is the other team against all other books (at least two), by more than 0.1"
        " in probability. It may be right, and all others wrong: a warning.",
        _with_odds,
        ("quality_odds_swapped",),
    ),
)
