"""The gates before publishing: is the data fit to be read? Nothing is changed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

from nbapanel.steps.resources import Resources
from nbapanel.warehouse.statements import statement

SLATE = "derived.slate"
FUTURE = "future"


@dataclass(frozen=True, slots=True)
class Objection:
    """What a gate found: in words, and the games or markets concerned.

    `games`: the ids of these, where it is games that the gate is about.
    """

    gate: str
    title: str
    about: tuple[str, ...]
    games: tuple[str, ...] = ()


_QUERIES = (
    ("state", "gate_state_missing", "Completed games without state"),
    ("final score", "gate_final_score", "Games that end otherwise than the scoreboard says"),
    ("range", "gate_probability_range", "Games with a probability outside 0..1"),
    (FUTURE, "gate_future_candle", "Markets with a candle in the future"),
    ("quotes", "gate_crossed_quote", "Markets with a bid above the ask"),
)
_OF_GAMES = ("state", "final score", "range")


async def objections(
    connection: AsyncConnection[Any],
    resources: Resources,
    counted: Sequence[tuple[str, str]],
) -> list[Objection]:
    """Every objection. `counted`: (view, working table) pairs whose rows must not have fallen.

    What is judged is what the views would show: no run is so narrow that it need not fit.
    """
    about = {
        "first": resources.window.first,
        "last": resources.window.last,
        "games": resources.games_or_none,
        "now": resources.clock.now(),
    }
    found = []
    for view, working in counted:
        about_view = {"view": view, "working": working}
        found += await _row_count(connection, resources, view, "gate_row_counts", about_view)
    found += await _row_count(connection, resources, SLATE, "gate_slate_days", {"view": SLATE})
    for gate, name, title in _QUERIES:
        cursor = await connection.execute(statement(name), about)
        rows = await cursor.fetchall()
        if rows:
            named = tuple(f"{key} ({said})" if said else str(key) for key, said in rows)
            games = tuple(str(key) for key, _ in rows) if gate in _OF_GAMES else ()
            found.append(Objection(gate, f"{title} ({len(rows)})", named, games))
    return found


async def _row_count(
    connection: AsyncConnection[Any],
    resources: Resources,
    view: str,
    name: str,
    about: Mapping[str, str],
) -> list[Objection]:
    cursor = await connection.execute(statement(name), about)
    row = await cursor.fetchone()
    if row is None:
        return []  # never published: there is nothing to fall from
    published, rows = row
    least = published * (1 - resources.settings.publish_row_drop_percent / 100)
    if rows >= least:
        return []
    return [
        Objection("row count", f"{view} would fall from {published:,} to {rows:,} rows", (view,))
    ]
