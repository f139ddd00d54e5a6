"""The database goes, idle or in mid-run: the window says so, waits, is there again, and resumes."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from nbapanel.engine.events import RunStatus
from nbapanel.settings_store import load_settings
from nbapanel.ui.errors import ErrorDialog
from nbapanel.warehouse import server
from nbapanel.warehouse.db import connect


class Wire:
    """A way to the database that can be cut, and mended at the same address."""

    def __init__(self, conninfo: str) -> None:
        parts = conninfo_to_dict(conninfo)
        self._to = (str(parts["host"]), int(parts["port"]))
        self._loop = asyncio.new_event_loop()
        self._door: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._port = 0
        self._thread = threading.Thread(target=self._loop.run_forever, name="wire")
        self._thread.start()
        self.mend()
        self.conninfo = make_conninfo(conninfo, host="127.0.0.1", port=self._port)

    def mend(self) -> None:
        self._do(self._open())

    def cut(self) -> None:
        """End what is connected, and let nobody in."""
        self._do(self._shut())

    def close(self) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, what: Any) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(10)

    async def _open(self) -> None:
        self._door = await asyncio.start_server(self._let_in, "127.0.0.1", self._port)
        self._port = self._door.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        if self._door is not None:
            self._door.close()
            self._door = None
        for end in self._ends:
            end.transport.abort()
        while self._ends:  # noqa: ASYNC110 - each takes itself out
            await asyncio.sleep(0.01)

    async def _let_in(self, near: asyncio.StreamReader, here: asyncio.StreamWriter) -> None:
        far, there = await asyncio.open_connection(*self._to)
        await asyncio.gather(self._pass_on(near, there), self._pass_on(far, here))

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        self._ends.add(sink)
        try:
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        except OSError:
            pass
        finally:
            sink.close()
            self._ends.discard(sink)


@pytest.fixture
def wire(fetched: Any) -> Iterator[Wire]:
    made = Wire(fetched.settings.database_url)
    yield made
    made.close()


def test_a_server_elsewhere_that_is_away_for_a_while(
    journey: Any,
    fetched: Any,
    wire: Wire,
    simulator: Any,
    slow: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """trap W13: while nothing runs; then in the middle of a run, which can be taken up again."""
    monkeypatch.setenv("DATABASE_URL", wire.conninfo)
    place = type(fetched)(fetched.data_dir, fetched.feeds, load_settings(fetched.data_dir.root))

    async def story(t: Any) -> None:
        await t.until_fresh()
        await _goes_and_comes(t)
        await t.until_fresh()

        simulator.advance(3600)
        slow()
        t.click(t.window.header.button)
        await t.until_at("candlesticks")
        await _goes_and_comes(t)
        await t.until_ended()
        assert t.board.ended.status in (RunStatus.INTERRUPTED, RunStatus.FAILED)
        _has_heard(t)
        simulator.faults()
        await _resumed(t)

    async def _goes_and_comes(t: Any) -> None:
        wire.cut()
        await t.until(lambda: t.panel.live.database.kind == "lost", "that it is lost")
        await t.until(lambda: "The database does not answer" in t.headline, "the headline")
        assert "The database does not answer" in t.window.status.database.words
        assert t.window.header._notice.isVisible()
        assert t.button == "Refetch" or t.panel.live.is_running
        wire.mend()
        await t.until(lambda: t.panel.live.database.kind == "ready", "that it is there again")
        await t.until(lambda: not t.window.header._notice.isVisible(), "the end of the notice")

    journey(place, story)


def test_the_embedded_server_is_killed_or_stopped(
    journey: Any, embedded: Any, simulator: Any, slow: Any, terminal: Any
) -> None:
    """trap W13: it comes back by itself."""

    async def story(t: Any) -> None:
        await t.until(lambda: t.window.header.button.isEnabled(), "the button")
        await _comes_back(t, lambda: _kill_server(embedded))
        await _comes_back(t, lambda: terminal.does(embedded, "db", "stop", "--force"))

        slow()
        t.click(t.window.header.button)
        await t.until_at("candlesticks")
        _kill_server(embedded)
        await t.until_ended()
        assert t.board.ended.status in (RunStatus.INTERRUPTED, RunStatus.FAILED)
        _has_heard(t)
        simulator.faults()
        await _resumed(t)

    journey(embedded, story)


async def _comes_back(t: Any, when: Callable[[], object]) -> None:
    """Another server after that, and the window is with it."""
    room = t.place.data_dir.postgres
    before = server.status(room).pid
    when()
    await t.until(lambda: server.status(room).pid not in (before, None), "another server")
    await t.until(lambda: t.panel.live.database.kind == "ready", "that it is there again")
    conninfo = t.panel.desk._opened.conninfo
    await t.until(lambda: _followers(conninfo), "who listens to runs")


def _followers(conninfo: str) -> int:
    with connect(conninfo, purpose="test looks") as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'nbapanel follows'"
        ).fetchone()
    assert row is not None
    return int(row[0])


def _kill_server(place: Any) -> None:
    pid = server.status(place.data_dir.postgres).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def _has_heard(t: Any) -> None:
    """Of the end of the run: by a dialog that has its last words, and in the list of problems."""
    for dialog in t.window.findChildren(ErrorDialog):
        dialog.reject()
    assert t.notices[0].title in ("Refetch was interrupted", "Refetch failed")


async def _resumed(t: Any) -> None:
    await t.until(lambda: t.window.header._resume.isVisible(), "the way to resume")
    async with t.new_run():
        t.click(t.window.header._resume)
    assert t.board.ended.status is RunStatus.DONE
    await t.until_fresh()
    states = "SELECT string_agg(DISTINCT status, ' ') FROM ops.step_runs"
    assert "running" not in t.ask(states)
