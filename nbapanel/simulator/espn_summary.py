"""ESPN's summary of a generated game: everything of it in one answer, in its own disorder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from nbapanel.simulator import kinds
from nbapanel.simulator.draws import draws
from nbapanel.simulator.espn_core import second
from nbapanel.simulator.espn_scoreboard import line_score, minute, season_year, status_of
from nbapanel.simulator.game import Game, Play, clock_text, ordinal, period_name
from nbapanel.simulator.plan import Phase, Plan
from nbapanel.simulator.schedule import Fixture
from nbapanel.simulator.teams import Team

Json = dict[str, Any]

_EMPTY_LISTS = (
    "leaders", "seasonseries", "injuries", "broadcasts", "pickcenter", "odds", "againstTheSpread",
    "videos",
)  # fmt: skip


def summary(seed: int, plan: Plan, game: Game | None, now: datetime) -> Json:
    fixture = plan.fixture
    played: Sequence[Play] = ()
    if game is not None and plan.phase(now) in (Phase.LIVE, Phase.FINAL):
        played = game.until(now)
    document: Json = {
        "boxscore": {"teams": [], "players": []},
        "format": {
            "regulation": {
                "periods": 4, "displayName": "Quarter", "slug": "quarter", "clock": 720.0
            },
            "overtime": {"displayName": "Quarter", "slug": "quarter", "clock": 300.0},
        },
        "gameInfo": _game_info(plan, now),
    }  # fmt: skip
    document |= {name: [] for name in _EMPTY_LISTS}
    document |= {
        "header": _header(plan, game, played, now),
        "news": {},
        "article": {},
        "wallclockAvailable": True,
        "meta": _meta(plan, played, now),
        "standings": {},
    }
    if played:
        document["plays"] = _plays(seed, fixture, played)
        document["winprobability"] = _win_probability(seed, fixture, played)
    return document


def _header(plan: Plan, game: Game | None, played: Sequence[Play], now: datetime) -> Json:
    fixture = plan.fixture
    uid = f"s:40~l:46~e:{fixture.event_id}"
    status = status_of(plan, game, now)
    if plan.phase(now) is Phase.FINAL:
        status = {"type": status["type"]}
    return {
        "id": fixture.event_id,
        "uid": uid,
        "season": {"year": season_year(fixture), "current": True, "type": 2},
        "timeValid": True,
        "competitions": [
            {
                "id": fixture.event_id,
                "uid": f"{uid}~c:{fixture.event_id}",
                "date": minute(fixture.tip_at),
                "neutralSite": fixture.neutral is not None,
                "conferenceCompetition": False,
                "boxscoreAvailable": bool(played),
                "wallclockAvailable": True,
                "playByPlaySource": "full" if played else "none",
                "competitors": [
                    _competitor(fixture.home, 0, played, plan.phase(now)),
                    _competitor(fixture.away, 1, played, plan.phase(now)),
                ],
                "status": status,
                "broadcasts": [],
                "boxscoreMinutes": bool(played),
            }
        ],
        "links": [],
        "league": {
            "id": "46",
            "uid": "s:40~l:46",
            "name": "National Basketball Association",
            "abbreviation": "NBA",
            "slug": "nba",
            "isTournament": False,
        },
    }


def _competitor(team: Team, side: int, played: Sequence[Play], phase: Phase) -> Json:
    competitor: Json = {
        "id": team.id,
        "uid": f"s:40~l:46~t:{team.id}",
        "order": side,
        "homeAway": "away" if side else "home",
        "team": {
            "id": team.id,
            "uid": f"s:40~l:46~t:{team.id}",
            "location": team.location,
            "name": team.name,
            "abbreviation": team.abbreviation,
            "displayName": team.display_name,
            "color": team.color,
        },
        "possession": False,
    }
    if played:
        home, away = played[-1].home, played[-1].away
        competitor["score"] = str(away if side else home)
        competitor["linescores"] = [
            {"displayValue": str(points)} for _, points in line_score(played, side)
        ]
        if phase is Phase.FINAL:
            competitor["winner"] = away > home if side else home > away
    return competitor


def _game_info(plan: Plan, now: datetime) -> Json:
    venue = plan.fixture.venue
    info: Json = {
        "venue": {
            "id": venue.id,
            "fullName": venue.name,
            "address": {"city": venue.city, "state": venue.state},
            "grass": False,
            "images": [],
        }
    }
    if plan.phase(now) is Phase.FINAL:
        info["attendance"] = plan.attendance
    return info


def _meta(plan: Plan, played: Sequence[Play], now: datetime) -> Json:
    event_id = plan.fixture.event_id
    states = {Phase.SCHEDULED: "pre", Phase.LIVE: "in"}
    meta: Json = {
        "gp_topic": f"gp-basketball-nba-{event_id}",
        "gameSwitcherEnabled": plan.phase(now) is Phase.LIVE,
        "picker_topic": "picker-basketball-nba",
        "gameState": states.get(plan.phase(now), "post"),
    }
    if played:
        meta["lastUpdatedAt"] = second(played[-1].wall_ts)
        meta["firstPlayWallClock"] = second(played[0].wall_ts)
        meta["lastPlayWallClock"] = second(played[-1].wall_ts)
    return meta


def _plays(seed: int, fixture: Fixture, played: Sequence[Play]) -> list[Json]:
    """Nearly in order: about one play in fifty stands some places too late."""
    stream = draws(seed, fixture.event_id, "summary order")
    ranked = [
        (place + (stream.whole(2, 9) if stream.chance(0.02) else 0), place)
        for place in range(len(played))
    ]
    return [_play(fixture, played[place]) for _, place in sorted(ranked)]


def _play(fixture: Fixture, play: Play) -> Json:
    item: Json = {
        "id": f"{fixture.event_id}{play.sequence}",
        "sequenceNumber": str(play.sequence),
        "type": {"id": play.kind.id, "text": play.kind.text},
        "text": play.text,
        "awayScore": play.away,
        "homeScore": play.home,
        "period": {"number": play.period, "displayValue": period_name(play.period)},
        "clock": {"displayValue": clock_text(play.clock_s)},
        "scoringPlay": play.points > 0,
        "scoreValue": play.points,
        "wallclock": second(play.wall_ts),
        "shootingPlay": play.is_shot,
        "coordinate": {"x": play.x, "y": play.y},
        "pointsAttempted": play.attempted,
        "shortDescription": _headline(play),
    }
    if play.side is not None:
        item["team"] = {"id": (fixture.away if play.side else fixture.home).id}
    if play.players:
        item["participants"] = [{"athlete": {"id": player.id}} for player in play.players]
    return item


def _headline(play: Play) -> str:
    if play.points:
        return f"+{play.points} Point{'s' if play.points > 1 else ''}"
    if play.kind is kinds.END_PERIOD:
        return f"End of {ordinal(play.period)}"
    if play.is_shot:
        return "Missed FT" if play.attempted == 1 else "Missed FG"
    return play.kind.short


def _win_probability(seed: int, fixture: Fixture, played: Sequence[Play]) -> list[Json]:
    """One for each play, in blocks that do not follow the order of the plays."""
    stream = draws(seed, fixture.event_id, "winprobability order")
    cut = stream.whole(len(played) // 4, max(len(played) // 4, 3 * len(played) // 4))
    return [
        {
            "homeWinPercentage": play.told,
            "tiePercentage": 0.0,
            "playId": f"{fixture.event_id}{play.sequence}",
        }
        for play in (*played[cut:], *played[:cut])
    ]
