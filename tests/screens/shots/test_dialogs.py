"""Every dialog and every window of its own, over a filled warehouse."""

from __future__ import annotations

from typing import Any

import pytest

from nbapanel.errors import UserFacingError
from nbapanel.ui.about import AboutDialog
from nbapanel.ui.crash import CrashDialog
from nbapanel.ui.errors import ErrorDialog
from nbapanel.ui.games.payloads import PayloadsDialog
from nbapanel.ui.hooks import Crash
from nbapanel.ui.pipeline.plan_dialog import PlanDialog
from nbapanel.ui.pipeline.rerun_dialog import RerunDialog
from nbapanel.ui.pipeline.slices import Mode
from nbapanel.ui.settings.dialog import SettingsDialog
from nbapanel.ui.shortcuts import ShortcutsDialog

pytestmark = pytest.mark.timeout(240)

_ERROR = UserFacingError(
    "The database refuses the connection.",
    "host db.example.net, port 5432, database nba: password authentication failed for user nba.",
    "Check user and password in Settings, Database; Test connection tells whether they are right.",
)


def test_a_game(studio: Any, filled_place: Any) -> None:
    async def story(s: Any) -> None:
        games = s.docks.games
        await s.until(lambda: games.model.rowCount() > 0, "the games")
        played = [row for row in games.model.held_rows if row.status_completed and row.items]
        window = games.show_game(played[0].game_id)
        await s.until(lambda: window._chart is not None, "its chart")
        await s.settle(8)
        await s.shoot_alone("game", window)
        window.resize(820, 520)
        await s.shoot_alone("game_small", window)
        window._on_payloads_clicked()
        await s.shoot_dialog("payloads", PayloadsDialog)
        window.close()
        coming = [row for row in games.model.held_rows if not row.items]
        if coming:
            window = games.show_game(coming[0].game_id)
            await s.settle(8)
            await s.shoot_alone("game_without_chart", window)
            window.close()

    studio(filled_place, story)


def test_reruns_and_plan(studio: Any, filled_place: Any) -> None:
    async def story(s: Any) -> None:
        for key, mode, name in (
            (None, Mode.ALL, "refetch_with"),
            ("candlesticks", Mode.ONLY, "rerun_only"),
            ("game_state", Mode.FROM, "rerun_from"),
            ("publish", Mode.UNTIL, "rerun_until"),
            ("load_scoreboards", Mode.ONLY, "rerun_plain"),
        ):
            s.window.ask_rerun(key, mode)
            await s.shoot_dialog(name, RerunDialog)
        s.window.ask_rerun("game_state", Mode.FROM)
        dialog = await s.shoot_dialog("rerun_asked", RerunDialog, closes=False)
        dialog._on_plan()
        await s.until(lambda: dialog.panel.planned is not None, "the plan")
        await s.shoot_alone("rerun_planned", dialog)
        dialog.reject()
        s.window.ask_plan()
        dialog = await s.shoot_dialog("plan_asked", PlanDialog, closes=False)
        await s.until(lambda: dialog.panel.planned is not None, "the plan")
        await s.shoot_alone("plan", dialog)
        dialog.reject()
        s.window.pipeline.open_details("load_games")
        await s.settle()
        await s.shoot_alone("details", s.window.pipeline._details)
        s.window.pipeline._details.reject()

    studio(filled_place, story)


def test_settings(studio: Any, filled_place: Any) -> None:
    async def story(s: Any) -> None:
        s.panel.dialogs.show_settings(s.panel.preferences)
        await s.until(s.panel.dialogs._settings.pages.isEnabled, "the settings")
        dialog = await s.shoot_dialog("settings", SettingsDialog, closes=False)
        for row in range(dialog.groups.count()):
            dialog.groups.setCurrentRow(row)
            page = dialog._page(row)
            if page is not None:
                name = page.title.lower().replace(" ", "_")
                await s.shoot_alone(f"settings_{name}", dialog)
        dialog.show_page("Feeds")
        dialog.fields["days"].editor.show_value(3)
        dialog.blockSignals(True)  # nobody saves it
        dialog.apply.click()
        await s.until(dialog.said.isVisible, "that it is being saved")
        await s.shoot_alone("settings_saving", dialog)
        dialog.blockSignals(False)
        dialog.refuse(_ERROR)
        await s.shoot_alone("settings_refused", dialog)
        dialog.search.setText("nothing has this")
        await s.shoot_alone("settings_none", dialog)
        dialog.reject()

    studio(filled_place, story)


def test_an_export(studio: Any, filled_place: Any, tmp_path: Any) -> None:
    async def story(s: Any) -> None:
        dialog = s.window.exports.choose()
        await s.until(lambda: dialog.chosen is not None, "what there is")
        await s.shoot_alone("export", dialog)
        dialog.source.setCurrentText("derived.slate")
        dialog.narrowing.game.setText("LAL")
        dialog.target.file.setText(__file__)
        await s.shoot_alone("export_narrowed", dialog)
        dialog.narrowing.game.clear()
        dialog.target.file.setText(str(tmp_path / f"games{len(list(tmp_path.iterdir()))}.csv"))
        dialog.source.setCurrentText("games")
        dialog.export.click()
        await s.until(lambda: s.window.export_line.words.startswith("✓"), "the end of it")
        await s.shoot("exported")

    studio(filled_place, story)


def test_the_small_ones(studio: Any, filled_place: Any) -> None:
    async def story(s: Any) -> None:
        dialogs = s.panel.dialogs
        await s.until(lambda: s.panel._server_version, "the version")
        dialogs.show_about(s.panel._server_version)
        await s.shoot_dialog("about", AboutDialog)
        dialogs.show_shortcuts()
        await s.shoot_dialog("shortcuts", ShortcutsDialog)
        dialogs.show_error(_ERROR, retry=lambda: None)
        await s.shoot_dialog("error", ErrorDialog)
        dialogs.on_crash(_crash())
        await s.shoot_dialog("crash", CrashDialog)

    studio(filled_place, story)


def _crash() -> Crash:
    try:
        {}["espn.plays"]
    except KeyError as error:
        return Crash.of("a slot", error)
    raise AssertionError
