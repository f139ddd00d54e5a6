"""A game over its time, as a person reads it."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt

from nbapanel.rows.reads import GameChart, GameRow
from nbapanel.ui import theme as themes
from nbapanel.ui.charts.game_chart import GameChartView
from nbapanel.ui.charts.reading import Spot

GAME = GameRow(
    "401", "2026-27", date(2026, 11, 21), None, "LAL", "BOS", "Los Angeles Lakers",
    "Boston Celtics", "STATUS_FINAL", "post", True, 112, 108, 5, 5, 5, 9, 9, 80.0, None, "",
)  # fmt: skip
CHART = GameChart(
    GAME,
    elapsed_s=[0.0, 600.0, 1_908.0, 2_000.0, 2_880.0],
    espn_home_prob=[0.55, 0.60, 0.634, 0.7, 1.0],
    kalshi_mid=[None, 0.58, 0.61, None, 0.99],
    kalshi_bid=[None, 0.57, 0.60, None, 0.98],
    kalshi_ask=[None, 0.59, 0.62, None, 1.0],
    score_diff=[0, -3, 4, 5, 4],
    quarter_ends_s=(720.0, 1440.0, 2160.0, 2880.0),
)
BARE = GameChart(GAME, [0.0, 600.0], [0.5, 0.6], [None] * 2, [None] * 2, [None] * 2, [None] * 2, ())


@pytest.fixture
def view(qtbot: Any, qapp: Any, tmp_path: Path) -> GameChartView:
    themes.active()
    made = GameChartView(tmp_path / "exports")
    qtbot.addWidget(made)
    made.resize(900, 600)
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_the_header_names_game_and_score(view: GameChartView) -> None:
    view.show_game(CHART)
    assert view.title.text() == "Boston Celtics at Los Angeles Lakers, 21 Nov 2026"
    assert view.score.text() == "BOS 108 – LAL 112, final"
    assert not view.lacking.isVisible()


def test_the_moment_under_the_mouse_is_read(qtbot: Any, view: GameChartView) -> None:
    view.show_game(CHART)
    view.grab()
    for plot in (view.plots.chances, view.plots.leads):
        qtbot.mouseMove(plot.view.viewport(), QPoint(5, 5))
        qtbot.mouseMove(plot.view.viewport(), plot.place_of(0, 2).toPoint())
        assert view.reading.text() == "Q3 4:12 · ESPN 63.4 % · Kalshi 61.0 % (60-62) · LAL +4"


def test_by_keys(qtbot: Any, view: GameChartView) -> None:
    view.show_game(CHART)
    qtbot.keyClick(view.plots.leads, Qt.Key.Key_Home)
    assert view.reading.text() == "Q1 12:00 · ESPN 55.0 % · no Kalshi price · tied"
    qtbot.keyClick(view.plots.leads, Qt.Key.Key_Right)
    assert view.reading.text().endswith("BOS +3")
    assert view.plots.chances.accessibleDescription() == view.reading.text()


def test_a_gap_in_the_candles_is_a_gap(view: GameChartView) -> None:
    view.show_game(CHART)
    _, mid = view.plots._mid_line.getOriginalDataset()
    assert [value != value for value in mid] == [True, False, False, True, False]
    assert view.plots._mid_line.opts["connect"] == "finite"
    assert len(view.plots._low.getPath().toSubpathPolygons()) == len(
        view.plots._high.getPath().toSubpathPolygons()
    )


def test_what_is_lacking_is_said(view: GameChartView) -> None:
    view.show_game(BARE)
    assert view.lacking.text() == "No Kalshi candles for this game · No scores for this game"
    assert not view.plots.leads.isVisible()
    view.show_game(CHART)
    assert view.plots.leads.isVisible()


def test_a_game_without_anything(view: GameChartView) -> None:
    view.show_game(GameChart(GAME, (), (), (), (), (), (), ()))
    assert view.notice.title.text() == "Nothing of this game is in the warehouse yet"
    assert not view.picture.isEnabled()
    assert not view.lacking.isVisible()
    view.show_nothing("Reading the game …")
    assert view.notice.title.text() == "Reading the game …"


def test_the_table_is_what_is_shown(qtbot: Any, view: GameChartView, tmp_path: Path) -> None:
    view.show_game(CHART)
    view.table.click()
    assert view.exporter.dialog is not None
    target = tmp_path / "game.csv"
    with qtbot.waitSignal(view.exported):
        view.exporter.dialog.fileSelected.emit(str(target))
    rows = list(csv.DictReader(target.read_text(encoding="utf-8").splitlines()))
    assert rows[2] == {
        "elapsed_s": "1908.0", "period": "Q3", "clock": "4:12", "espn_home_prob": "0.634",
        "kalshi_bid": "0.6", "kalshi_mid": "0.61", "kalshi_ask": "0.62", "score_diff": "4",
    }  # fmt: skip
    assert rows[3]["kalshi_mid"] == ""
    view.exporter.dialog.close()


def test_a_change_of_theme_recolours(view: GameChartView, theme: themes.Theme) -> None:
    view.show_game(CHART)
    assert view.plots._espn_line.opts["pen"].color() == theme.color("series_1")
    theme.choose(themes.Choice.LIGHT if theme.is_dark else themes.Choice.DARK)
    assert view.plots._espn_line.opts["pen"].color() == theme.color("series_1")
    assert view.plots.leads.view.backgroundBrush().color() == theme.color("surface")


def test_both_plots_show_the_same_time(qtbot: Any, view: GameChartView) -> None:
    view.show_game(CHART)
    view.plots.chances.read(Spot(0, 1))
    qtbot.keyClick(view.plots.chances, Qt.Key.Key_Plus)
    assert view.plots.leads.x_seen == pytest.approx(view.plots.chances.x_seen)
