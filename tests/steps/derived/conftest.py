"""Games put straight into the tables, for what is derived from them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql

from nbapanel.warehouse.statements import statement

STATE, FEATURES = "espn.prob_event_state", "derived.snapshot_features"
TIP_OFF = datetime(2026, 1, 16, 0, 41, tzinfo=UTC)

_DEFAULTS: dict[str, dict[str, Any]] = {
    "espn.scoreboard_games": {
        "scoreboard_date": date(2026, 1, 15),
        "game_date": date(2026, 1, 15),
        "event_date": datetime(2026, 1, 16, 0, 30, tzinfo=UTC),
        "short_name": "UTAH @ NY",
        "season_label": "2025-26",
        "home_team_id": "18",
        "away_team_id": "26",
        "home_code": "NYK",
        "away_code": "UTA",
        "home_score": 110,
        "away_score": 99,
        "status_name": "STATUS_FINAL",
        "status_state": "post",
        "status_completed": True,
        "source_file_id": 1,
        "final_seen_at": datetime(2026, 1, 16, 3, 0, tzinfo=UTC),
    },
    "espn.plays": {
        "season_label": "2025-26",
        "period": 1,
        "clock_seconds": 700.0,
        "home_score": 0,
        "away_score": 0,
        "source_file_id": 1,
    },
    "espn.probabilities_raw_items": {
        "season_label": "2025-26",
        "home_win_percentage": 0.6,
        "away_win_percentage": 0.4,
        "last_modified_utc": datetime(2026, 1, 16, 4, 10, tzinfo=UTC),
        "source_file_id": 1,
    },
    "kalshi.markets": {
        "status": "finalized",
        "first_seen_at": TIP_OFF,
        "last_seen_at": TIP_OFF,
        "source_file_id": 1,
    },
    "kalshi.candlesticks": {"period_interval_min": 1, "source_file_id": 1},
}


class Tables:
    """Puts rows into tables, with defaults for what a test does not care about."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def add(self, table: str, *rows: dict[str, Any]) -> None:
        if not rows:
            return
        full = [_DEFAULTS.get(table, {}) | row for row in rows]
        names = sorted({name for row in full for name in row})
        query = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(*table.split(".")),
            sql.SQL(", ").join(map(sql.Identifier, names)),
        )
        with self._connection.cursor() as cursor:
            with cursor.copy(query) as copy:
                for row in full:
                    copy.write_row([row.get(name) for name in names])
            changed = {"relation": table, "grown_by": len(full)}
            cursor.execute(statement("relation_changed"), changed)

    def game(self, game: str = "1", **more: Any) -> None:
        self.add("espn.scoreboard_games", {"event_id": game, "competition_id": game} | more)

    def plays(self, game: str, *rows: dict[str, Any]) -> None:
        """Plays numbered from 1, ten seconds apart, unless they say otherwise."""
        numbered = [
            {
                "game_id": game,
                "play_id": int(game) * 1000 + number,
                "sequence_number": number,
                "wallclock": TIP_OFF + timedelta(seconds=10 * number),
            }
            | row
            for number, row in enumerate(rows, 1)
        ]
        self.add("espn.plays", *numbered)

    def items(self, game: str, *rows: dict[str, Any]) -> None:
        """Items of the plays with the same number, unless they say otherwise."""
        numbered = [
            {"game_id": game, "sequence_number": number, "event_id": int(game) * 1000 + number}
            | row
            for number, row in enumerate(rows, 1)
        ]
        self.add("espn.probabilities_raw_items", *numbered)

    def market(self, game: str, side: int, ticker: str | None = None, **more: Any) -> str:
        ticker = ticker or f"KX-{game}-{side}"
        given = {"ticker": ticker, "event_ticker": f"KX-{game}", "side": side}
        self.add("kalshi.markets", given | {"espn_event_id": game} | more)
        return ticker

    def candles(self, ticker: str, *rows: tuple[float, str | None, str | None]) -> None:
        """(seconds after tip-off, bid, ask)."""
        self.add(
            "kalshi.candlesticks",
            *(
                {
                    "ticker": ticker,
                    "period_ts": TIP_OFF + timedelta(seconds=seconds),
                    "yes_bid_close": bid,
                    "yes_ask_close": ask,
                }
                for seconds, bid, ask in rows
            ),
        )

    def mark(self, *games: str, datasets: tuple[str, ...] = (STATE, FEATURES)) -> None:
        for dataset in datasets:
            for game in games:
                self._connection.execute(
                    "INSERT INTO ops.game_changes (dataset, game_id) VALUES (%s, %s)"
                    " ON CONFLICT DO NOTHING",
                    (dataset, game),
                )


@pytest.fixture
def tables(connection: psycopg.Connection) -> Tables:
    return Tables(connection)


@pytest.fixture
def derived(desk, tables):
    """Derive these games, as if they had been marked; gives back the last step's context."""

    async def derive(*games: str, **changes: Any):
        tables.mark(*games)
        return await desk.do("game_state", "snapshot_features", **changes)

    return derive
