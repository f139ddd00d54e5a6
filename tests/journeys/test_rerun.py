"""A part of the pipeline again, from a card: its settings first, then just those steps."""

from __future__ import annotations

from typing import Any

from nbapanel.engine.events import RunStatus
from nbapanel.ui.pipeline.plan_dialog import PlanDialog
from nbapanel.ui.pipeline.rerun_dialog import RerunDialog

_GAME = "401810622"
_LAST = "SELECT {} FROM ops.pipeline_runs ORDER BY run_id DESC LIMIT 1"


def test_only_from_and_as_far_as_a_card(journey: Any, fetched: Any, simulator: Any) -> None:
    async def story(t: Any) -> None:
        dialog = _asked(t, "candlesticks", "Only this step…")
        settings = dialog.settings
        assert settings._days.value() == 1, "as the settings have it"
        assert not settings._force.isChecked()
        settings._games.setText(_GAME)
        settings._force.setChecked(True)
        t.press(dialog, "What would happen")
        await t.until(lambda: dialog.panel.planned is not None, dialog.panel.words)
        (planned,) = dialog.panel.planned.steps
        assert planned.key == "candlesticks"
        assert planned.requests == 1, "one game, whatever is held"
        await _run(t, dialog)
        assert set(t.states) == {"candlesticks"}
        assert t.ask(_LAST.format("settings->'games'->>0")) == _GAME
        assert t.ask(_LAST.format("settings->>'force'")) == "true"

        simulator.forget_requests()
        await _run(t, _asked(t, "game_state", "From here…"))
        assert list(t.states) == ["game_state", "snapshot_features", "publish",
                                  "invalidate_caches"]  # fmt: skip
        assert not simulator.requests, "nothing that it does not need"

        await _run(t, _asked(t, "load_scoreboards", "As far as here…"))
        assert list(t.states) == ["fetch_scoreboards", "load_scoreboards"]
        assert t.ask(_LAST.format("trigger")) == "button"
        await t.until_fresh()

    journey(fetched, story)


def test_what_would_happen(journey: Any, fetched: Any, simulator: Any) -> None:
    """Numbers by the code of --dry-run, and nothing is done; from there it can be started."""

    async def story(t: Any) -> None:
        simulator.advance(6 * 3600)
        t.click(t.window.header._plan)
        dialog = t.opened(PlanDialog)
        await t.until(lambda: dialog.panel.planned is not None, "the plan")
        planned = {step.key: step for step in dialog.panel.planned.steps}
        assert planned["fetch_scoreboards"].requests == planned["fetch_scoreboards"].units >= 1
        assert planned["fetch_games"].units
        assert "not known" in dialog.panel.words, "one run is no history"
        assert t.ask("SELECT count(*) FROM ops.pipeline_runs") == 1
        async with t.new_run():
            t.press(dialog, "Refetch now")
        assert t.board.ended.status is RunStatus.DONE
        assert t.line("fetch_games").requests > 0

    journey(fetched, story)


def _asked(t: Any, key: str, words: str) -> RerunDialog:
    t.choose(key, words)
    dialog: RerunDialog = t.opened(RerunDialog)
    return dialog


async def _run(t: Any, dialog: RerunDialog) -> None:
    async with t.new_run():
        t.press(dialog, "Run")
    assert t.board.ended.status is RunStatus.DONE
