"""The NBA's box score of a generated game: teams, players, arena and officials as of a moment."""

from __future__ import annotations

from datetime import datetime

from nbapanel.simulator.draws import Draws, draws
from nbapanel.simulator.game import Played
from nbapanel.simulator.nba.names import (
    Json,
    family_name,
    game_code,
    game_id,
    game_meta,
    iso_clock,
    local,
    period_type,
    person_id,
    team_id,
    utc_second,
)
from nbapanel.simulator.nba.status import Status
from nbapanel.simulator.nba.tally import Line, Side, Tally
from nbapanel.simulator.rosters import Player, roster
from nbapanel.simulator.teams import Team

_POSITIONS = ("SF", "PF", "C", "SG", "PG")
_TIMEOUTS = 7
_TIMEZONES = ("New_York", "Chicago", "Denver", "Los_Angeles")
_WHY_NOT = (
    ("INACTIVE", "INACTIVE_INJURY", "Right Ankle; Sprain"),
    ("INACTIVE", "INACTIVE_GLEAGUE_TWOWAY", ""),
    ("ACTIVE", "INACTIVE_COACH", ""),
    ("ACTIVE", "DND_LEAGUE_SUSPENSION", ""),
)
_OFFICIALS = (
    "Amos Ridley", "Bruno Castell", "Corin Vale", "Dario Fenn", "Elias Storm", "Farid Noll",
    "Goran Pike", "Hollis Wren", "Irwin Bask", "Jorge Quint",
)  # fmt: skip


def box_score(
    seed: int, played: Played, count: Tally, status: Status, changed_at: datetime
) -> Json:
    fixture = played.plan.fixture
    is_over = status.number == 3
    stream = draws(seed, fixture.event_id, "nba box score")
    officials, attendance = _officials(stream), played.plan.attendance
    game: Json = {
        "gameId": game_id(fixture),
        "gameTimeLocal": local(fixture.tip_at, fixture.home.zone).isoformat(),
        "gameTimeUTC": utc_second(fixture.tip_at),
        "gameTimeHome": local(fixture.tip_at, fixture.home.zone).isoformat(),
        "gameTimeAway": local(fixture.tip_at, fixture.away.zone).isoformat(),
        "gameEt": local(fixture.tip_at, 0).isoformat(),
        "duration": int((changed_at - played.plan.first_play_at).total_seconds() // 60),
        "gameCode": game_code(fixture),
        "gameStatusText": status.text,
        "gameStatus": status.number,
        "regulationPeriods": 4,
        "period": status.period,
        "gameClock": iso_clock(status.clock_s),
        "attendance": attendance if is_over else 0,
        "sellout": "1" if is_over and attendance > 19_000 else "0",
        "arena": {
            "arenaId": int(fixture.venue.id),
            "arenaName": fixture.venue.name,
            "arenaCity": fixture.venue.city,
            "arenaState": fixture.venue.state,
            "arenaCountry": "US" if fixture.venue.state else "",
            "arenaTimezone": f"America/{_TIMEZONES[fixture.home.zone]}",
        },
        "officials": officials,
    }
    for side, (name, team) in enumerate((("homeTeam", fixture.home), ("awayTeam", fixture.away))):
        game[name] = _team(seed, team, played.starters[side], count, side, stream)
    return {"meta": game_meta(fixture, "boxscore", changed_at), "game": game}


def _officials(stream: Draws) -> list[Json]:
    return [
        {
            "personId": 200_000 + _OFFICIALS.index(name),
            "name": name,
            "nameI": f"{name[0]}. {name.partition(' ')[2]}",
            "firstName": name.partition(" ")[0],
            "familyName": name.partition(" ")[2],
            "jerseyNum": str(10 + _OFFICIALS.index(name) * 7),
            "assignment": f"OFFICIAL{number}",
        }
        for number, name in enumerate(stream.shuffled(_OFFICIALS)[:3], start=1)
    ]


def _team(
    seed: int, team: Team, starters: tuple[int, ...], count: Tally, side: int, stream: Draws
) -> Json:
    ours, theirs = count.sides[side], count.sides[1 - side]
    players = roster(seed, team.id)
    order = [*starters, *(who for who in range(len(players)) if who not in starters)]
    reasons = [stream.pick(_WHY_NOT) for _ in players]
    return {
        "teamId": team_id(team),
        "teamName": team.name,
        "teamCity": team.location,
        "teamTricode": team.code,
        "score": sum(ours.by_period),
        "inBonus": "1" if count.period >= 4 and sum(line.fouls for line in theirs.lines) > 16
        else "0",
        "timeoutsRemaining": _TIMEOUTS - ours.timeouts,
        "periods": period_scores(ours.by_period),
        "players": [
            _player(players[who], who, place, ours, starters, reasons[who])
            for place, who in enumerate(order, start=1)
        ],
        "statistics": _team_statistics(ours, theirs, count, starters),
    }  # fmt: skip


def period_scores(by_period: list[int]) -> list[Json]:
    """Of all four quarters, played or not, and of the overtimes there were."""
    scores = [*by_period, *[0] * (4 - len(by_period))]
    return [
        {"period": period, "periodType": period_type(period), "score": score}
        for period, score in enumerate(scores, start=1)
    ]


def _player(
    player: Player,
    who: int,
    place: int,
    side: Side,
    starters: tuple[int, ...],
    why_not: tuple[str, str, str],
) -> Json:
    line = side.lines[who]
    status, reason, description = ("ACTIVE", "", "") if line.has_played else why_not
    told: Json = {"status": status}
    if reason:
        told["notPlayingReason"] = reason
    if description:
        told["notPlayingDescription"] = description
    told |= {"order": place, "personId": person_id(player), "jerseyNum": str(int(player.id) % 100)}
    if who in starters:
        told["position"] = _POSITIONS[starters.index(who)]
    return told | {
        "starter": "1" if who in starters else "0",
        "oncourt": "1" if who in side.on_court else "0",
        "played": "1" if line.has_played else "0",
        "statistics": _statistics(line),
        "name": player.name,
        "nameI": player.short_name,
        "firstName": player.name.partition(" ")[0],
        "familyName": family_name(player),
    }


def _statistics(line: Line) -> Json:
    made = line.twos_made + line.threes_made
    attempted = line.twos_attempted + line.threes_attempted
    return {
        "assists": line.assists,
        "blocks": line.blocks,
        "blocksReceived": line.blocked,
        "fieldGoalsAttempted": attempted,
        "fieldGoalsMade": made,
        "fieldGoalsPercentage": share(made, attempted),
        "foulsOffensive": line.fouls_offensive,
        "foulsDrawn": 0,
        "foulsPersonal": line.fouls,
        "foulsTechnical": 0,
        "freeThrowsAttempted": line.throws_attempted,
        "freeThrowsMade": line.throws_made,
        "freeThrowsPercentage": share(line.throws_made, line.throws_attempted),
        "minus": float(line.minus),
        "minutes": iso_clock(line.tenths / 10),
        "minutesCalculated": f"PT{line.tenths // 600:02d}M",
        "plus": float(line.plus),
        "plusMinusPoints": float(line.plus - line.minus),
        "points": line.points,
        "reboundsDefensive": line.rebounds_defensive,
        "reboundsOffensive": line.rebounds_offensive,
        "reboundsTotal": line.rebounds_defensive + line.rebounds_offensive,
        "steals": line.steals,
        "threePointersAttempted": line.threes_attempted,
        "threePointersMade": line.threes_made,
        "threePointersPercentage": share(line.threes_made, line.threes_attempted),
        "turnovers": line.turnovers,
        "twoPointersAttempted": line.twos_attempted,
        "twoPointersMade": line.twos_made,
        "twoPointersPercentage": share(line.twos_made, line.twos_attempted),
    }


def _team_statistics(ours: Side, theirs: Side, count: Tally, starters: tuple[int, ...]) -> Json:
    """The sums of the players' lines, and what no player is charged with."""
    total = Line()
    for line in ours.lines:
        for name in _SUMMED:
            setattr(total, name, getattr(total, name) + getattr(line, name))
    told = _statistics(total)
    for name in ("minus", "plus", "plusMinusPoints"):
        del told[name]
    personal = told["reboundsTotal"]
    team_rebounds = ours.team_rebounds_offensive + ours.team_rebounds_defensive
    bench = [line.points for who, line in enumerate(ours.lines) if who not in starters]
    return told | {
        "benchPoints": sum(bench),
        "biggestLead": ours.biggest_lead,
        "foulsTeam": total.fouls - total.fouls_offensive,
        "foulsTeamTechnical": 0,
        "leadChanges": count.lead_changes,
        "pointsAgainst": sum(theirs.by_period),
        "reboundsPersonal": personal,
        "reboundsTeam": team_rebounds,
        "reboundsTeamDefensive": ours.team_rebounds_defensive,
        "reboundsTeamOffensive": ours.team_rebounds_offensive,
        "reboundsTotal": personal + team_rebounds,
        "timesTied": count.times_tied,
        "turnoversTeam": ours.team_turnovers,
        "turnoversTotal": total.turnovers + ours.team_turnovers,
    }


_SUMMED = tuple(name for name in Line.__slots__ if name != "has_played")


def share(made: int, attempted: int) -> float:
    return made / attempted if attempted else 0.0
