"""The header says what is, and its one button follows the engine."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from nbapanel.engine.events import (
    CancelStage,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFinished,
    StepProgress,
    StepStarted,
    StepState,
)
from nbapanel.headline import Headline, Lack
from nbapanel.pipeline import STEPS
from nbapanel.rows.reads import DatabaseState
from nbapanel.ui.header import Header
from nbapanel.ui.live import Live
from nbapanel.ui.theme import Theme

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TITLES = {step.key: step.title for step in STEPS.steps}
FRESH = Headline("good", "✓", "Fresh", ("8 of 8 games of 21 Nov complete",), fetched="fetched now")
LAST_YEARS = date(2020, 11, 21)  # its year is named, whatever year it is now
LACKING = Headline(
    "warning", "!", "Not complete",
    lacks=(
        Lack("run 7 failed at Fetch", ("step", "fetch_games"), "history 7"),
        Lack("3 games lack candles", ("day", LAST_YEARS)),
        Lack("4 games wait", ("refetch",)),
        Lack("1 view is behind", ("publish",)),
    ),
    resumable="Run 7 failed; what it did is kept.",
)  # fmt: skip


@pytest.fixture
def live(qapp: object) -> Live:
    made = Live(STEPS.steps)
    made.take_database(DatabaseState("ready", "The database is open"))
    return made


@pytest.fixture
def header(qtbot: QtBot, live: Live) -> Header:
    made = Header(live, TITLES)
    qtbot.addWidget(made)
    made.resize(1240, 160)
    made.show()
    return made


def _start(live: Live) -> None:
    live.take(RunStarted(12, "refetch", "button", tuple(TITLES), {}, NOW))


def _end(live: Live, status: RunStatus, **given: object) -> None:
    live.take(RunFinished(12, status, NOW, 8.2, **given))  # type: ignore[arg-type]
    live.changed.emit()


def _click(qtbot: QtBot, button: QPushButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def _cancel(live: Live, stage: int, words: str) -> None:
    live.take(CancelStage(12, stage, words))
    live.changed.emit()


def test_the_headline_and_what_is_said_below(header: Header, theme: Theme) -> None:
    assert header._words.text() == "Looking at what is there."
    header.show_headline(FRESH)
    header.show_place("demo", "/srv/league")
    assert header._words.text() == "Fresh: 8 of 8 games of 21 Nov complete."
    assert header._glyph.text() == "✓"
    assert header._glyph.property("role") == "good"
    small = header._small.text()
    assert "Fetched now" in small
    assert "feeds demo" in small
    assert "/srv/league" in small
    assert "times in " in small
    assert not header.grab().isNull()


def test_what_is_missing_leads_to_its_place(qtbot: QtBot, header: Header) -> None:
    header.show_headline(LACKING)
    links = header._leads.links
    assert [link.accessibleName() for link in links] == [
        TITLES["fetch_games"], "Games of 21 Nov 2020", "Publish",
    ]  # fmt: skip
    assert links[1].accessibleDescription() == "3 games lack candles"
    assert links[0].focusPolicy() & Qt.FocusPolicy.TabFocus
    followed: list[object] = []
    header.lead_followed.connect(followed.append)
    links[1].setFocus()
    qtbot.keyClick(links[1], Qt.Key.Key_Space)
    assert followed == [("day", LAST_YEARS)]
    header.show_headline(LACKING)
    assert header._leads.links is links, "the same links keep their focus"
    header.show_headline(FRESH)
    assert header._leads.links == []


def test_two_quick_clicks_want_one_run(qtbot: QtBot, header: Header, live: Live) -> None:
    """trap W2"""
    wanted: list[str] = []
    header.refetch_wanted.connect(lambda: wanted.append("refetch"))
    header.stop_wanted.connect(lambda: wanted.append("stop"))
    button = header.button
    _click(qtbot, button)
    _click(qtbot, button)
    button.press()  # F5 on top of it
    assert wanted == ["refetch"]
    assert (button.text(), button.isEnabled()) == ("Starting…", False)
    _start(live)
    live.changed.emit()
    assert (button.text(), button.isEnabled()) == ("Stop", True)
    assert button.property("danger")
    _click(qtbot, button)
    _click(qtbot, button)
    assert wanted == ["refetch", "stop"]


def test_a_wish_that_came_to_nothing_gives_the_button_back(qtbot: QtBot, header: Header) -> None:
    _click(qtbot, header.button)
    header.settle()
    assert (header.button.text(), header.button.isEnabled()) == ("Refetch", True)


def test_while_its_process_lives_no_second_run_is_offered(qtbot: QtBot, header: Header) -> None:
    """trap W2: a run that says nothing for long is stopped, not started twice."""
    wanted: list[str] = []
    header.refetch_wanted.connect(lambda: wanted.append("refetch"))
    header.stop_wanted.connect(lambda: wanted.append("stop"))
    header.stop_now_wanted.connect(lambda: wanted.append("stop now"))
    button, is_alive = header.button, True
    button.is_starting = lambda: is_alive
    _click(qtbot, button)
    button._patience.timeout.emit()
    assert (button.text(), button.isEnabled()) == ("Stop", True)
    button.refetch()  # F5: no stop
    assert wanted == ["refetch"]
    _click(qtbot, button)
    assert (button.text(), button.isEnabled()) == ("Stop asked…", False)
    button._patience.timeout.emit()
    _click(qtbot, button)
    assert wanted == ["refetch", "stop", "stop now"]
    is_alive = False
    button._patience.timeout.emit()
    assert (button.text(), button.isEnabled()) == ("Refetch", True)


def test_without_a_network_the_end_of_a_run_says_so_once(header: Header, live: Live) -> None:
    _start(live)
    for key in ("fetch_scoreboards", "markets"):
        live.take(StepFinished(12, key, 1, StepState.FAILED, NOW, 1.0,
                               error="No connection to site.api.espn.com. No route."))  # fmt: skip
    _end(live, RunStatus.FAILED, failed=("fetch_scoreboards", "markets"))
    assert header.words.startswith("The feeds cannot be reached; what is here still works")
    assert header._resume.isVisible()


def test_the_button_follows_the_stages_of_a_cancel(
    qtbot: QtBot, header: Header, live: Live
) -> None:
    """trap W3"""
    _start(live)
    live.changed.emit()
    _click(qtbot, header.button)
    assert header.button.text() == "Stop asked…"
    assert "is running" in header._words.text(), "the click alone changes nothing"
    _cancel(live, 1, "Stopping (cancel): finishing the units in hand.")
    assert (header.button.text(), header.button.isEnabled()) == ("Stopping…", False)
    _cancel(live, 2, "Cancelling: waiting for PostgreSQL to stop the statement.")
    assert (header.button.text(), header.button.isEnabled()) == ("Cancelling…", False)
    assert header._words.text() == "Cancelling: waiting for PostgreSQL to stop the statement."
    header.button._on_late()
    now: list[int] = []
    header.stop_now_wanted.connect(lambda: now.append(1))
    assert (header.button.text(), header.button.isEnabled()) == ("Stop now", True)
    _click(qtbot, header.button)
    _click(qtbot, header.button)
    assert now == [1]
    _end(live, RunStatus.CANCELLED)
    assert (header.button.text(), header.button.isEnabled()) == ("Refetch", True)


def test_nothing_left_running_is_only_said_when_that_was_counted(
    header: Header, live: Live
) -> None:
    _start(live)
    _end(live, RunStatus.CANCELLED)
    assert "nothing left" not in header._total.text()
    header.show_backends(2)
    assert header._total.text() == "■ Cancelled; 2 connections still at work"
    header.show_backends(0)
    assert header._total.text() == "■ Cancelled: nothing left running"
    assert "fail" not in header._words.text().lower(), "cancelled is not failed"
    _start_again(live)
    assert header._backends is None


def _start_again(live: Live) -> None:
    live.take(RunStarted(13, "refetch", "button", tuple(TITLES), {}, NOW))


def test_progress_is_there_while_a_run_is_and_never_after(header: Header, live: Live) -> None:
    """trap W9"""
    assert not header._bar.isVisible()
    live.know_history({key: [10.0] * 3 for key in TITLES})
    _start(live)
    live.take(StepStarted(12, "fetch_scoreboards", 1, NOW))
    live.take(StepFinished(12, "fetch_scoreboards", 1, StepState.DONE, NOW, 1.0))
    live.take(StepStarted(12, "load_scoreboards", 1, NOW))
    live.take(StepProgress(12, "load_scoreboards", 1, 2, "payloads"))
    live.changed.emit()
    assert header._bar.isVisible()
    assert header._bar.value() == round(1000 * 1.5 / 14)
    assert header._total.text().startswith("1 of 14 steps · about ")
    _end(live, RunStatus.FAILED, failed=("load_scoreboards",))
    assert not header._bar.isVisible()
    assert header._total.text().startswith("✗ Failed at Load scoreboards")


def test_eta_is_silent_without_history(header: Header, live: Live) -> None:
    _start(live)
    live.changed.emit()
    assert header._total.text() == "0 of 14 steps"


def test_after_a_run_nothing_old_is_said(header: Header, live: Live) -> None:
    header.show_headline(FRESH)
    _start(live)
    assert header._words.text().startswith("Refetch is running")
    _end(live, RunStatus.FAILED, failed=("publish",))
    assert header._words.text().startswith("Failed at Publish")
    late = Headline("active", "▶", "Refetch is running", lacks=(Lack("run 12", ("run", 12)),))
    header.show_headline(late)
    assert header._words.text().startswith("Failed at Publish"), "an answer from before the end"
    header.show_headline(FRESH)
    assert header._words.text().startswith("Fresh")


def test_resume_is_offered_where_something_was_left(
    qtbot: QtBot, header: Header, live: Live
) -> None:
    assert not header._resume.isVisible()
    header.show_headline(LACKING)
    assert header._resume.isVisible()
    wanted: list[int] = []
    header.resume_wanted.connect(lambda: wanted.append(1))
    _click(qtbot, header._resume)
    _click(qtbot, header._resume)
    assert wanted == [1]
    assert not header.button.isEnabled()
    header.settle()
    assert header._resume.isVisible(), "it came to nothing, so it is offered again"
    _start(live)
    live.changed.emit()
    assert not header._resume.isVisible()
    _end(live, RunStatus.INTERRUPTED, error="Its process is gone.")
    assert header._resume.isVisible()
    header.show_headline(FRESH)
    assert not header._resume.isVisible()


def test_a_lost_database_is_said_and_can_be_retried(
    qtbot: QtBot, header: Header, live: Live
) -> None:
    header.show_headline(FRESH)
    live.take_database(DatabaseState("lost", "The database is gone.", "It hung up.", "Wait."))
    assert header._words.text() == "The database is gone."
    assert header._notice.words == "It hung up. Wait."
    assert not header.button.isEnabled()
    wanted: list[int] = []
    header.retry_database_wanted.connect(lambda: wanted.append(1))
    _click(qtbot, header._notice._button)
    assert wanted == [1]
    live.take_database(DatabaseState("opening", "Opening the database"))
    assert header._notice.words == "Opening the database…"
    live.take_database(DatabaseState("ready", "The database is open"))
    assert header._notice.isHidden()
    assert header._words.text().startswith("Fresh")


def test_a_database_lost_in_the_middle_of_a_run_is_said_first(header: Header, live: Live) -> None:
    """trap W13: what the run does is not known from here then, and is not claimed."""
    _start(live)
    live.changed.emit()
    assert "running" in header.words
    live.take_database(DatabaseState("lost", "The database is gone.", "It hung up.", "Wait."))
    assert header.words.startswith("The database is gone: ")
    assert "the run" in header.words
    live.take_database(DatabaseState("ready", "The database is open"))
    assert "running" in header.words


def test_every_button_has_a_name(header: Header) -> None:
    header.show_headline(LACKING)
    assert all(b.accessibleName() for b in header.findChildren(QPushButton) if b.isVisible())


@pytest.mark.parametrize("width", [1400, 900, 700])
def test_a_notice_has_room_for_all_its_lines(header: Header, live: Live, width: int) -> None:
    """However wide it was when its words came, and is now."""
    header.resize(2400, header.height())
    live.take_database(DatabaseState("lost", "It is gone.", "quite long words " * 9, "Wait"))
    QApplication.processEvents()
    header.resize(width, header.height())
    QApplication.processEvents()
    words = header._notice._words
    assert words.height() >= words.heightForWidth(words.width())


def test_a_notice_has_three_lines_at_most_and_is_copied_whole(header: Header, live: Live) -> None:
    header.resize(900, header.height())
    live.take_database(DatabaseState("lost", "It is gone.", "very long words " * 80, "Wait"))
    QApplication.processEvents()
    notice = header._notice
    assert notice.isVisible()
    assert notice._words.height() <= 3 * notice._words.fontMetrics().lineSpacing() + 2
    assert notice._words.is_cut
    notice._copy.click()
    assert QApplication.clipboard().text().endswith("very long words. Wait.")
    live.take_database(DatabaseState("ready", "The database is open"))
    assert not notice.isVisible()
