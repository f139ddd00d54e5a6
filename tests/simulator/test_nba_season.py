"""The generated league's schedule, scoreboard, odds and game finder in the NBA's shapes."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from nbapanel.clock import EASTERN
from nbapanel.simulator.league import League
from nbapanel.simulator.nba.finals import final
from nbapanel.simulator.nba.names import game_id, team_id
from nbapanel.simulator.plan import Phase
from nbapanel.simulator.schedule import Fixture
from nbapanel.simulator.source import Refusal
from nbapanel.simulator.teams import TEAMS

NOW = datetime(2026, 1, 16, 3, 30, tzinfo=UTC)
EVENING = date(2026, 1, 15)


@pytest.fixture(scope="module")
def scheduled(league: League) -> dict[str, dict]:
    days = league.nba.schedule(NOW).content["leagueSchedule"]["gameDates"]
    games = [game for day in days for game in day["games"]]
    assert len({game["gameId"] for game in games}) == len(games)
    return {game["gameId"]: game for game in games}


def board(league: League, now: datetime) -> dict:
    return league.nba.scoreboard(now).content["scoreboard"]


def espn_events(league: League, day: date, now: datetime) -> dict[tuple[str, str], dict]:
    """ESPN's events of a day by the NBA's codes, away and home."""
    codes = {team.id: team.code for team in TEAMS}
    found = {}
    for event in league.scoreboard(day, 1000, now)["events"]:
        home, away = event["competitions"][0]["competitors"]
        found[codes[away["id"]], codes[home["id"]]] = {
            "score": (int(home["score"]), int(away["score"])),
            "state": event["status"]["type"]["state"],
        }
    return found


def test_every_team_has_the_leagues_own_id() -> None:
    by_code = {team.code: team_id(team) for team in TEAMS}
    assert sorted(by_code.values()) == list(range(1_610_612_737, 1_610_612_767))
    assert (by_code["ATL"], by_code["CHA"], by_code["NYK"]) == (1610612737, 1610612766, 1610612752)


def test_every_game_has_one_id_of_its_season(league: League, scheduled: dict) -> None:
    ids = {game_id(fixture): fixture for fixture in league.schedule.fixtures}
    assert ids.keys() == scheduled.keys()
    assert sorted(ids) == [f"00225{number:05d}" for number in range(1, 1233)]
    assert all(ids[game].listed_from for game in ("0022501231", "0022501232"))


def test_the_schedule_agrees_with_espn_and_kalshi(league: League, scheduled: dict) -> None:
    """Date, teams and final score of each game that was over at the full hour."""
    then = NOW.replace(minute=0)
    days = [EVENING - timedelta(days=number) for number in range(0, 70, 7)]
    for day in days:
        events = espn_events(league, day, then)
        ours = [one for one in league.schedule.by_day.get(day, ()) if one.is_listed(then)]
        assert len(ours) == len(events)
        for fixture in ours:
            game = scheduled[game_id(fixture)]
            event = events[game["awayTeam"]["teamTricode"], game["homeTeam"]["teamTricode"]]
            score = (game["homeTeam"]["score"], game["awayTeam"]["score"])
            assert score == event["score"]
            state = {1: ("pre", "post"), 2: ("in",), 3: ("post",)}[game["gameStatus"]]
            assert event["state"] in state
            assert game["gameCode"] == f"{day:%Y%m%d}/{fixture.away.code}{fixture.home.code}"
            assert fixture.event_ticker.endswith(game["gameCode"].partition("/")[2])
            tip = datetime.fromisoformat(game["gameDateTimeUTC"])
            assert tip == fixture.tip_at
            assert tip.astimezone(EASTERN).date() == day
            assert game["gameDateTimeEst"][:16] == f"{tip.astimezone(EASTERN):%Y-%m-%dT%H:%M}"


def test_the_dates_of_the_schedule_are_american(league: League) -> None:
    document = league.nba.schedule(NOW).content
    season = document["leagueSchedule"]
    assert season["seasonYear"] == "2025-26"
    for day in season["gameDates"]:
        assert re.fullmatch(r"\d\d/\d\d/\d{4} 00:00:00", day["gameDate"])
        when = datetime.strptime(day["gameDate"][:10], "%m/%d/%Y").date()
        assert all(game["gameDateEst"] == f"{when}T00:00:00Z" for game in day["games"])
    assert re.fullmatch(r"[\d-]{10}T[\d:]{8}\.\d{4}Z", document["meta"]["time"])


def test_the_schedule_is_made_anew_each_hour_only(league: League) -> None:
    first = league.nba.schedule(NOW)
    assert league.nba.schedule(NOW + timedelta(minutes=20)) == first
    assert league.nba.schedule(NOW + timedelta(hours=2)) != first


def test_a_postponed_game_keeps_status_1(league: League, scheduled: dict) -> None:
    """trap L18"""
    lost = [one for one in league.schedule.fixtures if one.postponed_at]
    for fixture in lost:
        game = scheduled[game_id(fixture)]
        assert (game["gameStatus"], game["gameStatusText"]) == (1, "PPD")
        assert (game["homeTeam"]["score"], game["postponedStatus"]) == (0, "Y")
        seen = board(league, fixture.tip_at)["games"]
        (on_board,) = [one for one in seen if one["gameId"] == game_id(fixture)]
        assert (on_board["gameStatus"], on_board["gameStatusText"]) == (1, "PPD")
        assert on_board["gameTimeUTC"] == f"{fixture.tip_at:%Y-%m-%dT%H:%M:%SZ}"


def test_a_place_without_teams_becomes_a_game(league: League) -> None:
    """A placeholder with team 0, until it is known who plays."""
    fixture = next(one for one in league.schedule.fixtures if one.listed_from)
    for now, team, text in (
        (fixture.listed_from - timedelta(hours=2), 0, "TBD"),
        (fixture.listed_from + timedelta(hours=2), team_id(fixture.home), None),
    ):
        days = league.nba.schedule(now).content["leagueSchedule"]["gameDates"]
        (game,) = [one for day in days for one in day["games"] if one["gameId"] == game_id(fixture)]
        assert game["homeTeam"]["teamId"] == team
        assert (game["gameCode"] == "") == (team == 0)
        assert (game["homeTeam"]["teamTricode"] == "") == (team == 0)
        assert text is None or game["gameStatusText"] == text


def test_the_scoreboard_of_the_evening_has_every_state(league: League) -> None:
    shown = board(league, NOW)
    assert shown["gameDate"] == "2026-01-15"
    games = shown["games"]
    assert {one["gameStatus"] for one in games} == {1, 2, 3}
    texts = {one["gameStatusText"].strip() for one in games}
    assert "Final" in texts
    assert any(re.fullmatch(r"Q\d (\d+:\d\d|:\d\d\.\d)|Half", text) for text in texts)
    assert any(text.endswith("pm ET") for text in texts)
    events = espn_events(league, EVENING, NOW)
    for game in games:
        event = events[game["awayTeam"]["teamTricode"], game["homeTeam"]["teamTricode"]]
        assert (game["homeTeam"]["score"], game["awayTeam"]["score"]) == event["score"]
        assert (game["gameClock"] == "") == (game["gameStatus"] != 2)
        for name in ("homeTeam", "awayTeam"):
            assert sum(one["score"] for one in game[name]["periods"]) == game[name]["score"]
            assert len(game[name]["periods"]) >= 4
        is_live = game["gameStatus"] == 2
        assert game["gameEt"].endswith("-05:00" if is_live else "Z")
        assert (game["homeTeam"]["inBonus"] is None) == (not is_live)


def test_the_board_turns_at_noon_eastern(league: League) -> None:
    """Until then it shows the evening before."""
    for hour, day in ((16, "2026-01-15"), (17, "2026-01-16")):
        now = datetime(2026, 1, 16, hour, 30, tzinfo=UTC)
        assert board(league, now)["gameDate"] == day


def test_finals_are_padded_at_times_and_say_overtime(league: League) -> None:
    texts: Counter[str] = Counter()
    for number in range(60):
        now = datetime(2025, 11, 5, 16, tzinfo=UTC) + timedelta(days=number)
        texts.update(one["gameStatusText"] for one in board(league, now)["games"])
    assert texts["Final"] > texts["Final" + " " * 15] > 20
    assert texts["Final/OT"] > 5
    assert set(texts) <= {"Final", "Final" + " " * 15, "Final/OT", "Final/OT2", "PPD"}


def test_wins_and_losses_are_counted(league: League) -> None:
    fixture = league.schedule.by_day[EVENING][0]
    before = [
        one
        for one in league.schedule.fixtures
        if fixture.home in (one.home, one.away)
        and one.tip_at < fixture.tip_at
        and not one.postponed_at
    ]
    won = sum(
        (league.plan(one.event_id).winner == 0) == (one.home == fixture.home) for one in before
    )
    game = next(
        one for one in board(league, fixture.tip_at)["games"] if one["gameId"] == game_id(fixture)
    )
    assert (game["homeTeam"]["wins"], game["homeTeam"]["losses"]) == (won, len(before) - won)


def test_odds_are_of_games_that_are_not_over(league: League) -> None:
    games = league.nba.odds(NOW).content["games"]
    open_ = [
        game_id(one)
        for one in league.schedule.by_day[EVENING]
        if league.plan(one.event_id).phase(NOW) in (Phase.SCHEDULED, Phase.LIVE)
    ]
    assert [one["gameId"] for one in games] == open_
    assert all(isinstance(one["homeTeamId"], str) for one in games)


def test_odds_have_the_feeds_odd_numbers(league: League) -> None:
    """Texts and numbers, two names of one country, a book with its sides swapped."""
    noon = datetime(2026, 1, 15, 18, tzinfo=UTC)
    books = [
        (market["name"], book)
        for game in league.nba.odds(noon).content["games"]
        for market in game["markets"]
        for book in market["books"]
    ]
    countries = Counter(book["countryCode"] for _, book in books)
    assert {"AU", "AUS"} <= countries.keys()
    outcomes = [(name, one) for name, book in books for one in book["outcomes"]]
    for name, one in outcomes:
        assert re.fullmatch(r"\d+\.\d{3}", one["odds"])
        assert isinstance(one.get("spread", ""), str)
        assert ("spread" in one) == (name == "spread")
    openings = {type(one["opening_spread"]) for name, one in outcomes if name == "spread"}
    assert openings == {int, float}
    assert any("odds_trend" not in one for _, one in outcomes)
    ids = Counter(book["id"] for name, book in books if name == "2way")
    assert max(ids.values()) == 2 * min(ids.values()), "one book stands twice, by country"
    for game in league.nba.odds(noon).content["games"]:
        two_way = {book["name"]: book["outcomes"] for book in game["markets"][0]["books"]}
        ours, swapped = two_way["Sportsbet"], two_way["Olybet"]
        assert [one["odds"] for one in ours] == [one["odds"] for one in reversed(swapped)]


def test_odds_move_with_the_quarter_of_an_hour(league: League) -> None:
    """Today only: a snapshot that was not taken is gone."""
    noon = datetime(2026, 1, 15, 18, tzinfo=UTC)
    first = league.nba.odds(noon)
    assert league.nba.odds(noon + timedelta(minutes=14)) == first
    assert league.nba.odds(noon + timedelta(minutes=16)).content != first.content


def rows(league: League, season: str, now: datetime, kind: str = "Regular Season") -> list[dict]:
    asked = {"Season": season, "SeasonType": kind, "PlayerOrTeam": "T", "LeagueID": "00"}
    document = league.nba.game_finder(asked, now).content
    assert document["parameters"]["Season"] == season
    (result,) = document["resultSets"]
    return [dict(zip(result["headers"], row, strict=True)) for row in result["rowSet"]]


def test_the_finder_has_two_rows_of_each_game_played(league: League) -> None:
    found = rows(league, "2025-26", NOW)
    by_game: dict[str, list[dict]] = {}
    for row in found:
        by_game.setdefault(row["GAME_ID"], []).append(row)
    finals = [
        one
        for one in league.schedule.fixtures
        if league.plan(one.event_id).phase(NOW) is Phase.FINAL
    ]
    assert by_game.keys() == {game_id(one) for one in finals}
    for fixture in finals[:30]:
        pair = by_game[game_id(fixture)]
        home = next(one for one in pair if " vs. " in one["MATCHUP"])
        away = next(one for one in pair if " @ " in one["MATCHUP"])
        last = league.game(fixture.event_id).plays[-1]
        assert (home["PTS"], away["PTS"]) == (last.home, last.away)
        assert home["GAME_DATE"] == fixture.day.isoformat()
        assert {home["WL"], away["WL"]} == {"W", "L"}
        assert (home["WL"] == "W") == (last.home > last.away)
        assert home["PLUS_MINUS"] == last.home - last.away == -away["PLUS_MINUS"]
        assert home["PTS"] == 2 * home["FGM"] + home["FG3M"] + home["FTM"]
        assert -3 <= home["MIN"] - 240 - 25 * fixture.overtimes <= 4
        assert home["SEASON_ID"] == "22025"


def test_the_finder_counts_what_the_box_score_counts(league: League) -> None:
    fixture = next(
        one for one in league.schedule.by_day[EVENING - timedelta(days=1)] if not one.postponed_at
    )
    home = next(
        one
        for one in rows(league, "2025-26", NOW)
        if one["GAME_ID"] == game_id(fixture) and " vs. " in one["MATCHUP"]
    )
    total = league.nba.box_score(game_id(fixture), NOW).content["game"]["homeTeam"]["statistics"]
    assert [home[name] for name in ("FGA", "FG3A", "FTA", "AST", "STL", "BLK", "TOV", "PF")] == [
        total[name]
        for name in (
            "fieldGoalsAttempted", "threePointersAttempted", "freeThrowsAttempted", "assists",
            "steals", "blocks", "turnovers", "foulsPersonal",
        )
    ]  # fmt: skip
    assert home["REB"] == total["reboundsPersonal"]


@pytest.mark.parametrize("kind", ["Playoffs", "Pre Season", "PlayIn", "IST", "All Star"])
def test_the_finder_has_regular_games_only(league: League, kind: str) -> None:
    assert rows(league, "2025-26", NOW, kind) == []


def test_earlier_seasons_are_found_and_can_be_had(league: League) -> None:
    """trap F14: the season is in the id; the network has the last one, older ones the site only."""
    for season, is_on_network in (("2024-25", True), ("2023-24", False)):
        fixture: Fixture = league.in_season(int(season[:4])).schedule.fixtures[0]
        game = game_id(fixture)
        assert game == f"002{season[2:4]}00001"
        assert league.nba.box_score(game, NOW).content["game"]["gameStatus"] == 3
        assert league.nba.play_by_play_v3(game, NOW).content["game"]["actions"]
        if is_on_network:
            assert league.nba.play_by_play(game, NOW).content["game"]["actions"]
        else:
            with pytest.raises(Refusal):
                league.nba.play_by_play(game, NOW)
    assert rows(league, "2026-27", NOW) == []
    assert rows(league, "1946-47", NOW) == []


def test_an_earlier_season_is_found_whole(league: League) -> None:
    found = rows(league, "2024-25", NOW)
    assert len(found) == 2 * 1230
    assert {row["GAME_ID"][:5] for row in found} == {"00224"}
    assert min(row["GAME_DATE"] for row in found) >= "2024-10-01"
    assert max(row["GAME_DATE"] for row in found) <= "2025-06-30"


def test_what_is_done_ahead_is_all_that_is_slow() -> None:
    """The schedule and the finder of that moment then play no game any more."""
    now = datetime(2025, 10, 26, 12, tzinfo=UTC)
    league = League(19)
    pieces = sum(1 for _ in league.nba.ahead(now))
    assert pieces == sum(
        league.plan(one.event_id).phase(now) is Phase.FINAL for one in league.schedule.fixtures
    )
    played = final.cache_info().misses
    league.nba.schedule(now)
    assert len(rows(league, "2025-26", now)) == 2 * pieces
    assert final.cache_info().misses == played
