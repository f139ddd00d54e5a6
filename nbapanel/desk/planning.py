"""What a run would do, by the terminal's own --dry-run, as a child process that is waited for."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence

import msgspec

from nbapanel.desk.child_run import command, environment, trouble
from nbapanel.errors import UserFacingError
from nbapanel.place import Place
from nbapanel.rows.reads import Planned, PlannedStep

_LONGEST_S = 120.0


class _Plan(msgspec.Struct):
    requests: int | None
    units: int | None
    unit: str
    rows: int | None
    note: str


class _Step(msgspec.Struct):
    key: str
    title: str
    plan: _Plan | None
    skip_reason: str
    seconds: float | None


class _Document(msgspec.Struct):
    steps: list[_Step]
    seconds: float | None


class Planning:
    """One question for a plan; `ask` waits for the answer, `give_up` ends the wait elsewhere."""

    def __init__(self, place: Place, words: Sequence[str]) -> None:
        self._place = place
        self._words = list(words)
        self._process: subprocess.Popen[str] | None = None
        self._is_given_up = threading.Event()

    def ask(self) -> Planned:
        """Raises UserFacingError, in the words of the command."""
        if self._words[:1] != ["refetch"]:
            raise UserFacingError(
                "What a resume would do is not known beforehand.",
                hint="Look at the steps that the last run left undone.",
            )
        try:
            out, err, code = self._answer()
        except OSError as error:
            raise UserFacingError("The plan could not be made.", str(error)) from error
        failed = trouble(code, err)
        if failed is not None:
            raise failed
        try:
            return _as_planned(msgspec.json.decode(out, type=_Document))
        except msgspec.DecodeError as error:
            raise UserFacingError("The plan cannot be read.", str(error)) from error

    def give_up(self) -> None:
        self._is_given_up.set()
        if self._process is not None:
            self._process.kill()

    def _answer(self) -> tuple[str, str, int]:
        with subprocess.Popen(
            [*command(self._place, self._words), "--dry-run", "--json"],
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
                out, err = self._process.communicate(timeout=_LONGEST_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                raise UserFacingError(
                    "The plan takes too long.", f"No answer after {_LONGEST_S:.0f} s.", "Try again."
                ) from None
            return out, err, self._process.returncode


def plan(place: Place, words: Sequence[str]) -> Planned:
    """What `refetch` with these words would do. Takes a second or more: not for a screen's thread.

    Raises UserFacingError, in the words of the command.
    """
    return Planning(place, words).ask()


def _as_planned(document: _Document) -> Planned:
    return Planned(tuple(_as_step(step) for step in document.steps), document.seconds)


def _as_step(step: _Step) -> PlannedStep:
    found = step.plan or _Plan(None, None, "", None, "")
    return PlannedStep(
        key=step.key,
        title=step.title,
        requests=found.requests,
        units=found.units,
        unit=found.unit,
        rows=found.rows,
        note=found.note,
        skip_reason=step.skip_reason,
        seconds=step.seconds,
    )


def _without_window() -> int:
    return getattr(subprocess, "CREATE_NO_WINDOW", 0)
