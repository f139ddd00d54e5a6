"""`simulate`: the league behind an address, for whoever wants to try things out."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any


def test_a_refetch_of_a_simulator_that_misbehaves(
    panel: Any, finished: Any, tmp_path: Path
) -> None:
    rules = tmp_path / "faults.json"
    rules.write_text(json.dumps([{"path": "/nba/scoreboard", "fault": "500", "times": 1}]))
    league = panel.start(
        "simulate", "--port", "0", "--announce", "--faults", str(rules), in_data_dir=False
    )
    assert league.stdout is not None
    about = json.loads(league.stdout.readline())
    assert about["feeds"] == "demo:7"
    url = f"http://127.0.0.1:{about['port']}"
    done = panel("refetch", "--feeds", url, "--days", "1", "--until", "load_scoreboards", "--json")
    assert done.step("fetch_scoreboards")["requests"] == 2
    assert done.step("load_scoreboards")["changes"]["espn.scoreboard_games"]["inserted"] == 8
    league.send_signal(signal.SIGINT)
    assert finished(league).code in (0, 130)

    # The same league, whoever plays it: its warehouse may go on with the built-in one.
    again = panel("refetch", "--feeds", "demo", "--days", "1", "--only", "fetch_scoreboards")
    assert "1 unchanged" in again.out


def test_a_clock_that_runs(panel: Any) -> None:
    """A minute of the league's in every second: what it adds meanwhile is taken, and fits."""
    done = panel(
        "refetch", "--feeds", "demo", "--clock", "60x", "--days", "1", "--game", "401810626",
        "--json",
    )  # fmt: skip
    assert done.document["status"] == "done", done.document
    assert {step["bad_items"] for step in done.document["steps"]} == {0}
    assert panel("verify", "features").code == 0
