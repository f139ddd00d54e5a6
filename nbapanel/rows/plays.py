"""ESPN plays, from the core feed's pages or the summary's list, into espn.plays."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from msgspec import Struct

from nbapanel.rows.harvest import Build, Harvest, PageReader
from nbapanel.rows.models import Parsed, Row
from nbapanel.rows.scalars import (
    MAX_INT8,
    ClockSeconds,
    Count,
    PeriodNumber,
    Score,
    clock_seconds,
    integer,
    optional_moment,
    team_id_of,
    without_sign,
)
from nbapanel.size_limits import MOST_ITEMS

_NO_COORDINATE = 100_000


class PlayType(Struct, gc=False):
    id: str | int | None = None
    text: str | None = None


class Period(Struct, gc=False):
    number: PeriodNumber | None = None


class GameClock(Struct, gc=False, rename="camel"):
    value: ClockSeconds | None = None
    display_value: str | None = None


class Coordinate(Struct, gc=False):
    x: float | None = None
    y: float | None = None


class PlayTeam(Struct, gc=False, rename={"ref": "$ref"}):
    """The core feed links to the team, the summary names its id."""

    ref: str | None = None
    id: str | int | None = None


class Play(Struct, gc=False, rename="camel"):
    id: str | int
    sequence_number: str | int
    type: PlayType | None = None
    text: str | None = None
    short_text: str | None = None
    period: Period | None = None
    clock: GameClock | None = None
    home_score: Score | None = None
    away_score: Score | None = None
    score_value: Count | None = None
    scoring_play: bool | None = None
    shooting_play: bool | None = None
    points_attempted: Count | None = None
    coordinate: Coordinate | None = None
    team: PlayTeam | None = None
    wallclock: str | None = None
    modified: str | None = None


_READER = PageReader(
    Play,
    "items",
    what="a page of ESPN plays",
    name=rb'(?:/plays/|"id"\s*:\s*"?)([0-9]{1,19})',
)


def parse_plays(
    parts: Sequence[bytes],
    *,
    game_id: str,
    season_label: str,
    source_file_id: int,
    keep_raw: bool = False,
    most_items: int = MOST_ITEMS,
) -> Parsed:
    """The pages of one game's plays into rows of models.PLAYS.

    notes["announced"]: how many plays the feed says the game has. Raises PayloadRefused.
    """
    harvest = Harvest(_READER.what, most_items)
    build = play_builder(game_id, season_label, source_file_id)
    announced = _READER.read(parts, build, harvest, keep_raw=keep_raw)
    return harvest.parsed(announced=announced)


def play_builder(game_id: str, season_label: str, source_file_id: int) -> Build[Play]:
    """What makes a row of models.PLAYS of one play of this game; its key is the play's id."""

    def build(play: Play, raw: str | None) -> tuple[Hashable, Row]:
        play_id = integer(play.id, "id", high=MAX_INT8)
        kind = play.type or PlayType()
        clock = play.clock or GameClock()
        spot = play.coordinate or Coordinate()
        team = play.team or PlayTeam()
        return play_id, (
            game_id,
            play_id,
            season_label,
            integer(play.sequence_number, "sequenceNumber"),
            _text(kind.id),
            kind.text,
            play.text,
            play.short_text,
            play.period.number if play.period else None,
            _seconds(clock),
            clock.display_value,
            play.home_score,
            play.away_score,
            play.score_value,
            play.scoring_play,
            play.shooting_play,
            play.points_attempted,
            _coordinate(spot.x),
            _coordinate(spot.y),
            _text(team.id) or team_id_of(team.ref),
            team.ref,
            optional_moment(play.wallclock),
            optional_moment(play.modified),
            raw,
            source_file_id,
        )

    return build


def _text(value: str | int | None) -> str | None:
    return None if value is None else str(value)


def _seconds(clock: GameClock) -> float | None:
    if clock.value is not None:
        return without_sign(clock.value)
    return clock_seconds(clock.display_value) if clock.display_value else None


def _coordinate(value: float | None) -> int | None:
    """Whole feet, or NULL for the feed's word for "nowhere" (-214748340)."""
    if value is None or abs(value) > _NO_COORDINATE:
        return None
    return round(value)
