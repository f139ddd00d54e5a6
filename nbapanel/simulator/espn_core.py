"""ESPN's core plays and probabilities of a generated game, item by item."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from nbapanel.simulator.draws import draws
from nbapanel.simulator.espn_scoreboard import season_year
from nbapanel.simulator.game import Game, Play, clock_text, period_name
from nbapanel.simulator.plan import Plan
from nbapanel.simulator.rosters import Player
from nbapanel.simulator.schedule import Fixture

Json = dict[str, Any]

_LANGUAGE = "?lang=en&region=us"
_POSITIONS = ("1", "2", "3", "7", "9")


class _Refs:
    """The `$ref` links of one game; some captures carry the internal host."""

    def __init__(self, seed: int, fixture: Fixture) -> None:
        leaks = draws(seed, fixture.event_id, "refs").chance(0.2)
        host = "sports.core.api.espn.pvt" if leaks else "sports.core.api.espn.com"
        nba = f"http://{host}/v2/sports/basketball/leagues/nba"
        self.season = f"{nba}/seasons/{season_year(fixture)}"
        self.positions = f"{nba}/positions"
        self.game = f"{nba}/events/{fixture.event_id}/competitions/{fixture.event_id}"
        self.teams = tuple(
            f"{self.season}/teams/{team.id}{_LANGUAGE}" for team in (fixture.home, fixture.away)
        )


def plays_ref(seed: int, fixture: Fixture) -> str:
    return f"{_Refs(seed, fixture).game}/plays{_LANGUAGE}"


def play_items(seed: int, game: Game, played: Sequence[Play]) -> list[Json]:
    fixture = game.plan.fixture
    refs = _Refs(seed, fixture)
    sides = (fixture.home.id, fixture.away.id)
    return [_play(fixture.event_id, refs, sides, play) for play in played]


def _play(event_id: str, refs: _Refs, sides: tuple[str, str], play: Play) -> Json:
    play_id = f"{event_id}{play.sequence}"
    item: Json = {
        "$ref": f"{refs.game}/plays/{play_id}{_LANGUAGE}",
        "id": play_id,
        "sequenceNumber": str(play.sequence),
        "type": {"id": play.kind.id, "text": play.kind.text},
        "text": play.text,
        "alternativeText": play.text,
        "awayScore": play.away,
        "homeScore": play.home,
        "period": {"number": play.period, "displayValue": period_name(play.period)},
        "clock": {"value": play.clock_s, "displayValue": clock_text(play.clock_s)},
        "scoringPlay": play.points > 0,
        "priority": False,
        "scoreValue": play.points,
        "modified": _minute(play.wall_ts),
        "wallclock": second(play.wall_ts),
        "shootingPlay": play.is_shot,
        "coordinate": {"x": play.x, "y": play.y},
        "pointsAttempted": play.attempted,
        "valid": True,
        "probability": {"$ref": f"{refs.game}/probabilities/{play_id}{_LANGUAGE}"},
    }
    if play.side is not None:
        item["team"] = {"$ref": refs.teams[play.side]}
    if play.players:
        item["participants"] = [
            _participant(refs, sides[play.side or 0], player, order)
            for order, player in enumerate(play.players, start=1)
        ]
        if play.kind.short != "Jump Ball":
            short = play.text
            for player in play.players:
                short = short.replace(player.name, player.short_name)
            item["shortText"] = item["shortAlternativeText"] = short
    return item


def _participant(refs: _Refs, team_id: str, player: Player, order: int) -> Json:
    position = _POSITIONS[int(player.id) % len(_POSITIONS)]
    return {
        "athlete": {"$ref": f"{refs.season}/athletes/{player.id}{_LANGUAGE}"},
        "position": {"$ref": f"{refs.positions}/{position}{_LANGUAGE}"},
        "statistics": {
            "$ref": f"{refs.game}/competitors/{team_id}/roster/{player.id}/statistics/0{_LANGUAGE}"
        },
        "order": order,
    }


def probability_items(seed: int, game: Game, played: Sequence[Play]) -> list[Json]:
    """One for each play but a few; the time of a whole game's items may be hours late."""
    plan = game.plan
    refs = _Refs(seed, plan.fixture)
    stream = draws(seed, plan.fixture.event_id, "probabilities")
    bets = stream.pick(("zero", "full", "full", "partial"))
    items: list[Json] = []
    for place, play in enumerate(game.plays[: len(played)]):
        lacking, jitter_s, cover = stream.random() < 0.01, stream.whole(-40, 75), stream.random()
        if lacking and 0 < place < len(game.plays) - 1:
            continue
        play_id = f"{plan.fixture.event_id}{play.sequence}"
        item: Json = {
            "$ref": f"{refs.game}/probabilities/{play_id}{_LANGUAGE}",
            "competition": {"$ref": f"{refs.game}{_LANGUAGE}"},
            "play": {"$ref": f"{refs.game}/plays/{play_id}{_LANGUAGE}"},
            "homeTeam": {"$ref": refs.teams[0]},
            "awayTeam": {"$ref": refs.teams[1]},
            "tiePercentage": 0.0,
            "homeWinPercentage": play.told,
            "awayWinPercentage": 1.0 - play.told,
            "lastModified": _minute(play.wall_ts + plan.modified_late_s + jitter_s),
            "sequenceNumber": str(play.sequence),
            "source": {"id": "2", "description": "feed", "state": "full"},
        }
        item |= _bets(bets, plan, play, cover)
        items.append(item)
    return items


def _bets(bets: str, plan: Plan, play: Play, cover: float) -> Json:
    if bets == "zero":
        return {"spreadCoverProbHome": 0.0, "spreadPushProb": 0.0, "totalOverProb": 0.0}
    home = round(min(0.99, max(0.01, play.told * 0.8 + 0.1)), 3)
    told: Json = {"spreadCoverProbHome": home, "spreadPushProb": round(cover * 0.03, 3)}
    if bets == "full" or cover < 0.5:
        told["totalOverProb"] = round(0.3 + 0.4 * cover, 3)
    if bets == "partial" and cover > 0.9:
        del told["spreadCoverProbHome"]
    return told


def second(unix: int) -> str:
    days, rest = divmod(unix, 86_400)
    return f"{_date(days)}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}Z"


def _minute(unix: int) -> str:
    days, rest = divmod(unix, 86_400)
    return f"{_date(days)}T{rest // 3600:02d}:{rest // 60 % 60:02d}Z"


@lru_cache(maxsize=16)
def _date(days: int) -> str:
    return f"{datetime.fromtimestamp(days * 86_400, UTC):%Y-%m-%d}"
