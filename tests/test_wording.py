"""Small words: sentences, durations, ages and sizes, the same for window and terminal."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nbapanel.wording import ago, sentences, size, took


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (("It is gone", "Wait."), "It is gone. Wait."),
        (("", "Why?", " "), "Why?"),
        ((), ""),
        (("One moment…", "two"), "One moment… two."),
    ],
)
def test_parts_become_sentences(parts: tuple[str, ...], said: str) -> None:
    assert sentences(*parts) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-0.1, "0 ms"),
        (0.0, "0 ms"),
        (0.04, "40 ms"),
        (0.18, "180 ms"),
        (0.9994, "999 ms"),
        (0.9999, "1.0 s"),
        (3.24, "3.2 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (32.4, "32 s"),
        (59.6, "1 min"),
        (250, "4 min 10 s"),
        (3_599.8, "1 h"),
        (3_900, "1 h 5 min"),
        (7_261, "2 h 1 min"),
        (3_600_000, "1,000 h"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    """Of a refresh of 40 ms "0.0 s" would say nothing."""
    assert took(seconds) == said


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (-5, "just now"),
        (0, "just now"),
        (5, "5 min ago"),
        (200, "3 h ago"),
        (47 * 60, "47 h ago"),
        (50 * 60, "2 days ago"),
        (60 * 24 * 61, "61 days ago"),
    ],
)
def test_ages(minutes: int, said: str) -> None:
    assert ago(timedelta(minutes=minutes)) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 bytes"),
        (812, "812 bytes"),
        (999, "999 bytes"),
        (1_000, "1.0 KB"),
        (455_600, "456 KB"),
        (999_600, "1.0 MB"),
        (1_440_000, "1.4 MB"),
        (99_960_000, "100 MB"),
        (340_000_000, "340 MB"),
        (1_234_000_000, "1.2 GB"),
        (5_000_000_000_000_000, "5,000 TB"),
    ],
)
def test_sizes(count: int, said: str) -> None:
    assert size(count) == said
