"""The live feed's play-by-play of a game, into nba.pbp_events."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import Meta, Struct

from nbapanel.rows.harvest import Build
from nbapanel.rows.models import Parsed, Relation, Row
from nbapanel.rows.nba.action_lists import ActionReader
from nbapanel.rows.nba.action_values import (
    ActionNumber,
    Flag,
    LeagueId,
    LegacyPlace,
    OrderNumber,
    Place,
    PlayedPeriod,
    game_clock,
    points,
)
from nbapanel.rows.nba.game_ids import game_asked_for
from nbapanel.rows.nba.relations import PBP_EVENTS
from nbapanel.rows.refusal import OddValue
from nbapanel.rows.scalars import FIRST_YEAR, LAST_YEAR, without_sign
from nbapanel.size_limits import MOST_ITEMS

_FROM = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
_TO = datetime(LAST_YEAR, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)

Moment = Annotated[datetime, Meta(tz=True)]
M = TypeVar("M")


class Action(Struct, Generic[M], gc=False, kw_only=True, rename="camel"):
    """`M`: what its times are decoded into. In the feed's own order, in which it is fastest."""

    action_number: ActionNumber
    clock: str | None = None
    time_actual: M | None = None
    period: PlayedPeriod
    period_type: str | None = None
    team_id: LeagueId | None = None
    action_type: str
    sub_type: str | None = None
    descriptor: str | None = None
    qualifiers: list[str] | None = None
    person_id: LeagueId | None = None
    x: Place | None = None
    y: Place | None = None
    side: str | None = None
    shot_distance: Place | None = None
    possession: LeagueId | None = None
    score_home: str | int | None = None
    score_away: str | int | None = None
    edited: M | None = None
    order_number: OrderNumber
    x_legacy: LegacyPlace | None = None
    y_legacy: LegacyPlace | None = None
    is_field_goal: Flag | None = None
    shot_result: str | None = None
    description: str | None = None
    player_name: str | None = None
    person_ids_filter: list[LeagueId] | None = None


_READER: ActionReader[Action[Any]] = ActionReader(
    Action[Moment], Action[str], what="an NBA play-by-play"
)


def parse_play_by_play(
    parts: Sequence[bytes],
    *,
    game_id: str,
    source_file_id: int,
    keep_raw: bool = False,
    most_items: int = MOST_ITEMS,
) -> tuple[tuple[Relation, Parsed], ...]:
    """One game's play-by-play into rows of relations.PBP_EVENTS, by order_number.

    0 for a team, a possession or a person is NULL; a blank score is the last one given before.
    Rows after the end of the game may say 0-0: they are as they came.
    notes["speaks_for"]: the game, if the list is the whole truth about it. Raises PayloadRefused.
    """
    parsed = _READER.read(
        parts,
        _builder(game_id, source_file_id),
        game_id=game_id,
        keep_raw=keep_raw,
        most_items=most_items,
    )
    return ((PBP_EVENTS, parsed),)


def _builder(game_id: str, source_file_id: int) -> Build[Action[Any]]:
    first_event_id = game_asked_for(game_id).first_event_id

    def build(action: Action[Any], raw: str | None) -> tuple[Hashable, Row]:
        number, time_actual, edited = action.action_number, action.time_actual, action.edited
        return number, (
            first_event_id + number,
            game_id,
            number,
            action.order_number,
            action.period,
            action.period_type,
            game_clock(action.clock) if action.clock else None,
            None if time_actual is None else _utc(time_actual),
            action.action_type,
            action.sub_type,
            action.description,
            action.descriptor,
            None if edited is None else _utc(edited),
            action.team_id or None,
            action.possession or None,
            action.person_id or None,
            points(action.score_home),
            points(action.score_away),
            None if action.is_field_goal is None else action.is_field_goal == 1,
            without_sign(action.x),
            without_sign(action.y),
            action.x_legacy,
            action.y_legacy,
            action.side,
            action.qualifiers,
            action.person_ids_filter,
            raw,
            source_file_id,
            action.player_name,
            action.shot_result,
            without_sign(action.shot_distance),
        )

    return build


def _utc(given: datetime | str) -> datetime | None:
    """A time as aware UTC; None if it is blank."""
    if isinstance(given, str):
        if not given.strip():
            return None
        given = _moment(given)
    if given.tzinfo is not UTC:
        given = _in_utc(given)
    if not _FROM <= given <= _TO:
        raise OddValue(f"the time {given.isoformat()} is not within {FIRST_YEAR}..{LAST_YEAR}")
    return given


def _moment(text: str) -> datetime:
    try:
        # As the quick way reads it, so that both give the same.
        return msgspec.convert(text, Moment)
    except msgspec.ValidationError as error:
        raise OddValue(f"a time cannot be read: {error}") from error


def _in_utc(given: datetime) -> datetime:
    try:
        return given.astimezone(UTC)
    except OverflowError as error:
        raise OddValue(f"the time {given.isoformat()} cannot be read") from error
