"""The file is there whole or not at all, whatever comes between; nothing is overwritten unasked."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from nbapanel.errors import UsageError, UserFacingError
from nbapanel.exports import export, exporting, manifest, narrowing, whole_file
from nbapanel.exports.whole_file import WholeFile
from nbapanel.rows.exportable import ExportDone, ExportWanted
from nbapanel.warehouse.db import connect

Write = Callable[..., ExportDone]

opened = whole_file.whole_file


def _refuse_nameless(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> Any:
        raise OSError(errno.EOPNOTSUPP, "not here")

    monkeypatch.setattr(whole_file, "_nameless", refuse)


def _can_be_nameless(folder: Path) -> bool:
    try:
        whole_file._nameless(folder).close()
    except (OSError, AttributeError):
        return False
    return True


@pytest.fixture(params=["nameless", "named"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """What is being written has no name, or, as on other systems, one beside the file."""
    if request.param == "named" or not _can_be_nameless(tmp_path):
        _refuse_nameless(monkeypatch)
        return "named"
    return str(request.param)


def test_it_is_there_at_the_end_and_not_before(way: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with opened(path, overwrite=False) as file:
        file.write(b"one\n")
        file.write(b"two\n")
        assert not path.exists()
        assert len(list(tmp_path.iterdir())) == (0 if way == "nameless" else 1)
    assert path.read_bytes() == b"one\ntwo\n"
    assert (file.byte_size, file.sha256) == (8, hashlib.sha256(b"one\ntwo\n").hexdigest())
    assert list(tmp_path.iterdir()) == [path]


def test_trouble_leaves_what_was_there(way: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"before")

    def break_off(trouble: type[BaseException]) -> None:
        with opened(path, overwrite=True) as file:
            file.write(b"half")
            raise trouble

    for trouble in (KeyboardInterrupt, ValueError, SystemExit):
        with pytest.raises(trouble):
            break_off(trouble)
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"before", [path])
    with opened(path, overwrite=True) as file:
        file.write(b"after")
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"after", [path])


def test_nothing_is_overwritten_unasked(way: str, tmp_path: Path) -> None:
    """Nor what came to be while it was written."""
    path = tmp_path / "a.csv"

    def come_late() -> None:
        with opened(path, overwrite=False) as file:
            file.write(b"mine")
            path.write_bytes(b"theirs")

    with pytest.raises(UsageError, match="is there already"):
        come_late()
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"theirs", [path])
    with pytest.raises(UsageError, match="is there already"), opened(path, overwrite=False):
        pytest.fail("it was opened")


def test_a_file_system_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _refuse_nameless(monkeypatch)

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "a.csv"
    with opened(path, overwrite=False) as file:
        file.write(b"mine")
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"mine", [path])


def test_what_a_kill_left_goes_and_what_is_being_written_stays(way: str, tmp_path: Path) -> None:
    left = tmp_path / ".nbapanel-dead.tmp"
    left.write_bytes(b"half")
    (tmp_path / ".nbapanel-other").write_bytes(b"of somebody")
    with opened(tmp_path / "a.csv", overwrite=False) as first:
        first.write(b"1")
        with opened(tmp_path / "b.csv", overwrite=False) as second:
            second.write(b"2")
    names = {path.name for path in tmp_path.iterdir()}
    assert names - {left.name} == {"a.csv", "b.csv", ".nbapanel-other"}
    assert (left.name in names) == (way == "nameless")


def test_what_is_swept_before_it_is_locked_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty file got the name, and was called done: another export had swept what was written
    to, and to lock it made it anew."""
    _refuse_nameless(monkeypatch)
    take = whole_file.try_take
    swept: list[Path] = []

    def come_late(path: Path) -> Any:
        if not swept:
            path.unlink()
            swept.append(path)
        return take(path)

    monkeypatch.setattr(whole_file, "try_take", come_late)
    path = tmp_path / "a.csv"
    with opened(path, overwrite=False) as file:
        file.write(b"mine")
    assert (path.read_bytes(), list(tmp_path.iterdir()), len(swept)) == (b"mine", [path], 1)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("none/a.csv", "There is no folder"),
        (".", "no ordinary file"),
        ("link.csv", "no ordinary file"),
        ("a" * 300, "cannot be written"),
        ("file/a.csv", "cannot be written"),
    ],
)
def test_places_where_no_file_can_be(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link.csv").symlink_to(tmp_path / "file")
    with pytest.raises(UsageError) as error, opened(tmp_path / name, overwrite=True):
        pytest.fail("it was opened")
    assert told in str(error.value)


def test_a_device_stays_what_it_is(connection: Connection[Any]) -> None:
    """To replace /dev/null by a file has broken machines."""
    with pytest.raises(UsageError, match="cannot be written"):
        export(connection, ExportWanted("nba.games", Path("/dev/null"), overwrite=True))
    assert Path("/dev/null").is_char_device()


def test_a_name_too_long_for_its_manifest_is_said_first(
    connection: Connection[Any], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        export(connection, ExportWanted("nba.games", tmp_path / ("a" * 250)))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("format_", ["csv", "parquet"])
def test_a_full_disk_is_said_and_leaves_nothing(
    games: Connection[Any],
    write: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    format_: str,
) -> None:
    """Trap W14. pyarrow, broken off, does not write on."""
    written: list[int] = []

    def fill(self: WholeFile, data: bytes) -> None:
        written.append(len(data))
        if len(written) == 3 or format_ == "csv":
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(WholeFile, "write", fill)
    with pytest.raises(UserFacingError, match="disk is full"):
        write("nba.games", format_)
    assert len(written) == (1 if format_ == "csv" else 3)
    assert not list(tmp_path.iterdir())
    monkeypatch.undo()
    assert write("nba.games", format_).rows == 2  # the connection is as good as before


@pytest.mark.parametrize("format_", ["csv", "parquet"])
def test_what_breaks_off_in_the_middle_leaves_the_connection_free(
    games: Connection[Any], write: Write, tmp_path: Path, format_: str
) -> None:
    """A COPY that was left standing in an exception kept the transaction waiting for ever."""

    def interrupt(rows: int, byte_size: int) -> None:
        raise KeyboardInterrupt

    out = tmp_path / f"a.{format_}"
    with pytest.raises(KeyboardInterrupt):
        export(games, ExportWanted("nba.pbp_events", out, format_), interrupt)
    assert not list(tmp_path.iterdir())
    assert games.execute("SELECT count(*) FROM nba.pbp_events").fetchone() == (6,)


def test_an_old_manifest_never_stands_beside_another_file(
    games: Connection[Any], write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write("nba.games")
    before = Path(first.manifest).read_text()
    with pytest.raises(UsageError):
        write("nba.teams")
    assert Path(first.manifest).read_text() == before
    second = write("nba.pbp_events", overwrite=True)
    told = json.loads(Path(second.manifest).read_text())
    assert (told["source"], told["rows"]) == ("nba.pbp_events", 6)
    assert told["sha256"] == hashlib.sha256(Path(second.out).read_bytes()).hexdigest()
    assert sorted(tmp_path.iterdir()) == [Path(second.out), Path(second.manifest)]


def test_the_manifest_says_of_which_moment_and_what(games: Connection[Any], write: Write) -> None:
    done = write("pbp_event_state", games=("0022500571",))
    told = json.loads(Path(done.manifest).read_text())
    assert told["file"] == "out.csv"
    assert told["kind"] == "query"
    assert "FROM derived.pbp_event_state" in told["query"]
    assert told["order"] == ["game_id", "order_number"]
    assert told["schema_version"] >= 8
    assert told["columns"][0] == {"name": "season_label", "type": "text"}
    assert told["exported_at"].endswith("+00:00")
    assert {"app_version", "server_version", "feeds"} <= set(told)


def test_one_moment_whatever_others_do(
    games: Connection[Any], conninfo: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is committed after its first look is not in it, and nothing waits for anything."""

    def narrowed(*asked: Any) -> Any:
        found = narrowing.narrowed(*asked)
        with psycopg.connect(conninfo, autocommit=True) as other:
            other.execute("DELETE FROM nba.games")
        return found

    monkeypatch.setattr(exporting, "narrowed", narrowed)
    assert write("nba.games", seasons=("2025-26",)).rows == 1
    assert games.execute("SELECT count(*) FROM nba.games").fetchone() == (0,)


def test_who_was_there_first_keeps_his_manifest(
    games: Connection[Any], write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both began when there was nothing: the later one is refused, and takes nothing along."""

    def contents(*asked: Any) -> Any:
        (tmp_path / "out.csv").write_text("theirs")
        (tmp_path / "out.csv.manifest.json").write_text("of theirs")
        return manifest.contents(*asked)

    monkeypatch.setattr(exporting, "contents", contents)
    with pytest.raises(UsageError, match="is there already"):
        write("nba.games")
    found = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert found == {"out.csv": "theirs", "out.csv.manifest.json": "of theirs"}


def test_of_two_at_once_file_and_manifest_are_of_the_same(
    games: Connection[Any],
    conninfo: str,
    write: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The other comes when the first has put its file, and its manifest not yet."""
    other_is_done_or_waits = threading.Event()

    def other() -> None:
        wanted = ExportWanted("nba.pbp_events", tmp_path / "out.csv", "csv", overwrite=True)
        with connect(conninfo, purpose="test") as connection:
            export(connection, wanted)
        other_is_done_or_waits.set()

    thread = threading.Thread(target=other)
    put, take = WholeFile.put, getattr(exporting, "take_folder", None)

    def take_folder(*asked: Any, **more: Any) -> Any:
        if threading.current_thread() is thread:
            other_is_done_or_waits.set()
        return take(*asked, **more)

    def put_late(file: WholeFile, *, overwrite: bool) -> None:
        is_ours = threading.current_thread() is not thread
        if is_ours and file._path.name.endswith(".manifest.json"):
            thread.start()
            assert other_is_done_or_waits.wait(60)
        put(file, overwrite=overwrite)

    monkeypatch.setattr(exporting, "take_folder", take_folder, raising=False)
    monkeypatch.setattr(WholeFile, "put", put_late)
    write("nba.games", overwrite=True)
    thread.join(60)
    assert not thread.is_alive()
    told = json.loads((tmp_path / "out.csv.manifest.json").read_text())
    assert told["sha256"] == hashlib.sha256((tmp_path / "out.csv").read_bytes()).hexdigest()
    assert told["source"] == "nba.pbp_events"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_lock_is_not_waited_for_for_ever(
    games: Connection[Any],
    conninfo: str,
    write: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quick = exporting._SETTINGS.replace("'60s'", "'100ms'")
    assert quick != exporting._SETTINGS
    monkeypatch.setattr(exporting, "_SETTINGS", quick)
    with psycopg.connect(conninfo) as other:
        other.execute("LOCK nba.games")
        with pytest.raises(UserFacingError, match="holds a lock"):
            write("nba.games")
    assert not list(tmp_path.iterdir())
    assert write("nba.games").rows == 2


def test_rows_come_in_the_order_that_is_told(games: Connection[Any], write: Write) -> None:
    """So that the same rows are the same bytes."""
    first = write("nba.pbp_events", name="a.csv")
    games.execute("UPDATE nba.pbp_events SET sub_type = sub_type WHERE action_number = 3")
    games.execute("UPDATE nba.pbp_events SET sub_type = sub_type WHERE action_number = 1")
    assert write("nba.pbp_events", name="b.csv").sha256 == first.sha256
    assert games.info.transaction_status.name == "IDLE"
