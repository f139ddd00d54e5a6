"""The disk fills up under an open window, for real: a data directory on a small tmpfs.

What the terminal says of it is in e2e/test_disk_full. Needs the right to mount.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from nbapanel.engine.events import RunStatus
from nbapanel.paths import DataDir
from nbapanel.settings_store import load_settings
from nbapanel.ui.errors import ErrorDialog
from nbapanel.ui.settings.dialog import SettingsDialog

_PAGE = 4096


def _said(t: Any) -> str:
    """All that the window says of trouble."""
    notices = (f"{one.title} {one.words}" for one in t.notices)
    dialogs = (one.text for one in t.window.findChildren(ErrorDialog))
    return " ".join((*notices, *dialogs))


def _on(disk: Any, place: Any) -> Any:
    """The place with its data directory on that disk."""
    data_dir = DataDir(disk.folder / "data")
    return replace(place, data_dir=data_dir, settings=load_settings(data_dir.root))


async def _is_told(t: Any) -> str:
    """A dialog says that the disk is full, and what to do; the same, closed."""
    await t.until(lambda: t.window.findChildren(ErrorDialog), "the words for it")
    text = str(t.opened(ErrorDialog).text)
    assert "disk is full" in text, text
    assert "Free some space" in text, text
    t.opened(ErrorDialog).reject()
    await t.until(lambda: not t.window.findChildren(ErrorDialog))
    return text


def test_the_data_directorys_disk(
    journey: Any,
    place: Any,
    small_disk: Callable[[int], Any],
    undisturbed: Any,
    contents: Callable[[str], Any],
    same_contents: Any,
    left_whole: Any,
    capfd: Any,
) -> None:
    """trap W14: a run cannot begin, then not archive; a setting and an export cannot be written.
    Each says so, the window goes on, and all is done once there is space."""
    disk = small_disk(32)
    here = _on(disk, place)

    async def story(t: Any) -> None:
        await t.until(lambda: t.headline.startswith("Nothing was ever fetched here"))
        for pages in (0, 2, 64):
            with disk.full_but_for(pages * _PAGE):
                t.click(t.window.header.button)
                await t.until(lambda: t.window.findChildren(ErrorDialog) or t.notices)
                await t.until_ended()
                await _has_heard(t)
            assert not list(here.data_dir.root.rglob("*.tmp")), "half a file"
        with disk.full_but_for(0):
            await _is_not_saved(t)
        await t.refetch()
        assert t.board.ended.status is RunStatus.DONE
        await t.until_fresh()
        with disk.full_but_for(0):
            await _is_not_exported(t)
        await t.until_fresh()

    async def _has_heard(t: Any) -> None:
        """By a dialog where no run came of it, by the list of problems where one failed."""
        if t.window.findChildren(ErrorDialog):
            await _is_told(t)
        else:
            assert "disk is full" in t.notices[0].words, t.notices
            assert "Free some space" in t.notices[0].words, t.notices
        t.window.docks.notices.dismiss_all()

    async def _is_not_saved(t: Any) -> None:
        t.panel.dialogs.show_settings(t.panel.preferences, "Feeds")
        dialog = t.opened(SettingsDialog)
        await t.until(dialog.fields["days"].isEnabled, "the settings")
        dialog.fields["kalshi_series"].editor.show_value("OTHER")
        t.click(dialog.apply)
        await t.until(lambda: dialog.said.text().startswith("✗"), "that it is not saved")
        assert "cannot be saved" in dialog.said.text()
        assert "No space left" in dialog.said.text()
        dialog.reject()

    async def _is_not_exported(t: Any) -> None:
        games = t.window.docks.games
        t.window.docks.show("games")
        await t.until(lambda: games.model.held_rows, "the games")
        over = next(game for game in games.model.held_rows if game.status_completed)
        window = games.show_game(over.game_id)
        await t.until(window.export.isEnabled)
        t.click(window.export)
        await t.until(lambda: window.notice.words.startswith("✗"), "that it is not exported")
        assert "The disk is full" in window.notice.words
        window.close()

    journey(here, story)
    assert "Logging error" not in capfd.readouterr().err
    same_contents(contents(here.settings.database_url), undisturbed)
    left_whole(here.settings.database_url, here.data_dir.root)


@pytest.mark.warns_in_log
def test_the_embedded_servers_disk(
    journey: Any,
    embedded: Any,
    simulator: Any,
    slow: Any,
    small_disk: Callable[[int], Any],
    undisturbed: Any,
    contents: Callable[[str], Any],
    same_contents: Any,
) -> None:
    """traps W13, W14: full in the middle of a run; PostgreSQL may end itself of it. The window is
    there all the while, says what is wrong, and takes the run up again when there is space."""
    disk = small_disk(400)
    here = _on(disk, embedded)

    async def story(t: Any) -> None:
        await t.until(lambda: t.window.header.button.isEnabled(), "the button")
        slow()
        t.click(t.window.header.button)
        await t.until_at("candlesticks")
        with disk.full_but_for(4 * _PAGE):
            simulator.faults()
            await t.until_ended(120.0)
            assert t.board.ended.status in (RunStatus.FAILED, RunStatus.INTERRUPTED)
            # That the run is gone may be seen before its last words are read.
            await t.until(lambda: "disk is full" in _said(t), "what is wrong")
            assert "Free some space" in _said(t)
            for dialog in t.window.findChildren(ErrorDialog):
                dialog.reject()
        await t.until(lambda: t.panel.live.database.kind == "ready", "that it is there again")
        await t.until(lambda: t.window.header._resume.isVisible(), "the way to resume")
        async with t.new_run():
            t.click(t.window.header._resume)
        assert t.board.ended.status is RunStatus.DONE
        await t.until_fresh()
        same_contents(contents(t.panel.desk._opened.conninfo), undisturbed)

    journey(here, story)
