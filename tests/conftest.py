"""What every test may lean on: recorded payloads, a real PostgreSQL, guards against leftovers."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import count
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from nbapanel.archive import Archive
from nbapanel.simulator.running import RunningSimulator, running
from nbapanel.warehouse import migrate
from nbapanel.warehouse.db import Database, connect
from nbapanel.warehouse.server import acquire

# The same examples each time, however slow the machine is; `make soak` looks for new ones.
hypothesis.settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("steady")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell gives this to its background jobs, and every child would inherit it: no Ctrl-C would
    # reach the programs that are tested.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Python collects in whichever thread makes an object too many, and that may be the simulator's: the
# panel of an earlier test would be deleted there, and the next tick of its timers ends the process.
gc.disable()

_TESTS_UNTIL_ALL_IS_LOOKED_THROUGH = 50
_TEMPLATE = "nbapanel_template"
_THREAD_GRACE_S = 20.0
_DATA_TABLES = {
    "espn.scoreboard_games": "event_id",
    "espn.probabilities_raw_items": "game_id, sequence_number, event_id, season_label",
    "espn.plays": "game_id, play_id",
    "espn.prob_event_state": "game_id, event_id",
    "kalshi.markets": "ticker",
    "kalshi.candlesticks": "ticker, period_interval_min, period_ts",
    "nba.schedule_games": "game_id",
    "nba.scoreboard_games": "game_id",
    "nba.finder_teams": "game_id, team_id",
    "nba.boxscore_games": "game_id",
    "nba.boxscore_teams": "game_id, team_id",
    "nba.boxscore_players": "game_id, person_id",
    "nba.pbp_events": "event_id",
    "nba.odds_snapshots": "snapshot_id",
    "nba.odds_games": "snapshot_id, game_id",
    "nba.odds_markets": "snapshot_id, game_id, market_key",
    "nba.odds_books": "snapshot_id, game_id, market_key, book_id, country_code",
    "nba.odds_outcomes": "snapshot_id, game_id, market_key, book_id, country_code, outcome_type",
    "nba.teams": "team_id",
    "nba.games": "game_id",
    "derived.game_map": "game_date, away_code, home_code",
    "derived.pbp_event_state": "game_id, event_id",
    "derived.snapshot_features": "game_id, sequence_number, snapshot_ts, season_label",
    "derived.game_stats": "game_id",
    "derived.snapshot_features_v1": "game_id, sequence_number, snapshot_ts, season_label",
    "derived.game_summary": "game_id",
    "derived.slate": "season_label, game_date",
}

_LET_GO_S = 60.0
_STILL_HELD = """
SELECT 'advisory lock ' || l.objid FROM pg_locks l
WHERE l.locktype = 'advisory'
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
UNION ALL
SELECT application_name || ' ' || pid FROM pg_stat_activity
WHERE application_name = 'nbapanel run' AND datname = current_database()
"""
_STILL_WAITING = """
SELECT 'run ' || run_id FROM ops.pipeline_runs WHERE status = 'running'
UNION ALL SELECT 'step ' || step FROM ops.step_runs WHERE status = 'running'
UNION ALL SELECT 'refresh of ' || relation FROM ops.refresh_log WHERE status = 'running'
UNION ALL SELECT 'game ' || game_id || ' for ' || dataset FROM ops.game_changes
UNION ALL SELECT 'file ' || path FROM ops.source_files WHERE loaded_at IS NULL
"""

_ICE = 4711
_FREEZE = """
CREATE OR REPLACE FUNCTION ops.stand_still() RETURNS {kind} LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_advisory_xact_lock_shared(4711); RETURN {result}; END $$
"""
_FREEZE_WRITES = """
CREATE OR REPLACE TRIGGER stand_still AFTER INSERT OR UPDATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION ops.stand_still()
"""
_FREEZE_REFRESHES = """
CREATE EVENT TRIGGER stand_still ON ddl_command_end WHEN TAG IN ('REFRESH MATERIALIZED VIEW')
EXECUTE FUNCTION ops.stand_still()
"""
_IS_FROZEN = """
SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

Contents = dict[str, bytes]
"""What a warehouse holds: by relation, all of it as COPY writes it, in the order of its key."""


_PUT_BEHIND = """
from pathlib import Path
place = Path("/proc/self/autogroup")
place.write_text("7")
print(place.read_text())
"""


_tests = count(1)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


def pytest_runtest_logfinish() -> None:
    gc.collect(1 if next(_tests) % _TESTS_UNTIL_ALL_IS_LOOKED_THROUGH else 2)


@pytest.fixture(scope="session")
def processors_by_session() -> None:
    """Skips where a session of processes cannot be put behind the others."""
    asked = subprocess.run(
        [sys.executable, "-c", _PUT_BEHIND],
        capture_output=True,
        text=True,
        timeout=60,
        start_new_session=True,
    )
    if not asked.stdout.rstrip().endswith(" nice 7"):
        pytest.skip(f"no processors by session here: {asked.stdout}{asked.stderr[-200:]}")


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The folder of recorded payloads; tests that need it skip where it is absent."""
    named = os.environ.get("NBAPANEL_RECORDED")
    beside = Path(__file__).resolve().parents[2] / "shared" / "recorded"
    folder = Path(named) if named else beside
    if not folder.is_dir():
        pytest.skip(f"no recorded payloads: {folder} is not there (set NBAPANEL_RECORDED)")
    return folder


@pytest.fixture(scope="session")
def server_conninfo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An embedded PostgreSQL for the whole session, with a migrated database to copy."""
    folder = tmp_path_factory.mktemp("postgres")
    with acquire(folder / "postgres", purpose="tests", fast_unsafe=True) as lease:
        with connect(lease.conninfo, purpose="tests") as connection:
            connection.execute(f"CREATE DATABASE {_TEMPLATE}")
        template = make_conninfo(lease.conninfo, dbname=_TEMPLATE)
        with connect(template, purpose="tests") as connection:
            migrate.apply(connection)
        yield lease.conninfo


@contextmanager
def _empty_database(server_conninfo: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex[:12]}"
    with connect(server_conninfo, purpose="tests") as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(_TEMPLATE)
            )
        )
    yield make_conninfo(server_conninfo, dbname=name)
    with connect(server_conninfo, purpose="tests") as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def conninfo(server_conninfo: str) -> Iterator[str]:
    """A migrated, empty database of the test's own."""
    with _empty_database(server_conninfo) as found:
        yield found


@pytest.fixture(scope="session")
def empty_database(server_conninfo: str) -> Callable[[], AbstractContextManager[str]]:
    """`with empty_database() as conninfo:` for one more, or for one of another length."""
    return lambda: _empty_database(server_conninfo)


@pytest.fixture
async def database(conninfo: str) -> AsyncIterator[Database]:
    async with Database(conninfo, "test") as opened:
        yield opened


@pytest.fixture
def connection(conninfo: str) -> Iterator[psycopg.Connection]:
    """A synchronous connection in autocommit, to look with."""
    with connect(conninfo, purpose="test") as opened:
        yield opened


@pytest.fixture(scope="session")
def contents() -> Callable[..., Contents]:
    """`contents(conninfo)`: every data table and published view, to be compared byte by byte.

    `but`: columns that are left out.
    """

    def read(conninfo: str, but: tuple[str, ...] = ()) -> Contents:
        found = {}
        with connect(conninfo, purpose="test") as connection, connection.cursor() as cursor:
            for relation, key in _DATA_TABLES.items():
                cursor.execute(f"SELECT * FROM {relation} LIMIT 0")
                columns = ", ".join(c.name for c in cursor.description or () if c.name not in but)
                command = f"COPY (SELECT {columns} FROM {relation} ORDER BY {key}) TO STDOUT"
                with cursor.copy(command) as copy:
                    found[relation] = b"".join(copy)
        return found

    return read


@pytest.fixture(scope="session")
def same_contents() -> Callable[[Contents, Contents], None]:
    """Fails naming the relations that differ, and the first rows that only one side has."""

    def compare(found: Contents, expected: Contents) -> None:
        told = []
        for relation, rows in expected.items():
            ours, theirs = found[relation].splitlines(), rows.splitlines()
            if ours == theirs:
                continue
            more, less = sorted(set(ours) - set(theirs)), sorted(set(theirs) - set(ours))
            told.append(
                f"{relation}: {len(ours)} rows, {len(theirs)} expected;"
                f" {len(more)} too many such as {more[:1]}, {len(less)} missing such as {less[:1]}"
            )
        assert not told, "\n".join(told)

    return compare


@pytest.fixture(scope="session")
def left_whole() -> Callable[..., None]:
    """`left_whole(conninfo, data_dir)`: after a run that ended well nothing is half done or held.

    No lock, no connection of a run, no row of something underway or waiting; no half file.
    """

    def look(conninfo: str, data_dir: Path) -> None:
        with connect(conninfo, purpose="test looks") as connection:
            deadline = time.monotonic() + _LET_GO_S  # a server may notice a moment later
            while held := connection.execute(_STILL_HELD).fetchall():
                assert time.monotonic() < deadline, f"still held: {held}"
                time.sleep(0.05)
            waiting = connection.execute(_STILL_WAITING).fetchall()
            assert waiting == [], f"half done: {waiting}"
        partial = [path for path in data_dir.rglob("*") if {".tmp", ".new"} & set(path.suffixes)]
        assert partial == [], "half written"
        assert [str(found) for found in Archive(data_dir / "archive").verify()] == []

    return look


@pytest.fixture(scope="session")
def frozen() -> Callable[..., AbstractContextManager[Callable[[], bool]]]:
    """`with frozen(conninfo, "espn.plays") as is_reached:` in the block nobody's statement that
    writes there ends: its work is done, and not committed. "REFRESH": of any view.

    The database must be migrated, its user a superuser. `is_reached()`: somebody stands there.
    """

    @contextmanager
    def freeze(conninfo: str, where: str) -> Iterator[Callable[[], bool]]:
        with connect(conninfo, purpose="test holds") as holder:
            if where == "REFRESH":
                holder.execute(_FREEZE.format(kind="event_trigger", result=""))
                holder.execute(_FREEZE_REFRESHES)
            else:
                holder.execute(_FREEZE.format(kind="trigger", result="NULL"))
                holder.execute(_FREEZE_WRITES.format(table=where))
            holder.execute("SELECT pg_advisory_lock(%s)", (_ICE,))
            yield lambda: bool(holder.execute(_IS_FROZEN, (_ICE,)).fetchall())

    return freeze


@pytest.fixture(scope="session")
def league() -> Iterator[RunningSimulator]:
    """League 7 on a real socket, for the whole session; tests take `simulator`."""
    with running(league=7) as simulator:
        yield simulator


@pytest.fixture
def simulator(league: RunningSimulator) -> Iterator[RunningSimulator]:
    """League 7 at its usual hour, without faults, nothing asked of it yet."""
    hour = league.now
    league.faults()
    league.forget_requests()
    yield league
    league.faults()
    league.set_clock(hour)


class SmallDisk:
    """A file system of its own in `folder`; `full_but_for` leaves that many bytes of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def grow(self, megabytes: int) -> None:
        _run("mount", "-o", f"remount,size={megabytes}m", str(self.folder))

    @contextmanager
    def full_but_for(self, left: int) -> Iterator[None]:
        while not self._is_filled(left):
            pass  # others write too: there was less by then
        yield
        self._ballast.unlink()

    def _is_filled(self, left: int) -> bool:
        found = os.statvfs(self.folder)
        with self._ballast.open("wb") as file:
            try:
                os.posix_fallocate(file.fileno(), 0, max(1, found.f_bavail * found.f_frsize - left))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                return False
        return True


@pytest.fixture
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], SmallDisk]]:
    """`small_disk(megabytes)`: mounted, and gone after the test. Needs the right to mount."""
    mounted: list[Path] = []

    def mount(megabytes: int) -> SmallDisk:
        folder = tmp_path_factory.mktemp("disk")
        options = f"size={megabytes}m,mode=755"
        try:
            _run("mount", "-t", "tmpfs", "-o", options, "nbapanel-test", str(folder))
        except (OSError, subprocess.CalledProcessError) as refused:
            pytest.skip(f"nothing can be mounted here: {refused}")
        mounted.append(folder)
        return SmallDisk(folder)

    yield mount
    for folder in mounted:
        with suppress(subprocess.CalledProcessError):  # a server that still ends
            _run("umount", str(folder))
            continue
        _run("umount", "--lazy", str(folder))


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="session")
def eventually() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """Waits until something of the server's own pace has come about."""

    async def wait(is_so: Callable[[], object], timeout_s: float = 60.0) -> None:
        async with asyncio.timeout(timeout_s):
            while not is_so():  # noqa: ASYNC110 - it is another process that is waited for
                await asyncio.sleep(0.01)

    return wait


@pytest.fixture(autouse=True)
def no_unexpected_warning(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """A WARNING in the log fails the test, unless it says that it expects one.

    Those of the logbook say how a step ended, which is what such a test looks at in any case.
    """
    yield
    if request.node.get_closest_marker("warns_in_log"):
        return
    for when in ("setup", "call"):
        found = [
            record
            for record in caplog.get_records(when)
            if record.levelno >= logging.WARNING and record.name != "nbapanel.engine.logbook"
        ]
        assert not found, f"unexpected in the log: {found[0].name}: {found[0].getMessage()}"


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """A thread that outlives its test fails it, by name. The loop's own pool goes with the loop."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + _THREAD_GRACE_S
    while left := [t for t in threading.enumerate() if t not in before and _counts(t)]:
        assert time.monotonic() < deadline, f"left running: {[t.name for t in left]}"
        time.sleep(0.01)


def _counts(thread: threading.Thread) -> bool:
    return not thread.name.startswith(("asyncio_", "pytest_timeout"))
