"""Runs that a window starts: ended, cancelled, refused, killed, let go; and what they would do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from nbapanel.desk import child_run
from nbapanel.desk.child_run import ChildRun, command, environment, trouble
from nbapanel.desk.last_words import LastWords
from nbapanel.desk.planning import Planning, plan
from nbapanel.errors import UserFacingError
from nbapanel.paths import DataDir
from nbapanel.pipeline import STEPS
from nbapanel.place import Place
from nbapanel.rows.reads import Planned
from nbapanel.settings import Settings

RUN = ["refetch", "--trigger", "button", "--days", "1", "--game", "401810622"]
STATUS = "SELECT status, trigger FROM ops.pipeline_runs ORDER BY run_id"


class Ended:
    def __init__(self) -> None:
        self.told: list[tuple[int, str]] = []
        self.was_alive: list[bool] = []
        self.child: ChildRun | None = None

    def __call__(self, code: int, words: str) -> None:
        assert self.child is not None
        self.was_alive.append(self.child.is_alive)
        self.told.append((code, words))


@pytest.fixture
def start() -> Iterator[Callable[..., tuple[ChildRun, Ended]]]:
    """`start(place, words)`: the child, and what is told of its end. None outlives the test."""
    children: list[ChildRun] = []

    def begin(place: Place, words: Sequence[str] = RUN) -> tuple[ChildRun, Ended]:
        ended = Ended()
        ended.child = ChildRun(place, words, ended)
        children.append(ended.child)
        return ended.child, ended

    yield begin
    for child in children:
        child.kill()
        assert child.wait(60)


def _left(place: Place) -> list[Path]:
    return list(place.data_dir.logs.glob("run-*"))


@pytest.mark.skipif(sys.platform == "win32", reason="there it is a class, given at the start")
def test_a_run_gives_way_to_the_window(place: Place, start: Any) -> None:
    """On a machine that is busy with the run, the window is not to wait for its turn."""
    child, _ = start(place)
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, child.pid) == min(ours + 5, 19)


@pytest.mark.usefixtures("processors_by_session")
def test_a_run_gives_way_to_the_window_as_a_session_too(place: Place, start: Any) -> None:
    """Its session is its own: there its nice value alone is compared with nobody's."""
    child, _ = start(place)
    assert Path(f"/proc/{child.pid}/autogroup").read_text(encoding="ascii").split()[-1] == "5"


def test_a_run_that_ends_well(
    place: Place, start: Any, connection: Any, is_there: Callable[[int], bool]
) -> None:
    child, ended = start(place)
    assert child.is_alive
    assert child.wait(60)
    assert ended.told == [(0, "")]
    assert ended.was_alive == [False], "whoever hears of it may start the next"
    assert connection.execute(STATUS).fetchall() == [("done", "button")]
    assert not _left(place)
    assert not psutil.pid_exists(child.pid), "a zombie"
    child.cancel()
    child.kill()
    assert ended.told == [(0, "")]


def test_a_run_that_is_cancelled(
    place: Place, start: Any, slow: Callable[[], None], connection: Any
) -> None:
    """trap W3: however often it is asked, it ends in good order, and says that it was cancelled."""
    child, ended = start(place)
    slow()
    for _ in range(3):
        child.cancel()
    assert child.wait(60)
    assert ended.told == [(130, "")]
    assert trouble(*ended.told[0]) is None
    assert connection.execute(STATUS).fetchall() == [("cancelled", "button")]


def test_a_cancel_right_after_the_start_is_not_lost(place: Place, start: Any) -> None:
    child, ended = start(place)
    child.cancel()
    assert child.wait(60)
    assert ended.told[0][0] == 130


def test_a_run_that_is_refused_says_why(place: Place, start: Any, slow: Callable[[], None]) -> None:
    """trap W2"""
    start(place)
    slow()
    second, ended = start(place)
    assert second.wait(60)
    (code, words) = ended.told[0]
    assert code == 3
    told = trouble(code, words)
    assert told is not None
    assert told.title == "Run 1 is active on this database."
    assert "holds the lock since" in told.detail
    assert "nbapanel watch" in told.hint


def test_a_run_without_a_database_says_so(place: Place, start: Any) -> None:
    nowhere = Settings(database_url="postgresql://nba:s3same@127.0.0.1:1/house")
    child, ended = start(replace(place, settings=nowhere))
    assert child.wait(60)
    told = trouble(*ended.told[0])
    assert ended.told[0][0] == 3
    assert told is not None
    assert told.title == "The database does not answer."
    assert "s3same" not in ended.told[0][1]


def test_a_run_that_is_killed_takes_its_simulator_along(
    embedded: Place, start: Any, until: Any, is_there: Callable[[int], bool]
) -> None:
    """The last stage, when nothing else helps."""
    child, ended = start(embedded, ["refetch", "--trigger", "button"])
    simulator = until(lambda: _simulator_of(child.pid))
    child.kill()
    assert child.wait(60)
    assert ended.told[0][0] == -signal.SIGKILL
    told = trouble(*ended.told[0])
    assert told is not None
    assert told.title == "The run was killed (SIGKILL)."
    until(lambda: not is_there(simulator))
    until(lambda: not _processes_of(embedded))


def _simulator_of(pid: int) -> int | None:
    for found in psutil.Process(pid).children():
        try:
            if "nbapanel.simulator" in found.cmdline():
                return found.pid
        except psutil.Error:
            continue
    return None


def _processes_of(place: Place) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if any(str(place.data_dir.root) in part for part in process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


_WINDOW = """
import sys, threading
from nbapanel.desk.child_run import ChildRun
from nbapanel.origin import parse_feeds
from nbapanel.paths import DataDir
from nbapanel.place import Place
from nbapanel.settings_store import load_settings
from pathlib import Path
root, feeds, *words = sys.argv[1:]
place = Place(DataDir(Path(root)), parse_feeds(feeds), load_settings(Path(root)))
child = ChildRun(place, words, lambda *_: None)
print(child.pid, flush=True)
threading.Event().wait()
"""


def test_a_window_that_is_killed_leaves_the_run_whole(
    place: Place, slow: Callable[[], None], connection: Any, until: Any, simulator: Any
) -> None:
    """trap W10: also when it was started from a terminal that is closed."""
    window = subprocess.Popen(
        [sys.executable, "-c", _WINDOW, str(place.data_dir.root), place.feeds.text, *RUN],
        stdout=subprocess.PIPE,
        env=environment(place),
        start_new_session=True,
    )
    assert window.stdout is not None
    with window.stdout as told:
        run_pid = int(told.readline())
    slow()
    os.killpg(window.pid, signal.SIGKILL)
    window.wait()
    time.sleep(0.3)
    assert connection.execute(STATUS).fetchall() == [("running", "button")]
    simulator.faults()
    until(lambda: connection.execute(STATUS).fetchall() == [("done", "button")], within_s=60)
    until(lambda: not psutil.pid_exists(run_pid) or _is_zombie(run_pid))
    assert not _left(place), "and there is nobody to read it"


def _is_zombie(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True


def test_a_run_that_is_let_go_finishes_by_itself(
    place: Place, start: Any, slow: Callable[[], None], connection: Any, simulator: Any
) -> None:
    """trap W10"""
    child, ended = start(place)
    slow()
    child.let_go()
    time.sleep(0.3)
    assert connection.execute(STATUS).fetchall() == [("running", "button")]
    simulator.faults()
    assert child.wait(60)
    assert connection.execute(STATUS).fetchall() == [("done", "button")]
    assert not ended.told
    assert not psutil.pid_exists(child.pid), "a zombie"


def test_no_secret_is_on_the_command_line(place: Place) -> None:
    """trap W16: a list of processes is read by everybody."""
    secret = "postgresql://nba:s3same@db.test/house"
    at = replace(place, settings=Settings(database_url=secret))
    line = command(at, RUN)
    assert "s3same" not in " ".join(line)
    assert line[:3] == [sys.executable, "-m", "nbapanel"]
    assert line[3:-4] == RUN
    assert line[-4:] == ["--data-dir", str(place.data_dir.root), "--feeds", place.feeds.text]
    assert environment(at)["DATABASE_URL"] == secret


def test_the_embedded_server_is_meant_where_the_place_has_it(
    embedded: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere.test/other")
    assert environment(embedded)["DATABASE_URL"] == ""


def test_a_frozen_window_starts_the_terminals_executable(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "/opt/nbapanel/nbapanel.exe")
    assert command(place, ["resume"])[:2] == ["/opt/nbapanel/nbapanel-cli.exe", "resume"]
    monkeypatch.setattr(sys, "executable", "/opt/nbapanel/nbapanel")
    assert command(place, ["resume"])[0] == "/opt/nbapanel/nbapanel-cli"


def test_a_directory_of_somebody_elses_is_refused_before_anything_is_started(
    place: Place,
) -> None:
    place.data_dir.root.mkdir()
    (place.data_dir.root / "thesis.odt").touch()
    with pytest.raises(UserFacingError, match="holds other things"):
        ChildRun(place, RUN, lambda *_: None)
    assert not place.data_dir.logs.exists()


def test_a_program_that_is_not_there(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_run, "terminal_command", lambda: ["/nowhere/nbapanel"])
    with pytest.raises(UserFacingError, match="could not be started"):
        ChildRun(place, RUN, lambda *_: None)
    assert not _left(place)


def test_last_words_leave_no_file(place: Place, start: Any) -> None:
    """Neither while it runs, nor of one that is let go and that nobody waits for."""
    child, _ = start(place, ["steps"])
    assert not _left(place)
    child.let_go()
    assert child.wait(60)
    assert not _left(place)


@pytest.mark.parametrize("is_in_memory", [True, False])
def test_the_end_of_much_that_was_said(is_in_memory: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not is_in_memory:
        monkeypatch.delattr(os, "memfd_create", raising=False)
    words = LastWords()
    said = "import sys; sys.stderr.write('x' * 50_000 + 'y' * 7_990 + '\\nthe end\\n')"
    subprocess.run([sys.executable, "-c", said], stderr=words.file, check=True, timeout=60)
    found = words.read()
    assert found.endswith("y\nthe end")
    assert len(found) == 8_000 - 1, "without the last newline"
    words.close()
    assert words.file.closed


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        (0, "", None),
        (0, "a note", None),
        (130, "Cancelled", None),
        (1, "", None),
        (3, "nbapanel: No.\n  Because.\n  Do that.", ("No.", "Because.", "Do that.")),
        (3, "noise\nnbapanel: No.\n  Because.", ("No.", "Because.", "")),
        (2, "nbapanel: first\nnbapanel: No.", ("No.", "", "")),
        (
            1,
            "No game 7 is known. Is it in the days that were asked for?",
            ("No game 7 is known. Is it in the days that were asked for?", "", ""),
        ),
        (-15, "", ("The run was killed (SIGTERM).", "", "")),
        (-99, "odd", ("The run was killed (signal 99).", "odd", "")),
        (
            1,
            "Traceback (most recent call last):\n  File x\nKeyError: 'a'",
            ("The run broke off (exit code 1).", "KeyError: 'a'", "The log says more."),
        ),
        (2, "", ("The run broke off (exit code 2).", "", "The log says more.")),
    ],
)
def test_what_the_last_words_mean(
    code: int, words: str, expected: tuple[str, str, str] | None
) -> None:
    told = trouble(code, words)
    found = None if told is None else (told.title, told.detail, told.hint)
    assert found == expected


def test_what_a_run_would_do(place: Place, start: Any, simulator: Any) -> None:
    child, _ = start(place)
    assert child.wait(60)
    planned = plan(place, RUN)
    assert isinstance(planned, Planned)
    assert [step.key for step in planned.steps] == list(STEPS.keys)
    first = planned.steps[0]
    assert first.title == STEPS.steps[0].title
    assert first.requests is not None
    assert any(step.skip_reason for step in planned.steps)
    assert planned.seconds is None, "one run is no history"


def test_what_a_first_run_would_do(embedded: Place) -> None:
    """Nothing is made for the question."""
    planned = plan(embedded, ["refetch", "--trigger", "button"])
    assert [step.key for step in planned.steps] == list(STEPS.keys)
    assert {step.requests for step in planned.steps} == {None}
    assert not embedded.data_dir.postgres.exists()


@pytest.mark.parametrize(
    ("words", "title"),
    [
        (["refetch", "--only", "nothing"], "nothing"),
        (["refetch", "--game", "x"], "'x' is not an ESPN game id."),
        (["resume"], "What a resume would do is not known beforehand."),
    ],
)
def test_a_plan_that_cannot_be_made(place: Place, words: list[str], title: str) -> None:
    with pytest.raises(UserFacingError) as refused:
        plan(place, words)
    assert title in refused.value.title


def test_a_plan_that_is_given_up(place: Place, simulator: Any, until: Any) -> None:
    told: list[BaseException] = []
    planning = Planning(place, RUN)

    def ask() -> None:
        try:
            planning.ask()
        except UserFacingError as error:
            told.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    planning.give_up()
    asking.join(60)
    assert not asking.is_alive()
    assert told


def test_a_directory_that_cannot_be_written(tmp_path: Path, place: Place) -> None:
    (tmp_path / "file").touch()
    nowhere = replace(place, data_dir=DataDir(tmp_path / "file" / "data"))
    with pytest.raises(UserFacingError, match="cannot be the data directory"):
        ChildRun(nowhere, RUN, lambda *_: None)
