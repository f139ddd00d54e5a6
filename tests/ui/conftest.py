"""Offscreen Qt, a theme, and a port that answers with what a test gives it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partialmethod
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")

import pytest
from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nbapanel.errors import UserFacingError
from nbapanel.rows.exportable import ExportDone, ExportWanted
from nbapanel.rows.quality import QualityReport, QualityWanted
from nbapanel.rows.questions import Question
from nbapanel.rows.reads import CacheCounts, Planned
from nbapanel.ui import theme as themes
from nbapanel.ui.ports import RunWanted

QStandardPaths.setTestModeEnabled(True)

# pytest-qt's own five seconds are few where the machine has other things to do.
_WAITS_MS = 60_000
QtBot.waitUntil = partialmethod(QtBot.waitUntil, timeout=_WAITS_MS)
QtBot.waitSignal = partialmethod(QtBot.waitSignal, timeout=_WAITS_MS)


class FakeAsker:
    """Answers by the type of the question, from `answers` (a value, or a function of the question).

    `later`: answers wait until `deliver` is called, as those of a real one do.
    """

    def __init__(self) -> None:
        self.answers: dict[type, Any] = {}
        self.asked: list[Any] = []
        self.given_up: list[Any] = []
        self.later = False
        self._waiting: list[Callable[[], None]] = []
        self.cache = CacheCounts(0, 0, 0, 300.0)

    def ask(
        self,
        question: Question[Any],
        then: Callable[[Any], None],
        failed: Callable[[UserFacingError], None] | None = None,
    ) -> None:
        self.asked.append(question)
        self._answer(self.answers.get(type(question)), question, then, failed)

    def plan(
        self,
        wanted: RunWanted,
        then: Callable[[Planned], None],
        failed: Callable[[UserFacingError], None],
    ) -> None:
        self.asked.append(wanted)
        self._answer(self.answers.get(RunWanted), wanted, then, failed)

    def export_game(
        self,
        game_id: str,
        then: Callable[[Path], None],
        failed: Callable[[UserFacingError], None],
    ) -> None:
        self.asked.append(game_id)
        self._answer(self.answers.get(Path), game_id, then, failed)

    def export(
        self,
        wanted: ExportWanted,
        progressed: Callable[[int, int], None],
        then: Callable[[ExportDone | None], None],
        failed: Callable[[UserFacingError], None],
    ) -> Callable[[], None]:
        """Cancelled, it ends with None. `progressed` is kept, for the test to call."""
        self.asked.append(wanted)
        self.progressed = progressed
        self._answer(self.answers.get(ExportWanted), wanted, then, failed)
        return lambda: then(None)

    def check_quality(
        self,
        wanted: QualityWanted,
        progressed: Callable[[int, int], None],
        then: Callable[[QualityReport], None],
        failed: Callable[[UserFacingError], None],
    ) -> Callable[[], None]:
        self.asked.append(wanted)
        self.progressed = progressed
        self._answer(self.answers.get(QualityWanted), wanted, then, failed)
        return lambda: self.given_up.append(wanted)

    def deliver(self) -> None:
        """Hand over the answers that wait, oldest first."""
        waiting, self._waiting = self._waiting, []
        for answer in waiting:
            answer()

    def _answer(self, found: Any, asked: Any, then: Callable[[Any], None], failed: Any) -> None:
        def answer() -> None:
            value = found(asked) if callable(found) else found
            if isinstance(value, UserFacingError):
                if failed is not None:
                    failed(value)
            elif value is not None:
                then(value)

        if self.later:
            self._waiting.append(answer)
        else:
            answer()


@pytest.fixture
def asker() -> FakeAsker:
    return FakeAsker()


@pytest.fixture(params=[themes.Choice.LIGHT, themes.Choice.DARK], ids=["light", "dark"])
def theme(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[themes.Theme]:
    """The test runs once in light and once in dark."""
    found = themes.active()
    found.choose(request.param)
    yield found
    found.choose(themes.Choice.LIGHT)
