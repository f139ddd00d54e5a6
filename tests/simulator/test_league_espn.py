"""What the generated league says in ESPN's shapes, as its clock goes on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from nbapanel.simulator.league import League
from nbapanel.simulator.plan import Phase
from nbapanel.simulator.schedule import Coverage, Fixture
from nbapanel.simulator.source import Page, Refusal

EVENING = date(2026, 1, 15)
NOW = datetime(2026, 1, 16, 3, 30, tzinfo=UTC)
ALL = Page(1, 1000)


def events(league: League, day: date, now: datetime = NOW) -> list[dict]:
    return league.scoreboard(day, 1000, now)["events"]


def fixture_of(league: League, coverage: Coverage) -> Fixture:
    return next(
        one
        for one in league.schedule.fixtures
        if one.coverage is coverage and one.tip_at < NOW - timedelta(days=1)
    )


def finished(league: League) -> Fixture:
    return next(
        one
        for one in league.schedule.by_day[EVENING]
        if one.coverage is Coverage.FULL and league.plan(one.event_id).phase(NOW) is Phase.FINAL
    )


def test_the_evening_has_finals_live_games_and_games_to_come(league: League) -> None:
    assert league.start() == NOW
    states = [one["status"]["type"]["state"] for one in events(league, EVENING)]
    assert states.count("post") >= 2
    assert states.count("in") >= 1
    assert states.count("pre") >= 2


def test_a_day_is_the_same_for_the_same_seed_and_moment(league: League) -> None:
    assert League(7).scoreboard(EVENING, 1000, NOW) == league.scoreboard(EVENING, 1000, NOW)
    assert League(8).scoreboard(EVENING, 1000, NOW) != league.scoreboard(EVENING, 1000, NOW)


def test_days_without_games_are_empty(league: League) -> None:
    for day in (date(2025, 12, 24), date(2026, 2, 15), date(2026, 7, 4)):
        assert events(league, day) == []


def test_a_game_not_begun_says_0_and_has_no_winner(league: League) -> None:
    """trap F1: those zeros are not a result."""
    for event in events(league, EVENING):
        if event["status"]["type"]["state"] == "pre":
            competitors = event["competitions"][0]["competitors"]
            assert [one["score"] for one in competitors] == ["0", "0"]
            assert not any("winner" in one for one in competitors)
            assert event["status"]["type"]["completed"] is False


def test_a_final_game_agrees_with_its_last_play(league: League) -> None:
    for event in events(league, EVENING - timedelta(days=1)):
        home, away = event["competitions"][0]["competitors"]
        last = league.game(event["id"]).plays[-1]
        assert (home["score"], away["score"]) == (str(last.home), str(last.away))
        assert home["winner"] is (last.home > last.away)
        for one in (home, away):
            assert sum(line["value"] for line in one["linescores"]) == int(one["score"])
        assert event["status"]["type"]["completed"] is True


def test_a_postponed_game_is_post_and_not_completed(league: League) -> None:
    """trap L18: a postponed game counts as played for who looks at the state only."""
    lost = next(one for one in league.schedule.fixtures if one.postponed_at)
    status = next(one["status"] for one in events(league, lost.day) if one["id"] == lost.event_id)
    assert status["type"] | {"description": "", "detail": "", "shortDetail": ""} == {
        "id": "6",
        "name": "STATUS_POSTPONED",
        "state": "post",
        "completed": False,
        "description": "",
        "detail": "",
        "shortDetail": "",
    }
    assert league.plays(lost.event_id, lost.event_id, ALL, NOW)["items"] == []
    with pytest.raises(Refusal):
        league.probabilities(lost.event_id, lost.event_id, ALL, NOW)


def test_a_make_up_game_appears_only_once_it_is_known(league: League) -> None:
    made_up = next(one for one in league.schedule.fixtures if one.listed_from)
    before = made_up.listed_from - timedelta(seconds=1)
    assert made_up.event_id not in [one["id"] for one in events(league, made_up.day, before)]
    after = [one["id"] for one in events(league, made_up.day, made_up.listed_from)]
    assert made_up.event_id in after


def test_neutral_sites_say_vs_and_overtime_is_told(league: League) -> None:
    week = [one for back in range(7) for one in events(league, EVENING - timedelta(days=back))]
    neutral = [one for one in week if one["competitions"][0]["neutralSite"]]
    assert neutral
    assert all(" VS " in one["shortName"] for one in neutral)
    assert any(one["status"]["type"]["detail"].startswith("Final/") for one in week)
    assert any(one["status"]["period"] >= 5 for one in week)


def test_a_live_game_goes_on_with_the_clock(league: League) -> None:
    """trap F2: what is fetched while live is not the whole game."""
    plan = league.plan(finished(league).event_id)
    event_id = plan.fixture.event_id
    counts = []
    for minutes in (0, 1, 30, 75, 120, 200):
        now = plan.first_play_at + timedelta(minutes=minutes)
        document = league.plays(event_id, event_id, ALL, now)
        counts.append(document["count"])
        times = [item["wallclock"] for item in document["items"]]
        assert max(times) <= f"{now:%Y-%m-%dT%H:%M:%SZ}"
    assert counts == sorted(counts)
    assert counts[0] >= 1
    assert counts[-1] == len(league.game(event_id).plays)
    early = league.plays(event_id, event_id, ALL, plan.first_play_at + timedelta(minutes=30))
    whole = league.plays(event_id, event_id, ALL, NOW)
    assert whole["items"][: early["count"]] == early["items"]


def test_the_live_status_is_that_of_the_last_play(league: League) -> None:
    plan = league.plan(finished(league).event_id)
    seen = set()
    for minute in range(0, 150, 2):
        now = plan.first_play_at + timedelta(minutes=minute)
        event = next(
            one for one in events(league, EVENING, now) if one["id"] == plan.fixture.event_id
        )
        seen.add(event["status"]["type"]["name"])
        if event["status"]["type"]["state"] == "in":
            last = league.game(event["id"]).until(now)[-1]
            assert event["status"]["period"] == last.period
            assert event["status"]["clock"] == last.clock_s
            home, away = event["competitions"][0]["competitors"]
            assert (home["score"], away["score"]) == (str(last.home), str(last.away))
    assert seen >= {"STATUS_IN_PROGRESS", "STATUS_HALFTIME", "STATUS_FINAL"}


def test_nothing_changes_any_more_a_day_after_the_game(league: League) -> None:
    fixture = finished(league)
    later = NOW + timedelta(days=30)
    event_id = fixture.event_id
    soon = NOW + timedelta(days=1)
    for ask in (league.plays, league.probabilities):
        assert ask(event_id, event_id, ALL, soon) == ask(event_id, event_id, ALL, later)
    assert league.summary(event_id, soon) == league.summary(event_id, later)
    assert events(league, EVENING, soon) == events(league, EVENING, later)


def test_probabilities_join_the_plays_but_for_a_few(league: League) -> None:
    event_id = finished(league).event_id
    plays = league.plays(event_id, event_id, ALL, NOW)["items"]
    items = league.probabilities(event_id, event_id, ALL, NOW)["items"]
    ids = {item["id"] for item in plays}
    joined = [item["play"]["$ref"].partition("?")[0].rpartition("/")[2] for item in items]
    assert set(joined) <= ids
    assert 0.95 * len(plays) <= len(items) < len(plays)
    for item in items:
        total = item["homeWinPercentage"] + item["awayWinPercentage"] + item["tiePercentage"]
        assert total == pytest.approx(1.0)
        assert 0.0 <= item["homeWinPercentage"] <= 1.0
        assert item["$ref"].endswith("?lang=en&region=us")
    modified = [item["lastModified"] for item in items]
    assert modified != sorted(modified)
    assert all(len(one) == len("2026-01-16T00:10Z") for one in modified)


def test_pages_of_a_game_put_together_are_the_game(league: League) -> None:
    """trap F7: the second page of a long game."""
    event_id = finished(league).event_id
    whole = league.probabilities(event_id, event_id, ALL, NOW)
    assert whole["pageCount"] == 1
    first = league.probabilities(event_id, event_id, Page(1, 300), NOW)
    second = league.probabilities(event_id, event_id, Page(2, 300), NOW)
    assert (first["pageCount"], first["pageIndex"], second["pageIndex"]) == (2, 1, 2)
    assert first["items"] + second["items"] == whole["items"]
    with pytest.raises(Refusal) as refusal:
        league.probabilities(event_id, event_id, Page(3, 300), NOW)
    assert refusal.value.status == 404


def test_a_game_without_core_feed_has_its_summary(league: League) -> None:
    fixture = fixture_of(league, Coverage.SUMMARY_ONLY)
    event_id = fixture.event_id
    with pytest.raises(Refusal) as refusal:
        league.probabilities(event_id, event_id, ALL, NOW)
    assert refusal.value.status == 400
    assert "not supported" in refusal.value.body["error"]["message"]
    with pytest.raises(Refusal) as refusal:
        league.plays(event_id, event_id, ALL, NOW)
    assert refusal.value.status == 404
    summary = league.summary(event_id, NOW)
    last = league.game(event_id).plays[-1]
    plays = sorted(summary["plays"], key=lambda play: int(play["sequenceNumber"]))
    assert (plays[-1]["homeScore"], plays[-1]["awayScore"]) == (last.home, last.away)


def test_the_summary_is_in_disorder_but_complete(league: League) -> None:
    event_id = finished(league).event_id
    summary = league.summary(event_id, NOW)
    play_ids = [play["id"] for play in summary["plays"]]
    chance_ids = [one["playId"] for one in summary["winprobability"]]
    assert sorted(play_ids) == sorted(chance_ids)
    assert play_ids != chance_ids
    numbers = [int(play["sequenceNumber"]) for play in summary["plays"]]
    assert numbers != sorted(numbers)
    assert all("value" not in play["clock"] for play in summary["plays"])


def test_some_games_are_nowhere(league: League) -> None:
    event_id = fixture_of(league, Coverage.NOWHERE).event_id
    for ask in (
        lambda: league.summary(event_id, NOW),
        lambda: league.plays(event_id, event_id, ALL, NOW),
        lambda: league.probabilities(event_id, event_id, ALL, NOW),
    ):
        with pytest.raises(Refusal) as refusal:
            ask()
        assert refusal.value.status == 404
