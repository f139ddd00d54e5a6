"""What the tests of exports share: games that more than one feed knows, and a way to export."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from nbapanel.exports import export
from nbapanel.rows.exportable import ExportDone, ExportWanted
from nbapanel.warehouse.db import connect

NBA, ESPN = "0022500571", "401810622"
OTHER_NBA, OTHER_ESPN = "0022400002", "401700002"

_GAMES = """
INSERT INTO espn.scoreboard_games (event_id, scoreboard_date, event_date, season_label,
    competition_id, home_score, away_score, status_completed, home_code, away_code, game_date,
    source_file_id)
VALUES ('401810622', '2026-01-15', '2026-01-16 00:00+00', '2025-26', '401810622', 94, 118, true,
    'PHI', 'ATL', '2026-01-15', 1),
    ('401700002', '2024-10-22', '2024-10-22 23:30+00', '2024-25', '401700002', 103, 100, true,
    'LAL', 'MIN', '2024-10-22', 1);
INSERT INTO nba.games (game_id, game_time_utc, season, season_type, home_team_id, away_team_id,
    final_score_home, final_score_away, winner_team_id, espn_event_id, season_label, game_date,
    home_code, away_code)
VALUES ('0022500571', '2026-01-16 00:00+00', 2025, 2, 1610612755, 1610612737, 94, 118, 1610612737,
    '401810622', '2025-26', '2026-01-15', 'PHI', 'ATL'),
    ('0022400002', '2024-10-22 23:30+00', 2024, 2, 1610612747, 1610612750, 103, 100, 1610612747,
    '401700002', '2024-25', '2024-10-22', 'LAL', 'MIN');
INSERT INTO derived.game_map (game_date, away_code, home_code, nba_game_id, espn_event_id)
VALUES ('2026-01-15', 'ATL', 'PHI', '0022500571', '401810622'),
    ('2024-10-22', 'MIN', 'LAL', '0022400002', '401700002');
INSERT INTO nba.pbp_events (event_id, game_id, action_number, order_number, period, period_type,
    clock, time_actual, action_type, team_id, score_home, score_away, qualifiers,
    person_ids_filter, source_file_id)
SELECT g.number * 100000 + n, g.game_id, n, 100 - n, 1, 'REGULAR', 'PT11M18.00S',
    '2026-01-16 00:10+00'::timestamptz + n * interval '1 minute', '2pt', 1610612755, n, 0,
    ARRAY['fastbreak', 'a "b, c'], ARRAY[1, 2], 1
FROM (VALUES ('0022500571', 22500571::bigint), ('0022400002', 22400002)) AS g (game_id, number)
CROSS JOIN generate_series(1, 3) AS n;
INSERT INTO derived.pbp_event_state (game_id, event_id, point_differential, time_remaining,
    possession_side, home_score, away_score, current_winning_team, final_winning_team,
    order_number, period)
SELECT game_id, event_id, score_home, 2838, 0, score_home, 0, 0, 1, order_number, period
FROM nba.pbp_events;
INSERT INTO kalshi.markets (ticker, event_ticker, status, side, team_code, espn_event_id,
    nba_game_id, first_seen_at, last_seen_at, game_date, source_file_id)
VALUES ('T-PHI', 'T', 'settled', 0, 'PHI', '401810622', NULL, now(), now(), '2026-01-15', 1),
    ('U-LAL', 'U', 'settled', 0, 'LAL', NULL, '0022400002', now(), now(), '2024-10-22', 1);
INSERT INTO kalshi.candlesticks (ticker, period_interval_min, period_ts, yes_bid_close,
    yes_ask_close, volume, source_file_id)
SELECT t, 1, '2026-01-16 00:00+00'::timestamptz + n * interval '1 minute', 0.4500, 0.4600, 12, 1
FROM unnest(ARRAY['T-PHI', 'U-LAL']) AS t CROSS JOIN generate_series(1, 2) AS n;
"""


@pytest.fixture
def games(connection: Connection[Any]) -> Connection[Any]:
    """Two games of two seasons, known to all three feeds."""
    connection.execute(_GAMES)
    return connection


@pytest.fixture(scope="session")
def read_games(
    empty_database: Callable[[], AbstractContextManager[str]],
) -> Iterator[Connection[Any]]:
    """The same, published, for tests that only read."""
    with empty_database() as conninfo, connect(conninfo, purpose="test") as connection:
        connection.execute(_GAMES)
        for view in ("snapshot_features_v1", "game_summary", "slate"):
            connection.execute(f"REFRESH MATERIALIZED VIEW derived.{view}")
        connection.execute("SET default_transaction_read_only = on")
        yield connection


Write = Callable[..., ExportDone]


@pytest.fixture
def write(connection: Connection[Any], tmp_path: Path) -> Write:
    """`write("nba.games", "parquet", games=...)`: the export, into a folder of the test's own."""
    return _writer(connection, tmp_path)


@pytest.fixture
def write_read(read_games: Connection[Any], tmp_path: Path) -> Write:
    """The same, of `read_games`."""
    return _writer(read_games, tmp_path)


def _writer(connection: Connection[Any], folder: Path) -> Write:
    def make(source: str, format_: str = "csv", name: str = "", **wanted: Any) -> ExportDone:
        out = folder / (name or f"out.{format_}")
        return export(connection, ExportWanted(source, out, format_, **wanted))

    return make
