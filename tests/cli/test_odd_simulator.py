"""What answers at the address of a simulator may be anything: understood, or said to be none."""

from __future__ import annotations

import http.client
from typing import Any

import pytest

from nbapanel.cli import feeds
from nbapanel.errors import FeedFailed

ODD_CLOCKS: list[dict[str, Any]] = [
    {},
    {"now": None},
    {"now": "soon"},
    {"now": "2026-01-16T03:30:00"},
    {"now": "0001-01-01T00:00:00Z"},
    {"now": "9999-12-31T23:59:59-23:00"},
    {"now": "2026-01-16T03:30:00Z", "rate": "fast"},
    {"now": "2026-01-16T03:30:00Z", "rate": float("nan")},
    {"now": "2026-01-16T03:30:00Z", "rate": float("inf")},
    {"now": "2026-01-16T03:30:00Z", "rate": -1},
    {"now": "2026-01-16T03:30:00Z", "rate": None},
    {"start": ["2026-01-16T03:30:00Z"]},
]


@pytest.mark.parametrize("told", ODD_CLOCKS, ids=str)
def test_a_clock_that_tells_no_time_is_said_to_be_none(told: dict[str, Any]) -> None:
    with pytest.raises(FeedFailed, match="clock cannot be read"):
        feeds._clock({"feeds": "demo:7", "clock": told})


@pytest.mark.parametrize("told", [None, {"feeds": "x"}, {"clock": None}, {"clock": "x"}])
def test_what_has_no_clock_lives_by_ours(told: dict[str, Any] | None) -> None:
    assert isinstance(feeds._clock(told), feeds.SystemClock)


@pytest.mark.parametrize(
    "trouble", [http.client.BadStatusLine("x"), OSError("refused"), ValueError("no address")]
)
def test_an_address_that_talks_nonsense_is_no_simulator(
    trouble: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Nonsense:
        def open(self, url: str, timeout: float) -> None:
            raise trouble

    monkeypatch.setattr(feeds, "_opener", lambda url: Nonsense())
    assert feeds._about("http://127.0.0.1:1") is None


def test_an_answer_nested_too_deeply_is_no_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    class Deep:
        def __enter__(self) -> Deep:
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def read(self, most: int) -> bytes:
            return b"[" * most

    class Opener:
        def open(self, url: str, timeout: float) -> Deep:
            return Deep()

    monkeypatch.setattr(feeds, "_opener", lambda url: Opener())
    assert feeds._about("http://127.0.0.1:1") is None
