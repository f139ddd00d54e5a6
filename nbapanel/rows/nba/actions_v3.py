"""The statistics site's play-by-play of a game (v3), the fallback, into nba.pbp_events."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from msgspec import Struct

from nbapanel.rows.harvest import Build
from nbapanel.rows.models import Parsed, Relation, Row
from nbapanel.rows.nba.action_lists import ActionReader
from nbapanel.rows.nba.action_values import (
    ActionNumber,
    Flag,
    LeagueId,
    LegacyPlace,
    Place,
    PlayedPeriod,
    game_clock,
    points,
)
from nbapanel.rows.nba.game_ids import game_asked_for
from nbapanel.rows.nba.relations import PBP_EVENTS
from nbapanel.rows.scalars import without_sign
from nbapanel.size_limits import MOST_ITEMS


class Action(Struct, gc=False, kw_only=True, rename="camel"):
    action_number: ActionNumber
    clock: str | None = None
    period: PlayedPeriod
    team_id: LeagueId | None = None
    person_id: LeagueId | None = None
    player_name: str | None = None
    x_legacy: LegacyPlace | None = None
    y_legacy: LegacyPlace | None = None
    shot_distance: Place | None = None
    shot_result: str | None = None
    is_field_goal: Flag | None = None
    score_home: str | int | None = None
    score_away: str | int | None = None
    description: str | None = None
    action_type: str
    sub_type: str | None = None
    action_id: ActionNumber | None = None


_READER: ActionReader[Action] = ActionReader(
    Action, Action, what="an NBA play-by-play of the third version"
)


def parse_play_by_play_v3(
    parts: Sequence[bytes],
    *,
    game_id: str,
    source_file_id: int,
    keep_raw: bool = False,
    most_items: int = MOST_ITEMS,
) -> tuple[tuple[Relation, Parsed], ...]:
    """One game's play-by-play into rows of relations.PBP_EVENTS, as far as this form has them.

    An action is told apart, and put in order, by actionId: a shot and its block share their
    actionNumber. Steals and blocks have action_type "". Only a shot has a place on the floor,
    where this form says 0 of all others. Raises PayloadRefused; the notes are as those of
    parse_play_by_play.
    """
    parsed = _READER.read(
        parts,
        _builder(game_id, source_file_id),
        game_id=game_id,
        keep_raw=keep_raw,
        most_items=most_items,
    )
    return ((PBP_EVENTS, parsed),)


def _builder(game_id: str, source_file_id: int) -> Build[Action]:
    first_event_id = game_asked_for(game_id).first_event_id

    def build(action: Action, raw: str | None) -> tuple[Hashable, Row]:
        number = action.action_number if action.action_id is None else action.action_id
        is_shot = action.is_field_goal == 1
        team_id, person_id = action.team_id or None, action.person_id or None
        return number, (
            first_event_id + number,
            game_id,
            number,
            number,  # the order
            action.period,
            None,  # the period's type
            game_clock(action.clock) if action.clock else None,
            None,  # the time
            action.action_type,
            action.sub_type,
            action.description,
            None,  # descriptor
            None,  # the time of an edit
            team_id,
            None,  # possession
            None if person_id == team_id else person_id,
            points(action.score_home),
            points(action.score_away),
            None if action.is_field_goal is None else is_shot,
            None,  # x
            None,  # y
            action.x_legacy if is_shot else None,
            action.y_legacy if is_shot else None,
            None,  # side
            None,  # qualifiers
            None,  # persons
            raw,
            source_file_id,
            action.player_name or None,
            action.shot_result or None,
            without_sign(action.shot_distance) if is_shot else None,
        )

    return build
