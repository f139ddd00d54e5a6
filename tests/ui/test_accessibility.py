"""A walk over all that can be seen and used: names, descriptions, the way of the focus, contrast,
keys. What is measured is what is set, not what was meant."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QColor, QImage, QKeySequence, QPalette, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QFrame,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPlainTextEdit,
    QProgressBar,
    QRadioButton,
    QTabBar,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from nbapanel.app.declared_steps import declared
from nbapanel.engine.events import RunStarted, StepStarted
from nbapanel.errors import UserFacingError
from nbapanel.pipeline import STEPS
from nbapanel.rows.backfills import (
    BackfillDay,
    BackfillDetail,
    BackfillRow,
    BackfillTrouble,
)
from nbapanel.rows.exportable import Exportable, ExportChoices, ExportColumn
from nbapanel.rows.quality import (
    CheckedGame,
    CheckTotal,
    Finding,
    QualityReport,
    QualityWanted,
)
from nbapanel.rows.questions import (
    BackfillAsked,
    BackfillsAsked,
    ExportChoicesAsked,
    GameAsked,
    GameChoicesAsked,
    GamesAsked,
    NbaSeasonsAsked,
    PayloadsAsked,
    RefreshesAsked,
    RunAsked,
    RunsAsked,
    StepsAsked,
)
from nbapanel.rows.reads import (
    DatabaseState,
    GameChart,
    GameChoices,
    GamePage,
    GameRow,
    LogLine,
    PayloadRow,
    Planned,
    PlannedStep,
    RefreshSeries,
    RunDetail,
    RunPage,
    RunRow,
    StepFacts,
    StepRow,
)
from nbapanel.settings import Settings
from nbapanel.settings_store import sources
from nbapanel.ui.about import AboutDialog
from nbapanel.ui.charts.plots import Plot
from nbapanel.ui.closing import ClosingQuestion
from nbapanel.ui.crash import CrashDialog
from nbapanel.ui.docks import KEYS, Folders
from nbapanel.ui.errors import ErrorDialog
from nbapanel.ui.exports.dialog import ExportDialog
from nbapanel.ui.first_run import FirstRunDialog
from nbapanel.ui.games.game_window import GameWindow
from nbapanel.ui.games.payloads import PayloadsDialog
from nbapanel.ui.live import Live
from nbapanel.ui.notices import Notice, NoticeCard
from nbapanel.ui.pipeline.card import Card
from nbapanel.ui.pipeline.details_dialog import DetailsDialog
from nbapanel.ui.pipeline.plan_dialog import PlanDialog
from nbapanel.ui.pipeline.rerun_dialog import RerunDialog
from nbapanel.ui.pipeline.rerun_settings import RerunDefaults
from nbapanel.ui.pipeline.slices import Mode
from nbapanel.ui.ports import RunWanted
from nbapanel.ui.preferences import Preferences
from nbapanel.ui.settings.dialog import SettingsDialog
from nbapanel.ui.shortcuts import ShortcutsDialog
from nbapanel.ui.standing import Standing
from nbapanel.ui.theme import Theme
from nbapanel.ui.window import MainWindow

NOW = datetime.now(UTC)
LEAST_CONTRAST = 4.5
_INPUTS = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox, QPlainTextEdit, QTextEdit,
           QAbstractItemView, QProgressBar, QTabBar, Plot)  # fmt: skip
_INNER = (QComboBox, QAbstractSpinBox, QLineEdit, QTabBar, QAbstractItemView, QHeaderView)
_MOST_TABS = 400


# ---- what is walked over -----------------------------------------------------------------------


def _run(run_id: int) -> RunRow:
    return RunRow(run_id, "refetch", "button", "failed" if run_id == 1 else "done", NOW, NOW, 3_200,
                  "here", 4, "It broke." if run_id == 1 else None, ("load_games",), {"days": 7},
                  None, 12, 3, 0)  # fmt: skip


def _step(status: str = "failed") -> StepRow:
    return StepRow(1, "load_games", 1, status, None, NOW, NOW, 900, 3, 4_000, 2, "It broke.",
                   "Mend it.", {"espn.plays": {"inserted": 4, "unchanged": 1}},
                   {"bad": [{"where": "a.json", "reason": "no clock"}]})  # fmt: skip


BACKFILL = BackfillRow(
    1, ("2023-24",), ("espn",), None, False, "button", "work", "running", "", NOW, None, 60.0, 9,
    9_000, 9_000, 1.0, 900, 1.0, 9, 7, 1, 1, ("here:1",), 7, 60.0,
)  # fmt: skip
GAME = GameRow(
    game_id="401810624", season_label="2025-26", game_date=date(2026, 1, 15), event_date=NOW,
    home_code="PHI", away_code="ATL", home_team="Philadelphia 76ers", away_team="Atlanta Hawks",
    status_name="STATUS_FINAL", status_state="post", status_completed=True, home_score=94,
    away_score=118, items=471, plays=473, state_rows=471, home_candles=90, away_candles=91,
    coverage_percent=97.5, last_fetched_at=NOW, lacks="away candles",
)  # fmt: skip
SERIES = RefreshSeries(
    "espn.plays", "load", "load_games", [1, 2, 3], [1, 2, 3],
    [(NOW - timedelta(hours=h)).timestamp() for h in (3, 2, 1)], [900, 800, 950], [None] * 3,
    [10, 20, 30], [10, 10, 10], [0] * 3, [0] * 3, ["ok"] * 3, [False, True, False],
)  # fmt: skip
REPORT = QualityReport(
    "all seasons", NOW, 9.4, (CheckTotal("clocks", "Clocks can be read", "Each.", 0, 0, 1, 0),),
    (CheckedGame("0022500571", "2025-26", date(2026, 1, 15), "ATL", "PHI", "final", 11, 0, 1, {},
                 (Finding("0022500571", "clocks", "Clocks can be read", False, "action 9",
                          "a clock", "noon"),)),),
)  # fmt: skip
EXPORTABLE = Exportable("nba.games", "table", "The games.", (ExportColumn("game_id", "text"),),
                        ("game_id",), True, True, "game_time_utc")  # fmt: skip
PLANNED = Planned((PlannedStep("load_games", "Load", 0, 3, "games", None, "as it comes", "", 1.0),),
                  4.0)  # fmt: skip


@pytest.fixture
def live(qapp: QApplication) -> Live:
    made = Live(STEPS.steps)
    made.take_database(DatabaseState("ready", "Ready"))
    return made


@pytest.fixture
def full(asker: Any) -> Any:
    """A port that has an answer to everything."""
    detail = RunDetail(_run(1), (_step(),), {"espn.plays": {"inserted": 4}}, ("401810624",), 1)
    payload = PayloadRow("espn_plays", "1", "a/b.gz", NOW, 200, 900, "ab" * 32, 0, None)
    chart = GameChart(GAME, [0.0, 60.0, 720.0], [0.5, 0.6, 0.4], [0.5, 0.6, 0.4], [0.4, 0.5, 0.3],
                      [0.6, 0.7, 0.5], [0, 2, -3], (720.0,))  # fmt: skip
    asker.answers = {
        GamesAsked: GamePage(1, 0, (GAME,)),
        GameChoicesAsked: GameChoices(("2025-26",), (("ATL", "Atlanta Hawks"),)),
        RunsAsked: RunPage(2, 0, (_run(2), _run(1))),
        RunAsked: detail,
        StepsAsked: {"load_games": StepFacts("load_games", _step(), _step("done"))},
        RefreshesAsked: (SERIES,),
        PayloadsAsked: (payload,),
        GameAsked: chart,
        RunWanted: PLANNED,
        ExportChoicesAsked: ExportChoices((EXPORTABLE,), ("2025-26",)),
        NbaSeasonsAsked: ("2025-26",),
        QualityWanted: REPORT,
        BackfillsAsked: (BACKFILL,),
        BackfillAsked: BackfillDetail(
            BACKFILL,
            (),
            (BackfillDay(date(2026, 1, 15), 9, 7, 1, 1),),
            (BackfillTrouble("espn_games", "1", None, "failed", 3, "It answered 500.", "here:1"),),
        ),
    }
    return asker


@pytest.fixture
def window(qtbot: QtBot, full: Any, live: Live, tmp_path: Path) -> MainWindow:
    folders = Folders(tmp_path, tmp_path, tmp_path, tmp_path)
    standing = Standing(full, live, 7)
    made = MainWindow(declared(), live, full, standing, folders)
    standing.setParent(made)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    made.fill_docks()
    made.docks.notices.add(Notice("failure", "It failed", "So it did.", NOW, 1, "load_games"))
    made.docks.log.add_lines([LogLine(NOW, "ERROR", "nbapanel.x", "It broke", 1, "load_games")])
    qtbot.waitUntil(lambda: made.docks.log.model.rowCount() > 0)
    made.docks.quality.check_now()
    standing.look()
    QApplication.processEvents()
    return made


MakeDialog = Callable[[], QDialog]


@pytest.fixture
def dialogs(full: Any, live: Live, tmp_path: Path, window: MainWindow) -> dict[str, MakeDialog]:
    trouble = UserFacingError("It failed.", "Somewhere.", "Mend it.")
    steps = declared()
    defaults = RerunDefaults(7, date(2026, 1, 15))
    step = next(step for step in steps if step.key == "load_games")
    facts = StepFacts("load_games", _step(), _step("done"), usual_s=1.0, stale="older")
    known = sources(tmp_path, {})

    def closing() -> QDialog:
        question = ClosingQuestion(window)
        question.ask(4, is_own=True)
        assert isinstance(question._box, QMessageBox)
        return question._box

    return {
        "settings": lambda: SettingsDialog(Settings(), Preferences(), known, window),
        "first run": lambda: FirstRunDialog(tmp_path, "demo", known["database_url"], parent=window),
        "about": lambda: AboutDialog(tmp_path, "18.4", window),
        "shortcuts": lambda: ShortcutsDialog(window.all_actions(), window),
        "error": lambda: ErrorDialog(trouble, True, window),
        "crash": lambda: CrashDialog("KeyError", "Traceback", "the log", window),
        "rerun": lambda: RerunDialog(steps, None, Mode.ALL, defaults, full, window),
        "plan": lambda: PlanDialog(full, parent=window),
        "details": lambda: DetailsDialog(step, facts, None, NOW, window),
        "game": lambda: GameWindow("401810624", full, live, tmp_path, tmp_path, parent=window),
        "payloads": lambda: PayloadsDialog("4", "ATL @ PHI", full, tmp_path, tmp_path, window),
        "closing": closing,
        "export": lambda: ExportDialog(full, tmp_path, window),
    }


DIALOGS = ("settings", "first run", "about", "shortcuts", "error", "crash", "rerun", "plan",
           "details", "game", "payloads", "closing", "export")  # fmt: skip


@pytest.fixture(params=DIALOGS)
def dialog(
    request: pytest.FixtureRequest, dialogs: dict[str, MakeDialog], qtbot: QtBot
) -> Iterator[QDialog]:
    made = dialogs[request.param]()
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    if not made.isVisible():
        made.open()
    made.activateWindow()
    QApplication.processEvents()
    yield made
    made.close()
    made.deleteLater()


def _widgets(top: QWidget) -> list[QWidget]:
    """The window and all in it, without what Qt makes inside a widget of its own."""
    return [
        widget
        for widget in top.findChildren(QWidget)
        if widget.window() is top and not _is_inner(widget)
    ]


def _is_inner(widget: QWidget) -> bool:
    if isinstance(widget, (QHeaderView, Card)) or widget.objectName().startswith("qt_"):
        return isinstance(widget, QHeaderView) or not isinstance(widget, Card)
    above = widget.parentWidget()
    while above is not None and not above.isWindow():
        if isinstance(above, _INNER) and not _is_laid_over(widget, above):
            return True
        above = above.parentWidget()
    return False


def _is_laid_over(widget: QWidget, above: QWidget) -> bool:
    """A button of ours over a view, such as the way to the log's end."""
    return isinstance(above, QAbstractItemView) and widget.property("primary") is not None


def _told(widget: QWidget) -> str:
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name).strip() if interface is not None else ""


def _called(widget: QWidget) -> str:
    text = getattr(widget, "text", lambda: "")()
    above = widget.parentWidget()
    parent = type(above).__name__ if above is not None else ""
    return f"{type(widget).__name__} {widget.objectName()} {text!r} in {parent}"


def _nameless(top: QWidget) -> list[str]:
    return [
        _called(w)
        for w in _widgets(top)
        if isinstance(w, _INPUTS) and not _told(w) and not _waits_for_words(w)
    ]


def _waits_for_words(widget: QWidget) -> bool:
    """Hidden until there is something to press, and named with it."""
    return isinstance(widget, QAbstractButton) and not widget.isVisible() and not widget.text()


# ---- names and descriptions --------------------------------------------------------------------


def test_everything_in_the_window_has_a_name(window: MainWindow) -> None:
    for key in KEYS:
        window.docks.show(key)
        QApplication.processEvents()
    assert _nameless(window) == []


def test_everything_in_a_dialog_has_a_name(dialog: QDialog) -> None:
    assert dialog.windowTitle()
    assert _nameless(dialog) == []


def test_tabs_have_words(window: MainWindow) -> None:
    bars = window.findChildren(QTabBar)
    assert bars
    assert [bar for bar in bars if not all(bar.tabText(n) for n in range(bar.count()))] == []


def test_every_card_says_what_it_is_about(window: MainWindow) -> None:
    cards = [w for w in _widgets(window) if isinstance(w, (Card, NoticeCard))]
    assert len(cards) == len(STEPS.steps) + 1
    assert [_told(w) for w in cards if not w.accessibleDescription() or not _told(w)] == []


# ---- the way of the focus ----------------------------------------------------------------------


def _reachable(top: QWidget) -> set[QWidget]:
    return {
        w
        for w in _widgets(top)
        if w.isVisible()
        and w.isEnabled()
        and w.focusPolicy() & Qt.FocusPolicy.TabFocus
        and w.focusProxy() is None
        and not w.visibleRegion().isEmpty()
    }


def _walk(top: QWidget, key: Qt.Key) -> list[QWidget]:
    """Where Tab leads, from where the focus is until it comes round."""
    seen: list[QWidget] = []
    for _ in range(_MOST_TABS):
        focused = QApplication.focusWidget() or top
        before = focused
        modifier = Qt.KeyboardModifier.NoModifier
        if key is Qt.Key.Key_Backtab:
            modifier = Qt.KeyboardModifier.ShiftModifier
        QTest.keyClick(focused, key, modifier)
        after = QApplication.focusWidget()
        assert after is not None, f"the focus is lost behind {_called(before)}"
        assert after is not before or len(_reachable(top)) < 2, f"a trap: {_called(before)}"
        if after in seen:
            return seen
        seen.append(after)
    pytest.fail(f"Tab never comes round: {[_called(w) for w in seen[-6:]]}")


def _missed(top: QWidget) -> list[str]:
    forward, back = (set(_walk(top, key)) for key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab))
    wanted = _reachable(top)
    return sorted({_called(w) for w in wanted - forward} | {_called(w) for w in wanted - back})


@pytest.mark.parametrize("key", KEYS)
def test_tab_reaches_everything_and_leaves_it(window: MainWindow, key: str) -> None:
    window.docks.show(key)
    QApplication.processEvents()
    assert _missed(window) == []


def test_tab_reaches_everything_in_a_dialog(dialog: QDialog) -> None:
    assert _missed(dialog) == []


# ---- contrast ----------------------------------------------------------------------------------


def _luminance(colour: QColor) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in (colour.redF(), colour.greenF(), colour.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: QColor, other: QColor) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _ground(image: QImage) -> QColor:
    """The colour that most of the pixels have."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), dtype=np.uint32)
    values, counts = np.unique(pixels, return_counts=True)
    return QColor.fromRgb(int(values[counts.argmax()]))


def _poor(top: QWidget) -> list[str]:
    """Texts that are hard to read where they stand, disabled ones too."""
    picture, found = top.grab().toImage(), []
    for widget in _widgets(top):
        is_text = isinstance(widget, (QLabel, QAbstractButton, QLineEdit, QComboBox, QPlainTextEdit,
                                      QAbstractSpinBox))  # fmt: skip
        if not is_text or not widget.isVisible() or widget.visibleRegion().isEmpty():
            continue
        if isinstance(widget, QLabel) and (not widget.text() or not widget.pixmap().isNull()):
            continue
        role = QPalette.ColorRole.ButtonText
        if not isinstance(widget, QAbstractButton):
            role = QPalette.ColorRole.Text
        if isinstance(widget, (QLabel, QCheckBox, QRadioButton)):
            role = widget.foregroundRole()
        text = widget.palette().color(role)
        region = (
            widget.visibleRegion()
            .boundingRect()
            .translated(widget.mapTo(top, widget.rect().topLeft()))
        )
        ground = _ground(picture.copy(region))
        if _contrast(text, ground) < LEAST_CONTRAST:
            found.append(f"{_called(widget)}: {text.name()} on {ground.name()}"
                         f" = {_contrast(text, ground):.1f}")  # fmt: skip
    return found


@pytest.mark.parametrize("key", KEYS)
def test_all_text_of_the_window_can_be_read(theme: Theme, window: MainWindow, key: str) -> None:
    window.docks.show(key)
    QApplication.processEvents()
    assert _poor(window) == []


def test_all_text_of_a_dialog_can_be_read(theme: Theme, dialog: QDialog) -> None:
    assert _poor(dialog) == []


def test_rows_can_be_read_chosen_or_not(theme: Theme, window: MainWindow) -> None:
    poor = []
    for view in (w for w in _widgets(window) if isinstance(w, QAbstractItemView)):
        palette = view.palette()
        for text, grounds in (
            (QPalette.ColorRole.Text, (QPalette.ColorRole.Base, QPalette.ColorRole.AlternateBase)),
            (QPalette.ColorRole.HighlightedText, (QPalette.ColorRole.Highlight,)),
        ):
            for ground in grounds:
                found = _contrast(palette.color(text), palette.color(ground))
                if found < LEAST_CONTRAST:
                    poor.append(f"{_called(view)}: {text.name} on {ground.name}: {found:.1f}")
    assert poor == []


def test_colour_roles_of_cells_can_be_read(theme: Theme, window: MainWindow) -> None:
    """Every colour that a cell's words have, on both grounds of the rows."""
    poor, looked_at = [], 0
    for view in (w for w in _widgets(window) if isinstance(w, QAbstractItemView)):
        model = view.model()
        if model is None:
            continue
        rows, columns = min(model.rowCount(), 20), model.columnCount()
        for row, column in itertools.product(range(rows), range(columns)):
            colour = model.index(row, column).data(Qt.ItemDataRole.ForegroundRole)
            if colour is None:
                continue
            looked_at += 1
            text = QColor(colour.color() if hasattr(colour, "color") else colour)
            for ground in (QPalette.ColorRole.Base, QPalette.ColorRole.AlternateBase):
                if _contrast(text, view.palette().color(ground)) < LEAST_CONTRAST:
                    poor.append(f"{_called(view)} {row},{column}: {text.name()}")
    assert looked_at
    assert poor == []


# ---- keys --------------------------------------------------------------------------------------


def test_every_shortcut_is_one_action_s(window: MainWindow) -> None:
    keys = Counter(
        keys.toString() for action in window.all_actions() for keys in action.shortcuts()
    )
    wide = (Qt.ShortcutContext.WindowShortcut, Qt.ShortcutContext.ApplicationShortcut)
    keys.update(s.key().toString() for s in window.findChildren(QShortcut) if s.context() in wide)
    assert [key for key, number in keys.items() if number > 1] == []
    assert QKeySequence(Qt.Key.Key_Escape).toString() not in keys


def test_letters_are_unique_within_each_menu(window: MainWindow) -> None:
    twice = []
    for menu in window.menuBar().findChildren(QMenu):
        letters = Counter(QKeySequence.mnemonic(a.text()).toString() for a in menu.actions())
        twice += [f"{menu.title()}: {key}" for key, n in letters.items() if key and n > 1]
    assert twice == []


def _wishes(window: MainWindow) -> list[str]:
    heard: list[str] = []
    window.stop_wanted.connect(lambda: heard.append("stop"))
    window.stop_now_wanted.connect(lambda: heard.append("stop now"))
    window.closing.connect(lambda: heard.append("closing"))
    window.quit_wanted.connect(lambda: heard.append("quit"))
    return heard


def _start(live: Live) -> None:
    keys = tuple(step.key for step in STEPS.steps)
    live.take(RunStarted(3, "refetch", "button", keys, {}, NOW))
    live.take(StepStarted(3, keys[0], 1, NOW))
    live.changed.emit()


def test_escape_never_stops_a_run(window: MainWindow, live: Live) -> None:
    _start(live)
    heard = _wishes(window)
    for key in KEYS:
        window.docks.show(key)
        QApplication.processEvents()
        for widget in [window, *_reachable(window)]:
            widget.setFocus()
            QTest.keyClick(widget, Qt.Key.Key_Escape)
    assert heard == []
    assert window.isVisible()
    assert live.is_running


def test_escape_closes_a_dialog_and_nothing_else(
    window: MainWindow, live: Live, dialog: QDialog
) -> None:
    _start(live)
    heard = _wishes(window)
    QTest.keyClick(QApplication.focusWidget() or dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert heard == []
    assert live.is_running


def test_the_focus_can_be_seen(theme: Theme, window: MainWindow) -> None:
    """Whatever has it looks another than without it."""
    window.docks.show("games")
    QApplication.processEvents()
    alike = []
    for widget in _reachable(window):
        if isinstance(widget, QFrame) and not isinstance(widget, (Card, Plot)):
            continue  # views: their frame is the table's own test
        window.setFocus()
        QApplication.processEvents()
        before = widget.grab().toImage()
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        QApplication.processEvents()
        if widget.grab().toImage() == before:
            alike.append(_called(widget))
    assert alike == []
