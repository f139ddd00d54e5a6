"""A scoreboard put together from the headers of recorded summaries; nothing in it is invented."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]

_SEASON_SLUGS = {
    1: "preseason",
    2: "regular-season",
    3: "post-season",
    4: "off-season",
    5: "play-in-season",
}
_LEAGUE = {
    "id": "46",
    "uid": "s:40~l:46",
    "name": "National Basketball Association",
    "abbreviation": "NBA",
    "slug": "nba",
}
_CLOCK_NAMES = ("clock", "displayClock", "period")


def header_tip(summary: Json) -> tuple[datetime, bool] | None:
    """When the game of a summary begins, and whether its header says who plays."""
    competitions = summary.get("header", {}).get("competitions") or [{}]
    moment = competitions[0].get("date")
    if not isinstance(moment, str):
        return None
    try:
        tip = datetime.fromisoformat(moment)
    except ValueError:
        return None
    has_teams = len(competitions[0].get("competitors") or []) == 2
    return (tip if tip.tzinfo else tip.replace(tzinfo=UTC)), has_teams


def composed_scoreboard(summaries: Sequence[Json]) -> Json:
    ordered = sorted(summaries, key=lambda one: str(one["header"]["competitions"][0]["date"]))
    leagues = [one["header"].get("league") for one in ordered]
    league = next((one for one in leagues if one), _LEAGUE)
    return {"leagues": [league], "events": [_event(summary) for summary in ordered]}


def _event(summary: Json) -> Json:
    header = summary["header"]
    competition = header["competitions"][0]
    status = _status(summary, competition)
    by_side = {one.get("homeAway"): one["team"] for one in competition["competitors"]}
    home, away = by_side.get("home", {}), by_side.get("away", {})
    joined = " VS " if competition.get("neutralSite") else " @ "
    return {
        "id": header["id"],
        **_present(header, "uid"),
        "date": competition["date"],
        "name": f"{away.get('displayName', '')} at {home.get('displayName', '')}",
        "shortName": f"{away.get('abbreviation', '')}{joined}{home.get('abbreviation', '')}",
        **_season(header.get("season")),
        "competitions": [
            {
                "id": competition.get("id", header["id"]),
                **_present(competition, "uid", "date", "neutralSite", "conferenceCompetition"),
                "startDate": competition["date"],
                **_venue(summary.get("gameInfo") or {}),
                "competitors": [_competitor(one) for one in competition["competitors"]],
                "status": status,
                **_broadcasts(competition.get("broadcasts") or []),
            }
        ],
        "status": status,
    }


def _present(document: Json, *names: str) -> Json:
    return {name: document[name] for name in names if name in document}


def _season(season: Json | None) -> Json:
    if not season:
        return {}
    told = _present(season, "year", "type")
    slug = _SEASON_SLUGS.get(season.get("type", 0))
    return {"season": told | ({"slug": slug} if slug else {})}


def _venue(game_info: Json) -> Json:
    told: Json = {}
    venue = game_info.get("venue")
    if venue:
        told["venue"] = _present(venue, "id", "fullName", "address")
    return told | _present(game_info, "attendance")


def _competitor(competitor: Json) -> Json:
    team = _present(
        competitor["team"],
        "id", "uid", "location", "name", "abbreviation", "displayName", "color", "alternateColor",
    )  # fmt: skip
    told = _present(competitor, "id", "uid", "order", "homeAway", "winner")
    told["team"] = team
    told["score"] = str(competitor.get("score", "0"))
    lines = competitor.get("linescores") or []
    if lines:
        told["linescores"] = [
            {"displayValue": line.get("displayValue", ""), "period": number}
            for number, line in enumerate(lines, start=1)
        ]
    return told


def _status(summary: Json, competition: Json) -> Json:
    """The header's own; of a game that is over also clock and period, which follow from it."""
    status: Json = dict(competition.get("status") or {})
    if status.get("type", {}).get("completed"):
        status = {"clock": 0.0, "displayClock": "0.0", "period": _periods(summary)} | status
    else:
        status = {"clock": 0.0, "displayClock": "0.0", "period": 0} | status
    return _present(status, *_CLOCK_NAMES) | _present(status, "type")


def _periods(summary: Json) -> int:
    competitors = summary["header"]["competitions"][0]["competitors"]
    lines = [len(one.get("linescores") or []) for one in competitors]
    plays = [int(one.get("period", {}).get("number", 0)) for one in summary.get("plays") or []]
    return max([*lines, *plays])


def _broadcasts(broadcasts: Sequence[Json]) -> Json:
    """The header tells each channel by itself; the scoreboard lists the names of a market."""
    told = [
        {
            "market": str(one.get("market", {}).get("type", "")).lower(),
            "names": [one["media"]["shortName"]],
        }
        for one in broadcasts
        if one.get("media", {}).get("shortName")
    ]
    return {"broadcasts": told, "broadcast": ""}
