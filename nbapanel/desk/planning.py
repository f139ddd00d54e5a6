"""What a run would do, by the terminal's own --dry-run, as a child process that is waited for."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from nbapanel.desk.child_answer import ChildAnswer
from nbapanel.desk.child_run import trouble
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
        self._words = list(words)
        asked = [*self._words, "--dry-run", "--json"]
        self._child = ChildAnswer(place, asked, "The plan", _LONGEST_S)

    def ask(self) -> Planned:
        """Raises UserFacingError, in the words of the command."""
        if self._words[:1] != ["refetch"]:
            raise UserFacingError(
                "What a resume would do is not known beforehand.",
                hint="Look at the steps that the last run left undone.",
            )
        out, err, code = self._child.wait()
        failed = trouble(code, err)
        if failed is not None:
            raise failed
        try:
            return _as_planned(msgspec.json.decode(out, type=_Document))
        except msgspec.DecodeError as error:
            raise UserFacingError("The plan cannot be read.", str(error)) from error

    def give_up(self) -> None:
        self._child.give_up()


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
