"""What is told of a run that ended: once, only to those who look elsewhere, and kept if it went
wrong; and the tray."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSystemTrayIcon, QWidget
from pytestqt.qtbot import QtBot

from nbapanel.engine.events import (
    Changes,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFinished,
    StepStarted,
    StepState,
)
from nbapanel.engine.steps import Step
from nbapanel.rows.reads import Alert
from nbapanel.ui.live import Live
from nbapanel.ui.notices import MOST, Notice, NoticesPanel
from nbapanel.ui.notifier import Notifier
from nbapanel.ui.preferences import Preferences
from nbapanel.ui.theme import Theme
from nbapanel.ui.tray import Tray

NOW = datetime.now(UTC) + timedelta(minutes=30)  # later than any start of these tests
TITLES = {"load": "Load scoreboards", "publish": "Publish"}


async def _nothing(_context: object) -> None:
    return None


STEPS = [Step(key, title, "ESPN", _nothing, 60) for key, title in TITLES.items()]


class FakeTray(Tray):
    """Remembers what it was to show instead of asking the desktop."""

    def __init__(self, is_there: bool = True) -> None:
        super().__init__(lambda: is_there)
        self._has = is_there
        self.said: list[tuple[str, str, bool]] = []

    def say(self, title: str, words: str, *, is_bad: bool) -> bool:
        self.said.append((title, words, is_bad))
        return self._has


@dataclass
class Here:
    live: Live
    window: QWidget
    tray: FakeTray
    notifier: Notifier
    notices: list[Notice] = field(default_factory=list)

    def run(self, run_id: int, status: RunStatus, at: datetime = NOW, **ended) -> None:
        self.live.take(RunStarted(run_id, "refetch", "button", tuple(TITLES), {}, at))
        self.live.take(StepStarted(run_id, "load", 1, at))
        state = StepState.FAILED if "load" in ended.get("failed", ()) else StepState.DONE
        error, hint = ("It is damaged.", "Fetch it again.") if "failed" in ended else ("", "")
        self.live.take(
            StepFinished(
                run_id, "load", 1, state, at, 4.0, error=error, hint=hint,
                changes={"espn.scoreboard_games": Changes(inserted=1_200, updated=3)},
            )
        )  # fmt: skip
        self.live.take(RunFinished(run_id, status, at, 42.0, **ended))


@pytest.fixture
def here(qtbot: QtBot, qapp) -> Here:
    window = QWidget()
    qtbot.addWidget(window)
    live, tray = Live(STEPS, window), FakeTray()
    notifier = Notifier(live, window, tray, Preferences(), TITLES)
    made = Here(live, window, tray, notifier)
    notifier.noticed.connect(made.notices.append)
    return made


def test_a_run_that_went_well(here: Here) -> None:
    here.run(1, RunStatus.DONE, done=("load",), skipped=("publish",))
    assert here.tray.said == [
        ("Refetch done", "1 step done, 1 skipped, in 42 s. Rows: 1,200 new, 3 changed.", False)
    ]
    assert here.notices == []


def test_a_run_that_failed_stays_on_the_list(here: Here) -> None:
    here.run(2, RunStatus.FAILED, failed=("load",), blocked=("publish",))
    ((title, words, is_bad),) = here.tray.said
    assert (title, is_bad) == ("Refetch failed", True)
    assert words == "Load scoreboards. It is damaged. Fetch it again. 1 step blocked."
    assert here.notices == [Notice("failure", title, words, NOW, 2, "load")]


def test_cancelled_is_no_failure(here: Here) -> None:
    here.run(3, RunStatus.CANCELLED, done=("load",), cancelled=("publish",))
    ((title, words, is_bad),) = here.tray.said
    assert title == "Refetch cancelled"
    assert not is_bad
    assert "fail" not in words
    assert here.notices == []


def test_interrupted_stays_on_the_list(here: Here) -> None:
    here.run(4, RunStatus.INTERRUPTED)
    assert here.notices[0].title == "Refetch was interrupted"
    assert "Resume" in here.notices[0].words


def test_one_notification_a_run(here: Here) -> None:
    here.run(5, RunStatus.FAILED, failed=("load",))
    here.live.take(RunFinished(5, RunStatus.FAILED, NOW, 42.0, failed=("load",)))
    assert len(here.tray.said) == len(here.notices) == 1


def test_runs_from_before_the_window_are_not_news(here: Here) -> None:
    here.run(6, RunStatus.FAILED, at=NOW - timedelta(hours=1), failed=("load",))
    assert here.tray.said == []
    assert here.notices == []


def test_who_looks_at_the_window_sees_it_there(here: Here, qtbot: QtBot) -> None:
    with qtbot.waitActive(here.window):
        here.window.show()
        here.window.activateWindow()
    here.run(7, RunStatus.FAILED, failed=("load",))
    assert here.tray.said == []
    assert len(here.notices) == 1


@pytest.mark.parametrize(("wish", "told"), [("always", 2), ("failures", 1), ("never", 0)])
def test_the_wish_counts(here: Here, wish: str, told: int) -> None:
    here.notifier.apply(Preferences(notify=wish))
    here.run(8, RunStatus.DONE, done=("load",))
    here.run(9, RunStatus.FAILED, failed=("load",))
    assert len(here.tray.said) == told
    assert len(here.notices) == 1, "failures stay on the list whatever the wish"


def test_alerts_are_told_once(here: Here) -> None:
    alert = Alert(1, 12, "publish", "derived.slate", NOW, "done", 9_000, None, 2_000.0,
                  "Took 9.0 s, usually 2.0 s.")  # fmt: skip
    old = replace(alert, refresh_id=2, at=NOW - timedelta(days=1))
    failed = replace(alert, refresh_id=3, status="failed", words="No space left.")
    here.notifier.take_alerts([failed, alert, old])
    here.notifier.take_alerts([alert])
    assert [notice.title for notice in here.notices] == [
        "Refresh failed: derived.slate",
        "Slow refresh: derived.slate",
    ]
    assert here.notices[1].words == "Took 9.0 s, usually 2.0 s."


def test_without_a_tray_closing_means_quit(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    wishes = Preferences(tray=True, keep_in_tray=True)
    without = Notifier(Live(STEPS, window), window, FakeTray(is_there=False), wishes, TITLES)
    assert not without.keeps_running
    with_one = Notifier(Live(STEPS, window), window, FakeTray(), wishes, TITLES)
    assert with_one.keeps_running
    with_one.apply(Preferences(tray=True))
    assert not with_one.keeps_running, "an icon alone does not keep it running"


def test_the_tray_of_this_platform_is_asked(qapp) -> None:
    tray = Tray()
    tray.want(True)
    assert tray.is_there == QSystemTrayIcon.isSystemTrayAvailable()
    assert tray.icon.isVisible() == tray.is_there
    if not tray.is_there:
        assert not tray.say("x", "y", is_bad=False)


def test_the_menu_of_the_tray(here: Here, qtbot: QtBot) -> None:
    tray = here.tray
    assert [action.text() for action in tray.menu.actions() if action.text()] == [
        "Open", "Refetch", "Stop", "Quit",
    ]  # fmt: skip
    assert tray.refetch.isEnabled()
    assert not tray.stop.isEnabled()
    here.live.take(RunStarted(1, "refetch", "button", tuple(TITLES), {}, NOW))
    qtbot.waitUntil(tray.stop.isEnabled)
    assert not tray.refetch.isEnabled()
    for action, signal in (
        (tray.open, tray.open_wanted),
        (tray.stop, tray.stop_wanted),
        (tray.quit, tray.quit_wanted),
    ):
        with qtbot.waitSignal(signal):
            action.trigger()
    with qtbot.waitSignal(tray.open_wanted):
        tray.icon.activated.emit(QSystemTrayIcon.ActivationReason.Trigger)


# ---- the list ----------------------------------------------------------------------------------


@pytest.fixture
def panel(qtbot: QtBot, theme: Theme) -> NoticesPanel:
    made = NoticesPanel()
    qtbot.addWidget(made)
    return made


def notice(number: int, **given) -> Notice:
    values = {"kind": "failure", "title": f"Problem {number}", "words": "It broke.", "at": NOW}
    return Notice(**values | given)


def test_newest_first_and_unread_until_seen(panel: NoticesPanel, qtbot: QtBot) -> None:
    counts: list[int] = []
    panel.unread_changed.connect(counts.append)
    panel.add(notice(1))
    panel.add(notice(2))
    assert [card.notice.title for card in panel.cards] == ["Problem 2", "Problem 1"]
    assert counts == [1, 2]
    panel.show()
    assert counts == [1, 2, 0]
    panel.add(notice(3))
    assert panel.unread == 0, "it is being looked at"


def test_the_same_again_counts_up(panel: NoticesPanel) -> None:
    panel.show()
    panel.add(notice(1, run_id=1))
    panel.add(notice(2))
    panel.add(notice(1, run_id=9))
    assert [card.notice.title for card in panel.cards] == ["Problem 1", "Problem 2"]
    assert panel.cards[0].times == 2
    assert panel.cards[0].notice.run_id == 9
    assert "2 times" in panel.cards[0]._when.text()
    assert panel.count.text() == "2 problems"


def test_buttons_lead_to_the_run_and_its_log(panel: NoticesPanel, qtbot: QtBot) -> None:
    panel.show()
    panel.add(notice(1, run_id=12, step="load"))
    card = panel.cards[0]
    with qtbot.waitSignal(panel.run_wanted) as asked:
        card.run_button.click()
    assert asked.args == [12]
    with qtbot.waitSignal(panel.log_wanted) as asked:
        card.log_button.click()
    assert asked.args == [12, "load"]
    panel.add(notice(2))
    assert not panel.cards[0].run_button.isVisible()
    assert not panel.cards[0].log_button.isVisible()


def test_dismiss(panel: NoticesPanel) -> None:
    panel.show()
    assert panel.empty.isVisible()
    for number in range(3):
        panel.add(notice(number))
    assert not panel.empty.isVisible()
    panel.cards[1].dismiss_button.click()
    assert [card.notice.title for card in panel.cards] == ["Problem 2", "Problem 0"]
    panel.dismiss_button.click()
    assert panel.cards == []
    assert panel.empty.isVisible()


def test_the_list_is_bounded_and_named(panel: NoticesPanel) -> None:
    for number in range(MOST + 5):
        panel.add(notice(number))
    assert len(panel.cards) == MOST
    assert panel.cards[0].notice.title == f"Problem {MOST + 4}"
    card = panel.cards[0]
    assert card.accessibleName()
    assert "It broke." in card.accessibleDescription()
    assert card.dismiss_button.accessibleName() == f"Dismiss: Problem {MOST + 4}"
    assert card._words.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse
