"""Answers that look alike and mean different things, and how far the damage of one goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from nbapanel.pipeline import STEPS
from nbapanel.settings import Settings
from nbapanel.simulator.running import running


def _asked(desk: Any) -> Counter[str]:
    return Counter(one.path.rpartition("/")[2] for one in desk.simulator.requests)


def _games_with_rows(found: Any, relation: str, column: int) -> set[bytes]:
    return {row.split(b"\t")[column] for row in found[relation].splitlines()}


def test_not_found_is_asked_once(desk: Any) -> None:
    """trap F4: 404 is an answer, not a trouble: one request each, though six would be allowed."""
    desk = desk.with_settings(request_attempts=6)
    desk.simulator.faults([{"path": "/nba/scoreboard", "fault": "404"}])
    ended = desk()
    assert ended.finished.failed == ("fetch_scoreboards",)
    assert "404" in ended.step("fetch_scoreboards").error
    assert _asked(desk)["scoreboard"] == 1


@pytest.mark.parametrize("fault", ["404", "403-xml"])
def test_a_game_that_the_core_feed_lacks_comes_from_its_summary(
    fault: str, desk: Any, undisturbed_data: Any, data: Any, same_contents: Any
) -> None:
    """trap F11: a 403 in XML is the storage's way of saying that there is no such object."""
    desk.simulator.faults(
        [{"path": "/(probabilities|plays)", "fault": fault, "times": 4}]  # two of each of two games
    )
    ended = desk()
    assert ended.finished.status == "done"
    assert _asked(desk)["summary"] == 2
    found = data(desk.conninfo)
    for relation, column in (("espn.probabilities_raw_items", 1), ("espn.plays", 0)):
        assert len(_games_with_rows(found, relation, column)) == 2

    desk.simulator.forget_requests()
    again = desk()
    assert again.states["fetch_games"] == "skipped", "that there is none is worth remembering"
    assert desk(force=True).finished.status == "done"
    same_contents(data(desk.conninfo), undisturbed_data)


def test_a_block_is_not_taken_for_no_such_game(
    desk: Any, undisturbed: Any, contents: Any, same_contents: Any
) -> None:
    """trap F11: a 403 in HTML shuts us out: nothing more is asked there, and nothing is believed
    absent. The next run starts afresh."""
    assert desk(only=("fetch_scoreboards", "load_scoreboards", "markets")).finished.failed == ()
    desk.simulator.forget_requests()
    desk.simulator.faults([{"path": "/probabilities", "fault": "403-html"}])
    ended = desk(only=("fetch_games", "load_games"))
    assert ended.finished.failed == ("fetch_games",)
    error = ended.step("fetch_games").error
    assert "has shut us out (403 with an HTML page)" in error
    assert "2 of 2 games" in error
    assert _asked(desk)["probabilities"] <= 2, "only what was under way when the first came"
    assert not _asked(desk)["summary"]

    desk.simulator.faults()
    assert desk().finished.status == "done"
    same_contents(contents(desk.conninfo), undisturbed)


def test_the_wait_that_a_feed_asks_for_is_kept(desk: Any) -> None:
    """trap F6: Retry-After, with a back-off of our own that is much shorter."""
    desk.simulator.faults(
        [{"path": r"/markets\?", "fault": "429", "times": 1, "params": {"retry_after_s": 1}}]
    )
    ended = desk(only=("markets",))
    assert ended.finished.status == "done"
    assert ended.step("markets").seconds >= 1.0
    assert ended.step("markets").requests == 3


def test_a_game_of_many_pages_loads_whole(
    desk: Any,
    undisturbed_data: Any,
    data: Any,
    same_contents: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """trap F7: with 100 items a page, the later pages of both lists come too."""
    monkeypatch.setattr("nbapanel.source.espn._LIMIT", 100)
    desk.simulator.faults([{"path": "page=3", "fault": "cut-body", "times": 1}])
    assert desk().finished.status == "done"
    assert _asked(desk)["probabilities"] >= 5
    same_contents(data(desk.conninfo), undisturbed_data)


def test_what_is_held_is_judged_list_by_list(desk: Any) -> None:
    """trap F3: a game whose plays could not be had is asked for its plays, and for nothing else."""
    desk.simulator.faults([{"path": "/plays", "fault": "500"}])
    assert desk(until="load_games").finished.failed == ("fetch_games",)
    desk.simulator.faults()
    desk.simulator.forget_requests()
    assert desk(until="load_games").finished.status == "done"
    asked = _asked(desk)
    assert (asked["probabilities"], asked["plays"], asked["summary"]) == (0, 2, 1)


def test_one_slow_host_does_not_hold_up_the_other(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """trap F12: Kalshi's list drips for two seconds; all of ESPN's lane is done meanwhile."""
    ends: list[str] = []

    def note(event: Any) -> None:
        if type(event).__name__ == "StepFinished":
            ends.append(event.step)

    with running(league=7) as kalshi:
        kalshi.faults(
            [
                {
                    "path": r"/markets\?",
                    "fault": "slow-drip",
                    "params": {"chunk_bytes": 400, "pause_s": 0.05},
                }
            ]
        )
        _send_kalshi_to(kalshi.url, monkeypatch)
        ended = desk(observer=note)
    assert ended.finished.status == "done"
    assert ends.index("load_games") < ends.index("markets")


def test_a_block_by_one_host_leaves_the_other_alone(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """trap F12: ESPN shuts us out for good; Kalshi's markets load all the same."""
    desk.simulator.faults([{"path": "/nba/scoreboard", "fault": "403-html"}])
    with running(league=7) as kalshi:
        _send_kalshi_to(kalshi.url, monkeypatch)
        ended = desk()
    assert ended.finished.failed == ("fetch_scoreboards",)
    assert ended.step("markets").changes["kalshi.markets"].inserted > 100


def _send_kalshi_to(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from nbapanel.cli import feeds

    made: Callable[..., Any] = feeds.FeedSettings

    def with_kalshi_there(**settings: Any) -> Any:
        return made(**settings | {"kalshi_url": url})

    monkeypatch.setattr(feeds, "FeedSettings", with_kalshi_there)


def test_the_outer_limit_is_longer_than_the_inner_ones() -> None:
    """trap F10: silence < attempt < deadline of a request < time limit of a step that fetches."""
    kept = Settings()
    assert kept.request_silence_s < kept.request_attempt_s < kept.request_deadline_s
    fetching = [step for step in STEPS.steps if step.asks_feeds]
    assert len(fetching) >= 4
    for step in fetching:
        assert step.timeout_s > 2 * kept.request_deadline_s, step.key
