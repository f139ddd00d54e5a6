"""PostgreSQL goes while a refetch is in the middle of a statement, and nobody brings it back.

A server of one's own behind DATABASE_URL, stopped as its administrator would stop it, or killed.
"""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from psycopg.conninfo import make_conninfo

from nbapanel.simulator.running import RunningSimulator
from nbapanel.warehouse import cluster as clusters
from nbapanel.warehouse import migrate, stray_servers
from nbapanel.warehouse.cluster import Cluster, Server
from nbapanel.warehouse.db import connect
from nbapanel.warehouse.server_account import spawn
from nbapanel.warehouse.server_dir import ServerDir

_REFETCH = ("refetch", "--days", "1", "--game", "401810622")
_UP_TO_60_S = 60


@dataclass
class OwnServer:
    """A cluster that no keeper looks after: once it is down it stays down until `start`."""

    cluster: Cluster
    server: Server | None = None
    databases: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.server = self.cluster.start(on_slow=lambda: None)

    def url(self, database: str) -> str:
        assert self.server is not None
        return make_conninfo(
            host="127.0.0.1",
            port=self.server.port,
            user=clusters.SUPERUSER,
            password=self.cluster.room.password.read_text(),
            dbname=database,
        )

    def new_database(self) -> str:
        """Migrated and empty; its name."""
        name = f"own_{uuid.uuid4().hex[:12]}"
        with connect(self.url(clusters.DATABASE), purpose="test") as connection:
            connection.execute(f"CREATE DATABASE {name} STRATEGY FILE_COPY")
        with connect(self.url(name), purpose="test") as connection:
            migrate.apply(connection)
        return name

    def stop(self, mode: str) -> None:
        """`pg_ctl stop -m fast` or `immediate`; "kill": SIGKILL to the postmaster."""
        assert self.server is not None
        process, room = self.server.process, self.cluster.room
        if mode == "kill":
            os.kill(process.pid, signal.SIGKILL)
        else:
            program = self.cluster.programs.program("pg_ctl")
            words = [program, "stop", "-m", mode, "-D", str(room.cluster)]
            stopping = spawn(words, self.cluster.account, self.cluster.needs(room.cluster), room)
            assert stopping.wait(_UP_TO_60_S) == 0
        process.wait(_UP_TO_60_S)
        stray_servers.clear(room.cluster, self.cluster.programs)


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    room = ServerDir(tmp_path_factory.mktemp("own") / "postgres")
    room.make()
    # With fsync: what was committed has to be there after a kill.
    server = OwnServer(clusters.prepare(room, fast_unsafe=False))
    server.start()
    yield server
    assert server.server is not None
    if server.server.process.poll() is None:
        server.stop("immediate")


@pytest.fixture(scope="module")
def undisturbed(
    own_server: OwnServer,
    league: RunningSimulator,
    new_module_panel: Callable[..., Any],
    contents: Callable[[str], Any],
) -> Any:
    url = own_server.url(own_server.new_database())
    new_module_panel(DATABASE_URL=url)(*_REFETCH, "--feeds", league.url)
    return contents(url)


_GONE = ("The database was shut down.", "The database does not answer.", "The database crashed.")


def _soak(*case: str) -> Any:
    return pytest.param(*case, marks=[pytest.mark.soak])


@pytest.mark.parametrize(
    ("mode", "where", "step"),
    [
        ("fast", "REFRESH", "publish"),
        ("kill", "espn.plays", "load_games"),
        _soak("fast", "espn.plays", "load_games"),
        _soak("immediate", "espn.plays", "load_games"),
        _soak("immediate", "REFRESH", "publish"),
        _soak("kill", "REFRESH", "publish"),
        _soak("kill", "derived.snapshot_features", "snapshot_features"),
        _soak("kill", "kalshi.candlesticks", "candlesticks"),
        _soak("kill", "nba.pbp_events", "load_nba"),
        _soak("immediate", "derived.pbp_event_state", "nba_state"),
    ],
)
def test_in_the_middle_of_a_statement(
    mode: str,
    where: str,
    step: str,
    own_server: OwnServer,
    undisturbed: Any,
    simulator: RunningSimulator,
    new_panel: Callable[..., Any],
    finished: Any,
    eventually: Any,
    frozen: Any,
    contents: Callable[[str], Any],
    same_contents: Any,
    left_whole: Any,
) -> None:
    """trap W13: all of the statement's work is done and none of it committed when the server goes:
    the run ends with a sentence, and nothing of it is there; the rest comes with a resume."""
    database = own_server.new_database()
    panel = new_panel(DATABASE_URL=own_server.url(database))
    with frozen(own_server.url(database), where) as is_reached:
        process = panel.start(*_REFETCH, "--feeds", simulator.url)
        eventually(is_reached, within_s=_UP_TO_60_S)
        own_server.stop(mode)
    done = finished(process)
    assert done.code in (1, 3), done
    _is_told(done)
    away = panel("status", code=3)
    assert "The database does not answer." in away.err
    assert "Check that the server is up" in away.err

    own_server.start()
    panel.extra["DATABASE_URL"] = own_server.url(database)
    _nothing_of_it_was_kept(panel, own_server.url(database), where, step)
    resumed = panel("resume")
    assert "Done in" in resumed.out
    assert panel("status").out.startswith("✓ Fresh")
    same_contents(contents(own_server.url(database)), undisturbed)
    left_whole(own_server.url(database), panel.data_dir)


def _is_told(done: Any) -> None:
    told = done.out + done.err
    assert any(title in told for title in _GONE), told
    assert "Traceback" not in told
    assert "internal error" not in told
    assert "nbapanel resume" in told


def _nothing_of_it_was_kept(panel: Any, url: str, where: str, step: str) -> None:
    with connect(url, purpose="test looks") as connection:
        states = connection.execute("SELECT step, status FROM ops.step_runs").fetchall()
        assert (step, "done") not in states, states
        if where != "REFRESH":
            assert connection.execute(f"SELECT count(*) FROM {where}").fetchone() == (0,)
        else:
            query = "SELECT count(*) FROM ops.published_views"
            assert connection.execute(query).fetchone() == (0,)
    status = panel("status", code=None)
    assert "nbapanel resume" in status.out, status
    assert not status.out.startswith("✓")
