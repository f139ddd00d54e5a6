"""The generated league's play-by-play and box scores in the NBA's shapes, as its clock goes on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from nbapanel.simulator.game import play
from nbapanel.simulator.league import League
from nbapanel.simulator.nba.actions import oddities, write_actions
from nbapanel.simulator.nba.names import game_id
from nbapanel.simulator.plan import Phase
from nbapanel.simulator.schedule import Fixture
from nbapanel.simulator.source import NO_SUCH_OBJECT, Refusal

NOW = datetime(2026, 1, 16, 3, 30, tzinfo=UTC)
AFTER = datetime(2026, 1, 17, 12, tzinfo=UTC)
CLOCK = re.compile(r"PT\d\dM\d\d\.\d\dS")


def finals(league: League, count: int) -> list[Fixture]:
    """Of the last weeks before the evening, all the overtimes among them first."""
    past = [
        one
        for one in league.schedule.fixtures
        if league.plan(one.event_id).phase(NOW - timedelta(days=2)) is Phase.FINAL
        and not league.nba.lacks_plays(one)
    ]
    past.sort(key=lambda one: (-one.overtimes, one.tip_at))
    return past[: count // 2] + past[-count // 2 :]


def evening(league: League, phase: Phase) -> list[Fixture]:
    return [
        one
        for one in league.schedule.by_day[league.schedule.days.showcase]
        if league.plan(one.event_id).phase(NOW) is phase
    ]


def actions(league: League, fixture: Fixture, now: datetime) -> list[dict]:
    return league.nba.play_by_play(game_id(fixture), now).content["game"]["actions"]


def box(league: League, fixture: Fixture, now: datetime) -> dict:
    return league.nba.box_score(game_id(fixture), now).content["game"]


def final_score(league: League, fixture: Fixture) -> tuple[int, int]:
    last = league.game(fixture.event_id).plays[-1]
    return last.home, last.away


@pytest.fixture(scope="module")
def games(league: League) -> list[tuple[Fixture, list[dict], dict]]:
    return [
        (one, actions(league, one, AFTER), box(league, one, AFTER)) for one in finals(league, 12)
    ]


def played(listed: list[dict]) -> Iterator[dict]:
    """Without the administrative rows."""
    return (one for one in listed if one["actionType"] != "memo")


def test_numbers_are_unique_and_the_list_is_in_order(games: list) -> None:
    """trap L3: actionNumber is not sorted in the list, orderNumber is."""
    shuffled = 0
    for _, listed, _ in games:
        numbers = [one["actionNumber"] for one in listed]
        orders = [one["orderNumber"] for one in listed]
        assert len(set(numbers)) == len(numbers)
        assert len(set(orders)) == len(orders)
        assert orders == sorted(orders)
        assert max(numbers) < 100_000
        shuffled += numbers != sorted(numbers)
    assert shuffled >= len(games) // 2


def test_actions_have_the_fields_of_the_feed(games: list) -> None:
    for _, listed, _ in games[:4]:
        for one in listed:
            assert CLOCK.fullmatch(one["clock"])
            assert re.fullmatch(r"[\d-]{10}T[\d:]{8}\.\dZ", one["timeActual"])
            assert one["scoreHome"] == "" or one["scoreHome"].isdigit()
            assert ("teamId" in one) == (one["actionType"] not in ("period", "game", "memo"))
            assert (one["x"] is None) == (one["isFieldGoal"] == 0)
            assert one["isFieldGoal"] == (one["actionType"] in ("2pt", "3pt"))
        blank = [one for one in listed if one["subType"] == ""]
        assert {one["actionType"] for one in blank} <= {"steal", "block", "memo"}
        assert blank, "trap L15: some subtypes are blank"


def test_the_score_is_that_of_espn_and_ends_with_the_last_period(
    league: League, games: list
) -> None:
    """trap D13: rows after the end may say 0-0; some in the middle say nothing."""
    for fixture, listed, _ in games:
        expected = final_score(league, fixture)
        end = [one for one in listed if (one["actionType"], one["subType"]) == ("period", "end")]
        assert len(end) == 4 + fixture.overtimes
        assert (int(end[-1]["scoreHome"]), int(end[-1]["scoreAway"])) == expected
        assert [one["actionType"] for one in played(listed)][-1] == "game"
        told = [one for one in played(listed) if one["scoreHome"]]
        scores = [(int(one["scoreHome"]), int(one["scoreAway"])) for one in told]
        assert all(a[0] <= b[0] and a[1] <= b[1] for a, b in pairwise(scores))


def test_the_season_has_trailing_rows_and_blank_scores(league: League) -> None:
    """trap D13"""
    trailing = blank = 0
    for fixture in finals(league, 80):
        played_ = play(league.seed, league.plan(fixture.event_id))
        entries = write_actions(7, played_, oddities(7, played_), corrected=False)
        memos = [one.action for one in entries if one.action["actionType"] == "memo"]
        assert all((one["scoreHome"], one["scoreAway"]) == ("0", "0") for one in memos)
        assert memos == [one.action for one in entries[len(entries) - len(memos) :]]
        trailing += bool(memos)
        blank += any(one.action["scoreHome"] == "" for one in entries)
    assert trailing >= 2
    assert blank >= 10


def test_time_goes_back_now_and_then(games: list) -> None:
    back = [
        sum(a["timeActual"] > b["timeActual"] for a, b in pairwise(listed))
        for _, listed, _ in games
    ]
    assert 0 < sum(back) <= 8 * len(games)


def test_the_box_score_adds_up(league: League, games: list) -> None:
    """Points of the players, of the periods and of the play-by-play; 240 minutes and 25 more for
    each overtime; five starters; what one side gains the other loses."""
    for fixture, listed, game in games:
        expected = final_score(league, fixture)
        assert (game["gameStatus"], game["period"]) == (3, 4 + fixture.overtimes)
        counted = Counter()
        for one in listed:
            if one.get("shotResult") == "Made":
                worth = {"2pt": 2, "3pt": 3, "freethrow": 1}[one["actionType"]]
                counted[one["personId"]] += worth
        for side, name in enumerate(("homeTeam", "awayTeam")):
            team = game[name]
            lines = [one["statistics"] for one in team["players"]]
            assert team["score"] == expected[side]
            assert sum(line["points"] for line in lines) == expected[side]
            assert team["statistics"]["points"] == expected[side]
            assert sum(one["score"] for one in team["periods"]) == expected[side]
            assert sum(map(tenths, lines)) == (240 + 25 * fixture.overtimes) * 600
            assert tenths(team["statistics"]) == (240 + 25 * fixture.overtimes) * 600
            assert [one["starter"] for one in team["players"]] == ["1"] * 5 + ["0"] * 8
            assert all(("position" in one) == (one["starter"] == "1") for one in team["players"])
            for one in team["players"]:
                assert one["statistics"]["points"] == counted[one["personId"]]
                has_reason = "notPlayingReason" in one
                assert has_reason == (one["played"] == "0")
                assert (tenths(one["statistics"]) > 0) <= (one["played"] == "1")
        gains = [
            sum(one["statistics"]["plusMinusPoints"] for one in game[name]["players"])
            for name in ("homeTeam", "awayTeam")
        ]
        assert gains[0] == -gains[1] == 5 * (expected[0] - expected[1])


def tenths(statistics: dict) -> int:
    minutes, seconds = re.fullmatch(r"PT(\d+)M([\d.]+)S", statistics["minutes"]).groups()
    return int(minutes) * 600 + round(float(seconds) * 10)


def test_counts_are_those_of_the_actions(games: list) -> None:
    for _, listed, game in games:
        by_type = Counter(
            (one["actionType"], one["teamId"]) for one in listed if one.get("personId")
        )
        for name in ("homeTeam", "awayTeam"):
            team, total = game[name]["teamId"], game[name]["statistics"]
            assert total["steals"] == by_type["steal", team]
            assert total["blocks"] == by_type["block", team]
            assert total["reboundsPersonal"] == by_type["rebound", team]
            assert total["turnovers"] == by_type["turnover", team]
            assert total["foulsPersonal"] == by_type["foul", team]


def test_a_live_game_grows_and_nothing_is_numbered_anew(league: League) -> None:
    """trap F2: what was fetched meanwhile is completed later, action by action the same."""
    fixture = evening(league, Phase.LIVE)[0]
    before: dict[int, dict] = {}
    lengths = []
    for minutes in (0, 1, 20, 300):
        listed = actions(league, fixture, NOW + timedelta(minutes=minutes))
        by_number = {one["actionNumber"]: one for one in listed}
        assert before.items() <= by_number.items()
        before = by_number
        lengths.append(len(listed))
    assert lengths == sorted(set(lengths))
    assert not any(one["actionType"] == "game" for one in actions(league, fixture, NOW)), (
        "no end before the end"
    )


def test_live_and_box_score_agree_at_any_moment(league: League) -> None:
    """The clock of both, and of ESPN's scoreboard, is the same one."""
    fixture = evening(league, Phase.LIVE)[0]
    for minutes in range(0, 60, 7):
        now = NOW + timedelta(minutes=minutes)
        if league.plan(fixture.event_id).phase(now) is not Phase.LIVE:
            break
        listed = actions(league, fixture, now)
        game = box(league, fixture, now)
        last = league.game(fixture.event_id).until(now)[-1]
        assert (game["homeTeam"]["score"], game["awayTeam"]["score"]) == (last.home, last.away)
        assert listed[-1]["scoreHome"] in ("", str(last.home))
        assert game["gameStatus"] == 2
        assert game["attendance"] == 0
        for name in ("homeTeam", "awayTeam"):
            on_court = [one for one in game[name]["players"] if one["oncourt"] == "1"]
            assert len(on_court) == 5
            assert (
                sum(one["statistics"]["points"] for one in game[name]["players"])
                == (game[name]["score"])
            )


def test_a_late_action_stands_between_its_neighbours(league: League) -> None:
    """Seen on the recording only: a number of its own time, a half step in the order."""
    late = 0
    for fixture in finals(league, 30):
        played_ = play(league.seed, league.plan(fixture.event_id))
        for entry in write_actions(7, played_, oddities(7, played_), corrected=False):
            if entry.is_late:
                late += 1
                assert entry.action["actionType"] in ("steal", "block")
                assert entry.action["orderNumber"] % 10_000 == 5_000
                assert entry.appears_ts > played_.released[entry.place]
    assert late > 20


@pytest.mark.parametrize("what", ["play_by_play", "box_score"])
def test_a_game_not_begun_is_no_object(league: League, what: str) -> None:
    """trap F11: 403 with XML; a postponed game and an unknown id are none either."""
    lost = next(one for one in league.schedule.fixtures if one.postponed_at)
    ids = [game_id(one) for one in (*evening(league, Phase.SCHEDULED), lost)]
    for game in (*ids, "0022599999", "0029999999", "0022600001", "nonsense", "0019999999"):
        with pytest.raises(Refusal) as caught:
            getattr(league.nba, what)(game, NOW)
        assert (caught.value.status, caught.value.body) == (403, NO_SUCH_OBJECT)


def test_a_correction_comes_the_next_morning_and_changes_no_score(league: League) -> None:
    """trap L2, L3: an action is gone, two have exchanged their order numbers, a rebound is another
    player's; and the box score says the same."""
    gone = exchanged = credited = 0
    for fixture in finals(league, 60):
        played_ = play(league.seed, league.plan(fixture.event_id))
        corrected_ts = oddities(7, played_).corrected_ts
        if not corrected_ts:
            continue
        moment = datetime.fromtimestamp(corrected_ts, UTC)
        before = actions(league, fixture, moment - timedelta(seconds=1))
        after = actions(league, fixture, moment)
        assert [one["orderNumber"] for one in after] == sorted(one["orderNumber"] for one in after)
        old, new = ({one["actionNumber"]: one for one in listed} for listed in (before, after))
        assert new.keys() <= old.keys()
        gone += len(old) - len(new)
        assert all(old[number]["actionType"] == "violation" for number in old.keys() - new.keys())
        moved = [n for n in new if new[n]["orderNumber"] != old[n]["orderNumber"]]
        exchanged += len(moved)
        assert {new[n]["orderNumber"] for n in moved} == {old[n]["orderNumber"] for n in moved}
        others = [n for n in new if new[n]["personId"] != old[n]["personId"]]
        assert [new[n]["actionType"] for n in others] == ["rebound"]
        assert new[others[0]]["edited"] > old[others[0]]["edited"]
        credited += 1
        sooner = box(league, fixture, moment - timedelta(seconds=1))
        later = box(league, fixture, moment)
        assert sooner["homeTeam"]["score"] == later["homeTeam"]["score"]
        assert players(sooner) != players(later)
        assert sum(players(sooner).values()) == sum(players(later).values())
    assert gone >= 2
    assert exchanged >= 4
    assert credited >= 5


def players(game: dict) -> dict[int, int]:
    return {
        one["personId"]: one["statistics"]["reboundsTotal"]
        for name in ("homeTeam", "awayTeam")
        for one in game[name]["players"]
    }


def test_the_third_version_tells_the_same_game_with_less(league: League) -> None:
    """Shared action numbers, blank scores, an actionId in order."""
    fixture = finals(league, 2)[0]
    listed = actions(league, fixture, AFTER)
    page = league.nba.play_by_play_v3(game_id(fixture), AFTER).content
    told = page["game"]["actions"]
    assert page["game"]["gameId"] == game_id(fixture)
    assert [one["actionId"] for one in told] == list(range(1, len(told) + 1))
    assert len({one["actionNumber"] for one in told}) < len(told)
    made = Counter(one["actionType"] for one in told)
    assert made["Made Shot"] == sum(
        one.get("shotResult") == "Made" and one["isFieldGoal"] for one in listed
    )
    assert made[""] == sum(one["actionType"] in ("steal", "block") for one in listed)
    assert made["Substitution"] == sum(one["actionType"] == "substitution" for one in listed) / 2
    end = [one for one in told if (one["actionType"], one["subType"]) == ("period", "end")][-1]
    assert (int(end["scoreHome"]), int(end["scoreAway"])) == final_score(league, fixture)
    assert any(one["scoreHome"] == "" for one in told)
    assert league.nba.play_by_play_v3("0022501999", AFTER).content["game"]["actions"] == []


def test_what_the_network_lacks_the_statistics_site_has(league: League) -> None:
    lacking = [
        one
        for one in league.schedule.fixtures
        if league.nba.lacks_plays(one) and league.plan(one.event_id).phase(NOW) is Phase.FINAL
    ]
    assert 1 <= len(lacking) < 20
    with pytest.raises(Refusal):
        actions(league, lacking[0], NOW)
    assert (
        len(league.nba.play_by_play_v3(game_id(lacking[0]), NOW).content["game"]["actions"]) > 300
    )
    assert box(league, lacking[0], NOW)["gameStatus"] == 3


def test_what_is_asked_again_is_the_same_until_something_happens(league: League) -> None:
    """So that a conditional request is answered with 304."""
    fixture = finals(league, 2)[0]
    for what in (league.nba.play_by_play, league.nba.box_score):
        one, other = (what(game_id(fixture), AFTER + timedelta(days=days)) for days in (0, 30))
        assert one == other
