"""The quality report of a window: the terminal's own, from a process that can be given up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from nbapanel.desk.answers import answer
from nbapanel.desk.checking import Checking
from nbapanel.desk.desk import Desk, Told
from nbapanel.errors import UserFacingError
from nbapanel.place import Place
from nbapanel.rows.quality import QualityReport, QualityWanted

GAME = "0022500001"


def _nobody(*_: Any) -> None: ...


@pytest.fixture
def games(connection: psycopg.Connection) -> None:
    """One without teams and one of which the winner has fewer points."""
    connection.execute(
        """
        INSERT INTO nba.games (game_id, season, season_type, season_label, status, home_team_id,
            away_team_id, final_score_home, final_score_away, winner_team_id)
        VALUES ('0022400001', 2024, 2, '2024-25', 1, NULL, NULL, NULL, NULL, NULL),
            ('0022500001', 2025, 2, '2025-26', 3, 1, 2, 99, 98, 2)
        """
    )


@pytest.mark.usefixtures("games")
def test_checks_that_fail_are_an_answer_and_no_trouble(place: Place) -> None:
    """The command ends with 1; that is what it is asked for."""
    told: list[tuple[int, int]] = []
    report = Checking(place, QualityWanted()).ask(lambda *heard: told.append(heard))
    assert isinstance(report, QualityReport)
    assert told == [(2, 2)]
    assert [(game.game_id, game.verdict) for game in report.games] == [
        ("0022400001", "unseen"), (GAME, "failed"),
    ]  # fmt: skip
    assert report.games[1].findings[0].found == "winner 2"
    only = Checking(place, QualityWanted(season="2024-25")).ask(_nobody)
    assert not only.has_failed


@pytest.mark.usefixtures("games")
def test_what_it_cannot_do_is_told_in_its_words(place: Place) -> None:
    with pytest.raises(UserFacingError) as refused:
        Checking(place, QualityWanted(season="1999-00")).ask(_nobody)
    assert "no NBA game of season 1999-00" in refused.value.title
    assert refused.value.detail == "Seasons that there are: 2025-26, 2024-25."


def test_it_is_given_up(place: Place) -> None:
    """Trap W3: the process ends, not only the wait."""
    told: list[UserFacingError] = []
    checking = Checking(place, QualityWanted())

    def ask() -> None:
        try:
            checking.ask(_nobody)
        except UserFacingError as error:
            told.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    checking.give_up()
    asking.join(60)
    assert not asking.is_alive()
    assert told


class _Heard:
    def __init__(self) -> None:
        self.reports: list[QualityReport] = []
        self.failed: list[UserFacingError] = []
        self.progress: list[tuple[int, int]] = []
        self.came = threading.Event()

    def hear(self, done: int, total: int) -> None:
        self.progress.append((done, total))

    def take(self, report: QualityReport) -> None:
        self.reports.append(report)
        self.came.set()

    def fail(self, error: UserFacingError) -> None:
        self.failed.append(error)
        self.came.set()


@pytest.fixture
def desk(place: Place) -> Iterator[Desk]:
    def nobody(*_: Any) -> None: ...

    told = Told(nobody, nobody, nobody, nobody, nobody, nobody)
    made = Desk(place, lambda call: call(), told, answer)
    yield made
    made.close(let_run_go=False)


@pytest.mark.usefixtures("games")
def test_a_window_hears_of_the_report(desk: Desk) -> None:
    heard = _Heard()
    desk.check_quality(QualityWanted(), heard.hear, heard.take, heard.fail)
    assert heard.came.wait(60)
    assert heard.failed == []
    assert heard.progress == [(2, 2)]
    assert heard.reports[0].has_failed


def test_a_check_ends_with_its_window(desk: Desk, until: Callable[..., Any]) -> None:
    """No process is left, and nothing is told any more."""
    heard = _Heard()
    desk.check_quality(QualityWanted(), heard.hear, heard.take, heard.fail)
    desk.close(let_run_go=False)
    until(lambda: not desk._checkings)
    assert (heard.reports, heard.failed) == ([], [])
