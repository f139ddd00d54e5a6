"""The data directory: ours to make, never ours to take; and words where it cannot be made."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from nbapanel.errors import UsageError
from nbapanel.paths import DataDir

posix = pytest.mark.skipif(sys.platform == "win32", reason="there is no such mode there")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
def test_a_new_directory_is_its_owners_alone(tmp_path: Path) -> None:
    room = DataDir(tmp_path / "a" / "b")
    room.make()
    assert _mode(room.root) == 0o700
    room.make()


@posix
@pytest.mark.parametrize("mode", [0o755, 0o1777, 0o700])
def test_the_mode_of_a_directory_that_was_there_stays(tmp_path: Path, mode: int) -> None:
    root = tmp_path / "there"
    root.mkdir()
    root.chmod(mode)
    DataDir(root).make()
    (root / "origin.json").write_text("{}")
    (root / "something of mine").touch()
    DataDir(root).make()
    assert _mode(root) == mode


def test_somebody_elses_directory_is_refused_and_left_as_it_is(
    nbapanel: Any, tmp_path: Path
) -> None:
    root = tmp_path / "data"
    root.mkdir(mode=0o755)
    root.chmod(0o755)
    (root / "thesis.tex").write_text("mine")
    for command in (("refetch", "--feeds", "demo"), ("migrate",), ("rebuild", "--yes")):
        done = nbapanel(*command)
        assert done.code == 2, command
        assert f"{root} holds other things" in done.err
        assert "thesis.tex" in done.err
    assert [path.name for path in root.iterdir()] == ["thesis.tex"]
    assert _mode(root) == 0o755


@pytest.mark.parametrize("name", ["settings.toml", "logs", "run.lock", "requested_run.json"])
def test_what_we_put_there_ourselves_is_no_obstacle(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    DataDir(tmp_path).make()
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("below", ["a file", "a file/x"])
def test_a_file_where_a_directory_should_be(tmp_path: Path, below: str) -> None:
    (tmp_path / "a file").touch()
    with pytest.raises(UsageError, match="a file"):
        DataDir(tmp_path / below).make()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a place nobody can write to")
@pytest.mark.parametrize("command", [("status",), ("refetch", "--feeds", "demo"), ("doctor",)])
@pytest.mark.parametrize("place", ["/proc/nbapanel", "/etc/hostname/x"])
def test_an_impossible_place_is_told_in_words(
    run_command: Any, command: tuple[str, ...], place: str
) -> None:
    done = run_command(*command, "--data-dir", place)
    assert "Traceback" not in done.err
    if command != ("status",) or place != "/proc/nbapanel":
        assert done.code in (1, 2)
        assert place in done.out + done.err


@pytest.mark.parametrize("file", ["origin.json", "requested_run.json", "run.lock"])
def test_a_full_disk_is_told_and_leaves_no_half_file(
    nbapanel: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    """trap W14: whichever of our small files cannot be written; the next try does it all."""
    refetch = ("refetch", "--feeds", "demo", "--days", "1", "--until", "fetch_scoreboards")

    def is_full(*_: Any) -> None:
        raise OSError(28, "No space left on device", file)

    with monkeypatch.context() as patched:
        if file == "run.lock":
            patched.setattr("nbapanel.file_lock.HeldLock.write", is_full)
        else:
            replace = os.replace
            patched.setattr(
                "nbapanel.paths.os.replace",
                lambda old, new: is_full() if Path(new).name == file else replace(old, new),
            )
        done = nbapanel(*refetch)
    assert done.code == 1, done
    assert "The disk is full." in done.err
    assert "Free some space" in done.err
    assert "Traceback" not in done.err
    assert not list((tmp_path / "data").glob("*.tmp"))
    assert nbapanel(*refetch).code == 0
