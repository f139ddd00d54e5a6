"""The window as a program that goes through itself and writes down every text that it holds."""

from __future__ import annotations

import asyncio
import json
import os
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QModelIndex, Qt, QTimer
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QGroupBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTabWidget,
    QWidget,
)

import nbapanel.app
from nbapanel.app.panel import Panel
from nbapanel.cli import main
from nbapanel.desk.trying import try_connection
from nbapanel.place import Place
from nbapanel.ui.about import AboutDialog
from nbapanel.ui.charts.game_chart import GameChartView
from nbapanel.ui.crash import CrashDialog
from nbapanel.ui.errors import ErrorDialog
from nbapanel.ui.games.payloads import PayloadsDialog
from nbapanel.ui.pipeline.details_dialog import DetailsDialog
from nbapanel.ui.ports import RunWanted
from nbapanel.ui.settings.dialog import SettingsDialog

_LONGEST_S = 60.0
_ROLES = (
    Qt.ItemDataRole.DisplayRole,
    Qt.ItemDataRole.ToolTipRole,
    Qt.ItemDataRole.StatusTipRole,
    Qt.ItemDataRole.AccessibleTextRole,
    Qt.ItemDataRole.AccessibleDescriptionRole,
)
_MOST_CELLS = 5_000
Text = tuple[str, str, bool]
"""What part it is, what it says, and whether Qt reads it as markup."""


class TouredPanel(Panel):
    def __init__(self, place: Place, clock: str) -> None:
        super().__init__(place, clock)
        self.toured = place

    def show(self) -> None:
        super().show()
        self.walked: dict[tuple[str, bool], str] = {}
        self.copied: list[str] = []
        self._tour = asyncio.ensure_future(self._tour_and_leave())

    async def _tour_and_leave(self) -> None:
        trouble = ""
        try:
            async with asyncio.timeout(_LONGEST_S * 5):
                await self._go_round()
        except BaseException:  # noqa: BLE001 - whatever it was, the test is told
            trouble = traceback.format_exc()
        texts = [(where, *told) for told, where in self.walked.items()]
        report = {"texts": texts, "copied": self.copied, "trouble": trouble}
        _write(Path(os.environ["TOUR_REPORT"]), json.dumps(report))
        self.leave_at_once()

    async def _go_round(self) -> None:
        docks, live = self.window.docks, self.live
        await self._until(lambda: live.database.kind == "ready" and docks.is_filled, "the window")
        before = live.board
        self.window.run_wanted.emit(RunWanted(only=("invalidate_caches",), force=True))
        await self._until(lambda: live.board is not before, "the run")
        await self._until(lambda: not live.is_running and not self.desk.is_child_alive, "its end")
        await self._look_into_docks()
        await self._open_game()
        await self._open_dialogs()
        await self._break()
        self._write_files()

    async def _look_into_docks(self) -> None:
        docks = self.window.docks
        has: dict[str, Callable[[], object]] = {
            "games": lambda: docks.games.model.held_rows,
            "charts": lambda: True,
            "history": lambda: docks.history.model.held_rows,
            "log": lambda: docks.log.model.rowCount(),
            "notices": lambda: docks.notices.cards,
            "quality": lambda: not docks.quality.is_checking,
            "backfill": docks.backfill.troubles.rowCount,
        }
        docks.quality.check_now()
        for key, is_there in has.items():
            docks.show(key)
            await self._until(is_there, key)
            self._walk(key)
        docks.history.show_run(1)
        docks.show("history")
        await self._until(lambda: docks.history.run.steps.rows, "the steps of run 1")
        self._walk("run 1")

    async def _open_game(self) -> None:
        window = self.window.docks.games.show_game(os.environ["TOUR_GAME"])
        await self._until(lambda: window.findChildren(GameChartView), "the game's chart")
        await self._until(lambda: window.findChild(GameChartView).title.text(), "its title")
        window.payloads.click()
        payloads = await self._opened(PayloadsDialog)
        await asyncio.sleep(0)
        self._walk("game")
        payloads.close()
        window.export.click()
        exports = self.toured.data_dir.exports
        await self._until(lambda: list(exports.glob("*.csv")), "the game's file")
        window.close()

    async def _open_dialogs(self) -> None:
        for key in ("fetch_games", "invalidate_caches", "markets"):
            self.window.pipeline.card(key).details_wanted.emit(key)
            dialog = await self._opened(DetailsDialog)
            self.copied.append(dialog.text)
            self._walk(f"details of {key}")
            dialog.close()
            await self._until(lambda kind=DetailsDialog: not self._all(kind), "no details")
        self.window.settings_wanted.emit("")
        settings = await self._opened(SettingsDialog)
        for row in range(settings.groups.count()):
            settings.groups.setCurrentRow(row)
            self._walk("settings")
        settings.close()
        self.window.about_wanted.emit()
        about = await self._opened(AboutDialog)
        about.copy()
        self._take_copied()
        self._walk("about")
        about.close()

    async def _break(self) -> None:
        """A database that refuses, and a bug that repeats all it had in hand."""
        QTimer.singleShot(0, partial(try_connection, os.environ["TOUR_REFUSED"]))
        refusal = await self._opened(ErrorDialog)
        refusal.copy()
        self._take_copied()
        self._walk("error")
        refusal.close()
        settings = self.toured.settings
        held = (settings.database_url, settings.espn_site_url, *settings.cache_hooks)

        def bug() -> None:
            raise RuntimeError(f"{self.toured!r} {held} {os.environ['TOUR_PART']}")

        QTimer.singleShot(0, bug)
        crash = await self._opened(CrashDialog)
        await asyncio.sleep(0)
        crash.copy()
        self._take_copied()
        self._walk("crash")
        crash.accept()

    def _write_files(self) -> None:
        exports, docks = self.toured.data_dir.exports, self.window.docks
        docks.log.save_to(exports / "saved.log")
        docks.log.copy()
        self._take_copied()
        control = QLabel(os.environ["TOUR_CONTROL"])
        control.setToolTip(os.environ["TOUR_CONTROL"])
        self._walk("control")

    # ---- what is waited for, and what is seen --------------------------------------------------

    async def _until(self, holds: Callable[[], object], what: str) -> None:
        try:
            async with asyncio.timeout(_LONGEST_S):
                while not holds():  # noqa: ASYNC110 - a person has no event either
                    await asyncio.sleep(0.02)
        except TimeoutError:
            seen = self.window.docks.games.pages.message.words
            raise TimeoutError(f"never came: {what}; {self.window.header.words}; {seen}") from None

    async def _opened(self, kind: type[Any]) -> Any:
        await self._until(partial(self._all, kind), kind.__name__)
        return self._all(kind)[0]

    def _all(self, kind: type[Any]) -> list[Any]:
        return [one for one in QApplication.allWidgets()
                if isinstance(one, kind) and one.isVisible()]  # fmt: skip

    def _take_copied(self) -> None:
        self.copied.append(QGuiApplication.clipboard().text())

    def _walk(self, where: str) -> None:
        for widget in QApplication.allWidgets():
            name = f"{where}: {type(widget).__name__} {widget.objectName()}"
            for what, text, markup in _texts(widget):
                self.walked.setdefault((text, markup), f"{name} {what}")


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def _texts(widget: QWidget) -> Iterator[Text]:
    yield "title", widget.windowTitle(), False
    yield "name", widget.accessibleName(), False
    yield "description", widget.accessibleDescription(), False
    for what, tip in (("tip", widget.toolTip()), ("what", widget.whatsThis()),
                      ("status", widget.statusTip())):  # fmt: skip
        yield what, tip, GuiQt.mightBeRichText(tip)
    for action in widget.actions():
        yield from _of_action(action)
    yield from _content(widget)


def _content(widget: QWidget) -> Iterator[Text]:
    """What stands in it, by what it is."""
    match widget:
        case QLabel():
            yield "text", widget.text(), _is_markup(widget)
        case QAbstractButton():
            yield "text", widget.text(), False
        case QLineEdit():  # a password is dots there
            yield "text", widget.displayText(), False
            yield "placeholder", widget.placeholderText(), False
        case QPlainTextEdit() if _is_seen(widget):
            yield "text", widget.toPlainText(), False
        case QGroupBox():
            yield "text", widget.title(), False
        case QComboBox():
            for number in range(widget.count()):
                yield "item", widget.itemText(number), False
        case QTabWidget():
            for number in range(widget.count()):
                yield "tab", widget.tabText(number), False
                yield "tab tip", widget.tabToolTip(number), False
        case QAbstractItemView() if widget.model() is not None:
            yield from _of_model(widget.model())


def _is_seen(edit: QPlainTextEdit) -> bool:
    """One that was hidden for its secrets holds them: that is how they can be edited."""
    return not edit.isHidden()


def _is_markup(label: QLabel) -> bool:
    kind = label.textFormat()
    guessed = kind is Qt.TextFormat.AutoText and GuiQt.mightBeRichText(label.text())
    return guessed or kind is Qt.TextFormat.RichText


def _of_action(action: QAction) -> Iterator[Text]:
    yield "action", action.text(), False
    yield "action tip", action.toolTip(), GuiQt.mightBeRichText(action.toolTip())


def _of_model(model: QAbstractItemModel) -> Iterator[Text]:
    top = QModelIndex()
    rows = model.rowCount(top)
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(top)
    for row in range(min(rows, _MOST_CELLS // max(columns, 1))):
        for column in range(columns):
            index: QModelIndex = model.index(row, column)
            for role in _ROLES:
                told = model.data(index, role)
                if isinstance(told, str):
                    is_tip = role == Qt.ItemDataRole.ToolTipRole
                    yield role.name, told, is_tip and GuiQt.mightBeRichText(told)


if __name__ == "__main__":
    nbapanel.app.Panel = TouredPanel  # type: ignore[misc]
    main()
