"""The games panel: filters are questions, a game opens in a window, everything is exported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QDate, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from nbapanel.engine.events import RunFinished, RunStarted, RunStatus
from nbapanel.errors import UserFacingError
from nbapanel.rows.questions import (
    GameAsked,
    GameChoicesAsked,
    GamesAsked,
    PayloadsAsked,
)
from nbapanel.rows.reads import (
    DatabaseState,
    GameChart,
    GameChoices,
    GamePage,
    GameRow,
    NbaPart,
    PayloadRow,
)
from nbapanel.ui import theme as themes
from nbapanel.ui.games import game_columns
from nbapanel.ui.games.game_window import GameWindow
from nbapanel.ui.games.panel import GamesPanel
from nbapanel.ui.games.payloads import PayloadsDialog
from nbapanel.ui.live import Live
from nbapanel.ui.ports import RunWanted

DAY = date(2026, 1, 15)
MakePanel = Callable[[], GamesPanel]


def game(number: int, **given: Any) -> GameRow:
    row = GameRow(
        game_id=str(401_800_000 + number),
        season_label="2025-26" if number % 2 else "2024-25",
        game_date=DAY - timedelta(days=number // 8),
        event_date=datetime(2026, 1, 16, 0, 30, tzinfo=UTC),
        home_code="LAL",
        away_code="BOS",
        home_team="Los Angeles Lakers",
        away_team="Boston Celtics",
        status_name="STATUS_FINAL",
        status_state="post",
        status_completed=True,
        home_score=104,
        away_score=112,
        items=480,
        plays=492,
        state_rows=480,
        home_candles=431,
        away_candles=429,
        coverage_percent=97.5,
        last_fetched_at=datetime.now(UTC) - timedelta(minutes=5),
        lacks="" if number % 10 else "away candles",
        nba=NbaPart(f"00225{number:05d}", 561, "" if number % 10 else "box score"),
    )
    return replace(row, **given)


GAMES = [game(number) for number in range(1_234)]


def page_of(question: GamesAsked) -> GamePage:
    rows = [
        row
        for row in GAMES
        if question.season in (None, row.season_label)
        and (question.first is None or (row.game_date or DAY) >= question.first)
        and (question.last is None or (row.game_date or DAY) <= question.last)
        and question.text in row.game_id
    ]
    if question.changed_by_run is not None:
        rows = rows[:3]
    shown = rows[question.offset : question.offset + question.limit]
    return GamePage(len(rows), question.offset, tuple(shown))


class Chart(QWidget):
    """In place of the real one."""

    def __init__(self, exports: Path, parent: QWidget) -> None:
        super().__init__(parent)
        self.shown: list[GameChart] = []

    def show_game(self, chart: GameChart) -> None:
        self.shown.append(chart)


@pytest.fixture
def live() -> Live:
    made = Live([])
    made.take_database(DatabaseState("ready", "Ready"))
    return made


@pytest.fixture
def panel(asker: Any, live: Live, qtbot: QtBot, tmp_path: Path) -> GamesPanel:
    asker.answers[GamesAsked] = page_of
    asker.answers[GameChoicesAsked] = GameChoices(
        ("2025-26", "2024-25"), (("BOS", "Boston Celtics"), ("LAL", "Los Angeles Lakers"))
    )
    made = GamesPanel(asker, live, tmp_path / "exports", tmp_path / "archive", Chart)
    tester = QAbstractItemModelTester(
        made.model, QAbstractItemModelTester.FailureReportingMode.Fatal
    )
    made.setProperty("tester", tester)
    qtbot.addWidget(made)
    made.resize(1240, 300)
    return made


def shown(panel: GamesPanel, qtbot: QtBot) -> GamesPanel:
    """With the page after the visible one there too, so that nothing more is asked by itself."""
    panel.show()
    qtbot.waitExposed(panel)
    if panel.model.rowCount() > 200:
        qtbot.waitUntil(lambda: 1 in panel.model.held_pages)
    return panel


def last_question(asker: Any) -> GamesAsked:
    found = [asked for asked in asker.asked if isinstance(asked, GamesAsked)]
    return replace(found[-1], offset=0)


# -- the table ---------------------------------------------------------------------------------


def test_asks_when_it_is_first_seen(panel: GamesPanel, asker: Any, qtbot: QtBot) -> None:
    assert asker.asked == []
    shown(panel, qtbot)
    assert asker.asked[0] == GamesAsked()
    assert panel.model.rowCount() == 1_234
    assert panel._count.text() == "1,234 games"
    assert panel.pages.kind == "content"


def test_cells_of_a_game() -> None:
    said = {c.key: c.shown(game(1)) for c in game_columns.game_columns()}
    assert said["away"] == "BOS"
    assert said["home"] == "@ LAL"
    assert said["score"] == "112 – 104"
    assert said["status"] == "✓ Final"
    assert said["lacks"] == "✓ complete"
    assert said["markets"] == "2/2"
    assert said["candles"] == "860"
    assert said["coverage"] == "97.5"
    assert said["nba_events"] == "561"
    assert said["nba_lacks"] == "✓ complete"
    assert said["fetched"] == "5 min ago"


@pytest.mark.parametrize(
    ("given", "events", "lacks", "tip"),
    [
        ({}, "561", "✓ complete", "561 actions of the league's play-by-play of game 0022500001"),
        ({"nba": NbaPart("0022500001", 0, "", "still to be played")}, "0", "○ still to be played",
         "0 actions"),
        ({"nba": NbaPart("0022500001", 0, "its final score")}, "0", "! its final score",
         "0 actions"),
        ({"nba": None}, "", "! the game itself", "knows no game of these teams on this day"),
        ({"nba": None, "status_name": "STATUS_CANCELED"}, "", "○ nothing so far", "knows no game"),
    ],
)  # fmt: skip
def test_what_the_league_has_stands_beside_it(
    given: dict[str, Any], events: str, lacks: str, tip: str
) -> None:
    row = game(1, **given)
    columns = {column.key: column for column in game_columns.game_columns()}
    assert columns["nba_events"].shown(row) == events
    assert columns["nba_lacks"].shown(row) == lacks
    assert columns["nba_lacks"].value(row) == lacks[2:], "exported without its glyph"
    assert tip in columns["nba_events"].tip(row)


@pytest.mark.parametrize(
    ("given", "status", "lacks"),
    [
        ({"status_state": "pre", "status_completed": False}, "○ Upcoming", "○ nothing so far"),
        ({"status_state": "in", "status_completed": False}, "▶ Live", "○ nothing so far"),
        ({"status_state": "in", "status_completed": False, "to_come": "still in play"}, "▶ Live",
         "○ still in play"),
        ({"lacks": "plays"}, "✓ Final", "! plays"),
        ({"status_name": "STATUS_POSTPONED", "status_completed": False}, "⊘ Postponed",
         "○ nothing so far"),
        ({"status_name": "STATUS_CANCELED"}, "■ Cancelled", "✓ complete"),
        ({"status_completed": False}, "■ Ended", "○ nothing so far"),
        ({"status_state": None, "status_completed": False}, "? Unknown", "○ nothing so far"),
    ],
)  # fmt: skip
def test_states_have_glyph_and_word(given: dict[str, Any], status: str, lacks: str) -> None:
    row = game(1, **given)
    assert game_columns.status_words(row) == status
    assert game_columns.lacks_words(row) == lacks


def test_a_game_to_come_has_no_score() -> None:
    assert game_columns.score(game(1, status_state="pre", home_score=0, away_score=0)) == ""


def test_a_header_asks_for_another_order(panel: GamesPanel, asker: Any, qtbot: QtBot) -> None:
    shown(panel, qtbot)
    place = [column.key for column in panel.model.columns].index("coverage")
    panel.table.horizontalHeader().setSortIndicator(place, Qt.SortOrder.AscendingOrder)
    assert last_question(asker) == GamesAsked(order="coverage", descending=False)


def test_scrolling_asks_for_later_pages(panel: GamesPanel, asker: Any, qtbot: QtBot) -> None:
    shown(panel, qtbot)
    qtbot.waitUntil(lambda: panel.table.verticalScrollBar().maximum() > 1_000)
    panel.table.verticalScrollBar().setValue(1_000)
    qtbot.waitUntil(lambda: panel.model.row_at(1_000) is not None)
    assert panel.model.row_at(1_000) == GAMES[1_000]


# -- filters -----------------------------------------------------------------------------------


def test_filters_are_questions(panel: GamesPanel, asker: Any, qtbot: QtBot) -> None:
    shown(panel, qtbot)
    filters = panel.filters
    filters.season.setCurrentIndex(filters.season.findData("2024-25"))
    filters.team.setCurrentIndex(filters.team.findData("LAL"))
    filters.status.setCurrentIndex(filters.status.findData("post"))
    filters.completeness.setCurrentIndex(filters.completeness.findData("incomplete"))
    assert last_question(asker) == GamesAsked(
        season="2024-25", team="LAL", status="post", completeness="incomplete"
    )
    assert filters.clear_button.isEnabled()
    filters.clear_button.click()
    assert last_question(asker) == GamesAsked()
    assert not filters.clear_button.isEnabled()


def test_typing_is_asked_once(panel: GamesPanel, asker: Any, qtbot: QtBot) -> None:
    shown(panel, qtbot)
    before = len(asker.asked)
    qtbot.keyClicks(panel.filters.text, "40180")
    assert len(asker.asked) == before
    qtbot.waitUntil(lambda: last_question(asker).text == "40180")
    texts = {asked.text for asked in asker.asked[before:] if isinstance(asked, GamesAsked)}
    assert texts == {"40180"}


def test_dates_stay_in_order(panel: GamesPanel, asker: Any, qtbot: QtBot) -> None:
    shown(panel, qtbot)
    filters = panel.filters
    assert filters.first.isHidden()
    filters.has_dates.setChecked(True)
    assert not filters.first.isHidden()
    filters.last.setDate(QDate(2026, 1, 10))
    filters.first.setDate(QDate(2026, 1, 12))
    asked = last_question(asker)
    assert (asked.first, asked.last) == (date(2026, 1, 12), date(2026, 1, 12))
    filters.has_dates.setChecked(False)
    assert last_question(asker) == GamesAsked()


def test_one_day_and_its_count(panel: GamesPanel, asker: Any, qtbot: QtBot) -> None:
    shown(panel, qtbot)
    panel.filters.season.setCurrentIndex(1)
    panel.show_day(DAY)
    assert last_question(asker) == GamesAsked(first=DAY, last=DAY)
    assert panel.filters.season.currentData() is None
    assert panel._count.text() == "8 games, 1 incomplete"


def test_a_game_that_is_not_over_is_not_counted_as_incomplete(
    panel: GamesPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_game = {"status_completed": False, "lacks": ""}
    seen = [
        game(1),
        game(10),
        *(game(n, status_state="pre", to_come="still to be played", **open_game) for n in (2, 3)),
        game(4, status_state="in", to_come="still in play", **open_game),
    ]
    monkeypatch.setitem(globals(), "GAMES", seen)
    shown(panel, qtbot)
    assert panel._count.text() == "5 games, 2 to come, 1 live, 1 incomplete"


def test_games_that_a_run_changed(panel: GamesPanel, asker: Any, qtbot: QtBot) -> None:
    shown(panel, qtbot)
    panel.show_changed_by(57)
    assert last_question(asker) == GamesAsked(changed_by_run=57)
    assert panel.filters.chip.text() == "changed by run 57  ×"
    assert not panel.filters.chip.isHidden()
    panel.filters.chip.click()
    assert panel.filters.chip.isHidden()
    assert last_question(asker) == GamesAsked()


def test_no_game_matches(panel: GamesPanel, qtbot: QtBot) -> None:
    shown(panel, qtbot)
    panel.filters.text.setText("nothing like it")
    qtbot.keyClick(panel.filters.text, Qt.Key.Key_Return)
    assert panel.pages.kind == "empty"
    assert panel.pages.message.words == "No game matches these filters"
    panel.pages.message.button.click()
    assert panel.pages.kind == "content"
    assert panel.filters.text.text() == ""


def test_choices_keep_what_is_chosen(panel: GamesPanel, qtbot: QtBot) -> None:
    shown(panel, qtbot)
    panel.filters.team.setCurrentIndex(panel.filters.team.findData("LAL"))
    panel.filters.show_choices(GameChoices(("2025-26",), (("BOS", "Boston Celtics"),)))
    assert panel.filters.question.team == "LAL"


# -- states ------------------------------------------------------------------------------------


def test_waits_for_the_database(asker: Any, qtbot: QtBot, tmp_path: Path) -> None:
    live = Live([])
    panel = GamesPanel(asker, live, tmp_path, tmp_path, Chart)
    qtbot.addWidget(panel)
    asker.answers[GamesAsked] = page_of
    shown(panel, qtbot)
    assert panel.pages.kind == "loading"
    assert asker.asked == []
    live.take_database(DatabaseState("refused", "The password was refused.", "", "Set it."))
    assert "Set it." in panel.pages.message.words
    live.take_database(DatabaseState("ready", "Ready"))
    assert panel.model.rowCount() == 1_234


def test_loading_and_trouble_in_words(panel: GamesPanel, asker: Any, qtbot: QtBot) -> None:
    asker.later = True
    asker.answers[GamesAsked] = UserFacingError("The connection was lost.", "", "Try again.")
    shown(panel, qtbot)
    assert panel.pages.message.words == "Loading the games…"
    asker.deliver()
    assert panel.pages.kind == "error"
    asker.answers[GamesAsked] = page_of
    panel.pages.message.button.click()
    asker.deliver()
    assert panel.pages.kind == "content"


def test_no_games_at_all(panel: GamesPanel, asker: Any, qtbot: QtBot) -> None:
    asker.answers[GamesAsked] = GamePage(0, 0, ())
    shown(panel, qtbot)
    assert "Refetch (F5)" in panel.pages.message.words
    assert panel.pages.message.button.isHidden()


def test_while_a_run_brings_the_first_games_nobody_is_told_to_start_one(
    panel: GamesPanel, asker: Any, live: Live, qtbot: QtBot
) -> None:
    asker.answers[GamesAsked] = GamePage(0, 0, ())
    shown(panel, qtbot)
    at = datetime.now(UTC)
    live.take(RunStarted(58, "refetch", "button", (), {}, at))
    qtbot.waitUntil(lambda: "run is over" in panel.pages.message.words, timeout=30_000)
    assert "F5" not in panel.pages.message.words
    live.take(RunFinished(58, RunStatus.CANCELLED, at, 1.0))
    qtbot.waitUntil(lambda: "Refetch (F5)" in panel.pages.message.words, timeout=30_000)


def test_the_reason_for_reading_base_tables_is_shown(
    panel: GamesPanel, asker: Any, qtbot: QtBot
) -> None:
    asker.answers[GamesAsked] = lambda q: replace(page_of(q), fallback="Not published yet.")
    shown(panel, qtbot)
    assert panel.fallback.words == "! Not published yet."


def test_new_data_is_asked_for_in_place(
    panel: GamesPanel, asker: Any, live: Live, qtbot: QtBot
) -> None:
    shown(panel, qtbot)
    panel.table.selectRow(2)
    fresh = [game(9_999), *GAMES]
    asker.answers[GamesAsked] = lambda q: GamePage(
        len(fresh), q.offset, tuple(fresh[q.offset : q.offset + q.limit])
    )
    live.data_changed.emit()
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1_235)
    assert panel.table.selected_rows == [GAMES[2]]


def test_it_is_asked_again_at_the_end_of_a_run(
    panel: GamesPanel, asker: Any, live: Live, qtbot: QtBot
) -> None:
    """What came from the league alone is not published, so no cache is cleared for it."""
    shown(panel, qtbot)
    asker.asked.clear()
    at = datetime.now(UTC)
    live.take(RunStarted(58, "refetch", "button", (), {}, at))
    live.take(RunFinished(58, RunStatus.DONE, at, 1.0))
    qtbot.waitUntil(lambda: GamesAsked() in asker.asked)


def test_hidden_it_asks_only_when_it_is_seen_again(
    panel: GamesPanel, asker: Any, live: Live, qtbot: QtBot
) -> None:
    shown(panel, qtbot)
    panel.hide()
    asker.asked.clear()
    live.data_changed.emit()
    qtbot.wait(30)
    assert asker.asked == []
    shown(panel, qtbot)
    assert GamesAsked() in asker.asked


# -- exports -----------------------------------------------------------------------------------


def test_export_has_all_games_of_the_filter(
    panel: GamesPanel, qtbot: QtBot, tmp_path: Path
) -> None:
    shown(panel, qtbot)
    panel.filters.season.setCurrentIndex(panel.filters.season.findData("2024-25"))
    panel.table.setColumnHidden(3, True)
    dialog = panel.view.exporting.choose("games.csv", panel.table.shown_columns, panel._asking)
    with qtbot.waitSignal(panel.exported):
        dialog.fileSelected.emit(str(tmp_path / "games.csv"))
    dialog.reject()
    lines = (tmp_path / "games.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("Date,Away,Home,Status,Lacks,Probs")
    assert len(lines) == 1 + 617
    assert lines[1].startswith(
        "2026-01-15,BOS,LAL,Final,away candles,480,492,860,2,97.5,561,box score,"
    )


# -- one game ----------------------------------------------------------------------------------


def chart_of(row: GameRow) -> GameChart:
    return GameChart(row, [0.0, 60.0], [0.5, 0.6], [None, 0.5], [None, 0.4], [None, 0.6],
                     [0, 2], (720.0,))  # fmt: skip


def opened(panel: GamesPanel, asker: Any, qtbot: QtBot) -> GameWindow:
    asker.answers[GameAsked] = chart_of(GAMES[1])
    shown(panel, qtbot)
    return panel.show_game(GAMES[1].game_id)


def test_enter_opens_the_game_once(panel: GamesPanel, asker: Any, qtbot: QtBot) -> None:
    asker.answers[GameAsked] = chart_of(GAMES[1])
    shown(panel, qtbot)
    panel.table.setFocus()
    panel.table.selectRow(1)
    qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    windows = panel.findChildren(GameWindow)
    assert [window.game_id for window in windows] == [GAMES[1].game_id]
    assert panel.show_game(GAMES[1].game_id) is windows[0]
    assert "Boston Celtics  112 – 104  Los Angeles Lakers" in windows[0].headline
    assert "✓ Final" in windows[0].headline
    assert "480 probability items" in windows[0].headline
    assert "561 NBA plays" in windows[0].headline
    assert "NBA: ✓ complete" in windows[0].headline
    chart = windows[0].findChild(Chart)
    assert chart is not None
    assert chart.shown[0].game == GAMES[1]
    windows[0].close()
    qtbot.waitUntil(lambda: not panel.findChildren(GameWindow))
    assert panel.show_game(GAMES[1].game_id).game_id == GAMES[1].game_id


def test_refetch_of_one_game(panel: GamesPanel, asker: Any, live: Live, qtbot: QtBot) -> None:
    window = opened(panel, asker, qtbot)
    with qtbot.waitSignal(panel.run_wanted) as wanted:
        window.refetch.click()
    assert wanted.args == [RunWanted(games=(GAMES[1].game_id,), force=True)]
    live.take(RunStarted(58, "refetch", "button", (), {}, datetime.now(UTC)))
    qtbot.waitUntil(lambda: not window.refetch.isEnabled())
    assert "underway" in window.refetch.toolTip()


def test_export_of_one_game(panel: GamesPanel, asker: Any, qtbot: QtBot) -> None:
    window = opened(panel, asker, qtbot)
    asker.later = True
    asker.answers[Path] = Path("/exports/401.csv")
    window.export.click()
    assert not window.export.isEnabled()
    with qtbot.waitSignal(panel.exported) as exported:
        asker.deliver()
    assert exported.args == [Path("/exports/401.csv")]
    assert window.export.isEnabled()
    assert "/exports/401.csv" in window.notice.words
    asker.answers[Path] = UserFacingError("The disk is full.")
    window.export.click()
    asker.deliver()
    assert "The disk is full." in window.notice.words


def test_a_game_without_probabilities_says_so(panel: GamesPanel, asker: Any, qtbot: QtBot) -> None:
    empty = GameChart(game(1), [], [], [], [], [], [], ())
    asker.answers[GameAsked] = empty
    shown(panel, qtbot)
    window = panel.show_game(GAMES[1].game_id)
    assert window.pages.kind == "empty"
    assert window.findChild(Chart) is None


def test_an_answer_for_a_closed_window_is_dropped(
    panel: GamesPanel, asker: Any, qtbot: QtBot
) -> None:
    asker.answers[GameAsked] = chart_of(GAMES[1])
    shown(panel, qtbot)
    asker.later = True
    window = panel.show_game(GAMES[1].game_id)
    assert window.pages.kind == "loading"
    window.close()
    qtbot.waitUntil(lambda: not panel.findChildren(GameWindow))
    asker.deliver()


def test_payloads_of_a_game(panel: GamesPanel, asker: Any, qtbot: QtBot, tmp_path: Path) -> None:
    window = opened(panel, asker, qtbot)
    payload = PayloadRow("espn_plays", "401:401", "espn/espn_plays/401.json.gz",
                         datetime.now(UTC), 200, 455_600, "ab" * 32, 2, None)  # fmt: skip
    asker.answers[PayloadsAsked] = (payload,)
    window.payloads.click()
    dialog = window.findChild(PayloadsDialog)
    assert dialog is not None
    assert asker.asked[-1] == PayloadsAsked(GAMES[1].game_id)
    cells = [dialog.model.index(0, c).data() for c in range(dialog.model.columnCount())]
    assert cells[0] == "espn_plays"
    assert "456 KB" in cells
    assert "! 2" in cells
    dialog._copy_path(payload)
    path = tmp_path / "archive" / "espn/espn_plays/401.json.gz"
    assert QGuiApplication.clipboard().text() == str(path)
    dialog.close()


def test_columns_are_saved_and_restored(panel: GamesPanel, qtbot: QtBot) -> None:
    panel.table.setColumnHidden(3, True)
    state = panel.save_state()
    panel.table.reset_columns()
    assert panel.restore_state(state)
    assert panel.table.isColumnHidden(3)
    assert not panel.restore_state(b"something else")


def test_everything_has_a_name(panel: GamesPanel, asker: Any, qtbot: QtBot) -> None:
    opened(panel, asker, qtbot)
    filters = panel.filters
    for widget in (filters.text, filters.season, filters.team, filters.status,
                   filters.completeness, filters.first, filters.last, panel.table):  # fmt: skip
        assert widget.accessibleName()


def test_painted_in_both_themes(panel: GamesPanel, theme: themes.Theme, qtbot: QtBot) -> None:
    shown(panel, qtbot)
    assert not panel.grab().isNull()
