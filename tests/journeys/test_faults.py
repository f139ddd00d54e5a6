"""Something goes wrong: the window says what and where, and a retry mends it."""

from __future__ import annotations

from typing import Any

from nbapanel.engine.events import RunStatus, StepState

_GARBLED = {
    "path": "/probabilities",
    "fault": "poison",
    "params": {"what": "nan", "field": "homeWinPercentage"},
}
_REFUSE = """
CREATE FUNCTION ops.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'No space left on device'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON espn.plays EXECUTE FUNCTION ops.refuse();
"""


def test_a_feed_that_answers_with_rubbish(journey: Any, place: Any, simulator: Any) -> None:
    """trap W1: the cards, the headline and the list of problems say it; Retry from the card runs
    what hangs on it, and all is fresh."""

    async def story(t: Any) -> None:
        simulator.faults([_GARBLED])
        await t.refetch()
        assert t.board.ended.status is RunStatus.FAILED
        _is_said_on_its_card(t, "fetch_games", "ESPN answered with cut or garbled JSON")
        _is_said_on_its_card(t, "publish", "Not published: the gates object.")
        assert t.states["invalidate_caches"] == "blocked"
        blocked = t.card("invalidate_caches").accessibleDescription()
        assert "Publish: gates, then views failed" in blocked
        assert "Failed at Fetch ESPN probabilities and plays" in t.aftermath
        await t.until(
            lambda: "failed at Fetch ESPN probabilities and plays" in t.headline, "the headline"
        )
        (notice,) = [one for one in t.notices if one.kind == "failure"]
        assert notice.title == "Refetch failed"
        assert "garbled JSON" in notice.words
        dock = t.window.docks.by_key["notices"]
        assert dock.windowTitle() == f"Problems ({len(t.notices)})", "told, and not seen"
        t.window.docks.show("notices")
        await t.until(lambda: dock.windowTitle() == "Problems", "that they were seen")

        simulator.faults()
        async with t.new_run():
            t.choose("fetch_games", "Retry")
        assert t.board.ended.status is RunStatus.DONE
        assert "markets" not in t.states, "only what hangs on the failed step"
        await t.until_fresh()
        for key in ("fetch_games", "publish", "invalidate_caches"):
            assert t.card(key).words.word == StepState.DONE.word
        assert not t.window.header._resume.isVisible()

    journey(place, story)


def test_a_failed_run_is_still_told_by_the_next_window(
    journey: Any, place: Any, simulator: Any, terminal: Any
) -> None:
    """The list of problems is a window's own; what is wrong with the data is not forgotten with it:
    the headline, the card and the history say it, and Resume is there."""

    async def looks(t: Any) -> None:
        await t.until(
            lambda: "failed at Fetch ESPN probabilities and plays" in t.headline, "the headline"
        )
        await t.until(lambda: t.card("fetch_games").words.word == "Failed", "the card")
        assert "garbled JSON" in t.card("fetch_games").accessibleDescription()
        assert t.card("invalidate_caches").words.word == "Blocked"
        assert t.window.header._resume.isVisible()
        docks = t.window.docks
        docks.show("history")
        await t.until(lambda: "Run 1  ✗ Failed" in docks.history.run.headline, "the run")

    simulator.faults([_GARBLED])
    process = terminal(place, "refetch")
    process.communicate(timeout=90)
    assert process.returncode == 1
    journey(place, looks)


def test_a_database_that_takes_no_rows(journey: Any, place: Any) -> None:
    """trap W14: a step in the middle fails: what stands on it is blocked, the others go on."""

    async def story(t: Any) -> None:
        with t.look() as connection:
            connection.execute(_REFUSE)
        await t.refetch()
        assert t.board.ended.status is RunStatus.FAILED
        _is_said_on_its_card(t, "load_games", "The database's disk is full.")
        assert t.states["candlesticks"] == "done", "the other lane is not held up"
        for key in ("game_state", "snapshot_features", "publish", "invalidate_caches"):
            assert t.states[key] == "blocked"
            assert "Load probabilities and plays failed" in t.card(key).accessibleDescription()
        await t.until(lambda: "failed at Load probabilities and plays" in t.headline)

        with t.look() as connection:
            connection.execute("DROP FUNCTION ops.refuse() CASCADE")
        await t.until(lambda: t.window.header._resume.isVisible(), "the way to resume")
        async with t.new_run():
            t.click(t.window.header._resume)
        assert t.board.ended.status is RunStatus.DONE
        await t.until_fresh()

    journey(place, story)


def _is_said_on_its_card(t: Any, key: str, words: str) -> None:
    assert t.states[key] == "failed"
    card = t.card(key)
    assert card.words.word == "Failed"
    assert words in card.accessibleDescription(), card.accessibleDescription()
