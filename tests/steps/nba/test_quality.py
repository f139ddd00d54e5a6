"""What the lane makes of recorded games passes every check; a payload that is not right fails the
check that is for it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nbapanel.payload import SourceType
from nbapanel.quality.reading import looking
from nbapanel.quality.report import examine
from nbapanel.rows.quality import CheckedGame, QualityReport, QualityWanted

GAME = "0022500775"
IN_PLAY = "0022500575"
WITH_ODDS = "0022400913"
DAY = "2026-02-11"
KEYS = {SourceType.NBA_ODDS: DAY, SourceType.NBA_SCOREBOARD: "00"}
FINALS = ("0022000001", "0022400196", "0022400500", "0022500775", "0022500776")
LANE = ("nba_lists", "load_nba", "nba_state")
_EVENING = ("inprogress", "_live", "_8p")
FOLDERS = {
    SourceType.NBA_SCHEDULE: ("nba_schedule", lambda name: "00"),
    SourceType.NBA_PBP: ("nba_pbp", lambda name: name.split("_")[1]),
    SourceType.NBA_BOXSCORE: ("nba_boxscore", lambda name: name.split("_")[1]),
    SourceType.NBA_SCOREBOARD: ("nba_scoreboard", lambda name: "00"),
    SourceType.NBA_ODDS: ("nba_odds", lambda name: "2025-03-10"),
}

Documents = dict[SourceType, Any]
Report = Callable[..., QualityReport]


def _read(path: Path) -> Any:
    body = path.read_bytes()
    return json.loads(gzip.decompress(body) if path.suffix == ".gz" else body)


def _recorded(recorded: Path) -> Iterator[tuple[SourceType, str, Any]]:
    """All that a final, or a game in play, may be held against; not what was cut by hand."""
    for kind, (folder, key) in FOLDERS.items():
        paths = sorted((recorded / folder).iterdir())
        # What was recorded in the evening came before what was recorded next morning.
        for path in sorted(paths, key=lambda path: not any(w in path.name for w in _EVENING)):
            name = path.name.split(".")[0]
            if not name.startswith(("error", "stats_")) and "prefix" not in name:
                yield kind, key(name), _read(path)


@pytest.fixture
def report(desk: Any) -> Report:
    def make(**wanted: Any) -> QualityReport:
        conninfo = desk.look.info.dsn + f" password={desk.look.info.password}"
        with looking(conninfo) as connection:
            return examine(connection, desk.archive, QualityWanted(**wanted))

    return make


async def test_recorded_games_pass(desk: Any, recorded: Path, report: Report) -> None:
    """All finals do. The game that was recorded in play only, of which a scoreboard knows the
    final, does not: nobody completed it (trap F2)."""
    for kind, key, document in _recorded(recorded):
        desk.clock.moment += timedelta(minutes=1)
        desk.put(kind, key, document)
    for step in LANE:
        await desk.do(step, offline=True)
    found = report()
    games = {game.game_id: game for game in found.games}
    assert len(games) > 2_700
    for game_id in FINALS:
        assert (games[game_id].status, games[game_id].findings) == ("final", ()), game_id
        assert games[game_id].passed >= 8
    assert {g.game_id for g in found.games if g.failed} == {IN_PLAY}
    assert {f.check for f in games[IN_PLAY].findings} == {"finals", "minutes"}
    (odd,) = games[WITH_ODDS].findings
    assert (odd.check, odd.is_warning, "Olybet" in odd.where) == ("odds_sides", True, True)
    assert [g.game_id for g in found.games if g.warned] == [WITH_ODDS]
    assert found.has_failed
    assert not report(game=GAME).has_failed


async def test_a_game_in_play_is_not_failed(desk: Any, recorded: Path, report: Report) -> None:
    for kind, key, document in _recorded(recorded):
        if key == IN_PLAY:
            desk.put(kind, key, document)
    for step in LANE:
        await desk.do(step, offline=True)
    (game,) = report().games
    assert (game.status, game.findings, game.verdict) == ("live", (), "passed")
    assert game.unseen["not final yet"] == ("finals", "minutes", "starters", "points")


async def test_a_game_of_the_fallback_feed(desk: Any, recorded: Path, report: Report) -> None:
    """Its actions are told apart by actionId, and leave the score blank where nobody scores."""
    listed = _actions(dict(_of_game(recorded)))
    kept = ("actionNumber", "clock", "period", "personId", "description", "actionType", "subType")
    before = ("0", "0")
    document: dict[str, Any] = {"game": {"gameId": GAME, "actions": []}}
    for place, action in enumerate(listed, 1):
        score = (action["scoreHome"], action["scoreAway"])
        told = ("", "") if score == before and place > 1 else score
        before = score
        document["game"]["actions"].append(
            {name: action[name] for name in kept if name in action}
            | {"actionId": place, "teamId": action.get("teamId", 0),
               "scoreHome": told[0], "scoreAway": told[1]}
        )  # fmt: skip
    desk.put(SourceType.NBA_PBP_V3, GAME, document)
    for step in LANE:
        await desk.do(step, offline=True)
    assert desk.count("nba.pbp_events") == len(listed)
    (game,) = report().games
    assert (game.status, game.findings) == ("final", ())
    assert game.passed == 7
    assert game.unseen["only one source has its final score"] == ("finals",)

    document["game"]["actions"][7]["actionId"] = 9_999
    desk.clock.moment += timedelta(minutes=1)
    desk.put(SourceType.NBA_PBP_V3, GAME, document)
    for step in LANE:
        await desk.do(step, offline=True)
    (game,) = report().games
    assert "order_as_stored" in {finding.check for finding in game.findings}


# ---- altered payloads --------------------------------------------------------------------------


def _of_game(recorded: Path) -> Iterator[tuple[SourceType, Any]]:
    return ((kind, document) for kind, key, document in _recorded(recorded) if key == GAME)


def _actions(documents: Documents) -> list[dict[str, Any]]:
    listed = documents[SourceType.NBA_PBP]["game"]["actions"]
    assert isinstance(listed, list)
    return listed


def _home(documents: Documents) -> Any:
    return documents[SourceType.NBA_BOXSCORE]["game"]["homeTeam"]


def _books(documents: Documents) -> Any:
    return documents[SourceType.NBA_ODDS]["games"][0]["markets"][0]["books"]


def _set_clock(documents: Documents) -> None:
    _actions(documents)[100]["clock"] = "4:11"


def _swap_in_the_list(documents: Documents) -> None:
    listed = _actions(documents)
    listed[100], listed[101] = listed[101], listed[100]


def _give_an_overtime_twelve_minutes(documents: Documents) -> None:
    _actions(documents)[-3] |= {"period": 5, "clock": "PT11M00.00S"}


def _refuse_an_action(documents: Documents) -> None:
    _actions(documents)[100]["period"] = "fourth"


def _lower_a_score(documents: Documents) -> None:
    _actions(documents)[400]["scoreHome"] = "3"


def _take_a_basket_back(documents: Documents) -> None:
    for action in _actions(documents)[-6:]:
        action["scoreHome"] = str(int(action["scoreHome"]) - 2)


def _play_longer(documents: Documents) -> None:
    _home(documents)["players"][0]["statistics"]["minutes"] = "PT47M59.00S"


def _add_a_starter(documents: Documents) -> None:
    bench = next(p for p in _home(documents)["players"] if p["starter"] == "0")
    bench["starter"] = "1"


def _add_points(documents: Documents) -> None:
    _home(documents)["players"][0]["statistics"]["points"] += 1


def _set_even_odds(documents: Documents) -> None:
    _books(documents)[0]["outcomes"][0]["odds"] = "1.000"


def _take_a_side_away(documents: Documents) -> None:
    _books(documents)[0]["outcomes"].pop()


def _quote_the_teams_swapped(documents: Documents) -> None:
    game = documents[SourceType.NBA_ODDS]["games"][0]
    game["homeTeamId"], game["awayTeamId"] = game["awayTeamId"], game["homeTeamId"]


def _tell_another_score(documents: Documents) -> None:
    documents[SourceType.NBA_SCOREBOARD]["scoreboard"]["games"][0]["awayTeam"]["score"] += 1


def _swap_order_numbers(documents: Documents) -> None:
    listed = _actions(documents)
    listed[100]["orderNumber"], listed[101]["orderNumber"] = (
        listed[101]["orderNumber"], listed[100]["orderNumber"])  # fmt: skip


def _board(documents: Documents) -> Any:
    """A scoreboard that says what the box score says."""
    game = documents[SourceType.NBA_BOXSCORE]["game"]
    said = ("gameId", "gameCode", "gameStatus", "gameStatusText", "period", "gameTimeUTC")
    of_team = ("teamId", "teamCity", "teamName", "teamTricode", "score")
    told = {name: game[name] for name in said} | {"gameClock": ""}
    for side in ("homeTeam", "awayTeam"):
        told[side] = {name: game[side][name] for name in of_team}
    return {"scoreboard": {"gameDate": DAY, "leagueId": "00", "games": [told]}}


ALTERED = {
    "clock": (_set_clock, "clocks"),
    "list": (_swap_in_the_list, "order_as_stored"),
    "seconds": (_give_an_overtime_twelve_minutes, "seconds"),
    "refused": (_refuse_an_action, "events_match"),
    "fall": (_lower_a_score, "scores_rise"),
    "final": (_take_a_basket_back, "finals"),
    "minutes": (_play_longer, "minutes"),
    "starters": (_add_a_starter, "starters"),
    "points": (_add_points, "points"),
    "odds": (_set_even_odds, "odds"),
    "side": (_take_a_side_away, "odds"),
    "teams": (_quote_the_teams_swapped, "odds"),
    "board": (_tell_another_score, "finals"),
    "swapped": (_swap_order_numbers, "order_as_stored"),
}


@pytest.fixture
def come_altered(
    desk: Any, recorded: Path, report: Report
) -> Callable[[Callable[[Documents], None]], Awaitable[CheckedGame]]:
    """The game as it is judged when its payloads came with one thing altered."""

    async def come(alter: Callable[[Documents], None]) -> CheckedGame:
        documents: Documents = {}
        for kind, key, document in _recorded(recorded):
            if key == GAME:
                documents[kind] = document
            elif kind is SourceType.NBA_ODDS:
                documents[kind] = document
                document["games"][0] |= {"gameId": GAME, "homeTeamId": "1610612766",
                                         "awayTeamId": "1610612737"}  # fmt: skip
        documents[SourceType.NBA_SCOREBOARD] = _board(documents)
        alter(documents)
        for kind, document in documents.items():
            desk.put(kind, KEYS.get(kind, GAME), document)
        for step in LANE:
            await desk.do(step, offline=True)
        (game,) = report(game=GAME).games
        return game

    return come


async def test_unaltered_it_passes(come_altered: Any) -> None:
    game = await come_altered(lambda documents: None)
    assert [(f.check, f.is_warning) for f in game.findings] == [("odds_sides", True)]
    assert (game.passed, game.unseen) == (12, {})


@pytest.mark.parametrize("name", ALTERED)
async def test_an_altered_payload_fails_its_check(name: str, come_altered: Any) -> None:
    """And no other one."""
    alter, check = ALTERED[name]
    game = await come_altered(alter)
    failing = {finding.check for finding in game.findings if not finding.is_warning}
    assert failing == {check}, game.findings


async def test_rows_whose_payload_is_gone(desk: Any, come_altered: Any, report: Report) -> None:
    await come_altered(lambda documents: None)
    for file in (desk.archive.root / "nba").rglob("*.json.gz"):
        if GAME in str(file) and "boxscore" in str(file):
            file.unlink()
    (game,) = report(game=GAME).games
    failing = [finding for finding in game.findings if not finding.is_warning]
    assert {finding.check for finding in failing} == {"provenance"}
    assert "36 of nba.boxscore_players" in {finding.where for finding in failing}
