"""`nbapanel export`: what it writes, says and leaves; and ended in the middle."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from nbapanel.exports import parquet_there, whole_file
from nbapanel.installation import terminal_command
from nbapanel.warehouse.db import connect

_KEY = 471_100
_ROWS = 400_000
# Rows of 100 bytes; at the last of them everybody waits who does not get the lock.
_SLOW = f"""
CREATE FUNCTION derived.stand_still(place integer) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
    IF place = {_ROWS} THEN PERFORM pg_advisory_xact_lock_shared({_KEY}); END IF;
    RETURN lpad(place::text, 100, '0'); END $$;
CREATE VIEW derived.slow AS
    SELECT n AS place, derived.stand_still(n) AS words FROM generate_series(1, {_ROWS}) AS n;
"""
_BACKENDS = (
    "SELECT 1 FROM pg_stat_activity"
    " WHERE application_name = 'nbapanel export' AND datname = current_database()"
)
_WAITS = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"
_WITHIN_S = 60.0


@pytest.fixture
def games(connection: Connection[Any]) -> Connection[Any]:
    connection.execute(
        "INSERT INTO nba.games (game_id, season, season_type, season_label, game_date)"
        " VALUES ('0022500571', 2025, 2, '2025-26', '2026-01-15'),"
        " ('0022500572', 2025, 2, '2025-26', '2026-01-16')"
    )
    return connection


def test_a_table_into_a_file(nbapanel: Any, games: Connection[Any], tmp_path: Path) -> None:
    done = nbapanel("export", "nba.games", "--out", "games.csv", "--game", "0022500571")
    assert (done.code, done.err) == (0, "")
    assert "✓ nba.games: 1 row, " in done.out
    assert str(tmp_path / "games.csv") in done.out
    assert (tmp_path / "games.csv").read_text().count("\n") == 2
    assert (tmp_path / "games.csv").stat().st_mode & 0o777 == 0o600


def test_as_json(nbapanel: Any, games: Connection[Any], tmp_path: Path) -> None:
    out = tmp_path / "games.pq"
    done = nbapanel("export", "nba.games", "--format", "parquet", "--out", str(out), "--json")
    assert (done.code, done.document["rows"], done.document["out"]) == (0, 2, str(out))
    manifest = json.loads(Path(done.document["manifest"]).read_text())
    assert manifest["sha256"] == done.document["sha256"]
    again = nbapanel("export", "nba.games", "--format", "csv", "--out", str(out))
    assert again.code == 2
    assert "--overwrite" in again.err
    assert out.read_bytes()[:4] == b"PAR1"
    assert nbapanel("export", "nba.games", "--format", "csv", "--out", str(out),
                    "--overwrite").code == 0  # fmt: skip
    assert out.read_bytes()[:8] == b"game_id,"


def test_the_list(nbapanel: Any, games: Connection[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    done = nbapanel("export", "--list")
    assert done.code == 0
    assert "pbp_event_state  query, --game, --season, --since by time_actual" in done.out
    assert "nba.teams  table, 4 columns" in done.out
    assert "who leads (0 home, 1 away)" in done.out
    found = {one["name"]: one for one in nbapanel("export", "--list", "--json").document}
    assert found["nba.games"]["time_column"] == "game_time_utc"
    one = nbapanel("export", "nba.teams", "--list")
    assert "  team_id  bigint\n" in one.out
    unknown = nbapanel("export", "nba.gmaes", "--list")
    assert unknown.code == 2
    assert "Did you mean nba.games" in unknown.err
    monkeypatch.setattr("nbapanel.cli.screen._PIPED_WIDTH", 80)
    assert "\n    as the league has them" in nbapanel("export", "--list").out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "What is to be exported"),
        (("nba.games",), "What is to be exported"),
        (("nba.games", "--out", "games.txt"), "--format csv or parquet"),
        (("nba.games", "--out", "a.csv", "--season", "2025"), "is no season"),
        (("nba.games", "--out", "a.csv", "--since", "2026-01-15T10:00"), "is no moment"),
        (("nba.games", "--out", "a.csv", "--game", "0029900001"), "There is no game"),
        (("nba.nothing", "--out", "a.csv"), "There is no relation and no query"),
        (("nba.games", "--out", "none/a.csv"), "There is no folder"),
        (("nba.games", "--out", "a.xls", "--format", "xls"), "'xls' is not one of"),
        (("nba.games", "--out", "-", "--format", "csv"), "goes into a file"),
        (("nba.games", "--out", "~nobody-here/a.csv"), "There is no folder"),
    ],
)
def test_what_cannot_be_asked(
    nbapanel: Any, games: Connection[Any], tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    done = nbapanel("export", *words)
    assert done.code == 2
    assert told in done.err
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("a")]


def test_without_a_warehouse_there_is_nothing(run_command: Any, tmp_path: Path) -> None:
    done = run_command("export", "nba.games", "--out", "a.csv", "--data-dir", str(tmp_path / "d"))
    assert done.code == 3
    assert "nothing to export yet" in done.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("frozen", [False, True])
def test_without_pyarrow_it_says_what_to_install(
    nbapanel: Any,
    games: Connection[Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    frozen: bool,
) -> None:
    monkeypatch.setattr(parquet_there, "find_spec", lambda _: None)
    monkeypatch.setattr(parquet_there, "is_frozen", lambda: frozen)
    done = nbapanel("export", "nba.games", "--out", "a.parquet")
    assert done.code == 1
    install = "pip install 'nbapanel[parquet]'"
    assert (install in done.err, "This executable" in done.err) == (not frozen, frozen)
    assert not (tmp_path / "a.parquet").exists()
    assert nbapanel("export", "nba.games", "--out", "a.csv").code == 0


# ---- ended in the middle -----------------------------------------------------------------------


class _Started:
    """An export in a process of its own that stands still after 40 MB, the last row to come."""

    def __init__(self, conninfo: str, folder: Path, format_: str) -> None:
        self.folder = folder
        self._holder = connect(conninfo, purpose="test holds")
        self._holder.execute(_SLOW)
        self._holder.execute("SELECT pg_advisory_lock(%s)", (_KEY,))
        folder.mkdir()
        self.process = subprocess.Popen(
            [*terminal_command(), "export", "derived.slow", f"--format={format_}",
             f"--out={folder / 'slow'}", f"--data-dir={folder.parent / 'data'}"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self._until(self._waits)

    def let_go(self) -> None:
        self._holder.close()

    def end(self) -> tuple[int, bytes]:
        _, said = self.process.communicate(timeout=_WITHIN_S)
        return self.process.returncode, said

    def wait_until_its_backend_is_gone(self) -> None:
        """What that waits for is held on."""
        self._until(lambda: self._holder.execute(_BACKENDS).fetchone() is None)

    def _waits(self) -> bool:
        assert self.process.poll() is None, self.process.communicate()
        return self._holder.execute(_WAITS, (_KEY,)).fetchone() is not None

    def _until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _WITHIN_S
        while not is_so():
            assert time.monotonic() < deadline, "it never came so far"
            time.sleep(0.02)


@pytest.fixture
def start(
    conninfo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], _Started]]:
    monkeypatch.setenv("DATABASE_URL", conninfo)
    started: list[_Started] = []

    def make(format_: str) -> _Started:
        started.append(_Started(conninfo, tmp_path / "out", format_))
        return started[-1]

    yield make
    for one in started:
        one.let_go()
        one.process.kill()
        one.process.communicate()


@pytest.mark.parametrize("format_", ["csv", "parquet"])
def test_left_alone_it_is_whole(start: Callable[[str], _Started], format_: str) -> None:
    one = start(format_)
    assert not (one.folder / "slow").exists()
    one.let_go()
    assert one.end() == (0, b"")
    told = json.loads((one.folder / "slow.manifest.json").read_text())
    assert told["rows"] == _ROWS


@pytest.mark.parametrize(
    ("format_", "number", "code"),
    [
        ("csv", signal.SIGINT, 130),
        ("csv", signal.SIGTERM, 130),
        ("csv", signal.SIGKILL, -signal.SIGKILL),
        ("parquet", signal.SIGHUP, 130),
        ("parquet", signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_ended_in_the_middle_nothing_is_left(
    start: Callable[[str], _Started], format_: str, number: signal.Signals, code: int
) -> None:
    """No half file under its name or any other, not even after kill -9, where the system can; and
    no backend that waits for a lock on behalf of nobody."""
    one = start(format_)
    one.process.send_signal(number)
    ended, said = one.end()
    assert (ended, said.strip()) == (code, b"")
    one.wait_until_its_backend_is_gone()
    left = [path.name for path in one.folder.iterdir()]
    assert not any(name.startswith("slow") for name in left)
    assert left == [] or (number == signal.SIGKILL and not _can_be_nameless(one.folder))


def _can_be_nameless(folder: Path) -> bool:
    try:
        whole_file._nameless(folder).close()
    except (OSError, AttributeError):
        return False
    return True
