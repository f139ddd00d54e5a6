"""Cards say what is known of their steps, stand where their needs lead, and work by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from nbapanel.engine.events import (
    CancelStage,
    Changes,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFinished,
    StepProgress,
    StepStarted,
    StepState,
)
from nbapanel.pipeline import STEPS
from nbapanel.rows.reads import DatabaseState, StepFacts, StepRow
from nbapanel.ui.live import Live
from nbapanel.ui.pipeline.card import LEAST_WIDTH, Card
from nbapanel.ui.pipeline.details_dialog import DetailsDialog
from nbapanel.ui.pipeline.elided import Elided
from nbapanel.ui.pipeline.graph import rows_of
from nbapanel.ui.pipeline.lanes import Lanes
from nbapanel.ui.pipeline.routes import is_crossed
from nbapanel.ui.pipeline.slices import Mode, chosen
from nbapanel.ui.pipeline.view import PipelineView
from nbapanel.ui.pipeline.words import CardWords, say
from nbapanel.ui.ports import DeclaredStep
from nbapanel.ui.theme import Theme

NOW = datetime.now(UTC)
DECLARED = tuple(
    DeclaredStep(s.key, s.title, s.lane, s.needs, s.follows, s.writes, s.asks, s.alert_after_s)
    for s in STEPS.steps
)
TITLES = {step.key: step.title for step in DECLARED}
BY_KEY = {step.key: step for step in DECLARED}


def _row(step: str, status: str = "done", **given: Any) -> StepRow:
    values: dict[str, Any] = {
        "run_id": 7, "step": step, "attempt": 1, "status": status, "reason": None,
        "started_at": NOW, "finished_at": NOW - timedelta(hours=3), "duration_ms": 1200,
        "requests": 0, "bytes_fetched": 0, "bad_items": 0, "error": None, "hint": None,
        "changes": {}, "detail": {},
    }  # fmt: skip
    return StepRow(**values | given)


def _said(key: str, facts: StepFacts | None, live: Live | None = None) -> CardWords:
    board = None if live is None else live.board
    return say(BY_KEY[key], facts, board, TITLES, NOW)


@pytest.fixture
def live(qapp: QApplication) -> Live:
    made = Live(STEPS.steps)
    made.take_database(DatabaseState("ready", "The database is open"))
    return made


@pytest.fixture
def view(qtbot: QtBot, live: Live) -> Iterator[PipelineView]:
    made = PipelineView(DECLARED, live)
    qtbot.addWidget(made)
    made.resize(1240, 450)
    made.show()
    yield made
    made.hide()


def _start(live: Live, run_id: int = 12) -> None:
    live.take(RunStarted(run_id, "refetch", "button", tuple(TITLES), {}, NOW))


# ---- the words ----------------------------------------------------------------------------------


def test_a_step_of_which_nothing_is_known() -> None:
    assert _said("publish", None).word == "Not known yet"
    assert _said("publish", StepFacts("publish")).word == "Not run yet"


def test_the_last_success_with_its_age_its_usual_and_its_changes() -> None:
    counts = {"inserted": 1234, "updated": 56, "unchanged": 9, "deleted": 0}
    row = _row("markets", changes={"kalshi.markets": counts})
    said = _said("markets", StepFacts("markets", row, row, usual_s=1.1))
    assert (said.glyph, said.word, said.role) == ("✓", "Done", "good")
    assert (said.aside, said.detail, said.changes) == (
        "3 h ago", "1.2 s, usually 1.1 s", "+1,234 ~56 −0",
    )  # fmt: skip
    assert not said.can_retry


def test_three_times_as_long_as_usual_is_said() -> None:
    row = _row("publish", duration_ms=14_200)
    said = _said("publish", StepFacts("publish", row, row, usual_s=3.3))
    assert (said.detail, said.detail_role) == ("14 s, slow: usually 3.3 s", "warning")
    quick = _row("publish", duration_ms=400)
    said = _said("publish", StepFacts("publish", quick, quick, usual_s=0.1))
    assert said.detail_role == "muted", "under a second it is not worth a word"


def test_unchanged_bad_items_and_skipped() -> None:
    none = {"x.y": {"inserted": 0, "updated": 0, "unchanged": 9, "deleted": 0}}
    said = _said("markets", StepFacts("markets", _row("markets", changes=none, bad_items=2)))
    assert said.changes == "no changes"
    assert (said.detail, said.detail_role) == ("2 bad items · 1.2 s", "warning")
    row = _row("publish", "skipped", reason="nothing changed since")
    said = _said("publish", StepFacts("publish", row, row))
    assert (said.word, said.detail, said.can_retry) == ("Skipped", "nothing changed since", False)


def test_a_failure_says_why_and_what_to_do_and_when_it_was_good() -> None:
    row = _row("publish", "failed", error="The gates object.", hint="See the games.")
    facts = StepFacts("publish", row, _row("publish"), usual_s=1.1, stale="newer features")
    said = _said("publish", facts)
    assert (said.glyph, said.word, said.role) == ("✗", "Failed", "bad")
    assert (said.detail, said.detail_role, said.can_retry) == ("The gates object.", "bad", True)
    assert "See the games." in said.described
    assert "Last success 3 h ago · 1.2 s, usually 1.1 s" in said.described


def test_stale_and_blocked_say_why() -> None:
    row = _row("publish")
    said = _said("publish", StepFacts("publish", row, row, stale="newer features"))
    assert (said.word, said.glyph, said.detail) == ("Stale", "◌", "newer features")
    row = _row("publish", "blocked", reason="Update snapshot features failed")
    said = _said("publish", StepFacts("publish", row))
    assert (said.word, said.glyph) == ("Blocked", "⊘")
    assert said.detail == "Update snapshot features failed"


def test_a_row_that_says_running_without_a_run_was_interrupted() -> None:
    """trap W1"""
    said = _said("publish", StepFacts("publish", _row("publish", "running", finished_at=None)))
    assert (said.word, said.is_busy, said.can_retry) == ("Interrupted", False, True)


def test_progress_with_its_total_rate_and_what_is_left(live: Live) -> None:
    live.know_history({"fetch_games": [14.0] * 3})
    _start(live)
    live.take(StepProgress(12, "fetch_games", 120, 480, "games", "", 240, 3_000_000, 3.5))
    said = _said("fetch_games", None, live)
    assert (said.word, said.is_busy, said.share) == ("Running", True, 0.25)
    assert said.detail.startswith("120 / 480 games · 3")
    assert said.detail.endswith("/s")
    assert said.aside == "3.5 s · about 10 s left"
    assert "240 requests, 3.0 MB" in said.described
    live.take(StepProgress(12, "markets", 3100, None, "listings", "", 0, 0, 2.0))
    said = _said("markets", None, live)
    assert (said.share, said.aside) == (None, "2.0 s"), "no history, nothing is claimed"
    assert said.detail.startswith("3,100 listings · 1,5")


def test_what_is_pending_says_what_it_waits_for(live: Live) -> None:
    _start(live)
    assert _said("publish", None, live).detail == "waits for Update snapshot features"
    assert _said("markets", None, live).detail == "waits for its turn"


def test_cancelling_and_an_end_that_never_hangs(live: Live) -> None:
    """trap W9"""
    _start(live)
    live.take(StepStarted(12, "markets", 1, NOW))
    live.take(CancelStage(12, 2, "Cancelling: waiting for PostgreSQL to stop the statement."))
    assert _said("markets", None, live).word == "Cancelling"
    live.take(RunFinished(12, RunStatus.INTERRUPTED, NOW, 3.0, error="Its process is gone."))
    said = _said("markets", None, live)
    assert (said.word, said.is_busy, said.detail) == (
        "Interrupted", False, "Its process is gone.",
    )  # fmt: skip
    facts = StepFacts("publish", _row("publish"))
    assert _said("publish", facts, live).word == "Done", "it never began in that run"


def test_newer_facts_win_over_a_run_that_ended(live: Live) -> None:
    _start(live)
    live.take(StepStarted(12, "markets", 1, NOW))
    live.take(StepFinished(12, "markets", 1, StepState.FAILED, NOW, 1.0, error="No."))
    older = StepFacts("markets", _row("markets", run_id=11))
    assert _said("markets", older, live).word == "Failed"
    live.take(RunFinished(12, RunStatus.FAILED, NOW, 3.0, failed=("markets",)))
    assert _said("markets", older, live).word == "Failed"
    newer = StepFacts("markets", _row("markets", run_id=13))
    assert _said("markets", newer, live).word == "Done"


def test_the_edges_are_said_too() -> None:
    described = _said("candlesticks", None).described
    assert "Needs Load scoreboards." in described
    assert "Follows Fetch and load Kalshi markets." in described


# ---- where the cards stand ----------------------------------------------------------------------


def test_rows_follow_the_needs_without_growing_the_picture() -> None:
    rows = rows_of(DECLARED)
    assert [rows[key] for key in TITLES] == [0, 1, 2, 3, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3]


def test_five_lanes_fit_beside_each_other(view: PipelineView) -> None:
    view.resize(1280, 500)
    view.show()
    assert view.horizontalScrollBar().maximum() == 0
    lefts = {view.card(key).x() for key in TITLES}
    assert len(lefts) == 5
    assert min(view.card(key).width() for key in TITLES) >= LEAST_WIDTH


@pytest.mark.parametrize("width", [1240, 1500, 1880])
def test_all_cards_are_seen_whole_and_apart(width: int, view: PipelineView, theme: Theme) -> None:
    """In the narrowest a title may end in an ellipsis, and is whole in the tooltip."""
    view.resize(width, 450)
    view.show_facts({key: StepFacts(key, _row(key), _row(key), 1.1) for key in TITLES})
    cards = [view.card(key) for key in TITLES]
    for number, card in enumerate(cards):
        place = card.mapTo(view.viewport(), QPoint(0, 0))
        assert view.viewport().rect().contains(card.rect().translated(place))
        assert not any(card.geometry().intersects(other.geometry()) for other in cards[:number])
        for label in card.findChildren(Elided):
            assert card.rect().contains(label.geometry())
        if card._title.is_cut:
            assert width == 1240
            assert card.step.title in card.toolTip()
    assert not view.grab().isNull()


def test_no_number_ends_in_an_ellipsis(view: PipelineView, theme: Theme) -> None:
    """ "117 ms, usually 1…" might mean 1 s: without room for both, what it took stands."""
    view.resize(1240, 450)
    row = _row("markets", changes={"kalshi.markets": {"unchanged": 2}})
    view.show_facts({"markets": StepFacts("markets", row, row, 4000)})
    detail = view.card("markets")._detail
    assert (detail.shown, detail.is_cut) == ("1.2 s", True)
    assert "usually 1 h 7 min" in view.card("markets").toolTip()
    view.resize(1880, 450)
    assert detail.shown == "1.2 s, usually 1 h 7 min"


def test_words_are_laid_out_anew_for_another_width_and_in_another_font(qtbot: Any) -> None:
    label = Elided(lines=2)
    qtbot.addWidget(label)
    label.resize(150, 60)
    label.setText("twenty games of four days")
    assert not label.is_cut
    label.resize(60, 60)
    assert label.is_cut
    label.resize(150, 60)
    assert not label.is_cut
    font = label.font()
    font.setPixelSize(40)
    label.setFont(font)
    assert label.is_cut


def test_a_long_error_ends_in_an_ellipsis_and_is_whole_in_the_tooltip(view: PipelineView) -> None:
    error = "ESPN did not give <what> was asked for, at some length. " * 4
    view.show_facts({"markets": StepFacts("markets", _row("markets", "failed", error=error))})
    card = view.card("markets")
    assert card._detail.is_cut
    assert "&lt;what&gt; was asked for" in card.toolTip()
    assert error.strip().rstrip(".") in card.accessibleDescription()


# ---- live ---------------------------------------------------------------------------------------


def test_a_run_moves_its_cards_and_gives_rerun_back(view: PipelineView, live: Live) -> None:
    view.show_facts({})
    card = view.card("markets")
    assert card._button.isEnabled()
    _start(live)
    live.take(StepStarted(12, "markets", 1, NOW))
    live.take(StepProgress(12, "markets", 3, 4, "listings"))
    live.changed.emit()
    assert card._state.text() == "▶ Running"
    assert card._state.property("role") == "active"
    assert card._bar.isVisible()
    assert (card._bar.value(), card._bar.maximum()) == (750, 1000)
    assert not card._button.isEnabled(), "one run at a time"
    assert card.accessibleName() == f"{TITLES['markets']}: Running"
    live.take(StepFinished(12, "markets", 1, StepState.DONE, NOW, 1.0,
                           changes={"kalshi.markets": Changes(5, 0, 0, 0)}))  # fmt: skip
    live.take(RunFinished(12, RunStatus.DONE, NOW, 2.0, done=("markets",)))
    live.changed.emit()
    assert card._state.text() == "✓ Done"
    assert card._changes.text() == "+5 ~0 −0"
    assert not card._bar.isVisible()
    assert card._button.isEnabled()


def test_only_cards_that_changed_are_touched(
    view: PipelineView, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    view.show_facts({})
    _start(live)
    live.changed.emit()
    told: list[str] = []
    tell = Card._tell
    monkeypatch.setattr(
        Card, "_tell", lambda card, words: (told.append(card.step.key), tell(card, words))
    )
    live.take(StepProgress(12, "markets", 3, 4, "listings"))
    live.changed.emit()
    assert told == ["markets"]


def test_timers_only_run_while_somebody_looks(view: PipelineView, live: Live) -> None:
    assert view._ages.isActive()
    assert not view._elapsed.isActive()
    _start(live)
    live.take(StepStarted(12, "markets", 1, NOW))
    live.changed.emit()
    assert view._elapsed.isActive()
    view.hide()
    assert not view._ages.isActive()
    assert not view._elapsed.isActive()
    assert not view.card("markets")._bar._timer.isActive()


def test_no_rerun_while_the_database_is_away(view: PipelineView, live: Live) -> None:
    live.take_database(DatabaseState("lost", "The database is gone."))
    assert not view.card("markets")._button.isEnabled()
    live.take_database(DatabaseState("ready", "It is back"))
    assert view.card("markets")._button.isEnabled()


# ---- by keyboard --------------------------------------------------------------------------------


def _focused(qapp: QApplication) -> str:
    card = qapp.focusWidget()
    assert isinstance(card, Card)
    return card.step.key


def _entries(menu: QMenu) -> dict[str, QAction]:
    return {
        action.text().replace("&", ""): action
        for action in menu.actions()
        if not action.isSeparator()
    }


def test_tab_walks_lane_by_lane_and_arrows_walk_the_picture(
    qtbot: QtBot, qapp: QApplication, view: PipelineView
) -> None:
    view.activateWindow()
    view.focus_step("fetch_scoreboards")
    walked = [_focused(qapp)]
    for _ in range(len(DECLARED) - 1):
        qtbot.keyClick(qapp.focusWidget(), Qt.Key.Key_Tab)
        walked.append(_focused(qapp))
    assert walked == list(TITLES), "lanes are declared one after the other"
    view.focus_step("load_games")
    for key, there in (
        (Qt.Key.Key_Up, "fetch_games"),
        (Qt.Key.Key_Right, "candlesticks"),
        (Qt.Key.Key_Right, "fetch_nba"),
        (Qt.Key.Key_Right, "game_state"),
        (Qt.Key.Key_Down, "snapshot_features"),
        (Qt.Key.Key_Down, "snapshot_features"),
        (Qt.Key.Key_Right, "invalidate_caches"),
        (Qt.Key.Key_Right, "invalidate_caches"),
        (Qt.Key.Key_Left, "snapshot_features"),
    ):
        qtbot.keyClick(qapp.focusWidget(), key)
        assert _focused(qapp) == there


def test_focus_makes_the_way_through_the_steps_loud(view: PipelineView) -> None:
    view.activateWindow()
    view.focus_step("candlesticks")
    loud = {(edge.source, edge.target) for edge in view._lanes._loud_edges()}
    assert loud == {
        ("fetch_scoreboards", "load_scoreboards"), ("load_scoreboards", "candlesticks"),
        ("markets", "candlesticks"), ("candlesticks", "snapshot_features"),
        ("snapshot_features", "publish"), ("publish", "invalidate_caches"),
        ("candlesticks", "nba_state"),
    }  # fmt: skip
    view.grab()
    view.card("candlesticks").clearFocus()
    assert view._lanes._loud_edges() == set()


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space])
def test_enter_and_space_open_the_menu(key: Qt.Key, qtbot: QtBot, view: PipelineView) -> None:
    card = view.card("publish")
    qtbot.keyClick(card, key)
    (menu,) = card.findChildren(QMenu)
    assert menu.isVisible()
    assert menu.accessibleName()
    menu.close()


def test_the_menu_wants_what_it_says(view: PipelineView) -> None:
    row = _row("publish", "failed", error="The gates object.")
    view.show_facts({"publish": StepFacts("publish", row)})
    wanted: list[tuple[str, ...]] = []
    view.rerun_wanted.connect(lambda key, mode: wanted.append((key, mode)))
    view.log_wanted.connect(lambda key: wanted.append((key, "log")))
    for text in ("Retry", "Only this step…", "From here…", "As far as here…"):
        _entries(view.card("publish").menu())[text].trigger()
    _entries(view.card("publish").menu())["Show its log lines"].trigger()
    assert wanted == [
        ("publish", "retry"), ("publish", "only"), ("publish", "from"), ("publish", "until"),
        ("publish", "log"),
    ]  # fmt: skip
    assert "Retry" not in _entries(view.card("markets").menu())


def test_every_card_and_button_is_named_and_described(view: PipelineView) -> None:
    for key, title in TITLES.items():
        card = view.card(key)
        assert card.accessibleName().startswith(title)
        assert card.accessibleDescription()
        assert all(button.accessibleName() for button in card.findChildren(QPushButton))


# ---- details ------------------------------------------------------------------------------------


def test_details_tell_everything_and_copy_it(
    qtbot: QtBot, qapp: QApplication, view: PipelineView, theme: Theme
) -> None:
    row = _row(
        "load_games", "failed", error="A payload is damaged.", hint="It is kept.", requests=12,
        bytes_fetched=3_400_000, bad_items=30, attempt=2,
        changes={"espn.plays": {"inserted": 3801, "updated": 1, "unchanged": 0, "deleted": 0}},
        detail={"bad": [{"where": "game 4", "reason": "empty"}], "notes": {"a": 1}},
    )  # fmt: skip
    facts = StepFacts("load_games", row, _row("load_games", run_id=3), usual_s=6.2)
    view.show_facts({"load_games": facts})
    told: list[str] = []
    view.details_wanted.connect(told.append)
    _entries(view.card("load_games").menu())["Details…"].trigger()
    assert told == ["load_games"]
    (dialog,) = view.findChildren(DetailsDialog)
    assert dialog.isVisible()
    buttons = {b.accessibleName(): b for b in dialog.findChildren(QPushButton)}
    buttons["Copy"].click()
    text = qapp.clipboard().text()
    for part in ("A payload is damaged.", "It is kept.", "2 in run 7",
                 "12 requests, 3.4 MB", "game 4: empty", "espn.plays\t3,801\t1\t0\t0",
                 "1.2 s, usually 6.2 s", "Last success"):  # fmt: skip
        assert part in text
    wanted: list[tuple[str, str]] = []
    view.rerun_wanted.connect(lambda key, mode: wanted.append((key, mode)))
    buttons["Retry"].click()
    assert wanted == [("load_games", "retry")]
    view.open_details("markets")
    view.open_details("publish")
    logged: list[str] = []
    view.log_wanted.connect(logged.append)
    dialog = view._details
    assert dialog is not None
    {b.accessibleName(): b for b in dialog.findChildren(QPushButton)}["Show its log lines"].click()
    assert logged == ["publish"]


# ---- slices -------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", list(TITLES))
def test_slices_are_those_of_the_terminal(key: str) -> None:
    def keys(mode: Mode) -> list[str]:
        return [step.key for step in chosen(DECLARED, key, mode)]

    assert keys(Mode.ONLY) == [key]
    assert keys(Mode.FROM) == keys(Mode.RETRY) == [s.key for s in STEPS.slice(from_=key)]
    assert keys(Mode.UNTIL) == [s.key for s in STEPS.slice(until=key)]
    assert keys(Mode.ALL) == list(TITLES)


def test_facts_without_a_step_leave_its_card_alone(view: PipelineView) -> None:
    facts = StepFacts("markets", _row("markets"))
    view.show_facts({"markets": facts, "gone": replace(facts, step="gone")})
    assert view.card("markets").words is not None
    view.focus_step("gone")


@pytest.mark.parametrize("size", [(1240, 450), (1900, 430), (2500, 900)])
def test_no_edge_goes_behind_a_card_that_it_does_not_join(view: PipelineView, size: Any) -> None:
    """It would seem to end there, and another one to begin on its other side."""
    view.resize(*size)
    lanes = view.findChild(Lanes)
    assert lanes is not None
    places = {key: QRectF(card.geometry()) for key, card in lanes.cards.items()}
    hidden = [
        edge
        for edge in lanes._edges
        if is_crossed(
            lanes._path(edge)[0],
            [place for key, place in places.items() if key not in (edge.source, edge.target)],
        )
    ]
    assert not hidden
