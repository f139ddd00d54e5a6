"""What the window says and does where its questions are answered late, or not at all."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import Any

from shiboken6 import isValid

from nbapanel import settings_store
from nbapanel.errors import UserFacingError
from nbapanel.settings_store import load_settings
from nbapanel.ui.errors import ErrorDialog
from nbapanel.ui.ports import RunWanted
from nbapanel.ui.settings.dialog import SettingsDialog


def test_a_run_that_ends_while_the_question_stands_is_not_waited_for(
    journey: Any, fetched: Any
) -> None:
    """trap W10: "Stop it, then close" closes, and the run that is starting is no run 0."""

    async def story(t: Any) -> None:
        await t.until_fresh()
        t.click(t.window.header.button)
        box = await t.asked_on_closing()
        assert box.text() == "A run is about to start."
        await t.until_ended()
        t.press(box, "Stop it, then close")
        await t.until(t.panel.left.is_set, "the end of the window")

    journey(fetched, story)


def test_a_stop_that_failed_does_not_close_the_window_later(journey: Any, fetched: Any) -> None:
    async def story(t: Any) -> None:
        await t.until_fresh()
        t.panel._leaving.is_stopping = True
        t.panel.runs._on_stop_failed(UserFacingError("It cannot be asked."))
        t.opened(ErrorDialog).reject()
        await t.refetch()
        assert not t.panel.left.is_set()

    journey(fetched, story)


def test_retry_tries_what_was_wanted(journey: Any, fetched: Any, monkeypatch: Any) -> None:
    """Not a refetch of everything in place of the rerun that failed."""

    async def story(t: Any) -> None:
        await t.until_fresh()
        wanted: list[list[str]] = []
        monkeypatch.setattr(t.panel.desk, "start_run", wanted.append)
        t.panel.start_run(RunWanted(only=("publish",), publish_anyway=True))
        t.panel._on_child_ended(2, "nbapanel: Another run is active.\n  Run 7.")
        t.press(t.opened(ErrorDialog), "Retry")
        await t.until(lambda: len(wanted) == 2)
        assert wanted[0] == wanted[1]
        assert "--only" in wanted[1]
        t.window.header.settle()

    journey(fetched, story)


def test_of_another_database_nothing_of_the_one_before_is_shown(
    journey: Any, fetched: Any, empty_database: Any, monkeypatch: Any
) -> None:
    """Neither its games nor its runs, which have the same numbers there."""

    async def story(t: Any) -> None:
        await t.until_fresh()
        await t.refetch()
        docks = t.window.docks
        docks.show("history")
        await t.until(lambda: docks.history.model.rowCount() == 2)
        docks.show("games")
        await t.until(lambda: docks.games.model.rowCount() > 0)
        monkeypatch.setenv("DATABASE_URL", other)
        t.panel.dialogs.settings_saved.emit(load_settings(fetched.data_dir.root))
        assert docks.games.model.rowCount() == 0
        assert docks.history.model.rowCount() == 0
        await t.until(lambda: t.headline.startswith("Nothing was ever fetched here"))
        assert t.card("publish").words.word in ("Not known yet", "Not run yet")
        for _ in range(2):
            async with asyncio.timeout(60):
                await t.refetch()
            assert t.ask("SELECT max(run_id) FROM ops.pipeline_runs") == t.board.run_id
        assert t.board.run_id == 2
        await t.until(lambda: docks.games.model.rowCount() > 0)

    with empty_database() as other:
        journey(fetched, story)


def test_an_answer_to_a_test_of_a_connection_may_come_too_late(
    journey: Any, fetched: Any, monkeypatch: Any
) -> None:
    """A server that does not answer takes its time, and nobody waits for it."""
    tried = threading.Event()

    def try_connection(_: str) -> str:
        assert tried.wait(60)
        return "It is there."

    monkeypatch.setattr("nbapanel.app.dialogs.try_connection", try_connection)
    told: list[str] = []
    monkeypatch.setattr(
        SettingsDialog, "show_test_result", lambda _self, _ok, words: told.append(words)
    )

    async def story(t: Any) -> None:
        t.panel.dialogs.show_settings(t.panel.preferences, "Database")
        dialog = t.opened(SettingsDialog)
        await t.until(lambda: not _beside_the_window(), "that the settings were read")
        dialog.test_wanted.emit(fetched.settings.database_url)
        (trying,) = _beside_the_window()
        dialog.reject()
        await t.until(lambda: not isValid(dialog))
        tried.set()
        await t.until(lambda: not trying.is_alive(), "the end of the test")
        # Whatever it sent on its way is heard before what is sent now.
        heard = threading.Event()
        t.panel._courier.send(heard.set)
        await t.until(heard.is_set)
        assert told == []

    journey(fetched, story)


def _beside_the_window() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "beside the window"]


def test_a_locked_keyring_does_not_hold_up_the_settings(
    journey: Any, fetched: Any, monkeypatch: Any
) -> None:
    """bug: it was read in the window's thread, and window and dialog waited for its password."""
    unlocked = threading.Event()
    load = settings_store.load_settings

    def locked(*given: Any) -> Any:
        assert threading.current_thread() is not threading.main_thread()
        assert unlocked.wait(60)
        return load(*given)

    async def story(t: Any) -> None:
        await t.until_fresh()
        settings_store.save_settings(fetched.data_dir.root, {"publish_row_drop_percent": 9.0})
        monkeypatch.setattr(settings_store, "load_settings", locked)
        t.panel.dialogs.show_settings(t.panel.preferences, "Publishing")
        dialog = t.opened(SettingsDialog)
        await t.until(lambda: dialog.said.text().startswith("◐ Reading"), "that it is being read")
        t.panel.live.data_changed.emit()  # the rest of the window is at work
        await t.until_fresh()
        assert not dialog.fields["publish_row_drop_percent"].isEnabled()
        unlocked.set()
        await t.until(dialog.fields["publish_row_drop_percent"].isEnabled, "the settings")
        assert dialog.fields["publish_row_drop_percent"].value == 9, "as others set it since"
        dialog.reject()
        await t.until(lambda: not isValid(dialog) and not _beside_the_window())

    try:
        journey(fetched, story)
    finally:
        unlocked.set()


def test_a_locked_keyring_does_not_hold_up_the_window(
    journey: Any, fetched: Any, monkeypatch: Any
) -> None:
    """It asks for its password when something is saved; the window waits, and goes on meanwhile."""
    asked, unlocked = threading.Event(), threading.Event()
    save = settings_store.save_settings

    def locked(*given: Any) -> None:
        asked.set()
        assert unlocked.wait(60)
        save(*given)

    monkeypatch.setattr(settings_store, "save_settings", locked)

    async def story(t: Any) -> None:
        await t.until_fresh()
        t.panel.dialogs.show_settings(t.panel.preferences, "Publishing")
        dialog = t.opened(SettingsDialog)
        await t.until(dialog.fields["publish_row_drop_percent"].isEnabled, "the settings")
        dialog.fields["publish_row_drop_percent"].editor.show_value(9.0)
        t.click(dialog.ok)
        await t.until(lambda: dialog.said.text().startswith("◐ Saving"), "that it is being saved")
        assert asked.is_set()
        t.panel.live.data_changed.emit()  # the rest of the window is at work
        await t.until_fresh()
        unlocked.set()
        await t.until(lambda: not isValid(dialog), "the end of the dialog")
        assert load_settings(fetched.data_dir.root).publish_row_drop_percent == 9

    try:
        journey(fetched, story)
    finally:
        unlocked.set()


def test_stop_now_says_that_it_cannot_end_another_s_process(journey: Any, fetched: Any) -> None:
    async def story(t: Any) -> None:
        t.window.stop_now_wanted.emit()
        assert "started elsewhere" in t.opened(ErrorDialog).text
        t.opened(ErrorDialog).reject()

    journey(fetched, story)


def test_what_could_not_be_published_is_not_tried_every_few_minutes(
    journey: Any, fetched: Any, monkeypatch: Any
) -> None:
    async def story(t: Any) -> None:
        await t.until_fresh()
        started: list[list[str]] = []
        monkeypatch.setattr(t.panel.desk, "start_run", started.append)
        seen = t.panel.standing.overview
        t.panel.standing.overview = replace(
            seen, behind=("derived.slate",), undone={"publish": object()}
        )
        t.panel._by_itself.refresh_views()
        assert started == []
        t.panel.standing.overview = replace(seen, behind=("derived.slate",))
        t.panel._by_itself.refresh_views()
        assert len(started) == 1
        t.window.header.settle()

    journey(fetched, story)
