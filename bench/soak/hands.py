"""What a person does with the window, as acts by name; which of them and when is decided elsewhere.

An act leaves the window as it may be found: whatever is open is closed by the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QApplication, QDialog

from nbapanel.rows.questions import GamesAsked
from nbapanel.ui.docks import KEYS
from nbapanel.ui.ports import RunWanted

if TYPE_CHECKING:
    from nbapanel.app.panel import Panel

_LOOKS_S = 2.5
_SCROLLS = 12
_CHARTS, _RANGES = 3, 5
_STARTS = (
    RunWanted(from_step="load_games"),
    RunWanted(from_step="publish"),
    RunWanted(days=1, force=True),
    RunWanted(days=2),
    RunWanted(only=("markets", "candlesticks"), days=1),
)


class Hands:
    """`acts`: all that they can do."""

    def __init__(self, panel: Panel, chance: Random) -> None:
        self._panel = panel
        self._chance = chance
        self._acts: dict[str, Callable[[], Awaitable[None]]] = {
            "refetch": self._refetch,
            "refetch again": self._refetch,
            "refetch a part": self._refetch_part,
            "stop": self._stop,
            "stop at once": self._stop_at_once,
            "resume": self._resume,
            "what would happen": self._plan,
            "look at a dock": self._look,
            "filter the games": self._filter,
            "scroll through the games": self._scroll,
            "open a game": self._open_game,
            "export a game": self._export_game,
            "draw the charts": self._draw,
            "look at a run": self._look_at_run,
            "check the quality": self._check_quality,
            "stop a check": self._stop_check,
            "look at the backfills": self._look_at_backfills,
            "search the log": self._search_log,
            "dismiss the problems": self._dismiss,
            "change the colours": self._recolour,
            "open the settings": self._open_settings,
            "open the export": self._open_export,
            "open about": self._open_about,
        }

    @property
    def acts(self) -> tuple[str, ...]:
        return tuple(self._acts)

    async def do(self, act: str) -> None:
        self._close_dialogs()
        await self._acts[act]()
        self._close_dialogs()

    def settle(self) -> None:
        """As it was after the start: nothing open, nothing filtered, the games in front."""
        self._close_dialogs()
        docks = self._panel.window.docks
        docks.games.filters.clear()
        docks.log.bar.show_all()
        docks.notices.dismiss_all()
        docks.quality.stop()
        docks.show("games")

    # ---- runs ----------------------------------------------------------------------------------

    async def _refetch(self) -> None:
        self._panel.window.header.button.refetch()

    async def _refetch_part(self) -> None:
        if not self._panel.live.is_running and not self._panel.desk.is_child_alive:
            self._panel.window.run_wanted.emit(self._chance.choice(_STARTS))

    async def _stop(self) -> None:
        if self._panel.live.is_running:
            self._panel.window.stop_wanted.emit()

    async def _stop_at_once(self) -> None:
        if self._panel.desk.is_child_alive:
            self._panel.window.stop_now_wanted.emit()

    async def _resume(self) -> None:
        self._trigger("resume")

    async def _plan(self) -> None:
        self._trigger("plan")
        await asyncio.sleep(2 * _LOOKS_S)

    # ---- looks ---------------------------------------------------------------------------------

    async def _look(self) -> None:
        self._docks.show(self._chance.choice(KEYS))

    async def _filter(self) -> None:
        self._docks.show("games")
        games = self._docks.games
        days = sorted({game.game_date for game in games.model.held_rows})
        if days:
            games.show_day(self._chance.choice(days))
            await asyncio.sleep(_LOOKS_S)
        games.filters.set_question(GamesAsked(text="a", completeness="complete"))
        games.view.reload()
        await asyncio.sleep(_LOOKS_S)
        games.filters.clear()

    async def _scroll(self) -> None:
        self._docks.show("games")
        bar = self._docks.games.table.verticalScrollBar()
        for number in range(1, _SCROLLS + 1):
            bar.setValue(bar.maximum() * number // _SCROLLS)
            await asyncio.sleep(0.1)

    async def _open_game(self) -> None:
        """Its chart is drawn, and drawn anew where something is published meanwhile."""
        self._docks.show("games")
        for _ in range(self._chance.choice((1, 1, 3))):
            game = self._some_game()
            if game is not None:
                self._docks.games.show_game(game.game_id)
                await asyncio.sleep(_LOOKS_S)
        await asyncio.sleep(self._chance.uniform(0, 4 * _LOOKS_S))

    async def _export_game(self) -> None:
        game = self._some_game()
        if game is not None:
            self._panel.desk.export_game(game.game_id, lambda _: None, lambda _: None)

    async def _draw(self) -> None:
        self._docks.show("charts")
        toolbar = self._docks.charts.toolbar
        for number in range(_CHARTS):
            toolbar.choice.choose(number)
            toolbar.ranges.choose(self._chance.randrange(_RANGES))
            await asyncio.sleep(_LOOKS_S)

    async def _look_at_run(self) -> None:
        self._docks.show("history")
        await asyncio.sleep(_LOOKS_S)
        runs = self._docks.history.model.held_rows
        if runs:
            self._docks.show_run(self._chance.choice(runs).run_id)
            await asyncio.sleep(_LOOKS_S)

    async def _check_quality(self) -> None:
        """Its report may come while something else is looked at."""
        self._docks.show("quality")
        self._docks.quality.check_now()
        await asyncio.sleep(2 * _LOOKS_S)
        games = self._docks.quality.view.games.rowCount()
        if games:
            self._docks.quality.view.table.selectRow(self._chance.randrange(games))
            await asyncio.sleep(_LOOKS_S)

    async def _stop_check(self) -> None:
        self._docks.show("quality")
        self._docks.quality.check_now()
        await asyncio.sleep(self._chance.uniform(0, _LOOKS_S))
        self._docks.quality.stop()

    async def _look_at_backfills(self) -> None:
        self._docks.show("backfill")
        await asyncio.sleep(_LOOKS_S)
        if self._docks.backfill.table.model().rowCount():
            self._docks.backfill.table.selectRow(0)
            await asyncio.sleep(_LOOKS_S)

    async def _search_log(self) -> None:
        self._docks.show("log")
        self._docks.log.bar.text.setText(self._chance.choice(("failed", "espn", "run", "x")))
        await asyncio.sleep(_LOOKS_S)
        self._docks.log.bar.show_all()

    async def _dismiss(self) -> None:
        self._docks.show("notices")
        await asyncio.sleep(_LOOKS_S)
        self._docks.notices.dismiss_all()

    async def _recolour(self) -> None:
        self._trigger(self._chance.choice(("theme_light", "theme_dark", "theme_system")))

    async def _open_settings(self) -> None:
        self._trigger("settings")
        await asyncio.sleep(_LOOKS_S)

    async def _open_export(self) -> None:
        self._trigger("export")
        await asyncio.sleep(_LOOKS_S)

    async def _open_about(self) -> None:
        self._trigger(self._chance.choice(("about", "shortcuts", "refetch_with")))
        await asyncio.sleep(_LOOKS_S)

    # ---- how -----------------------------------------------------------------------------------

    @property
    def _docks(self) -> Any:
        return self._panel.window.docks

    def _some_game(self) -> Any:
        games = self._docks.games.model.held_rows
        return self._chance.choice(games) if games else None

    def _trigger(self, key: str) -> None:
        action = self._panel.window.actions_by_key[key]
        if action.isEnabled():
            action.trigger()

    def _close_dialogs(self) -> None:
        """Errors too: who reads them closes them."""
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, QDialog) and widget.isVisible():
                widget.reject()
