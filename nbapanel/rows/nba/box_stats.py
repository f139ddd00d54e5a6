"""The figures of a box score, of a player or of a team, as columns. No list is read here."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from nbapanel.rows.models import Row
from nbapanel.rows.nba.durations import duration_seconds
from nbapanel.rows.scalars import MOST_POINTS, Count, Score, without_sign

PlusMinus = Annotated[float, Meta(ge=-MOST_POINTS, le=MOST_POINTS)]


class Figures(Struct, gc=False, rename="camel"):
    """Of a player; a team's own are named alike, but for rebounds and turnovers of nobody."""

    minutes: str | None = None
    points: Score | None = None
    rebounds_total: Count | None = None
    rebounds_personal: Count | None = None
    rebounds_offensive: Count | None = None
    rebounds_defensive: Count | None = None
    assists: Count | None = None
    steals: Count | None = None
    blocks: Count | None = None
    turnovers: Count | None = None
    turnovers_total: Count | None = None
    fouls_personal: Count | None = None
    field_goals_made: Count | None = None
    field_goals_attempted: Count | None = None
    three_pointers_made: Count | None = None
    three_pointers_attempted: Count | None = None
    free_throws_made: Count | None = None
    free_throws_attempted: Count | None = None
    plus_minus_points: PlusMinus | None = None
    points_against: Score | None = None


def seconds(figures: Figures) -> float | None:
    return duration_seconds(figures.minutes) if figures.minutes else None


def player_figures(figures: Figures) -> Row:
    """From points to plus_minus."""
    return (
        figures.points,
        *_counts(figures, figures.rebounds_total, figures.turnovers),
        without_sign(figures.plus_minus_points),
    )


def team_figures(figures: Figures) -> Row:
    """From rebounds to plus_minus.

    As the league adds them up: a rebound that no player got is none, and a turnover of the whole
    team is one.
    """
    rebounds, turnovers = figures.rebounds_personal, figures.turnovers_total
    points, against = figures.points, figures.points_against
    return (
        *_counts(
            figures,
            figures.rebounds_total if rebounds is None else rebounds,
            figures.turnovers if turnovers is None else turnovers,
        ),
        None if points is None or against is None else float(points - against),
    )


def _counts(figures: Figures, rebounds: int | None, turnovers: int | None) -> Row:
    """From rebounds to ft_attempted."""
    return (
        rebounds,
        figures.rebounds_offensive,
        figures.rebounds_defensive,
        figures.assists,
        figures.steals,
        figures.blocks,
        turnovers,
        figures.fouls_personal,
        figures.field_goals_made,
        figures.field_goals_attempted,
        figures.three_pointers_made,
        figures.three_pointers_attempted,
        figures.free_throws_made,
        figures.free_throws_attempted,
    )
