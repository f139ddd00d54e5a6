"""Without a network: one clear sentence for each feed, and the rest runs on what is there."""

from __future__ import annotations

from typing import Any

from nbapanel.simulator.running import running

_NOWHERE = "http://127.0.0.1:1"
_FEEDS = ("ESPN_SITE", "ESPN_CORE", "KALSHI", "NBA_CDN", "NBA_STATS")
_URLS = {f"NBAPANEL_{name}_URL": _NOWHERE for name in _FEEDS}


def test_on_an_empty_warehouse(new_panel: Any) -> None:
    panel = new_panel(**_URLS)
    done = panel("refetch", "--json", code=1)
    assert done.err == ""
    assert done.document["status"] == "failed"
    for key in ("fetch_scoreboards", "markets", "nba_lists"):
        step = done.step(key)
        assert step["state"] == "failed"
        assert step["reason"].count("No connection to 127.0.0.1:1.") == 1
        assert "The connection was refused." in step["reason"]
        assert "Check the network" in step["reason"]
        assert step["requests"] <= 8
    assert done.states["load_scoreboards"] == done.states["candlesticks"] == "done"
    skipped = {key for key, state in done.states.items() if state == "skipped"}
    assert {"fetch_games", "fetch_nba", "nba_state", "game_state"} <= skipped
    plain = panel("refetch", code=1)
    assert plain.out.count("No connection to 127.0.0.1:1.") == 3
    assert "Next: nbapanel resume" in plain.out
    assert "Traceback" not in plain.out + plain.err


def test_on_a_warehouse_with_something_in_it(new_panel: Any) -> None:
    """trap F9: what was archived before and not yet loaded is loaded and derived; what was not
    fetched is not taken for news."""
    panel = new_panel(NBAPANEL_REQUEST_ATTEMPTS="2", NBAPANEL_REQUEST_BACKOFF_S="0.01")
    game = ("--game", "401810622", "--game", "401810626")
    with running(league=7) as league:
        url = league.url
        panel("refetch", "--feeds", url, "--only", "fetch_scoreboards", "--days", "1")
        panel("refetch", "--until", "load_scoreboards", "--days", "1")
        panel("refetch", "--only", "fetch_games", "--days", "1", *game)
        port = league.port
    done = panel("refetch", "--days", "1", *game, "--json", "--feeds", url, code=2)
    assert done.out == "", "a league that is gone cannot say which it was"
    # As the data directory remembers it, though nobody answers there now.
    done = panel("refetch", "--date", "2026-01-15", *game, "--json", code=1)
    for key in ("fetch_scoreboards", "fetch_games", "markets", "nba_lists"):
        assert done.states[key] == "failed", done.step(key)
        assert f"No connection to 127.0.0.1:{port}." in done.step(key)["reason"]
    assert done.step("load_games")["changes"]["espn.plays"]["inserted"] > 400
    assert done.states["snapshot_features"] == "done"
