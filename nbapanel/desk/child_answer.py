"""What a command answers on stdout, as a child process that is waited for."""

from __future__ import annotations

import subprocess
import tempfile
import threading
from collections.abc import Callable, Sequence

from nbapanel.desk.child_run import command, environment
from nbapanel.errors import UserFacingError
from nbapanel.place import Place

Heard = Callable[[str], None]


class ChildAnswer:
    """One command at a place; `wait` waits for its answer, `give_up` ends the wait elsewhere.

    `what` is what it makes, as in "The plan": what is said of one that takes too long.
    """

    def __init__(self, place: Place, words: Sequence[str], what: str, longest_s: float) -> None:
        self._place = place
        self._words = list(words)
        self._what = what
        self._longest_s = longest_s
        self._process: subprocess.Popen[str] | None = None
        self._is_given_up = threading.Event()
        self._is_late = False

    def wait(self, heard: Heard | None = None) -> tuple[str, str, int]:
        """(stdout, stderr, exit code). Raises UserFacingError where there is no answer at all.

        `heard` is told each line before the last as it comes; the answer is the last one then.
        """
        try:
            return self._answer(heard)
        except OSError as error:
            raise UserFacingError(f"{self._what} could not be made.", str(error)) from error

    def give_up(self) -> None:
        self._is_given_up.set()
        if self._process is not None:
            self._process.kill()

    def _answer(self, heard: Heard | None) -> tuple[str, str, int]:
        # stderr goes into a file: nobody reads a second pipe while the first is listened to.
        with (
            tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said,
            subprocess.Popen(
                command(self._place, self._words),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
                encoding="utf-8",
                env=environment(self._place),
                creationflags=_without_window(),
            ) as self._process,
        ):
            if self._is_given_up.is_set():
                self._process.kill()
            late = threading.Timer(self._longest_s, self._end_late, [self._process])
            late.start()
            try:
                out = _heard_out(self._process, heard)
                code = self._process.wait()
            finally:
                late.cancel()
                late.join()
            if self._is_late:
                raise UserFacingError(
                    f"{self._what} takes too long.",
                    f"No answer after {self._longest_s:.0f} s.",
                    "Try again.",
                )
            said.seek(0)
            return out, said.read(), code

    def _end_late(self, process: subprocess.Popen[str]) -> None:
        if process.poll() is None:
            self._is_late = True
            process.kill()


def _heard_out(process: subprocess.Popen[str], heard: Heard | None) -> str:
    """All of stdout; or its last line, once the lines before it were told."""
    assert process.stdout is not None
    if heard is None:
        return process.stdout.read()
    last = ""
    for line in process.stdout:
        if last:
            heard(last)
        last = line
    return last


def _without_window() -> int:
    return getattr(subprocess, "CREATE_NO_WINDOW", 0)
