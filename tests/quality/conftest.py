"""A final game as it should be, in a real database and archive: for tests that spoil one thing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from nbapanel.archive import Archive
from nbapanel.archive.manifest import Manifest
from nbapanel.payload import Payload, SourceType
from nbapanel.quality.report import examine
from nbapanel.rows.quality import CheckedGame, QualityReport, QualityWanted
from nbapanel.warehouse.db import connect

GAME = "0022500001"
HOME, AWAY = 1610612752, 1610612762
FETCHED = datetime(2026, 1, 16, 5, 0, tzinfo=UTC)

Action = dict[str, Any]

# (period, clock, type, subtype, team, person, home, away): one overtime, 12 – 10 at the end.
_PLAYED = (
    (1, "PT12M00.00S", "period", "start", 0, 0, "0", "0"),
    (1, "PT11M40.00S", "2pt", "Layup", HOME, 11, "2", "0"),
    (1, "PT00M00.00S", "period", "end", 0, 0, "2", "0"),
    (2, "PT05M00.50S", "3pt", "Jump Shot", AWAY, 21, "2", "3"),
    (3, "PT08M00.00S", "3pt", "Jump Shot", HOME, 12, "5", "3"),
    (4, "PT02M00.00S", "2pt", "Dunk", AWAY, 22, "5", "5"),
    (4, "PT00M00.00S", "period", "end", 0, 0, "5", "5"),
    (5, "PT05M00.00S", "period", "start", 0, 0, "", ""),
    (5, "PT04M00.00S", "2pt", "Layup", HOME, 11, "7", "5"),
    (5, "PT03M00.00S", "3pt", "Jump Shot", AWAY, 21, "7", "8"),
    (5, "PT02M00.00S", "3pt", "Jump Shot", HOME, 12, "10", "8"),
    (5, "PT01M00.00S", "2pt", "Dunk", AWAY, 22, "10", "10"),
    (5, "PT00M10.00S", "2pt", "Layup", HOME, 11, "12", "10"),
    (5, "PT00M00.00S", "period", "end", 0, 0, "12", "10"),
    (5, "PT00M00.00S", "game", "end", 0, 0, "12", "10"),
)
_POINTS = {HOME: (6, 6, 0, 0, 0), AWAY: (6, 4, 0, 0, 0)}
_BOOKS = (("Bet One", "US"), ("Bet Two", "GR"), ("Bet Three", "CA"))


def actions() -> list[Action]:
    """As the payload has them; action numbers are not sorted there (feeds.md)."""
    made = []
    for place, (period, clock, kind, sub, team, person, home, away) in enumerate(_PLAYED, 1):
        number = {3: 4, 4: 3}.get(place, place)
        made.append(
            {"actionNumber": number, "orderNumber": place * 10_000, "period": period,
             "clock": clock, "actionType": kind, "subType": sub, "personId": person,
             "description": f"{kind} {sub}", "scoreHome": home, "scoreAway": away}
            | ({"teamId": team} if team else {})
        )  # fmt: skip
    return made


@dataclass(slots=True)
class Warehouse:
    """One database and archive. `check` gives the report; `spoil` runs SQL first."""

    connection: psycopg.Connection
    archive: Archive

    def insert(self, table: str, **values: Any) -> None:
        schema, name = table.split(".")
        self.connection.execute(
            sql.SQL("INSERT INTO {}.{} ({}) VALUES ({})").format(
                sql.Identifier(schema), sql.Identifier(name),
                sql.SQL(", ").join(map(sql.Identifier, values)),
                sql.SQL(", ").join(map(sql.Placeholder, values)),
            ),
            values,
        )  # fmt: skip

    def keep(self, kind: SourceType, key: str, document: Any, loaded: bool = True) -> Manifest:
        """A payload in the archive, as ops.source_files knows it once it is loaded."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        kept = self.archive.put(Payload(kind, key, "https://cdn/", (body,), FETCHED)).manifest
        self.connection.execute("DELETE FROM ops.source_files WHERE source_file_id = %s",
                                (kept.source_file_id,))  # fmt: skip
        self.insert(
            "ops.source_files", source_file_id=kept.source_file_id, source_type=kind.value,
            source_key=key, url=kept.url, path=kept.path, fetched_at=kept.fetched_at,
            http_status=200, sha256_hex=kept.sha256, byte_size=kept.byte_size,
            checked_at=kept.checked_at, arrived_at=kept.fetched_at,
            loaded_at=FETCHED if loaded else None, row_count=1 if loaded else None,
        )  # fmt: skip
        return kept

    def keep_actions(self, listed: list[Action], loaded: bool = True) -> Manifest:
        document = {"game": {"gameId": GAME, "actions": listed}}
        return self.keep(SourceType.NBA_PBP, GAME, document, loaded)

    def report(self, **wanted: Any) -> QualityReport:
        return examine(self.connection, self.archive, QualityWanted(**wanted))

    def game(self, game_id: str = GAME) -> CheckedGame:
        (found,) = self.report(game=game_id).games
        return found

    def spoil(self, statement: str, *values: Any) -> CheckedGame:
        """The game as it is judged after this statement."""
        changed = self.connection.execute(statement, values or None).rowcount
        assert changed, "nothing was spoiled"
        return self.game()


@pytest.fixture(scope="session")
def built(
    empty_database: Callable[[], AbstractContextManager[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Warehouse]:
    """One final game of every feed, right in every way; for the whole session."""
    archive = Archive(tmp_path_factory.mktemp("quality") / "archive")
    with empty_database() as conninfo, connect(conninfo, purpose="test") as connection:
        made = Warehouse(connection, archive)
        for add in (_add_game, _add_events, _add_box_score, _add_others, _add_odds):
            add(made)
        yield made


@pytest.fixture
def warehouse(built: Warehouse, tmp_path: Path) -> Iterator[Warehouse]:
    """The same for one test: whatever it spoils is undone."""
    root = tmp_path / "archive"
    shutil.copytree(built.archive.root, root)
    with built.connection.transaction(force_rollback=True):
        yield Warehouse(built.connection, Archive(root))


@pytest.fixture
def empty_warehouse(warehouse: Warehouse) -> Warehouse:
    """Without any game."""
    warehouse.connection.execute(
        "TRUNCATE nba.games, nba.schedule_games, nba.scoreboard_games, nba.finder_teams,"
        " nba.boxscore_games, nba.boxscore_teams, nba.boxscore_players, nba.pbp_events,"
        " nba.odds_games, derived.pbp_event_state, derived.game_map, ops.source_files CASCADE"
    )
    return warehouse


@pytest.fixture
def failing() -> Callable[[CheckedGame], set[str]]:
    """The names of the checks that failed."""
    return lambda game: {f.check for f in game.findings if not f.is_warning}


def _add_game(made: Warehouse) -> None:
    kept = made.keep(SourceType.NBA_SCHEDULE, "00", {"leagueSchedule": {}})
    made.insert(
        "nba.games", game_id=GAME, season=2025, season_type=2, season_label="2025-26", status=3,
        status_text="Final/OT", home_team_id=HOME, away_team_id=AWAY, home_code="NYK",
        away_code="UTA", game_date=date(2026, 1, 15), final_score_home=12, final_score_away=10,
        winner_team_id=HOME,
    )  # fmt: skip
    made.insert(
        "nba.schedule_games", game_id=GAME, season_label="2025-26", status=3, home_score=12,
        away_score=10, source_file_id=kept.source_file_id,
    )  # fmt: skip


def _add_events(made: Warehouse) -> None:
    listed = actions()
    kept = made.keep_actions(listed)
    home = away = 0
    for one in listed:
        home, away = int(one["scoreHome"] or home), int(one["scoreAway"] or away)
        event_id = int(GAME) * 100_000 + one["actionNumber"]
        made.insert(
            "nba.pbp_events", event_id=event_id, game_id=GAME, action_number=one["actionNumber"],
            order_number=one["orderNumber"], period=one["period"], clock=one["clock"],
            action_type=one["actionType"], sub_type=one["subType"],
            description=one["description"], team_id=one.get("teamId"),
            person_id=one["personId"] or None, score_home=home, score_away=away,
            source_file_id=kept.source_file_id,
        )  # fmt: skip
        made.insert(
            "derived.pbp_event_state", game_id=GAME, event_id=event_id,
            order_number=one["orderNumber"], period=one["period"], home_score=home,
            away_score=away, point_differential=home - away, time_remaining=0,
            current_winning_team=None if home == away else int(away > home),
            final_winning_team=0,
        )  # fmt: skip


def _add_box_score(made: Warehouse) -> None:
    kept = made.keep(SourceType.NBA_BOXSCORE, GAME, {"game": {}}).source_file_id
    made.insert(
        "nba.boxscore_games", game_id=GAME, status=3, period=5, regulation_periods=4,
        home_team_id=HOME, away_team_id=AWAY, home_score=12, away_score=10, source_file_id=kept,
    )  # fmt: skip
    quarters = {HOME: [2, 0, 3, 0, 7], AWAY: [0, 3, 0, 2, 5]}
    for team, points in _POINTS.items():
        made.insert(
            "nba.boxscore_teams", game_id=GAME, team_id=team, is_home=team == HOME,
            tricode="NYK" if team == HOME else "UTA", seconds=265 * 60, points=sum(points),
            period_points=quarters[team], source_file_id=kept,
        )  # fmt: skip
        for place, scored in enumerate((*points, 0), 1):
            made.insert(
                "nba.boxscore_players", game_id=GAME, person_id=team * 100 + place,
                team_id=team, is_home=team == HOME, place=place, starter=place <= 5,
                played=place <= 5, seconds=53 * 60 if place <= 5 else 0, points=scored,
                source_file_id=kept,
            )  # fmt: skip


def _add_others(made: Warehouse) -> None:
    """The scoreboard, the game finder, and ESPN as the map has it."""
    board = made.keep(SourceType.NBA_SCOREBOARD, "00", {"scoreboard": {}}).source_file_id
    made.insert(
        "nba.scoreboard_games", game_id=GAME, scoreboard_date=date(2026, 1, 15), status=3,
        home_score=12, away_score=10, source_file_id=board,
    )  # fmt: skip
    finder = made.keep(SourceType.NBA_GAME_FINDER, "2025-26:2", {"resultSets": []}).source_file_id
    for team, points in ((HOME, 12), (AWAY, 10)):
        made.insert(
            "nba.finder_teams", game_id=GAME, team_id=team, season_label="2025-26",
            is_home=team == HOME, points=points, is_winner=team == HOME, source_file_id=finder,
        )  # fmt: skip
    made.insert(
        "derived.game_map", game_date=date(2026, 1, 15), away_code="UTA", home_code="NYK",
        nba_game_id=GAME, espn_event_id="401800001",
    )  # fmt: skip
    made.insert(
        "espn.scoreboard_games", event_id="401800001", scoreboard_date=date(2026, 1, 15),
        season_label="2025-26", competition_id="401800001", home_score=12, away_score=10,
        status_completed=True, source_file_id=1,
    )  # fmt: skip


def _add_odds(made: Warehouse) -> None:
    """Three books for who wins, one of them with a spread too."""
    kept = made.keep(SourceType.NBA_ODDS, "2026-01-15", {"games": []}).source_file_id
    where = {"snapshot_id": kept, "game_id": GAME, "source_file_id": kept}
    made.insert("nba.odds_snapshots", snapshot_id=kept, taken_at=FETCHED, games=1,
                source_file_id=kept)  # fmt: skip
    made.insert("nba.odds_games", **where, home_team_id=HOME, away_team_id=AWAY)
    for market in ("1:regular:2way", "4:regular:spread"):
        made.insert("nba.odds_markets", **where, market_key=market, name=market.split(":")[2])
        for number, (book, country) in enumerate(_BOOKS):
            mine = where | {"market_key": market, "book_id": f"sr:{number}",
                            "country_code": country}  # fmt: skip
            made.insert("nba.odds_books", **mine, name=book)
            for side, odds, spread in (("home", "1.37", -6.5), ("away", "3.2", 6.5)):
                made.insert(
                    "nba.odds_outcomes", **mine, outcome_type=side, odds=odds, odds_text=odds,
                    spread=spread if "spread" in market else None,
                )  # fmt: skip
