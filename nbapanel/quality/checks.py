"""The checks, in the order in which they are told: what each holds a game to, and when it may not.

How they look is elsewhere: in SQL by the names given here, or in a module named after the matter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from nbapanel.rows.quality import NO_BOX_SCORE, NO_PLAYS

_ALL_STAR = 3
_LEAST_BOOKS = 3


@dataclass(frozen=True, slots=True)
class GameFacts:
    """What there is of a game, as far as it decides which checks have something to judge.

    `has_plays`: a play-by-play was loaded; `has_events`: and its events are there. `is_underived`:
    they changed, and their state was not computed since; `is_unsettled`: nor was the game's row in
    nba.games since a feed said something new. `most_books`: as many as quote who wins, at one time.
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
    has_plays: bool
    has_events: bool
    has_scores: bool
    has_states: bool
    has_box_score: bool
    has_both_teams: bool
    has_odds: bool
    has_quotes: bool
    most_books: int
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


Reason = Callable[[GameFacts], str]
"""Why a game was not judged, in words; empty: it was."""


def _never(_: GameFacts) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Check:
    """`due`: why what it finds of a game does not count, or not yet. `moot`: why it says nothing of
    a game that it finds nothing amiss there, so that what is missing is never said to pass.

    `statements`: those of quality.sql that give what is amiss, a row a place. A check without any
    is done by a function (report).
    """

    name: str
    title: str
    about: str
    due: Reason
    statements: tuple[str, ...] = ()
    moot: Reason = _never


def _with_plays(game: GameFacts) -> str:
    return "" if game.has_plays else NO_PLAYS


def _when_derived(game: GameFacts) -> str:
    if game.has_plays and (game.is_underived or game.is_unsettled):
        return "its state waits to be derived"
    return _with_plays(game)


def _when_settled(game: GameFacts) -> str:
    if game.is_unsettled:
        return "it waits to be settled"
    return "" if game.is_final else "not final yet"


def _final_box_score(game: GameFacts) -> str:
    if not game.is_final:
        return "not final yet"
    return "" if game.has_box_score else NO_BOX_SCORE


def _of_the_rules(game: GameFacts) -> str:
    if game.season_type == _ALL_STAR:
        return "All-Star games have rules of their own"
    return _final_box_score(game)


def _with_odds(game: GameFacts) -> str:
    return "" if game.has_odds else "no odds were taken"


def _only_listed(game: GameFacts) -> str:
    is_held = game.has_plays or game.has_box_score or game.has_odds
    return "" if is_held else "only its place in the lists is held"


def _no_events(game: GameFacts) -> str:
    return "" if game.has_events else "it has no events"


def _no_states(game: GameFacts) -> str:
    return "" if game.has_states else _no_events(game)


def _no_scores(game: GameFacts) -> str:
    return "" if game.has_scores else _no_events(game) or "no event has a score"


def _lacks_a_team(game: GameFacts) -> str:
    return "" if game.has_both_teams else "its box score lacks a team"


def _no_quotes(game: GameFacts) -> str:
    return "" if game.has_quotes else "no book quotes it"


def _few_books(game: GameFacts) -> str:
    if game.most_books >= _LEAST_BOOKS:
        return ""
    return _no_quotes(game) or "too few books say who wins"


CHECKS = (
    Check(
        "events_match",
        "Events are the actions of the archived payload",
        "Number, order, period, clock, type, texts, team, person and score of every action in the"
        " payload that was loaded last, read from the archive by another way than the loader's.",
        _with_plays,
    ),
    Check(
        "order_as_stored",
        "Order numbers rise strictly",
        "From one action to the next as they stand in the payload, not as the table sorts them.",
        _with_plays,
    ),
    Check(
        "provenance",
        "Every row's payload is known and archived",
        "Its source_file_id is in ops.source_files, as a payload of the kind that such rows come"
        " from, and of this game; and the archive holds that very payload.",
        _never,
        moot=_only_listed,
    ),
    Check(
        "clocks",
        "Clocks can be read",
        "derived.parse_clock_seconds makes seconds of each.",
        _with_plays,
        ("quality_clocks",),
        _no_events,
    ),
    Check(
        "seconds",
        "Seconds are within their bounds",
        "0 to 720 in a quarter, 0 to 300 in an overtime; what is left of the game likewise.",
        _with_plays,
        ("quality_seconds", "quality_time_remaining"),
        _no_events,
    ),
    Check(
        "state",
        "The derived state is that of its event",
        "Scores, their difference, who leads and who won in the end, and the time left where the"
        " clock can be read; one state for each event and none without.",
        _when_derived,
        ("quality_state", "quality_state_times", "quality_state_winners"),
        _no_states,
    ),
    Check(
        "scores_rise",
        "No score falls",
        "A fall of one team by at most four points is taken for a correction of the league, and a"
        " warning; rows of 0-0 after the last end of a period are administrative.",
        _with_plays,
        ("quality_falls",),
        _no_scores,
    ),
    Check(
        "finals",
        "All sources have the same final score",
        "Play-by-play, box score, scoreboard, schedule, game finder, ESPN and nba.games, as far as"
        " they have one; nba.games has one if any has; the winner is the team with more points.",
        _when_settled,
        ("quality_winners",),
        _only_listed,
    ),
    Check(
        "minutes",
        "Minutes of the box score add up",
        "240 a team and 25 more each overtime; half a second of rounding is let pass for each"
        " player who played.",
        _of_the_rules,
        ("quality_minutes",),
        _lacks_a_team,
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
        _lacks_a_team,
    ),
    Check(
        "odds",
        "Odds are well-formed",
        "Decimal odds above 1, both sides of a market quoted, for the teams of the game.",
        _with_odds,
        ("quality_odds_values", "quality_odds_sides", "quality_odds_teams"),
        _no_quotes,
    ),
    Check(
        "odds_sides",
        "No book has home and away swapped",
        "Its favourite is the other team against all other books (at least two), by more than 0.1"
        " in probability. It may be right, and all others wrong: a warning.",
        _with_odds,
        ("quality_odds_swapped",),
        _few_books,
    ),
)
