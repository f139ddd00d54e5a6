"""Every recorded payload of the league's feeds through the lane: what the tables then say of them.

Not here: what no step asks for (stats_scoreboardv2 and v3, the finder's answers about a player or
about half of the teams).
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from nbapanel.payload import SourceType

_EARLIER = ("prefix", "inprogress", "_live", "_8p")
"""What was recorded of an evening before the others of it, by a word of the file's name."""

LANE = ("nba_lists", "load_nba", "nba_state")


class Game(NamedTuple):
    """A game with its own documents: actions, players listed, players that played; final score,
    what that was read from, and the winner; its best player."""

    actions: int
    players: int
    played: int
    home: int | None
    away: int | None
    final_from: str | None
    winner: str | None
    best: str | None


GAMES = {
    "0022000001": Game(610, 34, 28, 125, 99, "pbp", "BKN", "Kyrie Irving 26"),
    "0022400196": Game(510, 0, 0, 98, 107, "pbp", "LAC", None),
    "0022400500": Game(571, 0, 0, 108, 106, "pbp", "MIN", None),
    # In play where it was recorded; its final is known by a scoreboard alone.
    "0022500575": Game(534, 35, 20, 109, 118, "scoreboard", "DEN", "Jamal Murray 14"),
    # Recorded at half time too, and completed by its final.
    "0022500775": Game(603, 36, 21, 110, 107, "pbp", "CHA", "Brandon Miller 31"),
    "0022500776": Game(573, 35, 25, 138, 113, "pbp", "CLE", "Sam Merrill 32"),
}


class Final(NamedTuple):
    """Its day, away and home with their points, what they were read from, the winner."""

    day: str
    away: str
    away_score: int | None
    home: str
    home_score: int | None
    final_from: str
    winner: str


FINALS = {
    "0022300580": Final("2024-01-18", "CHI", 116, "TOR", 110, "leaguegamefinder", "CHI"),
    # The schedule of September has the other team at home, and the next two on other days.
    "0022300828": Final("2024-02-26", "DET", 111, "NYK", 113, "leaguegamefinder", "NYK"),
    "0022300589": Final("2024-04-02", "DAL", 100, "GSW", 104, "leaguegamefinder", "GSW"),
    "0022301204": Final("2023-12-04", "NOP", 127, "SAC", 117, "leaguegamefinder", "NOP"),
    "0042400407": Final("2025-06-22", "IND", 91, "OKC", 103, "schedule", "OKC"),
    "0062400001": Final("2024-12-17", "MIL", 97, "OKC", 81, "schedule", "MIL"),
    "0022500637": Final("2026-01-23", "BOS", 130, "BKN", 126, "scoreboard", "BOS"),
    "0022500777": Final("2026-02-11", "MIL", 116, "ORL", 108, "scoreboard", "MIL"),
    # A scoreboard that says "Final" and in play at once settles nothing: the finder does.
    "0022500559": Final("2026-01-12", "BOS", 96, "IND", 98, "leaguegamefinder", "IND"),
    # Postponed on the 8th, and played three weeks later.
    "0022500529": Final("2026-01-29", "MIA", 116, "CHI", 113, "leaguegamefinder", "MIA"),
}


def _kind(path: Path) -> tuple[SourceType, str] | None:
    name = path.name.split(".")[0]
    if name.startswith(("error", "stats_")):
        return None
    match path.parent.name:
        case "nba_schedule":
            return SourceType.NBA_SCHEDULE, "00"
        case "nba_scoreboard":
            return SourceType.NBA_SCOREBOARD, "00"
        case "nba_pbp":
            return SourceType.NBA_PBP, name.split("_")[1]
        case "nba_boxscore":
            return SourceType.NBA_BOXSCORE, name.split("_")[1]
        case "nba_odds":
            return SourceType.NBA_ODDS, "2025-03-10"
        case "nba_gamefinder" if "player" not in name and "conference" not in name:
            return SourceType.NBA_GAME_FINDER, f"{name.split('_', 1)[1]}:2"
        case _:
            return None


def _documents(recorded: Path) -> Iterator[tuple[SourceType, str, bytes]]:
    """In an order in which they may have come: what was cut off in the middle before the whole."""
    found = [path for folder in sorted(recorded.glob("nba_*")) for path in sorted(folder.iterdir())]
    found.sort(key=lambda path: not any(word in path.name for word in _EARLIER))
    for path in found:
        if (kind := _kind(path)) is not None:
            body = path.read_bytes()
            yield *kind, gzip.decompress(body) if path.suffix == ".gz" else body


@pytest.fixture
async def league(desk, recorded):
    """All of them, loaded and derived."""
    for source_type, key, body in _documents(recorded):
        desk.clock.moment += timedelta(minutes=1)
        desk.put(source_type, key, body)
    done = {step: await desk.do(step, offline=True) for step in LANE}
    assert [context.bad_items for context in done.values()] == [[], [], []]
    return done


@pytest.mark.usefixtures("league")
async def test_every_game_with_its_own_documents(desk):
    found = desk.rows(
        """
        SELECT g.game_id, p.actions, b.players, b.played, g.final_score_home, g.final_score_away,
            g.final_from, t.tricode, b.best
        FROM nba.games AS g
        LEFT JOIN nba.teams AS t ON t.team_id = g.winner_team_id
        CROSS JOIN LATERAL (
            SELECT count(*) AS actions FROM nba.pbp_events AS e WHERE e.game_id = g.game_id
        ) AS p
        CROSS JOIN LATERAL (
            SELECT count(*) AS players, count(*) FILTER (WHERE played) AS played,
                (array_agg(name || ' ' || points ORDER BY points DESC))[1] AS best
            FROM nba.boxscore_players AS b WHERE b.game_id = g.game_id
        ) AS b
        WHERE p.actions > 0 OR b.players > 0
        ORDER BY g.game_id
        """
    )
    assert {game: Game(*rest) for game, *rest in found} == GAMES
    assert dict(
        desk.rows("SELECT game_id, count(*) FROM derived.pbp_event_state GROUP BY game_id")
    ) == {game: one.actions for game, one in GAMES.items()}
    assert desk.count("derived.pbp_event_state WHERE time_remaining IS NULL") == 0
    assert desk.count("derived.pbp_event_state WHERE time_remaining NOT BETWEEN 0 AND 2880") == 0
    last = desk.rows(
        "SELECT DISTINCT ON (s.game_id) s.game_id, s.home_score, s.away_score, s.time_remaining,"
        " s.current_winning_team = s.final_winning_team"
        " FROM derived.pbp_event_state AS s ORDER BY s.game_id, s.order_number DESC"
    )
    for game, home, away, left, agree in last:
        if GAMES[game].final_from == "pbp":
            assert (home, away, left, agree) == (GAMES[game].home, GAMES[game].away, 0, True), game
    without_side = desk.one(
        "SELECT count(*) FROM derived.pbp_event_state AS s"
        " JOIN nba.pbp_events AS e USING (event_id)"
        " WHERE (s.possession_side IS NULL) <> (e.possession_team_id IS NULL)"
    )
    assert without_side == 0, "trap D12"


@pytest.mark.usefixtures("league")
async def test_the_lists_are_there_to_the_last_game(desk):
    """Two schedules of 1,280 and 1,400 games, the former with 7 games still without teams; the
    finder's season, its month, and a team's; the odds of a day."""
    assert dict(
        desk.rows("SELECT season_label, count(*) FROM nba.schedule_games GROUP BY season_label")
    ) == {"2023-24": 1280, "2024-25": 1400}
    assert desk.rows(
        "SELECT season_label, count(*), count(DISTINCT game_id) FROM nba.finder_teams"
        " GROUP BY season_label ORDER BY 1"
    ) == [("2023-24", 2473, 1243), ("2024-25", 208, 104), ("2025-26", 1688, 844)]
    assert desk.count("nba.teams WHERE team_id BETWEEN 1610612737 AND 1610612766") == 30
    counts = [desk.count(f"nba.odds_{name}") for name in ("games", "markets", "books", "outcomes")]
    assert counts == [1, 2, 15, 30]
    assert desk.wrong_versions() == []
    found = desk.rows(
        "SELECT g.game_id, g.game_date::text, g.away_code, g.final_score_away, g.home_code,"
        " g.final_score_home, g.final_from, t.tricode"
        " FROM nba.games AS g LEFT JOIN nba.teams AS t ON t.team_id = g.winner_team_id"
        " WHERE g.game_id = ANY(%s)",
        list(FINALS),
    )
    assert {game: Final(*rest) for game, *rest in found} == FINALS


async def test_the_recorded_games_again_change_nothing(desk, league):
    """trap L8: not a row and not a mark. All but the one cut off at half time, which would undo its
    game's second half."""
    before = desk.rows("SELECT relation, version FROM ops.relation_versions ORDER BY 1")
    desk.look.execute(
        "UPDATE ops.source_files SET loaded_at = NULL"
        " WHERE source_type IN ('pbp', 'boxscore') AND row_count <> 302"
    )
    loaded = await desk.do("load_nba", offline=True)
    assert loaded.changes["nba.pbp_events"].unchanged == sum(one.actions for one in GAMES.values())
    assert desk.marks == {}
    assert await desk.skip("nba_state") is not None
    assert desk.rows("SELECT relation, version FROM ops.relation_versions ORDER BY 1") == before


@pytest.mark.usefixtures("league")
async def test_the_recorded_league_comes_back_byte_for_byte(as_rebuilt):
    await as_rebuilt()
