"""What would happen, as a table: honest about what is not known, and started only when asked."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QEvent, QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from nbapanel.errors import UserFacingError
from nbapanel.rows.reads import Planned, PlannedStep
from nbapanel.ui.pipeline import PlanDialog
from nbapanel.ui.pipeline.plan_table import PlanModel, as_text, total_in_words
from nbapanel.ui.ports import RunWanted
from nbapanel.ui.theme import Theme

STEPS = (
    PlannedStep("fetch", "Fetch scoreboards", 1208, 8, "days", 0, "", "", 14.0),
    PlannedStep("load", "Load scoreboards", 0, None, "games", None, "what comes", "", None),
    PlannedStep("publish", "Publish", 0, None, "games", 0, "", "nothing changed", 2.0),
    PlannedStep("markets", "Markets", None, 1, "games", 1, "", "", 2.0),
)


def _texts(model: PlanModel, row: int) -> list[str]:
    return [model.index(row, column).data() for column in range(model.columnCount())]


def test_the_model_is_sound_and_says_what_is_not_known(qapp: QApplication, theme: Theme) -> None:
    model = PlanModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show_steps(STEPS)
    assert model.rowCount() == 4
    assert _texts(model, 0) == ["Fetch scoreboards", "1,208", "8 days", "0", "about 15 s", ""]
    assert _texts(model, 1) == ["Load scoreboards", "0", "", "?", "not known", "what comes"]
    assert _texts(model, 2)[5] == "Nothing to do: nothing changed"
    assert _texts(model, 3)[1:4] == ["?", "1 game", "1"]
    right = model.index(0, 1).data(Qt.ItemDataRole.TextAlignmentRole)
    assert right & Qt.AlignmentFlag.AlignRight
    assert model.index(2, 0).data(Qt.ItemDataRole.ForegroundRole) == theme.color("muted")
    assert model.data(QModelIndex()) is None
    assert model.headerData(0, Qt.Orientation.Horizontal) == "Step"
    model.show_steps(())
    del tester


@pytest.mark.parametrize(
    ("planned", "words"),
    [
        (Planned(STEPS, 130.0), "Usually about 2 min in all."),
        (Planned(STEPS, None),
         "How long it takes is not known: that needs three runs of each step."),
        (Planned((STEPS[2],), 0.0), "As of now there is nothing to do."),
    ],
)  # fmt: skip
def test_how_long_in_all(planned: Planned, words: str, qapp: QApplication) -> None:
    assert total_in_words(planned) == words
    assert as_text(planned).splitlines()[-1] == words


def _button(dialog: PlanDialog, name: str) -> QPushButton:
    return next(b for b in dialog.findChildren(QPushButton) if b.accessibleName() == name)


@pytest.fixture
def dialog(qtbot: QtBot, asker: Any) -> PlanDialog:
    asker.answers[RunWanted] = Planned(STEPS, 130.0)
    asker.later = True
    made = PlanDialog(asker)
    qtbot.addWidget(made)
    made.open()
    return made


def test_it_asks_waits_shows_and_copies(
    dialog: PlanDialog, asker: Any, qapp: QApplication, theme: Theme
) -> None:
    assert asker.asked == [RunWanted()]
    assert dialog.panel._busy.isVisible()
    assert not _button(dialog, "Copy").isEnabled()
    asker.deliver()
    assert dialog.panel.words == "Usually about 2 min in all."
    assert dialog.panel._table.isVisible()
    assert not dialog.grab().isNull()
    _button(dialog, "Copy").click()
    assert "Fetch scoreboards\t1,208\t8 days\t0\tabout 15 s" in qapp.clipboard().text()


def test_refetch_now_wants_what_was_looked_at_once(qtbot: QtBot, dialog: PlanDialog) -> None:
    wanted: list[RunWanted] = []
    dialog.run_wanted.connect(wanted.append)
    run = _button(dialog, "Refetch now")
    qtbot.mouseClick(run, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(run, Qt.MouseButton.LeftButton)
    assert wanted == [RunWanted()]
    assert not dialog.isVisible()


def test_enter_starts_nothing_by_accident(qtbot: QtBot, dialog: PlanDialog) -> None:
    wanted: list[RunWanted] = []
    dialog.run_wanted.connect(wanted.append)
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert wanted == []


def test_trouble_and_another_look(dialog: PlanDialog, asker: Any) -> None:
    asker.answers[RunWanted] = UserFacingError("No network.", hint="Look later.")
    dialog.panel.ask(RunWanted())
    asker.deliver()
    assert dialog.panel.words == "✗ No network. Look later."
    assert not dialog.panel._table.isVisible()
    asker.answers[RunWanted] = Planned(STEPS, None)
    _button(dialog, "Look again").click()
    assert dialog.panel._busy.isVisible()
    asker.deliver()
    assert dialog.panel._table.isVisible()


def test_an_answer_that_comes_after_another_question_is_ignored(
    dialog: PlanDialog, asker: Any
) -> None:
    first = asker._waiting.pop()
    asker.answers[RunWanted] = Planned((STEPS[0],), 14.0)
    dialog.panel.ask(RunWanted())
    asker.deliver()
    asker.answers[RunWanted] = Planned(STEPS, 130.0)
    first()
    assert dialog.panel.planned is not None
    assert len(dialog.panel.planned.steps) == 1


def test_no_run_while_one_is_on(dialog: PlanDialog) -> None:
    dialog.allow_run(False)
    assert not _button(dialog, "Refetch now").isEnabled()


def test_an_answer_that_comes_after_the_dialog_is_gone_is_dropped(qtbot: QtBot, asker: Any) -> None:
    asker.later = True
    asker.answers[RunWanted] = Planned((), None)
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = PlanDialog(asker, parent=parent)
    dialog.open()
    dialog.reject()
    dialog.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    asker.deliver()
