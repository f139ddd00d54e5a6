"""An export in a process of its own: heard while it writes, cancelled, and its trouble in words."""

from __future__ import annotations

import queue
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from nbapanel.desk.answers import answer
from nbapanel.desk.desk import Desk, Told
from nbapanel.errors import UserFacingError
from nbapanel.place import Place
from nbapanel.rows.exportable import ExportDone, ExportWanted
from nbapanel.rows.questions import ExportChoicesAsked

_KEY = 471_101
_ROWS = 150_000
_SLOW = f"""
CREATE FUNCTION derived.stand_still(place integer) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
    IF place = {_ROWS} THEN PERFORM pg_advisory_xact_lock_shared({_KEY}); END IF;
    PERFORM pg_sleep(0.1) WHERE place % 10000 = 0;
    RETURN lpad(place::text, 100, '0'); END $$;
CREATE VIEW derived.slow AS
    SELECT n AS place, derived.stand_still(n) AS words FROM generate_series(1, {_ROWS}) AS n;
"""
_WITHIN_S = 60.0


class _Ears:
    """Calls arrive in threads; they are made here, one after the other."""

    def __init__(self) -> None:
        self.waiting: queue.Queue[Callable[[], None]] = queue.Queue()
        self.progress: list[tuple[int, int]] = []
        self.ended: list[ExportDone | None] = []
        self.failed: list[UserFacingError] = []

    def until(self, is_so: Callable[[], object]) -> None:
        while not is_so():
            self.waiting.get(timeout=_WITHIN_S)()


@pytest.fixture
def ears() -> _Ears:
    return _Ears()


@pytest.fixture
def desk(place: Place, ears: _Ears) -> Any:
    def nothing(*_: Any) -> None:
        return None

    told = Told(nothing, nothing, nothing, nothing, nothing, ears.failed.append)
    made = Desk(place, ears.waiting.put, told, partial(answer, made_of={}))
    yield made
    made.close(let_run_go=False)


def _export(desk: Desk, ears: _Ears, wanted: ExportWanted) -> Callable[[], None]:
    def progressed(rows: int, byte_size: int) -> None:
        ears.progress.append((rows, byte_size))

    return desk.export(wanted, progressed, ears.ended.append, ears.failed.append)


def test_it_tells_how_far_it_is_and_what_it_did(
    desk: Desk, ears: _Ears, connection: Connection[Any], tmp_path: Path
) -> None:
    connection.execute(_SLOW)
    out = tmp_path / "slow.csv"
    _export(desk, ears, ExportWanted("derived.slow", out))
    ears.until(lambda: ears.ended or ears.failed)
    assert ears.failed == []
    done = ears.ended[0]
    assert done is not None
    assert (done.rows, done.byte_size, done.out) == (_ROWS, out.stat().st_size, str(out))
    assert ears.progress, "nothing was told in more than a second"
    assert ears.progress == sorted(ears.progress)


def test_cancelled_it_leaves_nothing(
    desk: Desk, ears: _Ears, connection: Connection[Any], tmp_path: Path, until: Callable[..., Any]
) -> None:
    connection.execute(_SLOW)
    connection.execute("SELECT pg_advisory_lock(%s)", (_KEY,))
    folder = tmp_path / "exports"
    folder.mkdir()
    cancel = _export(desk, ears, ExportWanted("derived.slow", folder / "slow.csv"))
    waits = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"
    until(lambda: connection.execute(waits, (_KEY,)).fetchone())
    cancel()
    cancel()
    ears.until(lambda: ears.ended or ears.failed)
    assert (ears.ended, ears.failed) == ([None], [])
    assert list(folder.iterdir()) == []


def test_cancelled_before_it_began(desk: Desk, ears: _Ears, tmp_path: Path) -> None:
    _export(desk, ears, ExportWanted("nba.games", tmp_path / "a.csv"))()
    ears.until(lambda: ears.ended or ears.failed)
    assert ears.failed == []


def test_its_trouble_comes_in_its_words(
    desk: Desk, ears: _Ears, connection: Connection[Any], tmp_path: Path
) -> None:
    _export(desk, ears, ExportWanted("nba.gmaes", tmp_path / "a.csv"))
    ears.until(lambda: ears.ended or ears.failed)
    assert ears.ended == []
    assert ears.failed[0].title == "There is no relation and no query 'nba.gmaes' to export."
    assert "nba.games" in ears.failed[0].hint


def test_a_closed_window_ends_it(
    place: Place,
    ears: _Ears,
    connection: Connection[Any],
    tmp_path: Path,
    until: Callable[..., Any],
) -> None:
    connection.execute(_SLOW)
    connection.execute("SELECT pg_advisory_lock(%s)", (_KEY,))
    folder = tmp_path / "exports"
    folder.mkdir()
    told = Told(*([lambda *_: None] * 5), ears.failed.append)  # type: ignore[arg-type]
    desk = Desk(place, ears.waiting.put, told, partial(answer, made_of={}))
    _export(desk, ears, ExportWanted("derived.slow", folder / "slow.csv"))
    waits = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"
    until(lambda: connection.execute(waits, (_KEY,)).fetchone())
    desk.close(let_run_go=False)
    until(lambda: not connection.execute(waits, (_KEY,)).fetchone())
    assert (list(folder.iterdir()), ears.failed) == ([], [])


def test_what_there_is_can_be_asked(connection: Connection[Any]) -> None:
    found = answer(connection, ExportChoicesAsked(), made_of={})
    assert found.sources[0].kind == "query"
    assert (found.seasons, found.parquet_trouble) == ((), "")
