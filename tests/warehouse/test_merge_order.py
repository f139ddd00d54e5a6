"""Actions of a game whose order numbers change hands, in the table with its two unique keys."""

from __future__ import annotations

import pytest

from nbapanel.rows.nba.relations import PBP_EVENTS
from nbapanel.warehouse.merge import load

GAME = "0022300001"


@pytest.fixture
def bring(database):
    """Load actions, given as {action number: order number}, in a transaction of their own."""

    async def bring(actions: dict[int, int], scope=None):
        rows = [action(number, order) for number, order in actions.items()]
        async with database.connection() as connection, connection.transaction():
            done = await load(connection, PBP_EVENTS, rows, scope=scope, mark="game_id")
        return done.inserted, done.updated, done.unchanged, done.deleted

    return bring


def action(number: int, order: int) -> tuple:
    given = {"event_id": int(GAME) * 100_000 + number, "game_id": GAME, "action_number": number}
    given |= {"order_number": order, "period": 1, "action_type": "2pt", "source_file_id": 7}
    return tuple(given.get(name) for name in PBP_EVENTS.column_names)


@pytest.fixture
def held(connection):
    def held() -> dict[int, int]:
        return dict(
            connection.execute("SELECT action_number, order_number FROM nba.pbp_events").fetchall()
        )

    return held


async def test_two_actions_swap_their_numbers(bring, held):
    """trap L3."""
    await bring({1: 10, 2: 20, 3: 30})
    assert await bring({1: 20, 2: 10, 3: 30}, scope=[GAME]) == (0, 2, 1, 0)
    assert held() == {1: 20, 2: 10, 3: 30}


async def test_a_number_passes_to_an_action_while_its_owner_is_not_heard_of(bring, held):
    """traps L3, L7: an item that cannot be read keeps its row, and a list without it does not
    speak for its game. That row's place had gone to another action, and the game was not loaded."""
    await bring({1: 10, 2: 20, 3: 30})
    assert await bring({1: 10, 3: 20}) == (0, 1, 1, 1)
    assert held() == {1: 10, 3: 20}


async def test_a_new_action_takes_the_number_of_one_that_moves_on(bring, held):
    await bring({1: 10, 2: 20})
    assert await bring({1: 10, 9: 20, 2: 30}) == (1, 1, 1, 0)
    assert held() == {1: 10, 9: 20, 2: 30}


async def test_the_same_again_changes_nothing(bring, held):
    await bring({1: 10, 2: 20})
    assert await bring({1: 10, 2: 20}, scope=[GAME]) == (0, 0, 2, 0)
