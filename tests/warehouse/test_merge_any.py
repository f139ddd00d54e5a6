"""Merging against a model: whatever is loaded after whatever, counts and contents are the model's.

The model is a dict by key, in Python; the table must never differ from it.
"""

from __future__ import annotations

import asyncio

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbapanel.rows.models import Relation
from nbapanel.warehouse.db import Database
from nbapanel.warehouse.merge import Merged, load

GAMES = ("g1", "g2", "g3")

_keys = st.tuples(st.sampled_from(GAMES), st.integers(0, 3), st.sampled_from([None, 1, 2]))
_values = st.tuples(st.sampled_from([None, "", "a", "b"]), st.sampled_from([None, 0.0, 0.5]))
_loads = st.sets(st.sampled_from(GAMES), min_size=1).flatmap(
    lambda games: st.tuples(
        st.dictionaries(_keys.filter(lambda key: key[0] in games), _values, max_size=9),
        st.lists(st.sampled_from(GAMES), unique=True),
    )
)


class Model:
    """What the table should hold: key -> (label, share, source, first_source)."""

    def __init__(self) -> None:
        self.rows: dict[tuple, tuple] = {}

    def load(self, rows: dict[tuple, tuple], scope: list[str], source: int) -> Merged:
        gone = [key for key in self.rows if key[0] in scope and key not in rows]
        new = [key for key in rows if key not in self.rows]
        changed = [k for k in rows if k in self.rows and self.rows[k][:2] != rows[k]]
        for key in gone:
            del self.rows[key]
        for key in new:
            self.rows[key] = (*rows[key], source, source)
        for key in changed:
            self.rows[key] = (*rows[key], source, self.rows[key][3])
        touched = frozenset(key[0] for key in (*gone, *new, *changed))
        unchanged = len(rows) - len(new) - len(changed)
        return Merged(len(new), len(changed), unchanged, len(gone), touched)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(loads=st.lists(_loads, min_size=1, max_size=6))
def test_any_loads(
    loads: list[tuple[dict, list[str]]],
    conninfo: str,
    connection: psycopg.Connection,
    things: Relation,
) -> None:
    connection.execute("TRUNCATE public.things, ops.relation_versions")
    model = Model()

    async def walk() -> None:
        async with Database(conninfo, "test") as database:
            for source, (rows, scope) in enumerate(loads, 1):
                staged = [(*key, *value, source, source, None) for key, value in rows.items()]
                async with database.connection() as one, one.transaction():
                    merged = await load(one, things, staged, scope=scope, mark="game_id")
                assert merged == model.load(rows, scope, source)
                assert _table(connection) == model.rows
                assert _row_count(connection) == len(model.rows)

    asyncio.run(walk())


def _table(connection: psycopg.Connection) -> dict[tuple, tuple]:
    found = connection.execute(
        "SELECT game_id, sequence, play_id, label, share, source, first_source FROM things"
    ).fetchall()
    return {row[:3]: row[3:] for row in found}


def _row_count(connection: psycopg.Connection) -> int:
    row = connection.execute(
        "SELECT row_count FROM ops.relation_versions WHERE relation = 'public.things'"
    ).fetchone()
    return 0 if row is None else row[0]
