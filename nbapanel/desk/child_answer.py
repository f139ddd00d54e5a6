"""What a command answers on stdout, as a child process that is waited for."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence

from nbapanel.desk.child_run import command, environment
from nbapanel.errors import UserFacingError
from nbapanel.place import Place


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

    def wait(self) -> tuple[str, str, int]:
        """(stdout, stderr, exit code). Raises UserFacingError where there is no answer at all."""
        try:
            return self._answer()
        except OSError as error:
            raise UserFacingError(f"{self._what} could not be made.", str(error)) from error

    def give_up(self) -> None:
        self._is_given_up.set()
        if self._process is not None:
            self._process.kill()

    def _answer(self) -> tuple[str, str, int]:
        with subprocess.Popen(
            command(self._place, self._words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=environment(self._place),
            creationflags=_without_window(),
        ) as self._process:
            if self._is_given_up.is_set():
                self._process.kill()
            try:
                out, err = self._process.communicate(timeout=self._longest_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
                raise UserFacingError(
                    f"{self._what} takes too long.",
                    f"No answer after {self._longest_s:.0f} s.",
                    "Try again.",
                ) from None
            return out, err, self._process.returncode


def _without_window() -> int:
    return getattr(subprocess, "CREATE_NO_WINDOW", 0)
