"""Ctrl-C, SIGTERM and `cancel` on stdin reach the run, and nothing of the watch is left behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nbapanel.engine import interrupts
from nbapanel.engine.control import RunControl, Stage
from nbapanel.engine.interrupts import install_signal_handlers, watch_stdin

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and terminals of POSIX")


# ---- signals -------------------------------------------------------------------------------


@pytest.fixture
def own_handlers() -> Iterator[dict[int, Any]]:
    """Handlers of somebody else's, which must be back afterwards."""
    theirs = {number: lambda *_: None for number in (signal.SIGINT, signal.SIGTERM)}
    before = {number: signal.signal(number, theirs[number]) for number in theirs}
    yield theirs
    for number, handler in before.items():
        signal.signal(number, handler)


@posix
@pytest.mark.parametrize(
    ("signum", "who"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")]
)
async def test_a_signal_asks_for_a_stop_and_the_handlers_are_put_back(own_handlers, signum, who):
    control = RunControl()
    remove = install_signal_handlers(control, asyncio.get_running_loop())
    try:
        os.kill(os.getpid(), signum)
        assert await control.wait_stop(5)
    finally:
        remove()
    assert (control.stage, control.who) == (Stage.STOP, who)
    assert {number: signal.getsignal(number) for number in own_handlers} == own_handlers
    remove()


@posix
async def test_twice_the_same_signal_leaves_at_once(own_handlers):
    control = RunControl()
    remove = install_signal_handlers(control, asyncio.get_running_loop())
    try:
        os.kill(os.getpid(), signal.SIGINT)
        assert await control.wait_stop(5)
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.wait_for(control.attend(lambda *_: None, lambda: None), 5)
    finally:
        remove()
    assert control.stage is Stage.LEAVE


@posix
async def test_two_different_signals_in_one_breath_are_one_request(own_handlers):
    control = RunControl(abandon=lambda: pytest.fail("left"))
    remove = install_signal_handlers(control, asyncio.get_running_loop())
    try:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        assert await control.wait_stop(5)
        await asyncio.sleep(0)
    finally:
        remove()
    assert control.stage is Stage.STOP


@posix
async def test_a_signal_that_was_ignored_stays_ignored(own_handlers):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    remove = install_signal_handlers(RunControl(), asyncio.get_running_loop())
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    remove()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


@posix
async def test_handlers_installed_by_others_meanwhile_are_left_alone(own_handlers):
    remove = install_signal_handlers(RunControl(), asyncio.get_running_loop())

    def newer(*_: Any) -> None:
        pass

    signal.signal(signal.SIGTERM, newer)
    remove()
    assert signal.getsignal(signal.SIGTERM) is newer


CHILD = """
import asyncio, os, sys, time
from datetime import datetime, UTC
from nbapanel.engine.control import RunControl
from nbapanel.engine.events import RunFinished, CancelStage
from nbapanel.engine.interrupts import install_signal_handlers, watch_stdin
from nbapanel.engine.runner import Runner
from nbapanel.engine.steps import Step

async def tell(event):
    if isinstance(event, CancelStage):
        print("stage", event.stage, flush=True)
    if isinstance(event, RunFinished):
        print(event.status, flush=True)

async def wait(ctx):
    print("running", flush=True)
    if sys.argv[1] == "stuck":
        time.sleep(60)
    await asyncio.sleep(60)

async def main():
    loop = asyncio.get_running_loop()
    control = RunControl(grace_s=0.05, abandon=lambda: os._exit(130))
    removes = install_signal_handlers(control, loop), watch_stdin(control, loop)
    step = Step("a", "Wait", "lane", wait, 100)
    runner = Runner((step,), None, run_id=1, kind="refetch", trigger="test", settings={},
                    observers=[tell], control=control, now=lambda: datetime.now(UTC))
    await runner.run()
    for remove in removes:
        remove()
    return 3

sys.exit(asyncio.run(main()))
"""


@contextlib.contextmanager
def child(mode: str) -> Iterator[subprocess.Popen[str]]:
    args = [sys.executable, "-X", "dev", "-W", "error", "-c", CHILD, mode]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "running\n"
            yield process
        finally:
            process.kill()


@posix
@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM", "line"])
def test_a_real_process_is_stopped_in_stages(how):
    """trap W3: cancel really ends the work, in a process of its own as the window runs it."""
    with child("asleep") as process:
        if how == "line":
            out, _ = process.communicate("cancel\n", timeout=60)
        else:
            process.send_signal(getattr(signal, how))
            out, _ = process.communicate(timeout=60)
    assert out.split("\n") == ["stage 1", "stage 2", "cancelled", ""]
    assert process.returncode == 3


@posix
def test_ctrl_c_twice_leaves_even_when_the_loop_is_stuck():
    with child("stuck") as process:
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130


# ---- stdin ---------------------------------------------------------------------------------


class Pipe:
    def __init__(self) -> None:
        self.read_fd, self.write_fd = os.pipe()

    def write(self, data: bytes) -> None:
        os.write(self.write_fd, data)

    def end(self) -> None:
        if self.write_fd >= 0:
            os.close(self.write_fd)
        self.write_fd = -1


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.end()
    os.close(pipe.read_fd)


@pytest.fixture(params=["loop", "thread"])
def no_trace(request: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Both ways of reading; neither leaves a thread behind once the file has ended."""
    if request.param == "thread":

        def refuse(*_: Any) -> None:
            raise NotImplementedError

        monkeypatch.setattr(asyncio.SelectorEventLoop, "add_reader", refuse)
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
    assert set(threading.enumerate()) <= before


async def settle() -> None:
    """Long enough for a line to arrive that is not expected to do anything."""
    await asyncio.sleep(0.03)


@pytest.mark.parametrize("pieces", [[b"cancel\n"], [b"hello\ncan", b"cel\r\n"], [b" CANCEL \nx\n"]])
async def test_the_line_cancel_asks_for_a_stop(pipe, no_trace, pieces):
    control = RunControl()
    remove = watch_stdin(control, asyncio.get_running_loop(), fd=pipe.read_fd)
    for piece in pieces:
        pipe.write(piece)
        await settle()
    assert await control.wait_stop(5)
    assert control.who == "as asked"
    pipe.end()
    remove()
    remove()


async def test_cancel_twice_on_stdin_is_once(pipe, no_trace):
    control = RunControl()
    remove = watch_stdin(control, asyncio.get_running_loop(), fd=pipe.read_fd)
    pipe.write(b"cancel\ncancel\n")
    await settle()
    pipe.write(b"cancel\n")
    await settle()
    assert control.stage is Stage.STOP
    pipe.end()
    remove()


@pytest.mark.parametrize("text", [b"", b"cancelled\n", b"please cancel\n", b"x" * 20_000])
async def test_other_lines_and_the_end_of_stdin_ask_for_nothing(pipe, no_trace, text):
    control = RunControl()
    remove = watch_stdin(control, asyncio.get_running_loop(), fd=pipe.read_fd)
    pipe.write(text)
    pipe.end()
    await settle()
    assert not control.stopping
    remove()


async def test_the_end_of_stdin_asks_where_it_is_told_to(pipe, no_trace):
    control = RunControl()
    remove = watch_stdin(control, asyncio.get_running_loop(), fd=pipe.read_fd, eof_stops=True)
    pipe.end()
    assert await control.wait_stop(5)
    assert control.who == "end of stdin"
    remove()


async def test_the_last_line_needs_no_line_end(pipe, no_trace):
    control = RunControl()
    remove = watch_stdin(control, asyncio.get_running_loop(), fd=pipe.read_fd)
    pipe.write(b"cancel")
    pipe.end()
    assert await control.wait_stop(5)
    remove()


async def test_nothing_is_heard_after_removal(pipe, no_trace):
    control = RunControl()
    remove = watch_stdin(control, asyncio.get_running_loop(), fd=pipe.read_fd)
    remove()
    pipe.write(b"cancel\n")
    pipe.end()
    await settle()
    assert not control.stopping


async def test_an_empty_device_and_a_plain_file_will_do_as_stdin(tmp_path, no_trace):
    script = tmp_path / "lines"
    script.write_bytes(b"one\ncancel\n")
    for path, asks in ((os.devnull, False), (script, True)):
        control = RunControl()
        fd = os.open(path, os.O_RDONLY)
        remove = watch_stdin(control, asyncio.get_running_loop(), fd=fd)
        await control.wait_stop(5 if asks else 0.03)
        assert control.stopping is asks
        remove()
        os.close(fd)


@pytest.mark.parametrize("stdin", [None, object()])
async def test_a_process_without_stdin_is_watched_in_vain(monkeypatch, stdin):
    monkeypatch.setattr(sys, "stdin", stdin)
    control = RunControl()
    remove = watch_stdin(control, asyncio.get_running_loop())
    remove()
    assert not control.stopping


@posix
@pytest.mark.parametrize("in_background", [False, True])
async def test_a_terminal_is_read_only_in_the_foreground(monkeypatch, in_background):
    """Reading a terminal from the background stops the whole process (SIGTTIN)."""
    import pty

    leader, follower = pty.openpty()
    group = os.getpgrp() + (1 if in_background else 0)
    monkeypatch.setattr(interrupts.os, "tcgetpgrp", lambda _: group)
    control = RunControl()
    remove = watch_stdin(control, asyncio.get_running_loop(), fd=follower)
    try:
        os.write(leader, b"cancel\n")
        await control.wait_stop(0.03 if in_background else 5)
        assert control.stopping is not in_background
        assert os.get_blocking(follower), "the shell uses the same terminal"
    finally:
        remove()
        os.close(leader)
        os.close(follower)
