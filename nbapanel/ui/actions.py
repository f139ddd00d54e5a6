"""Every command of the window, once: menus, toolbar and the shortcut sheet are made of this list.

What a command does is connected by the window.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenuBar

from nbapanel.ui.icons import icon


@dataclass(frozen=True, slots=True)
class Command:
    """`group`: commands of one menu with the same group stand together."""

    key: str
    menu: str
    text: str
    shortcut: str = ""
    tip: str = ""
    icon: str = ""
    group: int = 0
    is_checkable: bool = False


MENUS = ("&File", "&Run", "&View", "&Help")

COMMANDS = (
    Command("settings", "&File", "&Settings…", "Ctrl+,", "Feeds, database, schedule, theme",
            "settings"),
    Command("export", "&File", "E&xport data…", "Ctrl+E",
            "A table, a view or a query as a CSV or Parquet file", "export", group=1),
    Command("open_data", "&File", "Open &data folder", "", "Where everything is kept", "folder",
            group=1),
    Command("open_exports", "&File", "Open &exports folder", "", "Where exports go", "export",
            group=1),
    Command("close", "&File", "&Close window", "Ctrl+W", group=2),
    Command("quit", "&File", "&Quit", "Ctrl+Q", group=2),
    Command("refetch", "&Run", "&Refetch", "F5", "Fetch, load, derive and publish what is new",
            "refetch"),
    Command("stop", "&Run", "S&top", "Shift+F5", "Stop the run that is underway", "stop"),
    Command("refetch_with", "&Run", "Refetch with sett&ings…", "Ctrl+F5",
            "Choose days, games and force before it starts", "settings"),
    Command("resume", "&Run", "R&esume", "Ctrl+R", "Run what the last run left undone", "resume"),
    Command("plan", "&Run", "&What would happen…", "Ctrl+D",
            "Requests, games and minutes of a refetch; nothing is done", "plan", group=1),
    Command("retry_database", "&Run", "Reopen the &database", "", "Try the database again now",
            "database", group=2),
    Command("show_pipeline", "&View", "&Pipeline", "Ctrl+1", "", "refetch"),
    Command("show_games", "&View", "&Games", "Ctrl+2", "", "games"),
    Command("show_charts", "&View", "&Charts", "Ctrl+3", "", "charts"),
    Command("show_history", "&View", "&History", "Ctrl+4", "", "history"),
    Command("show_log", "&View", "&Log", "Ctrl+5", "", "log"),
    Command("show_notices", "&View", "P&roblems", "Ctrl+6", "", "problems"),
    Command("show_quality", "&View", "&Quality", "Ctrl+7", "", "quality"),
    Command("show_backfill", "&View", "&Backfill", "Ctrl+8", "", "feeds"),
    Command("wide_dock", "&View", "Give the lower part all the roo&m", "Ctrl+M",
            "Hide the pipeline until asked again", "maximise", group=1, is_checkable=True),
    Command("theme_system", "&View", "Colours of the &system", group=2, is_checkable=True),
    Command("theme_light", "&View", "L&ight", group=2, is_checkable=True),
    Command("theme_dark", "&View", "&Dark", group=2, is_checkable=True),
    Command("reset_layout", "&View", "Reset la&yout", group=3),
    Command("shortcuts", "&Help", "&Keyboard shortcuts", "F1", "", "keyboard"),
    Command("open_log", "&Help", "Open log &folder", "", "", "folder"),
    Command("about", "&Help", "&About nbapanel", "", "", "about", group=1),
)  # fmt: skip


def make_actions(parent: QObject) -> dict[str, QAction]:
    """An action a command, by key."""
    made = {}
    for command in COMMANDS:
        action = QAction(_translated(command.text), parent)
        action.setObjectName(command.key)
        action.setCheckable(command.is_checkable)
        if command.shortcut:
            action.setShortcut(QKeySequence(command.shortcut))
        made[command.key] = action
        explain(action)
    tint(made)
    return made


def explain(action: QAction, why_not: str = "") -> None:
    """Say what it does; or, where it cannot be had just now, why that is."""
    command = next(one for one in COMMANDS if one.key == action.objectName())
    tip = why_not or _translated(command.tip or command.text.replace("&", ""))
    action.setStatusTip(tip)
    has_keys = command.shortcut and not why_not
    action.setToolTip(f"{tip} ({command.shortcut})" if has_keys else tip)


def tint(actions: Mapping[str, QAction]) -> None:
    """Give the actions their icons in the colours of the theme."""
    for command in COMMANDS:
        if command.icon:
            actions[command.key].setIcon(icon(command.icon))


def fill(bar: QMenuBar, actions: Mapping[str, QAction]) -> None:
    """The menus, in the order of the list."""
    for title in MENUS:
        menu = bar.addMenu(_translated(title))
        menu.setToolTipsVisible(True)
        group = 0
        for command in COMMANDS:
            if command.menu != title:
                continue
            if command.group != group:
                menu.addSeparator()
                group = command.group
            menu.addAction(actions[command.key])


def _translated(text: str) -> str:
    return QCoreApplication.translate("Commands", text)
