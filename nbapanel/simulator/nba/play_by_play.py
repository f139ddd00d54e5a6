"""The NBA's play-by-play of a generated game, live form and third version of the statistics site.

The third version numbers a shot and its block, or a turnover and its steal, alike, tells few
fields of each, and leaves the score blank where nobody scored.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from nbapanel.simulator.game import Played
from nbapanel.simulator.nba.names import Json, game_id, game_meta
from nbapanel.simulator.nba.sheet import Entry

_V3_TYPES = {
    "freethrow": "Free Throw",
    "rebound": "Rebound",
    "turnover": "Turnover",
    "foul": "Foul",
    "timeout": "Timeout",
    "jumpball": "Jump Ball",
    "violation": "Violation",
    "period": "period",
}
_SIDES = ("h", "v")
_SECOND = ("steal", "block")


def play_by_play(played: Played, out: Sequence[Entry], changed_at: datetime) -> Json:
    fixture = played.plan.fixture
    return {
        "meta": game_meta(fixture, "playbyplay", changed_at),
        "game": {"gameId": game_id(fixture), "actions": [entry.action for entry in out]},
    }


def play_by_play_v3(played: Played, out: Sequence[Entry], changed_at: datetime) -> Json:
    fixture = played.plan.fixture
    actions: list[Json] = []
    for entry in sorted(out, key=_as_played):
        told = _v3_action(entry, actions)
        if told is not None:
            told["actionId"] = len(actions) + 1
            actions.append(told)
    return {
        "meta": game_meta(fixture, "playbyplayv3", changed_at),
        "game": {"gameId": game_id(fixture), "videoAvailable": 0, "actions": actions},
    }


def nothing_yet(game: str) -> Json:
    return {"meta": {"version": 1}, "game": {"gameId": game, "videoAvailable": 0, "actions": []}}


def _as_played(entry: Entry) -> tuple[int, bool]:
    """What comes of the same happening stands together, the shot before its block."""
    return entry.place, entry.action["actionType"] in _SECOND


def _v3_action(entry: Entry, before: Sequence[Json]) -> Json | None:
    """None for what is told with another action: the second half of a substitution, the end."""
    action = entry.action
    kind, subtype = action["actionType"], action["subType"]
    if kind in ("memo", "game") or (kind, subtype) == ("substitution", "out"):
        return None
    is_shot = kind in ("2pt", "3pt")
    is_second = kind in _SECOND
    has_score = bool(is_shot or kind == "freethrow") and action["shotResult"] == "Made"
    is_edge = kind == "period"
    return {
        "actionNumber": before[-1]["actionNumber"] if is_second else action["actionNumber"],
        "clock": action["clock"],
        "period": action["period"],
        "teamId": action.get("teamId", 0),
        "teamTricode": action.get("teamTricode", ""),
        "personId": action["personId"] or action.get("teamId", 0),
        "playerName": action.get("playerName", ""),
        "playerNameI": action.get("playerNameI", ""),
        "xLegacy": action["xLegacy"] or 0,
        "yLegacy": action["yLegacy"] or 0,
        "shotDistance": int(action.get("shotDistance", 0)),
        "shotResult": action.get("shotResult", "") if is_shot else "",
        "isFieldGoal": int(is_shot),
        "scoreHome": action["scoreHome"] if has_score or is_edge else "",
        "scoreAway": action["scoreAway"] if has_score or is_edge else "",
        "pointsTotal": int(action["scoreHome"] or 0) + int(action["scoreAway"] or 0),
        "location": _SIDES[entry.side] if entry.side >= 0 else "",
        "description": action["description"],
        "actionType": _v3_type(action, is_shot=is_shot),
        "subType": "" if kind == "substitution" else subtype,
        "videoAvailable": 0,
    }


def _v3_type(action: Json, *, is_shot: bool) -> str:
    if is_shot:
        return f"{action['shotResult']} Shot"
    kind = action["actionType"]
    return "Substitution" if kind == "substitution" else _V3_TYPES.get(kind, "")
