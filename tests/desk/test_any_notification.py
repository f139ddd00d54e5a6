"""Whoever may connect may notify: what is not understood is passed over, and nothing stops."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbapanel.desk.story import Story
from nbapanel.engine.events import RunFinished, RunStarted, RunStatus, StepFinished, StepState
from nbapanel.warehouse.control_channel import _is_ours
from nbapanel.warehouse.journal import encode_event, heard_event

pytestmark = pytest.mark.warns_in_log  # a notification that is not understood is put down there

MANY_TIMES = settings(max_examples=300)
NOW = datetime(2026, 1, 16, 3, 30, tzinfo=UTC)
EVENTS = [
    RunStarted(1, "refetch", "button", ("load_games",), {"days": 7}, NOW),
    StepFinished(1, "load_games", 1, StepState.DONE, NOW, 0.5, detail={"a": 1}),
    RunFinished(1, RunStatus.DONE, NOW, 1.0, done=("load_games",)),
]
MOST_BYTES = 8_000
NOISE = ["[" * MOST_BYTES, '{"a":' * 1_600, "1" * MOST_BYTES, "", "null", "[]", '"x"', "\0", "{}"]
NOISE += ['{"type": []}', '{"type": {}}', '{"type": "RunFinished"}', '{"run_id": 1, "asked": []}']
NOISE += ['{"type": "RunStarted", "shortened": true}', '{"run_id": ' + "[" * 7_000]
FIELDS = ["type", "run_id", "step", "steps", "at", "seconds", "state", "status", "changes"]
FIELDS += ["detail", "settings", "shortened", "attempt", "done", "kind"]
VALUES = st.sampled_from(
    [None, True, -1, 2**63, 10**30, 2.5, "", "x", [], {}, [[]], "0001-01-01T00:00:00", "done"]
)


def spoilt(event: Any, changes: dict[str, Any]) -> str:
    return json.dumps(json.loads(encode_event(event)) | changes)


@MANY_TIMES
@given(
    text=st.sampled_from(NOISE)
    | st.text(max_size=40)
    | st.builds(
        spoilt,
        st.sampled_from(EVENTS),
        st.dictionaries(
            st.sampled_from(FIELDS),
            VALUES,
            max_size=2,
        ),
    )
)
def test_any_notification_is_an_event_or_none(text: str) -> None:
    event = heard_event(text)
    if event is not None:
        assert heard_event(encode_event(event)) == event
        Story(event.run_id).is_news(event)


@MANY_TIMES
@given(text=st.sampled_from(NOISE) | st.text(max_size=40))
def test_any_request_to_stop_is_ours_or_not(text: str) -> None:
    assert _is_ours(text, 1) is ('"run_id": 1,' in text and '"asked": "' in text)


@pytest.mark.parametrize("heard", [heard_event, lambda text: _is_ours(text, 1)])
def test_nesting_as_deep_as_fits_is_not_understood(heard: Callable[[str], Any]) -> None:
    """The decoder gives up with an error of Python's own: it would end the listening, and no panel
    could stop the run any more."""
    for deep in ("[" * MOST_BYTES, '{"run_id":' * 800, '{"x":' + "[" * 7_000):
        with pytest.raises((RecursionError, msgspec.DecodeError)):
            msgspec.json.decode(deep)
        assert not heard(deep)
