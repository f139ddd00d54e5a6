"""The window in every state that a run or the database brings it into."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from nbapanel.engine.events import StepState
from nbapanel.ui.first_run import FirstRunDialog
from nbapanel.ui.ports import RunWanted
from nbapanel.warehouse.db import connect

pytestmark = pytest.mark.timeout(240)

_DRIP = {"chunk_bytes": 64, "pause_s": 0.5}


def test_nothing_there_yet(studio: Any, empty_place: Any) -> None:
    async def story(s: Any) -> None:
        await s.settle(10)
        await s.shoot("empty")
        for key in ("charts", "history", "log", "notices", "quality"):
            await s.shoot_dock(key, f"empty_{key}")

    studio(empty_place, story)


def test_the_first_start(studio: Any, empty_place: Any) -> None:
    async def story(s: Any) -> None:
        dialog = await s.shoot_dialog("first_run_1", FirstRunDialog, closes=False)
        for number in (2, 3):
            dialog._on_next()
            await s.shoot_alone(f"first_run_{number}", dialog)
        dialog.reject()

    studio(empty_place, story, first_run=True)


def test_running_and_cancelling(studio: Any, filled_place: Any) -> None:
    """Candlesticks drip, so that the run stays where it is while pictures are taken."""

    async def story(s: Any) -> None:
        s.simulator.faults([{"path": "candlesticks", "fault": "slow-drip", "params": _DRIP}])
        s.panel.start_run(RunWanted(days=10))
        await s.until(
            lambda: (
                s.panel.live.is_running
                and s.panel.live.board.lines["candlesticks"].progress is not None
                and s.panel.live.board.lines["candlesticks"].progress.total
                and s.panel.live.board.lines["load_games"].state.is_final
            ),
            "progress of the candlesticks",
        )
        await s.shoot("running")
        s.docks.show("history")
        await s.settle(8)
        await s.shoot("running_history")
        s.docks.show("games")
        s.panel.leave()
        await s.settle()
        box = s.panel._leaving.question._box
        await s.shoot_alone("closing", box)
        box.reject()
        s.window.header.button.press()
        await s.until(lambda: s.panel.live.board.cancel_stage > 0, "the cancel")
        await s.shoot("cancelling")
        await s.until_ended()
        s.simulator.faults()
        await s.until(lambda: "nothing left" in s.window.header._total.text(), "nothing left")
        await s.shoot("cancelled")

    studio(filled_place, story)


def test_failed_and_blocked(
    studio: Any, filled_place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBAPANEL_REQUEST_ATTEMPTS", "2")
    monkeypatch.setenv("NBAPANEL_REQUEST_BACKOFF_S", "0.01")

    async def story(s: Any) -> None:
        s.simulator.faults([{"path": "scoreboard", "fault": "500"},
                            {"path": "/markets", "fault": "html-200"}])  # fmt: skip
        s.panel.start_run(RunWanted(days=12, force=True))
        await s.until(lambda: s.panel.live.is_running, "the run")
        await s.until_ended()
        s.simulator.faults()
        await s.settle(20)
        await s.shoot("failed")
        s.window.pipeline.open_details("fetch_scoreboards")
        await s.settle()
        details = s.window.pipeline._details
        await s.shoot_alone("details_failed", details)
        details.reject()

    studio(filled_place, story)


def test_blocked_by_a_load(studio: Any, filled_place: Any) -> None:
    """The database refuses what the load of games wants to write."""

    async def story(s: Any) -> None:
        with s.look() as connection:
            connection.execute("ALTER TABLE espn.plays ADD CHECK (false) NOT VALID")
        s.panel.start_run(RunWanted(days=10))
        await s.until(lambda: s.panel.live.is_running, "the run")
        await s.until_ended()
        await s.settle(20)
        states = {line.state for line in s.panel.live.board.lines.values()}
        assert StepState.BLOCKED in states
        await s.shoot("blocked")

    studio(filled_place, story)


def test_stale(studio: Any, filled_place: Any) -> None:
    """What was loaded since is not in the derived tables."""

    async def story(s: Any) -> None:
        s.panel.start_run(RunWanted(until_step="load_games", days=10))
        await s.until(lambda: s.panel.live.is_running, "the run")
        await s.until_ended()
        await s.until(lambda: any(f.stale for f in s.panel.standing.steps.values()), "stale steps")
        await s.settle(10)
        await s.shoot("stale")

    studio(filled_place, story)


def test_database_lost(studio: Any, filled_place: Any, server_conninfo: str) -> None:
    async def story(s: Any) -> None:
        await s.settle(10)
        s.docks.show("charts")
        await s.until(lambda: s.docks.charts.has_data, "the charts' data")
        s.docks.show("games")
        _close(server_conninfo, s.place, is_open=False)
        await s.until(lambda: s.panel.live.database.kind == "lost", "the loss")
        await s.settle(10)
        await s.shoot("lost")
        _close(server_conninfo, s.place, is_open=True)
        await s.until(lambda: s.panel.live.database.kind == "ready", "the return")

    studio(filled_place, story)


def test_database_refused(studio: Any, empty_place: Any) -> None:
    """From the start: nothing was ever read."""

    async def story(s: Any) -> None:
        await s.settle(10)
        await s.shoot("refused")
        for key in ("charts", "history"):
            await s.shoot_dock(key, f"refused_{key}")

    url = make_conninfo(empty_place.settings.database_url, dbname="there_is_none")
    studio(empty_place, story, database_url=url)


def _close(server_conninfo: str, place: Any, *, is_open: bool) -> None:
    name = str(conninfo_to_dict(place.settings.database_url)["dbname"])
    with connect(server_conninfo, purpose="test") as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(
                sql.Identifier(name), sql.Literal(is_open)
            )
        )
        if not is_open:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
            )
