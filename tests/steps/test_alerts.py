"""When a step is slow is declared once, for the relations that it writes."""

from __future__ import annotations

import pytest

from nbapanel.pipeline import STEPS
from nbapanel.steps.refresh_entries import threshold_ms


@pytest.mark.parametrize("step", STEPS.steps, ids=lambda step: step.key)
def test_a_step_is_slow_when_the_slowest_of_its_relations_is(step):
    """trap R10: the log's threshold of a relation and the step's own cannot part."""
    if "fetch" in step.title.lower() or not step.writes:
        assert step.alert_after_s is None, "how long the feeds take is not ours"
    else:
        assert step.alert_after_s * 1000 == max(map(threshold_ms, step.writes))


def test_snapshot_features_may_take_fifteen_minutes_and_small_ones_half_a_minute():
    of = {step.key: step.alert_after_s for step in STEPS.steps}
    assert of["snapshot_features"] == of["publish"] == 900
    assert of["load_games"] == of["game_state"] == 30
    assert threshold_ms("derived.snapshot_features_v1") == 900_000
    assert threshold_ms("derived.slate") == 30_000
