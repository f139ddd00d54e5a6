"""The history panel: runs, one in detail, two compared, and what is wanted of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from nbapanel.engine.events import RunFinished, RunStarted, RunStatus, StepFinished, StepState
from nbapanel.errors import UserFacingError
from nbapanel.rows.questions import RunAsked, RunsAsked, StepsAsked
from nbapanel.rows.reads import (
    DatabaseState,
    RunDetail,
    RunPage,
    RunRow,
    StepFacts,
    StepRow,
)
from nbapanel.ui import theme as themes
from nbapanel.ui.history import run_words
from nbapanel.ui.history.differences import differences, pace_words
from nbapanel.ui.history.panel import HistoryPanel
from nbapanel.ui.history.run_steps import steps_of
from nbapanel.ui.live import Live
from nbapanel.ui.ports import RunWanted

TITLES = {
    "load_games": "Load probabilities and plays",
    "game_state": "Process game state",
    "publish": "Publish: gates, then views",
}
BEGAN = datetime(2026, 1, 15, 20, 0, tzinfo=UTC)
SETTINGS: dict[str, Any] = {
    "days": 7, "first": "2026-01-09", "last": "2026-01-15", "games": [], "force": False,
    "publish": True, "publish_anyway": False, "clock": "fixed", "offline": False,
    "rebuild": False, "accept_loss": False,
}  # fmt: skip


def run(run_id: int, status: str = "done", **given: Any) -> RunRow:
    values: dict[str, Any] = {
        "run_id": run_id, "kind": "refetch", "trigger": "button", "status": status,
        "started_at": BEGAN + timedelta(hours=run_id), "finished_at": BEGAN,
        "duration_ms": 250_000, "host": "desk", "pid": 7,
        "error": "ESPN answered 503." if status == "failed" else None,
        "steps": tuple(TITLES), "settings": SETTINGS, "resumes": None,
        "inserted": 1_200, "updated": 3, "deleted": 0,
    }  # fmt: skip
    return RunRow(**(values | given))


def step(key: str, status: str = "done", duration_ms: int | None = 4_000, **given: Any) -> StepRow:
    values: dict[str, Any] = {
        "run_id": 1, "step": key, "attempt": 1, "status": status, "reason": None,
        "started_at": BEGAN, "finished_at": BEGAN, "duration_ms": duration_ms, "requests": 12,
        "bytes_fetched": 1_440_000, "bad_items": 0, "error": None, "hint": None, "changes": {},
        "detail": {},
    }  # fmt: skip
    return StepRow(**(values | given))


def counts(inserted: int, updated: int = 0, deleted: int = 0) -> dict[str, int]:
    return {"inserted": inserted, "updated": updated, "unchanged": 5, "deleted": deleted}


def detail(row: RunRow, *steps: StepRow) -> RunDetail:
    changes = {name: found for one in steps for name, found in one.changes.items()}
    return RunDetail(row, steps, changes, ("401", "402"), 12)


RUNS = {n: run(n, "failed" if n == 300 else "done") for n in range(300, 0, -1)}
DONE = step("load_games", changes={"espn.plays": counts(492)}, reason="7 days, 55 games")


@pytest.fixture
def live() -> Live:
    made = Live([])
    made.take_database(DatabaseState("ready", "Ready"))
    return made


@pytest.fixture
def runs(asker: Any) -> list[RunRow]:
    """What the journal has, newest first; a test may add to it."""
    held = list(RUNS.values())

    def page(question: RunsAsked) -> RunPage:
        rows = held[question.offset : question.offset + question.limit]
        return RunPage(len(held), question.offset, tuple(rows))

    def one(question: RunAsked) -> Any:
        found = [row for row in held if row.run_id == question.run_id]
        return detail(found[0], DONE) if found else UserFacingError("There is no such run.")

    asker.answers[RunsAsked] = page
    asker.answers[RunAsked] = one
    asker.answers[StepsAsked] = {"load_games": StepFacts("load_games", usual_s=3.2)}
    return held


@pytest.fixture
def panel(asker: Any, live: Live, runs: list[RunRow], qtbot: QtBot, tmp_path: Path) -> HistoryPanel:
    made = HistoryPanel(asker, live, TITLES, tmp_path / "exports")
    tester = QAbstractItemModelTester(
        made.model, QAbstractItemModelTester.FailureReportingMode.Fatal
    )
    made.setProperty("tester", tester)
    qtbot.addWidget(made)
    made.resize(1240, 300)
    made.show()
    qtbot.waitExposed(made)
    return made


def select(panel: HistoryPanel, *rows: int) -> None:
    panel.table.clearSelection()
    flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    for row in rows:
        panel.table.selectionModel().select(panel.model.index(row, 0), flags)


# -- words -------------------------------------------------------------------------------------


def test_what_a_run_was() -> None:
    assert run_words.kind_words(run(1), TITLES) == "Refetch"
    one = run(1, kind="steps", steps=("publish",), settings=SETTINGS | {"force": True})
    assert run_words.kind_words(one, TITLES) == "Only: Publish: gates, then views, forced"
    some = run(1, kind="steps", steps=("load_games", "publish"),
               settings=SETTINGS | {"games": ["401"]})  # fmt: skip
    said = run_words.kind_words(some, TITLES)
    assert said == "2 steps: Load probabilities and plays … Publish: gates, then views, 1 game"
    assert run_words.trigger_words(run(1, trigger="resume", resumes=56)) == "resume of run 56"


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [("2026-01-09", "2026-01-15", "9 – 15 Jan 2026"), ("2025-12-29", "2026-01-04",
     "29 Dec 2025 – 4 Jan 2026"), ("2026-01-29", "2026-02-04", "29 Jan – 4 Feb 2026"),
     ("2026-01-15", "2026-01-15", "Thu 15 Jan 2026"), (None, None, "7 days"),
     ("nonsense", "2026-01-15", "7 days")],
)  # fmt: skip
def test_days_of_a_run(first: str | None, last: str | None, said: str) -> None:
    assert run_words.days_words(SETTINGS | {"first": first, "last": last}) == said


def test_changes_in_words() -> None:
    assert run_words.change_words(counts(1_200, 3, 1)) == "+1,200 ~3 −1"
    assert run_words.change_words(counts(0)) == ""
    both = {"espn.plays": counts(2), "kalshi.markets": counts(0)}
    assert run_words.changes_words(both) == "espn.plays +2 ~0 −0"
    assert run_words.changes_in_short(both) == "espn.plays +2 ~0 −0"
    both["espn.games"] = counts(1_000, 0, 4)
    assert run_words.changes_in_short(both) == "+1,002 ~0 −4 in 2 relations"
    assert run_words.changes_in_short({}) == ""


def test_again_means_the_same_days_steps_and_options() -> None:
    first, last = date(2026, 1, 9), date(2026, 1, 15)
    assert run_words.again(run(1), TITLES) == RunWanted(first=first, last=last)
    some = run(
        1,
        kind="steps",
        steps=("publish",),
        settings=SETTINGS | {"force": True, "games": ["401"], "publish_anyway": True},
    )
    assert run_words.again(some, TITLES) == RunWanted(
        only=("publish",), first=first, last=last, games=("401",), force=True, publish_anyway=True
    )


@pytest.mark.parametrize("name", ["rebuild", "offline", "accept_loss"])
def test_what_only_the_terminal_does_is_not_offered(name: str) -> None:
    assert run_words.again(run(1, settings=SETTINGS | {name: True}), TITLES) is None
    assert run_words.again(run(1, steps=("no_such_step",)), TITLES) is None
    assert run_words.again(run(1, settings=SETTINGS | {"publish": False}), TITLES) is None


def test_steps_are_in_the_order_in_which_they_were_asked_for() -> None:
    found = steps_of(
        detail(run(1), step("publish", "blocked", None), DONE),
        TITLES,
        {"load_games": StepFacts("load_games", usual_s=3.2)},
    )
    assert [one.key for one in found] == list(TITLES)
    assert [one.state for one in found] == [StepState.DONE, StepState.PENDING, StepState.BLOCKED]
    assert [one.usual_s for one in found] == [3.2, None, None]


# -- differences -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [(3.0, 4.5, "B 1.5 s slower (+50 %)"), (4.0, 2.0, "B 2.0 s faster (−50 %)"),
     (4.0, 4.05, ""), (100.0, 103.0, ""), (None, 3.0, ""), (0.0, 2.0, "B 2.0 s slower")],
)  # fmt: skip
def test_pace(first: float | None, second: float | None, said: str) -> None:
    assert pace_words(first, second) == said


def test_differences_step_by_step() -> None:
    a = detail(
        run(1),
        step("load_games", changes={"espn.plays": counts(492)}),
        step("game_state", duration_ms=1_000),
    )
    b = detail(
        run(2),
        step("load_games", "failed", 6_000, bad_items=3,
             changes={"espn.plays": counts(500, 2), "espn.other": counts(0)}),
        step("publish"),
    )  # fmt: skip
    found = differences(a, b, TITLES)
    assert [(row.title, row.relation) for row in found] == [
        (TITLES["load_games"], ""),
        (TITLES["load_games"], "espn.plays"),
        (TITLES["game_state"], ""),
        (TITLES["publish"], ""),
    ]
    assert found[0].said == "A done, B failed; B 2.0 s slower (+50 %); bad items: A 0, B 3"
    assert found[1].changes == ("+492 ~0 −0", "+500 ~2 −0")
    assert found[1].said == "B inserted 8 more, B updated 2 more"
    assert found[2].said == "only in A"
    assert found[3].said == "only in B"


def test_the_same_run_does_not_differ() -> None:
    one = detail(run(1), DONE)
    assert [row.said for row in differences(one, one, TITLES)] == ["", ""]


# -- the panel ---------------------------------------------------------------------------------


def test_the_newest_run_is_shown_first(panel: HistoryPanel) -> None:
    assert panel.model.rowCount() == 300
    assert panel.run.run_id == 300
    assert "Run 300  ✗ Failed  4 min 10 s" in panel.run.headline
    assert "ESPN answered 503." in panel.run.headline
    cells = [panel.model.index(0, c).data() for c in range(panel.model.columnCount())]
    assert cells[0] == "300"
    assert cells[3:8] == ["✗ Failed", "4 min 10 s", "+1,200", "~3", "0"]


def test_a_run_in_detail(panel: HistoryPanel) -> None:
    panel.table.selectRow(4)
    assert panel.run.run_id == 296
    steps = panel.run.steps
    cells = [steps.index(0, c).data() for c in range(steps.columnCount())]
    assert cells[:5] == [TITLES["load_games"], "✓ Done", "4.0 s", "3.2 s", "espn.plays +492 ~0 −0"]
    assert cells[-1] == "7 days, 55 games"
    assert steps.index(1, 1).data() == "○ Pending"
    changes = panel.run.changes
    assert [changes.index(0, c).data() for c in range(5)] == ["espn.plays", "492", "0", "5", "0"]
    settings = dict(panel.run.settings.rows)
    assert settings["Days"] == "9 – 15 Jan 2026"
    assert settings["Force"] == "no"


def test_what_a_run_leads_to(panel: HistoryPanel, qtbot: QtBot) -> None:
    panel.table.selectRow(4)
    assert panel.run.games.text() == "Show 12 games"
    with qtbot.waitSignal(panel.games_of_run_wanted) as games:
        panel.run.games.click()
    with qtbot.waitSignal(panel.log_wanted) as log:
        panel.run.log.click()
    assert games.args == log.args == [296]
    with qtbot.waitSignal(panel.run_wanted) as wanted:
        panel.run.again.click()
    assert wanted.args == [RunWanted(first=date(2026, 1, 9), last=date(2026, 1, 15))]
    with qtbot.waitSignal(panel.retention_wanted):
        panel.retention_wanted.emit()


def test_only_the_newest_run_is_resumed(panel: HistoryPanel, qtbot: QtBot) -> None:
    assert not panel.run.resume.isHidden()
    with qtbot.waitSignal(panel.run_wanted) as wanted:
        panel.run.resume.click()
    assert wanted.args == [RunWanted(resume=True)]
    panel.table.selectRow(4)
    assert panel.run.resume.isHidden()


def test_a_new_run_appears_and_the_selection_stays(
    panel: HistoryPanel, runs: list[RunRow], live: Live, asker: Any, qtbot: QtBot
) -> None:
    panel.table.selectRow(4)
    runs.insert(0, run(301, "running", duration_ms=None, finished_at=None))
    live.take(RunStarted(301, "refetch", "button", tuple(TITLES), {}, BEGAN))
    qtbot.waitUntil(lambda: panel.model.rowCount() == 301)
    assert [row.run_id for row in panel.table.selected_rows] == [296]
    assert panel.run.run_id == 296
    assert panel.model.index(0, 3).data() == "▶ Running"
    qtbot.waitUntil(lambda: not panel.run.again.isEnabled())
    runs[0] = run(301)
    live.take(RunFinished(301, RunStatus.DONE, BEGAN, 250.0))
    qtbot.waitUntil(lambda: panel.model.index(0, 3).data() == "✓ Done")
    qtbot.waitUntil(panel.run.again.isEnabled)
    assert panel.run.run_id == 296


def test_the_run_underway_is_asked_again_when_a_step_ends(
    panel: HistoryPanel, runs: list[RunRow], live: Live, asker: Any, qtbot: QtBot
) -> None:
    runs.insert(0, run(301, "running"))
    live.take(RunStarted(301, "refetch", "button", tuple(TITLES), {}, BEGAN))
    panel.show_run(301)
    qtbot.wait(60)
    before = asker.asked.count(RunAsked(301))
    live.take(StepFinished(301, "load_games", 1, StepState.DONE, BEGAN, 4.0))
    qtbot.waitUntil(lambda: asker.asked.count(RunAsked(301)) == before + 1)
    live.changed.emit()
    assert asker.asked.count(RunAsked(301)) == before + 1


def test_show_run_finds_its_row(panel: HistoryPanel) -> None:
    panel.show_run(250)
    assert [row.run_id for row in panel.table.selected_rows] == [250]
    assert panel.run.run_id == 250


def test_a_run_that_is_not_there(panel: HistoryPanel) -> None:
    panel.show_run(9_999)
    assert panel.table.selected_rows == []
    assert "There is no such run." in panel.run.pages.message.words


def test_asked_for_before_the_runs_are_there(
    asker: Any, live: Live, runs: list[RunRow], qtbot: QtBot, tmp_path: Path
) -> None:
    panel = HistoryPanel(asker, live, TITLES, tmp_path)
    qtbot.addWidget(panel)
    panel.show_run(280)
    panel.show()
    qtbot.waitExposed(panel)
    assert panel.run.run_id == 280


def test_an_answer_to_the_run_before_is_dropped(panel: HistoryPanel, asker: Any) -> None:
    asker.later = True
    panel.table.selectRow(4)
    panel.table.selectRow(5)
    asker.deliver()
    assert "Run 295" in panel.run.headline


def test_two_runs_are_compared(panel: HistoryPanel, qtbot: QtBot) -> None:
    select(panel, 1)
    assert not panel._compare.isEnabled()
    select(panel, 1, 4)
    assert panel._compare.isEnabled()
    panel._compare.click()
    assert panel.comparison.isVisible()
    assert "A: run 296" in panel.comparison.headline
    assert "B: run 299" in panel.comparison.headline
    assert "asked for the same" in panel.comparison.headline
    assert panel.comparison.model.index(0, 1).data() == "="
    panel.comparison.closed.emit()
    assert not panel.comparison.isVisible()


def test_enter_keeps_the_run(panel: HistoryPanel, qtbot: QtBot) -> None:
    panel.table.setFocus()
    panel.table.selectRow(7)
    qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    assert panel.run.run_id == 293


def test_no_run_yet(panel: HistoryPanel, asker: Any) -> None:
    asker.answers[RunsAsked] = RunPage(0, 0, ())
    panel.view.reload()
    assert panel.pages.kind == "empty"
    assert "Refetch (F5)" in panel.pages.message.words


def test_trouble_in_words(panel: HistoryPanel, asker: Any) -> None:
    asker.answers[RunsAsked] = UserFacingError("The connection was lost.")
    panel.view.reload()
    assert panel.pages.kind == "error"
    assert "✗ The connection was lost." in panel.pages.message.words


def test_retention_in_words(panel: HistoryPanel) -> None:
    assert panel._retention.text() == "Runs are kept for good"
    panel.show_retention(90)
    assert panel._retention.text() == "Runs are kept 90 days"


def test_all_runs_are_exported(panel: HistoryPanel, qtbot: QtBot, tmp_path: Path) -> None:
    dialog = panel.view.exporting.choose("runs.csv", panel.table.shown_columns, panel._ask)
    with qtbot.waitSignal(panel.exported):
        dialog.fileSelected.emit(str(tmp_path / "runs.csv"))
    dialog.reject()
    lines = (tmp_path / "runs.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 301
    assert lines[1].split(",")[1] == (BEGAN + timedelta(hours=300)).isoformat()


def test_state_is_saved_and_restored(panel: HistoryPanel) -> None:
    panel.table.setColumnHidden(2, True)
    state = panel.save_state()
    panel.table.reset_columns()
    assert panel.restore_state(state)
    assert panel.table.isColumnHidden(2)
    assert not panel.restore_state(b"something else")


def test_painted_in_both_themes(panel: HistoryPanel, theme: themes.Theme) -> None:
    assert not panel.grab().isNull()
