"""The log, read back record by record, while others write, rotate and delete it."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import pytest

from nbapanel.desk.growing_file import GrowingFile
from nbapanel.desk.log_tail import MOST_LINES, LogTail, Records
from nbapanel.logs import log_to, read_header
from nbapanel.rows.reads import LogLine

LOGGER = "nbapanel.test"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@pytest.fixture
def writing(folder: Path) -> Iterator[logging.Logger]:
    """A logger that writes into the folder as the program does."""
    root, ours = logging.getLogger(), logging.getLogger("nbapanel")
    before = root.level, root.handlers[:], ours.level
    root.handlers.clear()  # those of pytest are not closed
    log_to(folder)
    yield logging.getLogger(LOGGER)
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = before[1]
    root.setLevel(before[0])
    ours.setLevel(before[2])


def _file_of(logger: logging.Logger) -> Any:
    (found,) = [one for one in logger.handlers if isinstance(one, RotatingFileHandler)]
    return found


class Heard:
    def __init__(self) -> None:
        self.lines: list[LogLine] = []
        self.deliveries: list[int] = []
        self._lock = threading.Lock()

    def __call__(self, lines: list[LogLine]) -> None:
        with self._lock:
            self.lines += lines
            self.deliveries.append(len(lines))

    @property
    def messages(self) -> list[str]:
        with self._lock:
            return [line.message for line in self.lines]

    def until(self, holds: Callable[[list[str]], Any], within_s: float = 60) -> list[str]:
        deadline = time.monotonic() + within_s
        while not holds(self.messages):
            assert time.monotonic() < deadline, self.messages[-5:]
            time.sleep(0.01)
        return self.messages


@pytest.fixture
def heard(folder: Path) -> Iterator[Heard]:
    """What a tail of the folder tells, which is started by the test."""
    heard = Heard()
    heard.tail = LogTail(folder, heard)  # type: ignore[attr-defined]
    yield heard
    heard.tail.close()  # type: ignore[attr-defined]


@pytest.mark.warns_in_log
def test_a_record_is_read_back_as_it_was_written(writing: logging.Logger, heard: Any) -> None:
    before = datetime.now(UTC)
    writing.warning("slow: %d s", 3, extra={"run": 7, "step": "load_games"})
    writing.info("no run", extra={"step": "ignored"})
    writing.info("all of a run", extra={"run": 8})
    heard.tail.start()
    heard.until(lambda told: len(told) == 3)
    first, second, third = heard.lines
    assert abs((first.at - before).total_seconds()) < 10
    assert first.at.tzinfo is not None
    assert (first.level, first.logger) == ("WARNING", LOGGER)
    assert (first.run_id, first.step, first.message) == (7, "load_games", "slow: 3 s")
    assert (second.run_id, second.step, second.message) == (None, "", "no run")
    assert (third.run_id, third.step) == (8, "")


@pytest.mark.warns_in_log
def test_a_traceback_belongs_to_its_record(writing: logging.Logger, heard: Any) -> None:
    heard.tail.start()
    try:
        raise ValueError("2025-11-22T07:45:12.345+00:00 INFO    1 nbapanel.x: not a record")
    except ValueError:
        writing.exception("broken", extra={"run": 7})
    writing.info("one\n2025-11-22T07:45:12.345+00:00 INFO    1 nbapanel.x: nor this\n\n  deep")
    heard.until(lambda told: len(told) == 2)
    broken, said = heard.messages
    assert broken.startswith("broken\nTraceback (most recent call last):\n  File ")
    assert broken.endswith("nbapanel.x: not a record")
    assert said == ("one\n2025-11-22T07:45:12.345+00:00 INFO    1 nbapanel.x: nor this\n\n  deep")


def test_a_record_that_is_read_in_two_parts_stays_one() -> None:
    text = (
        "2025-11-22T07:45:12.345+00:00 ERROR   12 nbapanel.x [run 3 a]: Grüße\n"
        "  Traceback\n"
        "    deep\n"
    ).encode()
    for cut in range(1, len(text)):
        records = Records()
        assert records.take(text[:cut]) == []
        assert records.take(text[cut:]) == []
        (found,) = records.take(b"")
        assert found.message == "Grüße\nTraceback\n  deep", cut
        assert (found.run_id, found.step) == (3, "a")
        assert records.take(b"") == []


@pytest.mark.parametrize(
    "line",
    [
        "",
        "  2025-11-22T07:45:12.345+00:00 INFO    1 nbapanel.x: indented",
        "2025-11-22 07:45:12,345 INFO    1 nbapanel.x: as it was written once",
        "2025-13-22T07:45:12.345+00:00 INFO    1 nbapanel.x: there is no such month",
        "Traceback (most recent call last):",
    ],
)
def test_what_begins_no_record(line: str) -> None:
    assert read_header(line) is None


def test_thousands_of_lines_share_the_words_that_they_have_in_common() -> None:
    line = "2026-01-16T01:02:03.004+00:00 INFO    7 nbapanel.engine.logbook [run {} markets]: {}"
    one, other = (read_header(line.format(number, number)) for number in (12, 13))
    assert one is not None
    assert other is not None
    assert (one.run_id, other.run_id) == (12, 13)
    for name in ("level", "logger", "step"):
        assert getattr(one, name) is getattr(other, name), name


def test_the_last_five_thousand_at_the_start(folder: Path, heard: Any) -> None:
    """They may lie in files that were rotated."""
    folder.mkdir()
    lines = [
        f"2025-11-22T07:45:12.345+00:00 INFO    1 nbapanel.x: {number}\n" for number in range(9_000)
    ]
    (folder / "nbapanel.log.2").write_text("".join(lines[:3_000]))
    (folder / "nbapanel.log.1").write_text("".join(lines[3_000:6_000]))
    (folder / "nbapanel.log").write_text("".join(lines[6_000:]))
    heard.tail.start()
    told = heard.until(lambda told: told and told[-1] == "8999")
    assert max(heard.deliveries) <= MOST_LINES
    assert told[-MOST_LINES:] == [str(number) for number in range(4_000, 9_000)]


def test_new_lines_come_as_they_are_written(writing: logging.Logger, heard: Any) -> None:
    """Also where there was no folder and no file at first."""
    heard.tail.start()
    for number in range(5):
        writing.info("line %d", number)
        heard.until(lambda told, number=number: told[-1:] == [f"line {number}"])
    assert heard.messages == [f"line {number}" for number in range(5)]


def test_nothing_is_lost_and_nothing_twice_while_the_log_is_rotated(
    writing: logging.Logger, heard: Any, folder: Path
) -> None:
    handler = _file_of(logging.getLogger())
    handler.maxBytes = 20_000
    heard.tail.start()
    for number in range(1_000):
        writing.info("line %d", number)
        time.sleep(0.001)
    heard.until(lambda told: told and told[-1] == "line 999")
    assert (folder / "nbapanel.log.2").exists()
    assert heard.messages == [f"line {number}" for number in range(1_000)]


def test_two_writers_lose_nothing_when_one_of_them_rotates(
    writing: logging.Logger, folder: Path
) -> None:
    """The window and its run write the same file, each in a process of its own."""
    first = _file_of(logging.getLogger())
    second = type(first)(
        first.baseFilename, maxBytes=4_000, backupCount=3, encoding="utf-8", delay=True
    )
    first.maxBytes = 4_000
    second.setFormatter(first.formatter)
    for number in range(160):
        record = writing.makeRecord(LOGGER, logging.INFO, "", 0, "line %d", (number,), None)
        (first if number % 2 else second).handle(record)
    second.close()
    files = sorted(folder.glob("nbapanel.log*"), reverse=True)
    assert len(files) > 1
    found = [read_header(line) for path in files for line in path.read_text().splitlines()]
    assert [line.message for line in found] == [f"line {number}" for number in range(160)]
    assert all(path.stat().st_size <= 4_000 for path in files)


def test_a_deleted_log_begins_anew(writing: logging.Logger, heard: Any, folder: Path) -> None:
    heard.tail.start()
    writing.info("before")
    heard.until(lambda told: told == ["before"])
    (folder / "nbapanel.log").unlink()
    writing.info("after")
    assert heard.until(lambda told: len(told) == 2) == ["before", "after"]


def test_an_emptied_log_is_read_from_its_beginning(folder: Path) -> None:
    folder.mkdir()
    path = folder / "nbapanel.log"
    file = GrowingFile(path, 3)
    assert file.read_on() == b""
    path.write_bytes(b"one and more\n")
    assert file.read_on() == b"one and more\n"
    assert file.read_on() == b""
    path.write_bytes(b"two\n")
    assert file.read_on() == b"two\n"


def test_two_rotations_between_two_looks(folder: Path) -> None:
    folder.mkdir()
    path = folder / "nbapanel.log"
    file = GrowingFile(path, 3)
    path.write_bytes(b"a1\n")
    assert file.read_on() == b"a1\n"
    with path.open("ab") as log:
        log.write(b"a2\n")
    os.rename(path, folder / "nbapanel.log.2")
    (folder / "nbapanel.log.1").write_bytes(b"b1\nb2 cut off")
    path.write_bytes(b"c1\n")
    assert file.read_on() == b"a2\nb1\nb2 cut off\nc1\n"
    assert file.read_on() == b""


def test_a_flood_is_cut_at_its_beginning(folder: Path) -> None:
    folder.mkdir()
    path = folder / "nbapanel.log"
    file = GrowingFile(path, 3)
    path.write_bytes(b"".join(b"%09d\n" % number for number in range(400_000)))
    found = file.read_on()
    assert len(found) <= 2_000_000
    assert found.startswith(b"000200000\n")
    assert found.endswith(b"000399999\n")
    with path.open("ab") as log:
        log.write(b"more\n")
    assert file.read_on() == b"more\n"


@pytest.mark.warns_in_log
def test_a_listener_that_fails_hears_the_next(writing: logging.Logger, folder: Path) -> None:
    told: list[str] = []

    def fail_once(lines: list[LogLine]) -> None:
        told.extend(line.message for line in lines)
        if len(told) == 1:
            raise ValueError("not now")

    tail = LogTail(folder, fail_once)
    tail.start()
    writing.info("first")
    deadline = time.monotonic() + 60
    while not any("could not take it" in line for line in told):
        assert time.monotonic() < deadline, told
        time.sleep(0.01)
    tail.close()
    assert told[0] == "first"
