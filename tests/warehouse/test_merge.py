"""Merging rows into a table: what is counted, what is written, and what is left alone."""

from __future__ import annotations

from decimal import Decimal

import pytest

from nbapanel.rows.models import MARKETS, PLAYS, Column, Relation
from nbapanel.warehouse.merge import Merged, load, mark_games
from nbapanel.warehouse.merge import bring as bring_computed


@pytest.fixture
def bring(database):
    """Load rows in a transaction of their own."""

    async def bring(relation, rows, **how) -> Merged:
        async with database.connection() as connection, connection.transaction():
            return await load(connection, relation, rows, **how)

    return bring


def counted(merged: Merged) -> tuple[int, int, int, int]:
    return merged.inserted, merged.updated, merged.unchanged, merged.deleted


def written(connection) -> list[tuple]:
    """Where each row version lies and which transaction wrote it."""
    return connection.execute(
        "SELECT ctid::text, xmin::text FROM public.things ORDER BY ctid"
    ).fetchall()


def version(connection, relation="public.things") -> tuple[int, int] | None:
    return connection.execute(
        "SELECT version, row_count FROM ops.relation_versions WHERE relation = %s", (relation,)
    ).fetchone()


async def test_counts_are_exact(bring, things, thing):
    first = await bring(things, [thing(sequence=n) for n in range(10)])
    assert counted(first) == (10, 0, 0, 0)
    # Of ten: 0-2 gone from the list, 3-5 as they were, 6-9 changed; and two are new.
    rows = [thing(sequence=n) for n in range(3, 6)]
    rows += [thing(sequence=n, label="b") for n in range(6, 10)]
    rows += [thing(sequence=n) for n in (20, 21)]
    assert counted(await bring(things, rows)) == (2, 4, 3, 0)
    assert counted(await bring(things, rows, scope=["g1"])) == (0, 0, 9, 3)


async def test_identical_load_writes_nothing(bring, things, thing, connection):
    """trap L8: a reload rewrites every unchanged row."""
    rows = [thing(sequence=n, play=None if n % 3 else n, source=1) for n in range(500)]
    await bring(things, rows, scope=["g1"])
    before, versions = written(connection), version(connection)
    again = await bring(things, [(*row[:5], 2, 2, None) for row in rows], scope=["g1"])
    assert counted(again) == (0, 0, 500, 0)
    assert not again.any
    assert written(connection) == before
    assert version(connection) == versions


@pytest.mark.parametrize(
    ("before", "after", "is_change"),
    [
        (None, None, False),
        ("a", None, True),
        (None, "a", True),
        ("", None, True),
        ("a", "a", False),
        ("a", "A", True),
    ],
)
async def test_null_is_a_value_like_others(bring, things, thing, before, after, is_change):
    await bring(things, [thing(label=before)])
    assert counted(await bring(things, [thing(label=after)])) == (0, is_change, not is_change, 0)


async def test_a_key_with_null_equals_itself(bring, things, thing, connection):
    """An item without a play, loaded twice, is one row; so it is when it vanishes."""
    await bring(things, [thing(play=None), thing(play=10)])
    assert counted(await bring(things, [thing(play=None, label="b")])) == (0, 1, 0, 0)
    gone = await bring(things, [thing(play=10)], scope=["g1"])
    assert counted(gone) == (0, 0, 1, 1)
    assert connection.execute("SELECT play_id FROM public.things").fetchall() == [(10,)]
    assert counted(await bring(things, [thing(play=None)], scope=["g1"])) == (1, 0, 0, 1)


async def test_uncompared_columns_go_along_with_a_change_only(bring, things, thing, connection):
    await bring(things, [thing(source=1)])
    sources = "SELECT source, first_source FROM public.things"
    assert counted(await bring(things, [thing(source=2)])) == (0, 0, 1, 0)
    assert connection.execute(sources).fetchall() == [(1, 1)]
    assert counted(await bring(things, [thing(source=3, label="b")])) == (0, 1, 0, 0)
    assert connection.execute(sources).fetchall() == [(3, 1)], "insert_only keeps the first"


async def test_json_is_kept_as_json(bring, things, thing, connection):
    """What the feed said, not a string that holds what the feed said; and it is not compared."""
    await bring(things, [thing(raw='{"id": "7", "list": [1, null]}')])
    assert connection.execute("SELECT raw, jsonb_typeof(raw) FROM public.things").fetchone() == (
        {"id": "7", "list": [1, None]},
        "object",
    )
    assert counted(await bring(things, [thing(raw='{"id": "8"}')])) == (0, 0, 1, 0)


async def test_scope_deletes_what_it_lacks_and_nothing_else(bring, things, thing, connection):
    """trap L2: what was removed upstream stays in the table."""
    await bring(things, [thing(game=g, sequence=n) for g in ("g1", "g2", "g3") for n in range(4)])
    merged = await bring(things, [thing(game="g1", sequence=2)], scope=["g1", "g3"], mark="game_id")
    assert counted(merged) == (0, 0, 1, 7)
    assert merged.touched == {"g1", "g3"}
    left = connection.execute("SELECT game_id, sequence FROM things ORDER BY 1, 2").fetchall()
    assert left == [("g1", 2), *(("g2", n) for n in range(4))]


async def test_scope_speaks_for_a_game_of_which_nothing_came(bring, things, thing, connection):
    """All rows are of a game that is new, and what another one had is gone all the same."""
    await bring(things, [thing(game="old")])
    merged = await bring(things, [thing(game="new")], scope=["old", "new"], mark="game_id")
    assert counted(merged) == (1, 0, 0, 1)
    assert merged.touched == {"old", "new"}
    assert version(connection)[1] == 1


async def test_without_scope_nothing_is_deleted(bring, things, thing):
    await bring(things, [thing(sequence=n) for n in range(4)])
    assert counted(await bring(things, [])) == (0, 0, 0, 0)
    assert counted(await bring(things, [thing(sequence=9)], scope=[])) == (1, 0, 0, 0)


async def test_touched_are_the_values_of_rows_that_changed(bring, things, thing):
    await bring(things, [thing(game=g) for g in ("kept", "changed", "gone")])
    rows = [thing(game="kept"), thing(game="changed", share=0.25), thing(game="new")]
    merged = await bring(things, rows, scope=["gone", "kept"], mark="game_id")
    assert merged.touched == {"changed", "new", "gone"}


async def test_two_rows_of_one_key_swap_values(bring, things, thing, connection):
    """trap L3: order numbers that upstream swaps must not get in each other's way."""
    await bring(things, [thing(sequence=1, label="a"), thing(sequence=2, label="b")])
    merged = await bring(things, [thing(sequence=1, label="b"), thing(sequence=2, label="a")])
    assert counted(merged) == (0, 2, 0, 0)
    assert connection.execute("SELECT label FROM things ORDER BY sequence").fetchall() == [
        ("b",),
        ("a",),
    ]


async def test_failure_leaves_rows_and_versions_as_they_were(database, things, thing, connection):
    async with database.connection() as one, one.transaction():
        await load(one, things, [thing()])
    before = written(connection), version(connection)

    async def work() -> None:
        async with database.connection() as one, one.transaction():
            await load(one, things, [thing(label="b"), thing(sequence=2)], scope=["g1"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await work()
    assert (written(connection), version(connection)) == before


async def test_versions_count_changes_and_rows(bring, things, thing, connection):
    assert version(connection) is None
    await bring(things, [thing(sequence=n) for n in range(5)])
    assert version(connection) == (1, 5)
    await bring(things, [thing(sequence=0)])
    assert version(connection) == (1, 5), "nothing changed"
    await bring(things, [thing(sequence=0, label="b")])
    assert version(connection) == (2, 5)
    await bring(things, [thing(sequence=7)], scope=["g1"])
    assert version(connection) == (3, 1)


async def test_decimal_text_becomes_numeric(bring, connection):
    """Prices are text in the rows of candlesticks, Decimal in those of markets; both arrive."""
    connection.execute("CREATE TABLE public.prices (id text PRIMARY KEY, price numeric(8, 4))")
    prices = Relation(
        "public.prices", (Column("id", "text"), Column("price", "numeric")), key=("id",)
    )
    rows = [("a", "0.5600"), ("b", Decimal("0.0100")), ("c", None), ("tab\tnew\nline\\", "1.0000")]
    assert counted(await bring(prices, rows)) == (4, 0, 0, 0)
    assert counted(await bring(prices, [("a", "0.56"), *rows[1:]])) == (0, 0, 4, 0)
    found = dict(connection.execute("SELECT id, price FROM prices").fetchall())
    assert found == {
        "a": Decimal("0.5600"),
        "b": Decimal("0.0100"),
        "c": None,
        "tab\tnew\nline\\": Decimal("1.0000"),
    }


async def test_loads_one_after_the_other_in_one_transaction(database, things, thing, connection):
    """Several relations, or several payloads, share a transaction: nothing staged is in the way."""
    async with database.connection() as one, one.transaction():
        assert counted(await load(one, things, [thing()])) == (1, 0, 0, 0)
        assert counted(await load(one, things, [thing(), thing(sequence=2)])) == (1, 0, 1, 0)
    assert version(connection) == (2, 2)


async def test_a_large_load_is_counted_whole(bring, things, thing):
    rows = [thing(sequence=n) for n in range(6_000)]
    assert counted(await bring(things, rows)) == (6_000, 0, 0, 0)
    assert counted(await bring(things, rows[:5_500], scope=["g1"])) == (0, 0, 5_500, 500)


async def test_marks_are_kept_once_a_dataset_and_game(database, connection):
    async with database.connection() as one, one.transaction():
        await mark_games(one, ["a", "b"], ["2", "1", "2"], 5)
        await mark_games(one, ["a"], ["1"], 6)
        await mark_games(one, ["a"], [], 7)
    found = connection.execute(
        "SELECT dataset, game_id, run_id FROM ops.game_changes ORDER BY 1, 2"
    ).fetchall()
    assert found == [("a", "1", 6), ("a", "2", 5), ("b", "1", 5), ("b", "2", 5)]


async def test_a_new_game_comes_in_whole(bring, things, thing, connection):
    """Nothing is compared where nothing is known; counts, marks and versions are as ever."""
    rows = [thing(game=g, sequence=n, play=None) for g in ("g1", "g2") for n in range(3)]
    merged = await bring(things, rows, mark="game_id")
    assert (counted(merged), merged.touched) == ((6, 0, 0, 0), {"g1", "g2"})
    merged = await bring(things, [*rows, thing(game="g3")], scope=["g1"], mark="game_id")
    assert (counted(merged), merged.touched) == ((1, 0, 6, 0), {"g3"})
    assert version(connection) == (2, 7)


async def test_new_games_are_told_by_the_index(database, things, thing, connection):
    """A table without statistics was read as a whole at every batch of a first load."""
    connection.execute("ALTER TABLE public.things SET (autovacuum_enabled = off)")
    connection.execute(
        "INSERT INTO public.things (game_id, sequence)"
        " SELECT 'g' || n % 20, n FROM generate_series(1, 20000) AS n"
    )
    async with database.connection() as held, held.transaction():
        games = [f"new{number}" for number in range(10)]
        merged = await load(held, things, [thing(game) for game in games], scope=games)
        cursor = await held.execute(
            "SELECT seq_scan, idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'things'"
        )
        whole_reads, lookups = await cursor.fetchone()
    assert merged.inserted == 10
    assert whole_reads == 0
    assert lookups >= 10


async def test_what_was_computed_anew_is_not_compared(bring, database, things, thing, connection):
    """And of games that are partly known it is, as ever: nothing vanished stays."""

    async def computed(games, rows):
        async with database.connection() as held, held.transaction():
            await held.execute(
                "CREATE TEMPORARY TABLE computed (LIKE public.things) ON COMMIT DROP"
            )
            for game, sequence in rows:
                await held.execute(
                    "INSERT INTO computed (game_id, sequence) VALUES (%s, %s)", (game, sequence)
                )
            return await bring_computed(
                held, things, source="computed", scope=games, mark="game_id"
            )

    merged = await computed(["g8", "g9"], [("g9", 1), ("g9", 2)])
    assert (counted(merged), merged.touched) == ((2, 0, 0, 0), {"g9"})
    assert version(connection) == (1, 2)
    merged = await computed(["g7"], [])
    assert (counted(merged), merged.touched) == ((0, 0, 0, 0), set())
    assert version(connection) == (1, 2)
    merged = await computed(["g8", "g9"], [("g8", 1), ("g9", 2)])
    assert (counted(merged), merged.touched) == ((1, 0, 1, 1), {"g8", "g9"})
    assert version(connection) == (2, 2)


@pytest.mark.parametrize("relation", [MARKETS, PLAYS], ids=lambda r: r.name)
async def test_an_empty_load_of_a_real_relation(bring, relation):
    assert counted(await bring(relation, [])) == (0, 0, 0, 0)
