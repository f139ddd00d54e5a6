"""A quality report, by the terminal's own `nbapanel qc`, as a child process that is waited for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import msgspec

from nbapanel.desk.child_answer import ChildAnswer
from nbapanel.desk.child_run import trouble
from nbapanel.errors import UserFacingError
from nbapanel.place import Place
from nbapanel.rows.quality import QualityReport, QualityWanted

Progressed = Callable[[int, int], None]

_LONGEST_S = 1_800.0
_HAS_FAILED = 1


class _Progress(msgspec.Struct):
    done: int
    total: int


class Checking:
    """One check; `ask` waits for its report, `give_up` ends the wait elsewhere."""

    def __init__(self, place: Place, wanted: QualityWanted) -> None:
        words = [*wanted.words, "--progress-lines"]
        self._child = ChildAnswer(place, words, "The quality report", _LONGEST_S)

    def ask(self, progressed: Progressed) -> QualityReport:
        """Raises UserFacingError, in the words of the command. `progressed` hears of how many games
        are done, of how many, in the thread that asks."""

        def heard(line: str) -> None:
            with suppress(msgspec.DecodeError):  # some library's words
                found = msgspec.json.decode(line, type=_Progress)
                progressed(found.done, found.total)

        out, err, code = self._child.wait(heard)
        # Checks that failed are its answer, and no trouble.
        failed = None if code == _HAS_FAILED and out else trouble(code, err)
        if failed is not None:
            raise failed
        try:
            return msgspec.json.decode(out, type=QualityReport)
        except msgspec.DecodeError as error:
            raise UserFacingError("The quality report cannot be read.", str(error)) from error

    def give_up(self) -> None:
        self._child.give_up()
