"""A table of all that a question finds, with what stands in its place and what is said below it.

What is asked, and what else the answer changes, is for its panel to know.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nbapanel.errors import UserFacingError
from nbapanel.rows.reads import DatabaseState
from nbapanel.ui.live import Live
from nbapanel.ui.tables.exporting import Exporting
from nbapanel.ui.tables.paged_model import AskPage, PagedModel
from nbapanel.ui.tables.states import NoticeLine, Pages
from nbapanel.ui.tables.view import TableView
from nbapanel.wording import counted


class PagedView(QWidget):
    """Asks when its panel is first seen, and again when `renew` says that the data changed; while
    the database is away what was read stays readable.

    `ask`: the question as it is now. `name` is the table's, and with ".csv" that of its export.
    """

    asking = Signal()  # from the first row on
    asked = Signal()
    emptied = Signal()  # there is nothing to show, and not for want of rows
    exported = Signal(object)  # Path

    def __init__(
        self,
        model: PagedModel[Any],
        name: str,
        live: Live,
        exports: Path,
        ask: Callable[[], AskPage],
        panel: QWidget,
    ) -> None:
        super().__init__(panel)
        self.model = model
        self._name = name
        self._live = live
        self._ask = ask
        self._panel = panel
        self.is_due = True
        self._build(exports)
        self._connect()

    def _build(self, exports: Path) -> None:
        self.table = TableView(self.model, self._name)
        self.pages = Pages(self.table)
        self.notice = NoticeLine()
        below = NoticeLine()
        self.exporting = Exporting(below, exports, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.notice)
        layout.addWidget(below)

    def _connect(self) -> None:
        self.table.export_wanted.connect(self.export)
        self.table.copied.connect(self._on_copied)
        self.notice.acted.connect(self._on_try_again)
        self.exporting.exported.connect(self.exported)
        self.model.failed.connect(self._on_failed)
        self._live.database_changed.connect(self._on_database_changed)

    # -- asking ----------------------------------------------------------------------------------

    def reload(self) -> None:
        """Ask what is to be asked now, from the first row on."""
        state = self._live.database
        if state.kind != "ready":
            self.is_due = True
            self._show_database(state)
            return
        self.is_due = False
        if self.model.rowCount() == 0:
            self.pages.show_loading(self.tr("Loading the {}…").format(self._name.lower()))
        self.asking.emit()
        self.model.ask(self._ask())
        self.asked.emit()

    def reload_if_due(self) -> None:
        """The panel is seen."""
        if self.is_due:
            self.reload()

    def renew(self) -> bool:
        """The data changed: ask again, at the latest when the panel is seen; whether it was now."""
        self.is_due |= not self._panel.isVisible()
        if not self.is_due:
            self.model.refresh()
        return not self.is_due

    def forget(self) -> None:
        """Another database: nothing of the one before is shown."""
        self.model.clear()
        self.is_due = True
        self._show_database(self._live.database)

    def export(self) -> None:
        """All rows of the question, asked for page by page."""
        name = f"{self._name.lower()}.csv"
        self.exporting.choose(name, self.table.shown_columns, self._ask())

    # -- what came -------------------------------------------------------------------------------

    def _on_failed(self, error: UserFacingError) -> None:
        if self.model.is_awaited:
            self.pages.show_error(error)
            self.emptied.emit()
        else:
            self.notice.say(f"✗ {error}", "bad", self.tr("Try again"))

    def _on_try_again(self) -> None:
        self.notice.say("")
        self.model.refresh()

    def _on_database_changed(self, state: DatabaseState) -> None:
        if state.kind != "ready":
            self._show_database(state)
        elif self._panel.isVisible():
            self.reload_if_due()

    def _show_database(self, state: DatabaseState) -> None:
        if self.model.rowCount() > 0:
            return  # what was read stays readable
        if state.kind == "opening":
            self.pages.show_loading(f"{state.title}…")
        else:
            self.pages.show_error(UserFacingError(state.title, state.detail, state.hint))
        self.emptied.emit()

    def _on_copied(self, rows: int, missing: int) -> None:
        words = self.tr("{} copied").format(counted(rows, self.tr("row")))
        if missing:
            words += self.tr("; {} not loaded here: Export CSV has them all").format(f"{missing:,}")
        self.notice.say(words, "warning" if missing else "muted", lasting=bool(missing))
