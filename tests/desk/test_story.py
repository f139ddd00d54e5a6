"""What was told of a run is not told again, whichever way it comes."""

from __future__ import annotations

from datetime import UTC, datetime

from nbapanel.desk.story import Story
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

NOW = datetime(2026, 1, 15, tzinfo=UTC)


def started(run_id: int = 4) -> RunStarted:
    return RunStarted(run_id, "refetch", "button", ("a", "b"), {}, NOW)


def begun(step: str, attempt: int = 1) -> StepStarted:
    return StepStarted(4, step, attempt, NOW)


def ended(step: str, attempt: int = 1, *, retrying: bool = False) -> StepFinished:
    return StepFinished(4, step, attempt, StepState.DONE, NOW, 1.0, retrying=retrying)


def progress(step: str) -> StepProgress:
    return StepProgress(4, step, 1, 2, "games")


def finished() -> RunFinished:
    return RunFinished(4, RunStatus.DONE, NOW, 1.0)


def test_a_run_from_its_beginning_to_its_end() -> None:
    story = Story(4)
    events = [
        started(), begun("a"), progress("a"), progress("a"), ended("a", retrying=True),
        begun("a", 2), progress("a"), ended("a", 2), ended("b", 0), finished(),
    ]  # fmt: skip
    assert [story.is_news(event) for event in events] == [True] * len(events)
    assert story.is_over
    assert not any(story.is_news(event) for event in events)


def test_what_the_journal_told_first_is_no_news_when_it_is_heard() -> None:
    """trap W9: a progress that was on its way does not set a finished step running again."""
    story = Story(4)
    assert all(map(story.is_news, (started(), ended("a"), begun("b", 2))))
    late = (
        started(), begun("a"), progress("a"), ended("a"), begun("b"), ended("b", retrying=True),
        begun("b", 2),
    )  # fmt: skip
    assert not any(map(story.is_news, late))
    assert story.is_news(progress("b"))
    assert story.is_news(ended("b", 2))


def test_stages_of_a_cancel_go_one_way() -> None:
    story = Story(4)
    stages = [CancelStage(4, number, "words") for number in (1, 1, 2, 1, 3)]
    assert [story.is_news(stage) for stage in stages] == [True, False, True, False, True]


def test_other_runs_are_another_story() -> None:
    assert not Story(4).is_news(started(5))
    assert not Story().is_news(started(0))
    assert Story().is_over
