"""The read cache: how long an answer lasts, what makes it go, and that it is counted."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date

import pytest

from nbapanel.desk.read_cache import ReadCache
from nbapanel.rows.questions import (
    BackendsAsked,
    GameAsked,
    GamesAsked,
    OverviewAsked,
    RunAsked,
    StepsAsked,
)
from nbapanel.rows.reads import (
    NOTHING,
    CacheCounts,
    GameChart,
    GamePage,
    GameRow,
    SlateDay,
)

GAME = GameRow(
    *("1", "2025-26", None, None, "LAL", "BOS", "Lakers", "Celtics", "STATUS_FINAL", "post"),
    *(True, 1, 2, 3, 4, 5, 6, 7, 99.0, None, ""),
)
LIVE = replace(GAME, status_state="in", status_completed=False)
DAY = SlateDay("2025-26", date(2026, 1, 15), 8, 0, 8, 0, 8, 8, 8, True, None)


def chart(game: GameRow) -> GameChart:
    return GameChart(game, (), (), (), (), (), (), ())


@pytest.fixture
def seconds():
    """A clock that stands still until a test moves it."""
    return [1000.0]


@pytest.fixture
def cache(seconds):
    return ReadCache(clock=lambda: seconds[0])


def test_an_answer_lasts_for_its_time(cache, seconds):
    cache.keep(StepsAsked(), {"a": 1}, cache.generation)
    seconds[0] += 299.9
    assert cache.find(StepsAsked()) == {"a": 1}
    seconds[0] += 0.1
    assert cache.find(StepsAsked()) is None
    assert cache.counts == CacheCounts(hits=1, misses=1, entries=0, time_to_live_s=300.0)


def test_questions_that_differ_have_answers_of_their_own(cache):
    one, other = GamesAsked(team="LAL"), GamesAsked(team="BOS")
    cache.keep(one, GamePage(1, 0, (GAME,)), cache.generation)
    assert cache.find(other) is None
    assert cache.find(GamesAsked(team="LAL")) == GamePage(1, 0, (GAME,))


@pytest.mark.parametrize(
    ("question", "settled", "passing"),
    [
        (GameAsked("1"), chart(GAME), chart(LIVE)),
        (GamesAsked(), GamePage(2, 0, (GAME, GAME)), GamePage(2, 0, (GAME, LIVE))),
        (GamesAsked(), GamePage(1, 0, (GAME,)), GamePage(1, 0, (GAME,), "being rebuilt")),
        (OverviewAsked(7), replace(NOTHING, days=(DAY,)),
         replace(NOTHING, days=(DAY, replace(DAY, live=1)))),
        (OverviewAsked(7), NOTHING, replace(NOTHING, fallback="being rebuilt")),
    ],
)  # fmt: skip
def test_what_is_in_progress_is_not_kept_long(cache, seconds, question, settled, passing):
    """trap W6: nor is what only stands in for a view that is being rebuilt."""
    cache.keep(question, passing, cache.generation)
    seconds[0] += 29.9
    assert cache.find(question) == passing
    seconds[0] += 0.1
    assert cache.find(question) is None
    cache.keep(question, settled, cache.generation)
    seconds[0] += 299
    assert cache.find(question) == settled


def test_a_short_time_to_live_holds_for_games_in_progress_too(seconds):
    cache = ReadCache(5.0, clock=lambda: seconds[0])
    cache.keep(GameAsked("1"), chart(LIVE), cache.generation)
    seconds[0] += 5
    assert cache.find(GameAsked("1")) is None


def test_an_answer_of_before_a_clear_is_not_kept_after_it(cache):
    """trap W5: it may have been read before the change that the clear was about."""
    begun = cache.generation
    cache.keep(StepsAsked(), {"a": 1}, begun)
    cache.clear()
    assert cache.find(StepsAsked()) is None
    cache.keep(StepsAsked(), {"a": 1}, begun)
    assert cache.find(StepsAsked()) is None
    cache.keep(StepsAsked(), {"a": 2}, cache.generation)
    assert cache.find(StepsAsked()) == {"a": 2}


def test_what_must_be_read_each_time_is_not_kept(cache):
    for question in (RunAsked(1), BackendsAsked()):
        cache.keep(question, 1, cache.generation)
        assert cache.find(question) is None
    assert cache.counts.entries == 0


def test_beyond_the_most_entries_the_longest_unasked_go(seconds):
    cache = ReadCache(clock=lambda: seconds[0], most_entries=3)
    for number in range(3):
        cache.keep(GameAsked(str(number)), chart(GAME), cache.generation)
    assert cache.find(GameAsked("0")) is not None
    cache.keep(GameAsked("3"), chart(GAME), cache.generation)
    held = [cache.find(GameAsked(str(number))) is not None for number in range(4)]
    assert held == [True, False, True, True]
    assert cache.counts.entries == 3


def test_what_nobody_asks_for_again_goes_too(cache, seconds):
    """bug: the charts of games that were looked at once lay there until 256 others came."""
    for number in range(20):
        cache.keep(GameAsked(str(number)), chart(LIVE if number % 2 else GAME), cache.generation)
    seconds[0] += 30
    cache.keep(StepsAsked(), {}, cache.generation)
    assert cache.counts.entries == 11, "those that are not live, and this one"
    seconds[0] += 270
    cache.keep(StepsAsked(), {}, cache.generation)
    assert cache.counts.entries == 1


def test_many_threads_at_once():
    """Every look is counted, and nothing that was cleared comes back."""
    cache = ReadCache(most_entries=20)

    def work(number: int) -> None:
        for turn in range(500):
            question = GameAsked(str(turn % 40))
            if cache.find(question) is None:
                cache.keep(question, chart(GAME), cache.generation)
            if turn % 100 == number:
                cache.clear()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = cache.counts
    assert counts.hits + counts.misses == 8 * 500
    assert counts.entries <= 20
