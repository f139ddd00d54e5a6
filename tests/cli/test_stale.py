"""A step is stale when what it is made of changed after it last ended well; `status` says why."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from nbapanel.pipeline import STEPS
from nbapanel.steps.inputs import INPUTS
from nbapanel.views import stale_steps


@pytest.fixture
def stale(nbapanel: Any) -> Any:
    return lambda: nbapanel("status", "--json").document["stale"]


def test_every_step_that_is_made_of_something_here_is_known() -> None:
    known = {one.step for one in INPUTS}
    assert known == set(STEPS.keys) - {"fetch_scoreboards"}
    assert {one.source for one in INPUTS if one.kind == "rows"} <= set(STEPS.keys)
    for one in INPUTS:
        if one.kind in ("games", "views"):
            assert one.source in STEPS.by_key[one.step].writes


def test_nothing_is_stale_after_a_refetch_nor_before_any(
    refetch: Any, stale: Any, nbapanel: Any
) -> None:
    assert stale() == {}
    assert refetch(all_games=True).code == 0
    assert stale() == {}
    assert "Stale" not in nbapanel("status").out
    assert refetch(all_games=True).code == 0, "with steps that are skipped"
    assert stale() == {}


def test_a_load_alone_leaves_what_follows_stale(
    refetch: Any, stale: Any, simulator: Any, nbapanel: Any
) -> None:
    assert refetch(all_games=True).code == 0
    simulator.advance(600)
    assert refetch("--until", "load_games", all_games=True).code == 0
    told = stale()
    # Two games are on, and one more began.
    assert told["game_state"].endswith(" games changed since")
    assert told["snapshot_features"].endswith(" games changed since")
    assert told["publish"] == "2 views older than the tables shown"
    assert told["candlesticks"].endswith("changed since")
    assert "invalidate_caches" not in told, "nothing was published"
    assert not {"fetch_games", "load_games", "load_scoreboards", "markets"} & set(told)
    shown = nbapanel("status").out
    assert f"◌ Stale: {told['game_state']}" in shown
    assert refetch(all_games=True).code == 0
    assert stale() == {}


def test_a_scoreboard_that_changed_asks_for_its_games(
    refetch: Any, stale: Any, simulator: Any
) -> None:
    assert refetch(all_games=True).code == 0
    simulator.advance(600)
    assert refetch("--until", "load_scoreboards", all_games=True).code == 0
    assert stale()["fetch_games"].endswith("changed since")


def test_a_payload_that_is_not_loaded(
    refetch: Any, stale: Any, connection: psycopg.Connection
) -> None:
    assert refetch().code == 0
    connection.execute(
        "UPDATE ops.source_files SET loaded_at = NULL WHERE source_type = 'kalshi_markets'"
    )
    assert stale() == {"markets": "1 payload not loaded yet"}


def test_caches_that_were_left_as_they_were(refetch: Any, stale: Any, simulator: Any) -> None:
    """A skip that was asked for (--no-publish) clears no cache."""
    assert refetch().code == 0
    simulator.advance(600)
    assert refetch("--until", "publish").code == 0
    assert stale() == {"invalidate_caches": "3 views published since"}
    assert refetch("--no-publish").code == 0
    assert stale() == {"invalidate_caches": "3 views published since"}
    assert refetch().code == 0
    assert stale() == {}


def test_a_step_that_never_ended_well_is_not_stale(
    refetch: Any, connection: psycopg.Connection
) -> None:
    assert refetch("--until", "load_games").code == 0
    assert connection.execute("SELECT count(*) > 0 FROM ops.game_changes").fetchone() == (True,)
    assert stale_steps(connection, INPUTS) == {}
