"""The charts as a person uses them: point, click, keys, ranges, exports, themes, trouble."""

from __future__ import annotations

import csv
import dataclasses
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QComboBox, QWidget

from nbapanel.errors import UserFacingError
from nbapanel.rows.questions import RefreshesAsked
from nbapanel.rows.reads import DatabaseState, RefreshSeries
from nbapanel.ui import theme as themes
from nbapanel.ui.charts.chart import Table
from nbapanel.ui.charts.export import picture
from nbapanel.ui.charts.panel import ChartsPanel
from nbapanel.ui.charts.plots import Plot
from nbapanel.ui.charts.ranges import Range, Span
from nbapanel.ui.charts.reading import Spot, moment
from nbapanel.ui.charts.relations import Relation, RelationsModel
from nbapanel.ui.charts.row_counts import RowCounts
from nbapanel.ui.charts.series import Log, log_of
from nbapanel.ui.charts.turns import Turns
from nbapanel.ui.live import Live
from nbapanel.ui.ports import DeclaredStep

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
COUNTS, DURATIONS, CHANGES = 0, 1, 2
RUNS = 40
_LONG_MS = 60_000
STEPS = (
    DeclaredStep("snapshot_features", "Update snapshot features", "Derived", (), (), (), (), 900.0),
    DeclaredStep("load_games", "Load probabilities and plays", "ESPN", (), (), (), ()),
)
COLUMNS = [field.name for field in dataclasses.fields(RefreshSeries)][3:]


def series_of(
    relation: str, step: str, rows: int, seconds: float, runs: int = RUNS, days: float = 20.0
) -> RefreshSeries:
    """One refresh a run, evenly over the last days, every fifth one changing nothing."""
    at = NOW.timestamp() - 600 - days * 86_400 * np.linspace(1, 0, runs)
    gain = np.where(np.arange(runs) % 5 == 4, 0, 10)
    slow = np.arange(runs) == runs // 2
    failed = np.arange(runs) == runs // 3
    return RefreshSeries(
        relation,
        "load",
        step,
        refresh_id=list(range(runs)),
        run_id=list(range(101, 101 + runs)),
        started_at=at.tolist(),
        duration_ms=[int(ms) for ms in np.where(slow, 5_000, 1_000) * seconds],
        threshold_ms=[30_000] * runs,
        rows_after=[int(n) for n in rows + np.cumsum(gain)],
        inserted=gain.tolist(),
        updated=[3] * runs,
        deleted=[0] * (runs - 1) + [2],
        status=["failed" if bad else "ok" for bad in failed],
        is_alert=(slow | failed).tolist(),
    )


LOG = (
    series_of("espn.plays", "load_games", 500_000, 2.0),
    series_of("derived.snapshot_features", "snapshot_features", 300_000, 3.0),
    series_of("derived.slate", "publish", 150, 0.1),
)


def since(log: tuple[RefreshSeries, ...]) -> Any:
    """Answers as the warehouse does: only what began since then."""

    def answer(question: RefreshesAsked) -> tuple[RefreshSeries, ...]:
        if question.since is None:
            return log
        found = []
        for each in log:
            first = int(np.searchsorted(each.started_at, question.since.timestamp()))
            cut = {name: getattr(each, name)[first:] for name in COLUMNS}
            found.append(dataclasses.replace(each, **cut))
        return tuple(each for each in found if each.started_at)

    return answer


@pytest.fixture
def live(qapp: Any) -> Live:
    themes.active()
    made = Live(())
    made.take_database(DatabaseState("ready", "Ready"))
    return made


@pytest.fixture
def panel(qtbot: Any, asker: Any, live: Live, tmp_path: Path) -> Iterator[ChartsPanel]:
    asker.answers[RefreshesAsked] = since(LOG)
    made = ChartsPanel(asker, live, tmp_path / "exports", STEPS, now=lambda: NOW)
    qtbot.addWidget(made)
    made.resize(1240, 300)
    yield made
    if made.exporter.dialog is not None:
        made.exporter.dialog.close()


@pytest.fixture
def shown(qtbot: Any, panel: ChartsPanel) -> ChartsPanel:
    with qtbot.waitExposed(panel):
        panel.show()
    drawn(qtbot, panel)
    panel.grab()
    return panel


def drawn(qtbot: Any, panel: ChartsPanel) -> None:
    """Wait until what came last is drawn: it takes some turns of the loop."""
    qtbot.waitUntil(lambda: panel.has_data, timeout=_LONG_MS)


def viewport(plot: Plot) -> QWidget:
    found: QWidget = plot.view.viewport()
    return found


def point_at(qtbot: Any, plot: Plot, track: int, index: int) -> QPoint:
    """Move the mouse onto a point of a chart."""
    place = plot.place_of(track, index).toPoint()
    qtbot.mouseMove(viewport(plot), QPoint(5, 5))
    qtbot.mouseMove(viewport(plot), place)
    return place


def test_the_package_does_not_load_pyqtgraph() -> None:
    code = "import sys, nbapanel.ui.charts; sys.exit('pyqtgraph' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestReading:
    def test_the_point_under_the_mouse_is_read(self, qtbot: Any, shown: ChartsPanel) -> None:
        plot = shown.row_counts.plot
        point_at(qtbot, plot, 1, 30)
        held = LOG[1]
        assert plot.spot is not None
        assert (plot.spot.track, plot.spot.index) == (1, 30)
        assert shown.reading.text() == (
            f"{moment(held.started_at[30])} · derived.snapshot_features · "
            f"{held.rows_after[30]:,} rows (+10) · run 131"
        )

    def test_of_durations_with_what_is_usual(self, qtbot: Any, shown: ChartsPanel) -> None:
        shown.toolbar.choice.choose(DURATIONS)
        shown.grab()
        point_at(qtbot, shown.durations.plot, 0, RUNS // 2)
        assert shown.reading.text().endswith(
            "Step: Update snapshot features · 15 s · usual 3.0 s · slow · run 121"
        )

    def test_of_changes(self, qtbot: Any, shown: ChartsPanel) -> None:
        shown.toolbar.choice.choose(CHANGES)
        shown.grab()
        point_at(qtbot, shown.changes.plot, 0, RUNS - 1)
        assert shown.reading.text().endswith(
            "All relations · 0 inserted · 9 updated · 6 deleted · run 140"
        )

    def test_a_click_opens_the_run(self, qtbot: Any, shown: ChartsPanel) -> None:
        for number, chart in enumerate(shown.charts):
            shown.toolbar.choice.choose(number)
            shown.grab()
            place = point_at(qtbot, chart.plot, 0, 12)
            with qtbot.waitSignal(shown.run_wanted) as caught:
                qtbot.mouseClick(viewport(chart.plot), Qt.MouseButton.LeftButton, pos=place)
            assert caught.args == [113]

    def test_a_click_far_from_any_point_opens_nothing(self, qtbot: Any, shown: ChartsPanel) -> None:
        shown.row_counts.relations.show_only(2)
        shown.row_counts.scale.choose(1)
        shown.grab()
        plot = shown.row_counts.plot
        corner = plot.box.sceneBoundingRect().topLeft() + QPointF(4, 4)
        with qtbot.assertNotEmitted(shown.run_wanted, wait=20):
            qtbot.mouseClick(viewport(plot), Qt.MouseButton.LeftButton, pos=corner.toPoint())

    def test_by_keys(self, qtbot: Any, shown: ChartsPanel) -> None:
        plot = shown.row_counts.plot
        plot.setFocus()
        qtbot.keyClick(plot, Qt.Key.Key_Left)
        assert plot.spot == Spot(0, RUNS - 1)
        qtbot.keyClick(plot, Qt.Key.Key_Left)
        assert "run 139" in shown.reading.text()
        qtbot.keyClick(plot, Qt.Key.Key_Down)
        assert "derived.snapshot_features" in shown.reading.text()
        qtbot.keyClick(plot, Qt.Key.Key_Home)
        assert "run 101" in shown.reading.text()
        assert plot.accessibleDescription() == shown.reading.text()
        with qtbot.waitSignal(shown.run_wanted) as caught:
            qtbot.keyClick(plot, Qt.Key.Key_Return)
        assert caught.args == [101]

    def test_keys_zoom_and_undo_it(self, qtbot: Any, shown: ChartsPanel) -> None:
        plot = shown.row_counts.plot
        qtbot.keyClick(plot, Qt.Key.Key_Right)
        qtbot.keyClick(plot, Qt.Key.Key_Plus)
        assert plot.is_zoomed
        assert shown.whole.isVisible()
        shown.whole.click()
        assert not plot.is_zoomed
        assert not shown.whole.isVisible()

    def test_a_point_out_of_sight_is_brought_into_it(self, qtbot: Any, shown: ChartsPanel) -> None:
        plot = shown.row_counts.plot
        qtbot.keyClick(plot, Qt.Key.Key_Right)
        for _ in range(3):
            qtbot.keyClick(plot, Qt.Key.Key_Plus)
        qtbot.keyClick(plot, Qt.Key.Key_End)
        low, high = plot.x_seen
        assert low <= LOG[0].started_at[-1] <= high


class TestChoices:
    def test_arrow_keys_choose_the_range(self, qtbot: Any, shown: ChartsPanel) -> None:
        button = shown.toolbar.ranges.button(2)
        button.setFocus()
        qtbot.keyClick(button, Qt.Key.Key_Right)
        assert shown.range is Range.SEASON

    def test_a_chosen_range_is_seen_whole(self, qtbot: Any, shown: ChartsPanel) -> None:
        plot = shown.row_counts.plot
        plot.box.setXRange(LOG[0].started_at[3], LOG[0].started_at[9], padding=0)
        shown.toolbar.ranges.choose(1)
        drawn(qtbot, shown)
        since = Range.WEEK.since(NOW)
        assert since is not None
        low, high = plot.x_seen
        assert low == pytest.approx(since.timestamp())
        assert high == pytest.approx(NOW.timestamp() + 0.02 * (NOW - since).total_seconds())


class TestRelations:
    def test_model(self, qtbot: Any, live: Live) -> None:
        model = RelationsModel()
        QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
        model.set_rows([Relation("a", 1.0, 0.0), Relation("b", 2e6, 5.0)])
        assert model.index(1, 1).data() == "2,000,000"
        unchecked = Qt.CheckState.Unchecked.value
        assert model.setData(model.index(0, 0), unchecked, Qt.ItemDataRole.CheckStateRole)
        assert model.shown == {"b"}
        model.set_rows([Relation("b", 2e6, 5.0), Relation("a", 3.0, 2.0)])
        assert model.shown == {"b"}
        model.show_only(0)
        assert model.shown == {"a", "b"}

    def test_a_hidden_relation_is_not_drawn(self, shown: ChartsPanel) -> None:
        chart = shown.row_counts
        chart.relations.show_only(2)
        rows = chart.table().rows()
        assert {row[1] for row in rows} == {"derived.slate"}
        low, high = chart.plot.box.viewRange()[1]
        assert low < np.log10(150) < high < 3

    def test_all_hidden_is_said(self, shown: ChartsPanel) -> None:
        model = shown.row_counts.relations
        for row in range(model.rowCount()):
            model.setData(
                model.index(row, 0), Qt.CheckState.Unchecked.value, Qt.ItemDataRole.CheckStateRole
            )
        assert "hidden" in shown.note.text()

    def test_gain_starts_at_the_range(self, shown: ChartsPanel) -> None:
        shown.row_counts.scale.choose(2)
        _, high = shown.row_counts.plot.box.viewRange()[1]
        assert 320 < high < 400


class TestDurations:
    def test_the_slowest_step_comes_first(self, shown: ChartsPanel) -> None:
        shown.toolbar.choice.choose(DURATIONS)
        assert shown.durations.subject_words == "Step: Update snapshot features"

    def test_what_is_chosen_stays(self, qtbot: Any, shown: ChartsPanel, live: Live) -> None:
        shown.toolbar.choice.choose(DURATIONS)
        subject = shown.durations.subject
        subject.setCurrentIndex(subject.findText("derived.slate"))
        subject.activated.emit(subject.currentIndex())
        live.data_changed.emit()
        drawn(qtbot, shown)
        assert shown.durations.subject_words == "derived.slate"
        assert "100 ms" in shown.durations._words(0, 3)

    def test_a_threshold_far_above_is_said(self, shown: ChartsPanel) -> None:
        shown.toolbar.choice.choose(DURATIONS)
        assert shown.note.text() == "Threshold 15 min: above the axis"
        shown.durations.scale.choose(1)
        assert shown.note.text() == ""
        _, high = shown.durations.plot.box.viewRange()[1]
        assert high > np.log10(900)

    def test_alerts_are_counted_in_words(self, shown: ChartsPanel) -> None:
        shown.toolbar.choice.choose(DURATIONS)
        assert "slow: 1" in shown.durations.legend.words
        assert "failed: 1" in shown.durations.legend.words


class TestChanges:
    def test_many_runs_are_bundled(self, qtbot: Any, asker: Any, panel: ChartsPanel) -> None:
        asker.answers[RefreshesAsked] = (series_of("a", "s", 1, 1.0, runs=3_000),)
        panel.show()
        panel.toolbar.choice.choose(CHANGES)
        assert panel.changes.plot.bottom.labelText == "runs, in order (each bar 10 runs)"
        panel.changes.plot.box.setXRange(0, 100, padding=0)
        assert panel.changes.plot.bottom.labelText == "runs, in order"

    def test_one_relation(self, shown: ChartsPanel) -> None:
        shown.toolbar.choice.choose(CHANGES)
        relation = shown.changes.relation
        relation.setCurrentIndex(relation.findText("derived.slate"))
        table = shown.changes.table()
        names, rows = table.names, table.rows()
        assert dict(zip(names, rows[0], strict=True))["updated"] == 3

    def test_a_backfill_does_not_flatten_the_rest(self, asker: Any, panel: ChartsPanel) -> None:
        held = series_of("a", "s", 1, 1.0)
        inserted = list(held.inserted)
        inserted[3] = 4_000_000
        asker.answers[RefreshesAsked] = (dataclasses.replace(held, inserted=inserted),)
        panel.show()
        panel.toolbar.choice.choose(CHANGES)
        assert panel.changes.plot.box.viewRange()[1][1] < 100
        assert panel.note.text().startswith("1 bar cut off")
        assert "4,000,000 inserted" in panel.changes._words(0, 3)


class TestAsking:
    def test_unseen_it_does_not_ask(self, asker: Any, panel: ChartsPanel, live: Live) -> None:
        live.data_changed.emit()
        assert asker.asked == []
        panel.show()
        assert asker.asked == [RefreshesAsked(Range.MONTH.since(NOW))]
        panel.hide()
        live.run_finished.emit(None)
        assert len(asker.asked) == 1
        panel.show()
        assert len(asker.asked) == 2

    def test_only_the_chart_that_is_seen_is_drawn(self, shown: ChartsPanel) -> None:
        assert shown.durations.log is None
        shown.toolbar.choice.choose(DURATIONS)
        assert shown.durations.log is not None
        assert shown.changes.log is None

    def test_loading_is_said(self, qtbot: Any, asker: Any, panel: ChartsPanel) -> None:
        asker.later = True
        panel.show()
        assert panel.notice.title.text() == "Reading the refresh log …"
        assert not panel.toolbar.picture.isEnabled()
        asker.deliver()
        drawn(qtbot, panel)
        assert not panel.notice.isVisible()
        assert panel.toolbar.picture.isEnabled()

    def test_an_answer_to_an_earlier_question_is_ignored(
        self, qtbot: Any, asker: Any, panel: ChartsPanel
    ) -> None:
        asker.later = True
        panel.show()
        panel.toolbar.ranges.choose(4)
        answers = iter([(), LOG])
        asker.answers[RefreshesAsked] = lambda _question: next(answers)
        asker.deliver()
        drawn(qtbot, panel)
        assert panel.row_counts.isVisible()
        assert panel.row_counts.plot.x_seen[0] < LOG[0].started_at[0]

    def test_nothing_in_the_range_offers_the_one_that_has(
        self, qtbot: Any, asker: Any, panel: ChartsPanel
    ) -> None:
        old = series_of("a", "s", 5, 1.0)
        old = dataclasses.replace(old, started_at=[at - 5 * 86_400 for at in old.started_at])
        asker.answers[RefreshesAsked] = since((old,))
        panel.toolbar.ranges.choose(0)
        panel.show()
        assert panel.notice.title.text() == "No refreshes in the last 24 h"
        assert moment(old.started_at[-1]) in panel.notice.detail.text()
        assert panel.notice.button.text() == "Show 7 d"
        qtbot.mouseClick(panel.notice.button, Qt.MouseButton.LeftButton)
        assert panel.range is Range.WEEK
        assert panel.row_counts.isVisible()

    def test_nothing_ever(self, asker: Any, panel: ChartsPanel) -> None:
        asker.answers[RefreshesAsked] = ()
        panel.show()
        assert panel.notice.title.text() == "No refresh has been logged yet"
        assert not panel.notice.button.isVisible()

    def test_trouble_is_said_and_tried_again(
        self, qtbot: Any, asker: Any, panel: ChartsPanel, live: Live
    ) -> None:
        asker.answers[RefreshesAsked] = UserFacingError("The database is away", "It stopped.")
        panel.show()
        assert panel.notice.title.text() == "The database is away"
        asker.answers[RefreshesAsked] = LOG
        panel.notice.button.click()
        assert panel.row_counts.isVisible()

    def test_it_asks_again_when_the_database_is_back(
        self, asker: Any, panel: ChartsPanel, live: Live
    ) -> None:
        asker.answers[RefreshesAsked] = UserFacingError("The database is away")
        panel.show()
        live.take_database(DatabaseState("lost", "The database is away", "It stopped"))
        asker.answers[RefreshesAsked] = LOG
        live.take_database(DatabaseState("ready", "Ready"))
        assert panel.row_counts.isVisible()

    def test_without_a_database_nothing_is_asked_and_its_state_is_said(
        self, asker: Any, panel: ChartsPanel, live: Live
    ) -> None:
        live.take_database(DatabaseState("refused", "No such database.", "It is gone", "Make it."))
        panel.show()
        assert not asker.asked
        assert panel.notice.title.text() == "✗ No such database"
        assert panel.notice.detail.text() == "It is gone. Make it."
        live.take_database(DatabaseState("ready", "Ready"))
        assert panel.row_counts.isVisible()

    @pytest.mark.parametrize(
        ("old_h", "wanted"),
        [(1, Range.ALL), (10, Range.DAY), (60, Range.WEEK), (24 * 20, Range.MONTH)],
    )
    def test_the_first_range_fits_the_log(
        self, asker: Any, panel: ChartsPanel, old_h: int, wanted: Range
    ) -> None:
        at = NOW.timestamp() - old_h * 3_600
        one = {name: getattr(LOG[0], name)[:1] for name in COLUMNS}
        young = dataclasses.replace(LOG[0], **(one | {"started_at": [at]}))
        asker.answers[RefreshesAsked] = (young,)
        panel.show()
        assert panel.range is wanted
        panel.toolbar.choose_range(Range.MONTH)
        assert panel.range is Range.MONTH

    def test_two_refreshes_are_seen_as_dots(self, shown: ChartsPanel) -> None:
        assert len(shown.row_counts._dots.data)

    def test_zoomed_into_a_gap_is_said(self, shown: ChartsPanel) -> None:
        shown.toolbar.choice.choose(DURATIONS)
        at = LOG[0].started_at
        shown.durations.plot.box.setXRange(at[3] + 600, at[3] + 1_200, padding=0)
        assert shown.note.text() == "No refreshes in the part that is seen"

    def test_new_data_keeps_the_zoom(self, qtbot: Any, shown: ChartsPanel, live: Live) -> None:
        plot = shown.row_counts.plot
        at = LOG[0].started_at
        plot.box.setXRange(at[3], at[9], padding=0)
        live.data_changed.emit()
        drawn(qtbot, shown)
        assert plot.x_seen == pytest.approx((at[3], at[9]))


class TestInTurns:
    """What comes is drawn a piece a turn; whatever happens between them, the end is the same."""

    def drawings(self, chart: RowCounts) -> dict[str, Any]:
        count = len(chart._shown)
        return {
            "lines": [
                (line.xData.tolist(), line.yData.tolist(), line.opts["pen"].color().name())
                for line in chart._lines[:count]
            ],
            "dots": [chart._dots.data[key].tolist() for key in ("x", "y")],
            "brushes": [brush.color().name() for brush in chart._dots.data["brush"]],
            "seen": chart.plot.box.viewRange(),
            "tracks": [(track.x.tolist(), track.y.tolist()) for track in chart.plot._tracks],
            "note": chart.note,
        }

    def chart(self, qtbot: Any, log: Log, end: float) -> RowCounts:
        made = RowCounts()
        qtbot.addWidget(made)
        made.show_log(log, Span(end - 30 * 86_400, end))
        return made

    @pytest.mark.parametrize("place", [1, 2, 3, 4])
    def test_whatever_happens_between_two_pieces(
        self, qtbot: Any, theme: themes.Theme, place: int
    ) -> None:
        """The theme changes, points are read, a relation is hidden and shown, all is seen again:
        while the log before had relations that the new one lacks."""
        before = log_of([series_of(f"old.r{n}", "s", 10**n, 1.0) for n in range(1, 6)])
        after = log_of(LOG)
        end = NOW.timestamp()
        chart = self.chart(qtbot, before, end - 60)
        pieces = chart.pieces(after, Span(end - 30 * 86_400, end))
        for piece in pieces[:place]:
            piece()
        for key in (Qt.Key.Key_End, Qt.Key.Key_Up, Qt.Key.Key_Return, Qt.Key.Key_0):
            qtbot.keyClick(chart.plot, key)
        chart.relations.show_only(1)
        chart.relations.show_only(1)
        theme.choose(themes.Choice.LIGHT if theme.is_dark else themes.Choice.DARK)
        for piece in pieces[place:]:
            piece()
        expected = self.drawings(self.chart(qtbot, after, end))
        assert self.drawings(chart) == expected

    def test_newer_data_takes_the_place_of_older(
        self, qtbot: Any, asker: Any, shown: ChartsPanel, live: Live
    ) -> None:
        answers = iter([LOG[:2], LOG[2:]])
        asker.answers[RefreshesAsked] = lambda _question: next(answers)
        live.data_changed.emit()
        live.data_changed.emit()
        assert not shown.has_data
        drawn(qtbot, shown)
        assert {row[1] for row in shown.row_counts.table().rows()} == {"derived.slate"}

    def test_another_chart_is_chosen_meanwhile(
        self, qtbot: Any, asker: Any, shown: ChartsPanel, live: Live
    ) -> None:
        """The one that was being drawn is whole when it is chosen again."""
        asker.answers[RefreshesAsked] = LOG[:1]
        live.data_changed.emit()
        shown.toolbar.choice.choose(DURATIONS)
        assert shown.has_data
        shown.toolbar.choice.choose(COUNTS)
        assert [counts.relation for counts in shown.row_counts._shown] == ["espn.plays"]
        assert len(shown.row_counts._dots.data) == RUNS

    def test_another_database_meanwhile(
        self, qtbot: Any, asker: Any, shown: ChartsPanel, live: Live
    ) -> None:
        live.data_changed.emit()
        live.forget()
        turns: list[bool] = []
        QTimer.singleShot(0, lambda: QTimer.singleShot(0, lambda: turns.append(True)))
        qtbot.waitUntil(lambda: bool(turns), timeout=_LONG_MS)
        assert not shown.has_data
        assert not shown.toolbar.picture.isEnabled()

    def test_dots_are_drawn_once_and_with_the_same_brushes(
        self, qtbot: Any, asker: Any, shown: ChartsPanel, live: Live, monkeypatch: Any
    ) -> None:
        """A new brush has every dot painted anew: that held up the window."""
        dots = shown.row_counts._dots
        brushes = {id(brush) for brush in dots.data["brush"]}
        times: list[int] = []
        drawing = dots.setData

        def count(*args: Any, **kwargs: Any) -> None:
            times.append(1)
            drawing(*args, **kwargs)

        monkeypatch.setattr(dots, "setData", count)
        asker.answers[RefreshesAsked] = (*LOG[:2], series_of("derived.slate", "publish", 7, 0.1))
        live.data_changed.emit()
        drawn(qtbot, shown)
        assert len(times) == 1
        assert {id(brush) for brush in dots.data["brush"]} == brushes

    def test_turns(self, qtbot: Any, panel: ChartsPanel) -> None:
        """Between two pieces there is room for all else; a new beginning ends what is left."""
        turns, done = Turns(panel), list[str]()

        def first() -> None:
            done.append("a")
            QTimer.singleShot(0, partial(done.append, "something else"))

        turns.begin([first, partial(done.append, "b")])
        assert done == []
        qtbot.waitUntil(lambda: len(done) == 3, timeout=_LONG_MS)
        assert done == ["a", "something else", "b"]
        turns.begin([partial(done.append, "dropped")])
        turns.drop()
        turns.begin([partial(done.append, "replaced")])
        turns.begin([partial(done.append, "c")])
        qtbot.waitUntil(lambda: "c" in done, timeout=_LONG_MS)
        assert done[3:] == ["c"]

    def test_a_bug_ends_the_turns(self, qtbot: Any, panel: ChartsPanel) -> None:
        turns, done = Turns(panel), list[str]()
        with qtbot.captureExceptions() as caught:
            turns.begin([lambda: [][1], partial(done.append, "after it")])
            qtbot.waitUntil(lambda: len(caught) == 1, timeout=_LONG_MS)
        turns.begin([partial(done.append, "begun anew")])
        qtbot.waitUntil(lambda: bool(done), timeout=_LONG_MS)
        assert done == ["begun anew"]


class TestExport:
    def test_the_table_is_what_is_shown(
        self, qtbot: Any, shown: ChartsPanel, tmp_path: Path
    ) -> None:
        shown.row_counts.relations.show_only(0)
        at = LOG[0].started_at
        shown.row_counts.plot.box.setXRange(at[10] - 1, at[12] + 1, padding=0)
        shown.toolbar.table.click()
        assert shown.exporter.dialog is not None
        assert Path(shown.exporter.dialog.directory().path()) == tmp_path / "exports"
        target = tmp_path / "exports" / "rows.csv"
        with qtbot.waitSignal(shown.exported) as caught:
            shown.exporter.dialog.fileSelected.emit(str(target))
        assert caught.args == [target]
        rows = list(csv.DictReader(target.read_text(encoding="utf-8").splitlines()))
        assert [int(row["rows"]) for row in rows] == list(LOG[0].rows_after[10:13])
        assert [row["run_id"] for row in rows] == ["111", "112", "113"]
        read = [datetime.fromisoformat(row["time"]) for row in rows]
        assert [each.timestamp() for each in read] == pytest.approx(at[10:13], abs=1e-3)
        assert [path.name for path in target.parent.iterdir()] == ["rows.csv"]

    def test_the_other_tables_too(self, shown: ChartsPanel) -> None:
        shown.toolbar.choice.choose(DURATIONS)
        table = shown.durations.table()
        names, rows = table.names, table.rows()
        assert len(rows) == RUNS
        first = dict(zip(names, rows[RUNS // 3], strict=True))
        assert (first["status"], first["is_alert"], first["seconds"]) == ("failed", True, 3.0)
        shown.toolbar.choice.choose(CHANGES)
        table = shown.changes.table()
        names, rows = table.names, table.rows()
        assert sum(row[names.index("inserted")] for row in rows) == 3 * sum(LOG[0].inserted)

    def test_the_picture_is_twice_as_large(
        self, qtbot: Any, shown: ChartsPanel, tmp_path: Path
    ) -> None:
        shown.toolbar.picture.click()
        target = tmp_path / "exports" / "chart.png"
        assert shown.exporter.dialog is not None
        with qtbot.waitSignal(shown.exported):
            shown.exporter.dialog.fileSelected.emit(str(target))
        image = QImage(str(target))
        assert image.width() == 2 * (shown.row_counts.width() + 32)
        assert image.pixelColor(4, 4) == themes.active().color("window")

    def test_a_picture_holds_the_whole_legend(
        self, qtbot: Any, asker: Any, shown: ChartsPanel, live: Live
    ) -> None:
        many = tuple(series_of(f"espn.relation_{n}", "s", 100, 1.0) for n in range(20))
        asker.answers[RefreshesAsked] = many
        live.data_changed.emit()
        drawn(qtbot, shown)
        chart = shown.row_counts
        before = chart.size()
        image = QImage.fromData(picture(chart, "Row counts", chart.whole_height))
        assert image.height() >= 2 * 20 * 21
        assert chart.size() == before

    def test_a_table_becomes_text_beside_the_window(
        self, qtbot: Any, shown: ChartsPanel, tmp_path: Path
    ) -> None:
        """A hundred thousand rows would hold it up."""
        at_work: list[threading.Thread] = []

        def rows() -> list[tuple[Any, ...]]:
            at_work.append(threading.current_thread())
            return [(NOW.timestamp(), 1)]

        shown.exporter.save_table(Table(("time", "rows"), rows), "Rows")
        assert shown.exporter.dialog is not None
        with qtbot.waitSignal(shown.exported, timeout=_LONG_MS):
            shown.exporter.dialog.fileSelected.emit(str(tmp_path / "x.csv"))
        assert at_work != [threading.main_thread()]
        written = (tmp_path / "x.csv").read_text("utf-8")
        assert written == "time,rows\n2026-11-22T07:00:00.000+00:00,1\n"

    def test_a_file_that_cannot_be_written_is_said(
        self, qtbot: Any, shown: ChartsPanel, tmp_path: Path
    ) -> None:
        shown.toolbar.table.click()
        assert shown.exporter.dialog is not None
        with qtbot.waitSignal(shown.failed) as caught:
            shown.exporter.dialog.fileSelected.emit(str(tmp_path / "no" / "such" / "x.csv"))
        assert caught.args is not None
        assert "could not be written" in caught.args[0].title


class TestTheme:
    def test_a_label_without_room_stays_away(
        self, qtbot: Any, shown: ChartsPanel, theme: themes.Theme
    ) -> None:
        shown.toolbar.choice.choose(DURATIONS)
        plot = shown.durations.plot
        plot.setFixedHeight(60)
        qtbot.waitUntil(lambda: plot.height() == 60)
        assert plot.bottom.labelText
        assert not plot.bottom.label.isVisible()
        theme.choose(themes.Choice.LIGHT if theme.is_dark else themes.Choice.DARK)
        assert not plot.bottom.label.isVisible()

    def test_a_change_recolours(self, shown: ChartsPanel, theme: themes.Theme) -> None:
        plot = shown.row_counts.plot
        assert plot.view.backgroundBrush().color() == theme.color("surface")
        line = shown.row_counts._lines[0]
        assert line.opts["pen"].color() == theme.color("series_1")
        other = themes.Choice.LIGHT if theme.is_dark else themes.Choice.DARK
        theme.choose(other)
        assert plot.view.backgroundBrush().color() == theme.color("surface")
        assert line.opts["pen"].color() == theme.color("series_1")
        assert plot.left.textPen().color() == theme.color("muted")
        shown.toolbar.choice.choose(DURATIONS)
        assert theme.color("warning").name() in shown.durations.legend.text()

    def test_every_pen_is_one_wide(self, shown: ChartsPanel) -> None:
        shown.toolbar.choice.choose(DURATIONS)
        for line in (*shown.row_counts._lines, shown.durations._line, shown.durations._median):
            assert line.opts["pen"].width() == 1
            assert line.opts["autoDownsample"]
            assert line.opts["clipToView"]
            assert not line.opts["antialias"]


def test_everything_has_a_name(shown: ChartsPanel) -> None:
    inner = [
        child
        for owner in (*shown.findChildren(QComboBox), *shown.findChildren(QAbstractItemView))
        for child in owner.findChildren(QWidget)
    ]
    named = [
        widget
        for kind in (QAbstractButton, QComboBox, QAbstractItemView, Plot)
        for widget in shown.findChildren(kind)
        if widget not in inner and widget is not shown.notice.button  # named with its words
    ]
    assert len(named) > 20
    assert [widget for widget in named if not widget.accessibleName()] == []


def test_tab_leaves_the_list(qtbot: Any, shown: ChartsPanel) -> None:
    assert not shown.row_counts.list.tabKeyNavigation()
    assert shown.row_counts.list.nextInFocusChain() is not None


def test_an_empty_relation_is_marked_with_no_rows_not_with_half_a_row(qtbot: Any) -> None:
    counts = RowCounts()
    qtbot.addWidget(counts)
    axis = counts.plot.left
    axis.is_log = True

    marks = axis.ticks(-1.0, 2.0, 30)

    assert [words for at, words in marks if at <= 0] == ["0", "1"]
