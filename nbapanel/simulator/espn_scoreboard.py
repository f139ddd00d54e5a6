"""ESPN's site scoreboard of a generated day: events, status and scores in the feed's shape."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from nbapanel.clock import EASTERN
from nbapanel.simulator import kinds
from nbapanel.simulator.draws import draws
from nbapanel.simulator.game import Game, Play, clock_text, ordinal, period_name
from nbapanel.simulator.plan import Phase, Plan
from nbapanel.simulator.schedule import Fixture
from nbapanel.simulator.season_days import SeasonDays
from nbapanel.simulator.teams import Team
from nbapanel.simulator.winning import PERIOD_S

Json = dict[str, Any]

_NETWORKS = ("ESPN", "ABC", "NBC", "Peacock", "Prime Video", "NBA TV")


def minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%MZ}"


def scoreboard(days: SeasonDays, events: Sequence[Json]) -> Json:
    return {"leagues": [_league(days)], "events": list(events)}


def event(seed: int, plan: Plan, game: Game | None, now: datetime) -> Json:
    """One event as of `now`; the game is needed only once it has begun."""
    fixture = plan.fixture
    status = status_of(plan, game, now)
    competition = _competition(seed, plan, game, now)
    competition["status"] = status
    joined = " VS " if fixture.neutral else " @ "
    return {
        "id": fixture.event_id,
        "uid": f"s:40~l:46~e:{fixture.event_id}",
        "date": minute(fixture.tip_at),
        "name": f"{fixture.away.display_name} at {fixture.home.display_name}",
        "shortName": f"{fixture.away.abbreviation}{joined}{fixture.home.abbreviation}",
        "season": {"year": season_year(fixture), "type": 2, "slug": "regular-season"},
        "competitions": [competition],
        "links": [
            {
                "language": "en-US",
                "rel": ["summary", "desktop", "event"],
                "href": f"https://www.espn.com/nba/game/_/gameId/{fixture.event_id}",
                "text": "Gamecast",
                "isExternal": False,
                "isPremium": False,
            }
        ],
        "status": status,
    }


def season_year(fixture: Fixture) -> int:
    """ESPN names a season after the year in which it ends."""
    return fixture.day.year + (1 if fixture.day.month >= 8 else 0)


def status_of(plan: Plan, game: Game | None, now: datetime) -> Json:
    phase = plan.phase(now)
    if phase is Phase.SCHEDULED:
        tip = plan.fixture.tip_at.astimezone(EASTERN)
        hour = f"{tip.hour % 12 or 12}:{tip:%M %p} {tip.tzname()}"
        detail = f"{tip:%a, %B} {tip.day}{_day_suffix(tip.day)} at {hour}"
        return _status(("1", "STATUS_SCHEDULED", "pre", False, "Scheduled"), detail,
                       f"{tip.month}/{tip.day} - {hour}")  # fmt: skip
    if phase is Phase.POSTPONED:
        return _status(("6", "STATUS_POSTPONED", "post", False, "Postponed"), "Postponed")
    assert game is not None
    last = game.until(now)[-1]
    if phase is Phase.FINAL:
        overtime = "" if last.period == 4 else f"/{ordinal(last.period)}"
        status = _status(
            ("3", "STATUS_FINAL", "post", True, "Final"), f"Final{overtime}", period=last.period
        )
        # The newer captures leave a whole quarter on the clock of a game that is over.
        clock_s = PERIOD_S if int(plan.fixture.event_id) % 2 else 0.0
        status |= {"clock": clock_s, "displayClock": clock_text(clock_s)}
        if overtime:
            status["type"]["altDetail"] = ordinal(last.period)
        return status
    return _live_status(last)


def _live_status(last: Play) -> Json:
    if last.kind is kinds.END_PERIOD and last.period == 2:
        status = _status(("23", "STATUS_HALFTIME", "in", False, "Halftime"), "Halftime", period=2)
    elif last.kind is kinds.END_PERIOD:
        status = _status(
            ("22", "STATUS_END_PERIOD", "in", False, "End of Period"),
            f"End of {period_name(last.period)}",
            f"End of {ordinal(last.period)}",
            period=last.period,
        )
    else:
        shown = clock_text(last.clock_s)
        status = _status(
            ("2", "STATUS_IN_PROGRESS", "in", False, "In Progress"),
            f"{shown} - {period_name(last.period)}",
            f"{shown} - {ordinal(last.period)}",
            period=last.period,
        )
    return status | {"clock": last.clock_s, "displayClock": clock_text(last.clock_s)}


def _status(
    kind: tuple[str, str, str, bool, str], detail: str, short: str = "", *, period: int = 0
) -> Json:
    type_id, name, state, completed, description = kind
    return {
        "clock": 0.0,
        "displayClock": "0.0",
        "period": period,
        "type": {
            "id": type_id,
            "name": name,
            "state": state,
            "completed": completed,
            "description": description,
            "detail": detail,
            "shortDetail": short or detail,
        },
    }


def _competition(seed: int, plan: Plan, game: Game | None, now: datetime) -> Json:
    fixture = plan.fixture
    phase = plan.phase(now)
    played: Sequence[Play] = ()
    if game is not None and phase in (Phase.LIVE, Phase.FINAL):
        played = game.until(now)
    network = _network(seed, fixture)
    competition: Json = {
        "id": fixture.event_id,
        "uid": f"s:40~l:46~e:{fixture.event_id}~c:{fixture.event_id}",
        "date": minute(fixture.tip_at),
        "attendance": plan.attendance if phase is Phase.FINAL else 0,
        "type": {"id": "1", "abbreviation": "STD"},
        "timeValid": True,
        "neutralSite": fixture.neutral is not None,
        "conferenceCompetition": False,
        "playByPlayAvailable": bool(played),
        "recent": phase is Phase.LIVE,
        "venue": {
            "id": fixture.venue.id,
            "fullName": fixture.venue.name,
            "address": {"city": fixture.venue.city, "state": fixture.venue.state},
            "indoor": True,
        },
        "competitors": [
            _competitor(fixture.home, 0, played, phase),
            _competitor(fixture.away, 1, played, phase),
        ],
        "notes": [{"type": "event", "headline": f"NBA {fixture.venue.city} Game"}]
        if fixture.neutral
        else [],
        "broadcasts": [{"market": "national", "names": [network]}] if network else [],
        "format": {"regulation": {"periods": 4}},
        "startDate": minute(fixture.tip_at),
        "broadcast": network,
        "geoBroadcasts": [],
        "highlights": [],
    }
    if phase is Phase.LIVE:
        competition["situation"] = {"lastPlay": _last_play(fixture, played[-1])}
    return competition


def _competitor(team: Team, side: int, played: Sequence[Play], phase: Phase) -> Json:
    """A game not begun has the score "0"; `winner` is there only once it is over."""
    score = (played[-1].away if side else played[-1].home) if played else 0
    competitor: Json = {
        "id": team.id,
        "uid": f"s:40~l:46~t:{team.id}",
        "type": "team",
        "order": side,
        "homeAway": "away" if side else "home",
    }
    if phase is Phase.FINAL:
        other = played[-1].home if side else played[-1].away
        competitor["winner"] = score > other
    competitor["team"] = {
        "id": team.id,
        "uid": f"s:40~l:46~t:{team.id}",
        "location": team.location,
        "name": team.name,
        "abbreviation": team.abbreviation,
        "displayName": team.display_name,
        "shortDisplayName": team.name,
        "color": team.color,
        "alternateColor": "ffffff",
        "isActive": True,
        "venue": {"id": team.venue.id},
        "logo": "https://a.espncdn.com/i/teamlogos/nba/500/scoreboard/"
        f"{team.abbreviation.lower()}.png",
    }
    competitor["score"] = str(score)
    if played:
        competitor["linescores"] = [
            {"value": float(points), "displayValue": str(points), "period": period}
            for period, points in line_score(played, side)
        ]
    return competitor


def line_score(played: Sequence[Play], side: int) -> list[tuple[int, int]]:
    """Points by period, of the periods begun."""
    after: dict[int, int] = {}
    for play in played:
        after[play.period] = play.away if side else play.home
    before = 0
    lines = []
    for period, total in after.items():
        lines.append((period, total - before))
        before = total
    return lines


def _last_play(fixture: Fixture, play: Play) -> Json:
    told: Json = {
        "id": f"{fixture.event_id}{play.sequence}",
        "type": {"id": play.kind.id, "text": play.kind.text},
        "text": play.text,
        "scoreValue": play.points,
    }
    if play.side is not None:
        told["team"] = {"id": (fixture.away if play.side else fixture.home).id}
    told["probability"] = {
        "tiePercentage": 0.0,
        "homeWinPercentage": play.told,
        "awayWinPercentage": 1.0 - play.told,
    }
    return told


def _network(seed: int, fixture: Fixture) -> str:
    stream = draws(seed, fixture.event_id, "network")
    return stream.pick(_NETWORKS) if stream.chance(0.35) else ""


def _day_suffix(day: int) -> str:
    if 11 <= day <= 13:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _league(days: SeasonDays) -> Json:
    start, end = f"{days.start_year}-10-01T07:00Z", f"{days.start_year + 1}-06-27T06:59Z"
    return {
        "id": "46",
        "uid": "s:40~l:46",
        "name": "National Basketball Association",
        "abbreviation": "NBA",
        "slug": "nba",
        "season": {
            "year": days.start_year + 1,
            "startDate": start,
            "endDate": end,
            "displayName": f"{days.start_year}-{(days.start_year + 1) % 100:02d}",
            "type": {"id": "2", "type": 2, "name": "Regular Season", "abbreviation": "reg"},
        },
        "calendarType": "day",
        "calendarIsWhitelist": True,
        "calendarStartDate": start,
        "calendarEndDate": end,
        "calendar": [f"{day:%Y-%m-%d}T08:00Z" for day in days.playing],
    }
