"""What can be exported: relations of the catalog and declared queries, and nothing else."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from nbapanel.errors import UsageError, UserFacingError
from nbapanel.exports import export_choices
from nbapanel.exports.queries import named_queries
from nbapanel.rows.exportable import Exportable, ExportDone

Write = Callable[..., ExportDone]


def _choices(connection: Connection[Any]) -> dict[str, Exportable]:
    return {one.name: one for one in export_choices(connection).sources}


def _empty_views(connection: Connection[Any]) -> None:
    for view in ("snapshot_features_v1", "game_summary", "slate"):
        connection.execute(f"REFRESH MATERIALIZED VIEW derived.{view} WITH NO DATA")


def test_every_table_and_view_is_offered_with_its_columns(connection: Connection[Any]) -> None:
    found = _choices(connection)
    there = connection.execute(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables"
        " WHERE table_schema IN ('nba', 'espn', 'kalshi', 'derived')"
        " UNION SELECT schemaname || '.' || matviewname FROM pg_matviews"
    ).fetchall()
    assert {name for name in found if "." in name} == {name for (name,) in there}
    assert [c.type for c in found["nba.teams"].columns] == ["bigint", "text", "text", "text"]
    assert found["derived.slate"].kind == "materialized view"
    assert found["derived.game_state_by_event"].kind == "view"
    assert found["nba.pbp_events"].order == ("game_id", "order_number")
    assert found["nba.odds_games"].order == ("snapshot_id", "game_id")


def test_every_query_is_described_ordered_and_takes_game_and_season(
    connection: Connection[Any],
) -> None:
    """Before anything was published, too: what is only described is not run."""
    _empty_views(connection)
    found = _choices(connection)
    queries = [found[name] for name in named_queries()]
    assert len(queries) >= 9
    for query in queries:
        names = [column.name for column in query.columns]
        assert (query.kind, bool(query.description)) == ("query", True)
        assert len(set(names)) == len(names)
        assert set(query.order) <= set(names), query.name
        assert query.takes_game, query.name
        assert query.takes_season, query.name


@pytest.mark.parametrize("name", list(named_queries()))
def test_every_query_runs_whatever_it_is_narrowed_by(write_read: Write, name: str) -> None:
    everything = write_read(name, name="all.csv")
    of_game = write_read(name, name="game.csv", games=("0022500571",))
    of_season = write_read(name, name="season.csv", seasons=("2025-26",))
    assert of_game.rows == of_season.rows <= everything.rows
    if name in ("games", "pbp_event_state", "game_state", "market_candles"):
        assert 0 < of_game.rows == everything.rows / 2


def test_the_full_columns_of_a_game_s_states(write_read: Write) -> None:
    done = write_read("pbp_event_state", games=("401810622",))
    with Path(done.out).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["action_number"] for row in rows] == ["3", "2", "1"]
    first = rows[0]
    assert (first["season_label"], first["game_date"]) == ("2025-26", "2026-01-15")
    assert (first["home_code"], first["away_code"]) == ("PHI", "ATL")
    assert (first["final_winning_team"], first["team_side"]) == ("1", "0")
    assert first["seconds_remaining_period"] == "678"
    clock = write_read("game_state", name="clock.csv", games=("401810622",))
    with Path(clock.out).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["winner"] for row in rows] == ["1", "1", "1"]
    assert rows[0]["is_overtime"] == "false"


@pytest.mark.parametrize(
    "name",
    [
        "ops.source_files", "pg_catalog.pg_authid", "nba.nothing", "pbp_events", "", "nba", "nba.",
        'nba.games"; DROP TABLE nba.games; --', "(SELECT 1)", "nba.games WHERE true",
    ],
)  # fmt: skip
def test_nothing_else_can_be_exported(
    read_games: Connection[Any], write_read: Write, tmp_path: Path, name: str
) -> None:
    with pytest.raises(UsageError, match="no relation and no query"):
        write_read(name)
    assert not list(tmp_path.iterdir())
    assert read_games.execute("SELECT count(*) FROM nba.games").fetchone() == (2,)


def test_what_was_meant_is_offered(write_read: Write) -> None:
    with pytest.raises(UsageError) as told:
        write_read("pbp_events")
    assert "nba.pbp_events" in told.value.hint
    with pytest.raises(UsageError) as told:
        write_read("nba.gmaes")
    assert "nba.games" in told.value.hint


def test_a_table_of_one_s_own_with_an_odd_name(
    connection: Connection[Any], write: Write, tmp_path: Path
) -> None:
    connection.execute('CREATE TABLE derived."My ""table" ("a b" integer, "%s {}" text)')
    connection.execute('INSERT INTO derived."My ""table" VALUES (1, \'%(x)s {}\')')
    done = write('derived.My "table')
    assert Path(done.out).read_text() == "a b,%s {}\n1,%(x)s {}\n"


@pytest.mark.parametrize("name", ["derived.slate", "snapshots_with_outcome"])
def test_what_was_never_published_is_said(
    connection: Connection[Any], write: Write, tmp_path: Path, name: str
) -> None:
    """Trap R2, read: PostgreSQL refuses to read a view that was never populated."""
    _empty_views(connection)
    with pytest.raises(UserFacingError, match="cannot be exported yet"):
        write(name)
    assert not list(tmp_path.iterdir())
