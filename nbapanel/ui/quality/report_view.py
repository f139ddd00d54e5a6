"""A quality report: the games on the left, what was found of them on the right."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtWidgets import QSplitter, QTabWidget, QVBoxLayout, QWidget

from nbapanel.rows.quality import VERDICTS, CheckedGame, Finding, QualityReport
from nbapanel.ui.quality.bar import Shown
from nbapanel.ui.quality.columns import (
    check_columns,
    finding_columns,
    finding_words,
    game_columns,
    nothing_found_words,
)
from nbapanel.ui.tables.rows_model import RowsModel
from nbapanel.ui.tables.states import NoticeLine, Pages
from nbapanel.ui.tables.view import TableView

_WORST_FIRST = {verdict: n for n, verdict in enumerate(VERDICTS)}
_PLAYED = ("final", "live")
_BELOW = {Shown.ALL: len(VERDICTS), Shown.AMISS: 2, Shown.FAILING: 1}


class ReportView(QSplitter):
    """Findings are those of the selected games; of all that are shown where none is."""

    all_wanted = Signal()
    export_wanted = Signal(object, str)  # TableView, a name for the file
    copied = Signal(int)  # rows

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._report: QualityReport | None = None
        self._build()
        self.table.chosen.connect(self._show_findings)
        self.findings_table.chosen.connect(self._tell_finding)
        self.game_pages.acted.connect(lambda _: self.all_wanted.emit())

    def _build(self) -> None:
        self.games = RowsModel(game_columns(), self)
        self.findings = RowsModel(finding_columns(), self)
        self.checks = RowsModel(check_columns(), self)
        self.table = self._table(self.games, self.tr("Games that were checked"), "games")
        self.findings_table = self._table(self.findings, self.tr("What was found"), "findings")
        self.checks_table = self._table(self.checks, self.tr("Checks over all games"), "checks")
        self.game_pages = Pages(self.table)
        self.found_pages = Pages(self.findings_table)
        self.finding = NoticeLine()
        found = QWidget()
        layout = QVBoxLayout(found)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.found_pages, 1)
        layout.addWidget(self.finding)
        self.tabs = QTabWidget()
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.setAccessibleName(self.tr("Findings, or checks"))
        self.tabs.setProperty("small", "true")
        self.tabs.addTab(found, self.tr("Findings"))
        self.tabs.addTab(self.checks_table, self.tr("Checks"))
        self.setChildrenCollapsible(False)
        self.setHandleWidth(12)
        self.addWidget(self.game_pages)
        self.addWidget(self.tabs)
        self.setSizes([1000, 1200])

    def _table(self, model: RowsModel[Any], name: str, key: str) -> TableView:
        table = TableView(model, name)
        table.enable_sorting()
        table.export_wanted.connect(partial(self.export_wanted.emit, table, f"quality_{key}.csv"))
        table.copied.connect(lambda rows, _: self.copied.emit(rows))
        return table

    # -- what is shown ---------------------------------------------------------------------------

    def show_report(self, report: QualityReport, shown: Shown) -> None:
        """The worst games first; among those what was played, and of that the newest."""
        self._report = report
        self.checks.set_rows(report.checks)
        self.show_games(shown)

    def show_games(self, shown: Shown) -> None:
        if self._report is None:
            return
        games = [g for g in self._report.games if _WORST_FIRST[g.verdict] < _BELOW[shown]]
        games.sort(key=lambda game: (_WORST_FIRST[game.verdict], game.status not in _PLAYED))
        self.games.set_rows(games)
        if games:
            self.game_pages.show_content()
        else:
            fails = self.tr("✓ No game fails")
            words = fails if shown is Shown.FAILING else self.tr("✓ No game fails or warns")
            self.game_pages.show_empty(words, action=self.tr("Show all games"))
        self._show_findings()

    def forget(self) -> None:
        self._report = None
        for model in (self.games, self.findings, self.checks):
            model.set_rows([])

    def _show_findings(self) -> None:
        chosen: Sequence[CheckedGame] = self.table.selected_rows
        games = chosen or self.games.rows
        found = [finding for game in games for finding in game.findings]
        found.sort(key=lambda finding: finding.is_warning)
        self.findings.set_rows(found)
        self._title_findings(len(found), sum(game.withheld for game in games))
        if found:
            self.found_pages.show_content()
        else:
            self.found_pages.show_empty(*nothing_found_words(chosen, self.games.rows))
        self._tell_finding()

    def _tell_finding(self) -> None:
        """All of the one that is selected: its columns are too narrow for it."""
        chosen: Sequence[Finding] = self.findings_table.selected_rows
        if len(chosen) != 1:
            self.finding.say("")
            return
        (finding,) = chosen
        game = next((one for one in self.games.rows if one.game_id == finding.game_id), None)
        self.finding.say(finding_words(finding, game), "warning" if finding.is_warning else "bad")

    def _title_findings(self, listed: int, withheld: int) -> None:
        title, tip = self.tr("Findings"), ""
        if withheld:
            title = self.tr("Findings ({}, {} more)").format(f"{listed:,}", f"{withheld:,}")
            tip = self.tr("The first five of each check and game are listed")
        elif listed:
            title = self.tr("Findings ({})").format(f"{listed:,}")
        self.tabs.setTabText(0, title)
        self.tabs.setTabToolTip(0, tip)

    # -- what is kept ----------------------------------------------------------------------------

    def save_layout(self) -> bytes:
        """The tables' columns, and how the room is shared."""
        tables = (self.table, self.findings_table, self.checks_table)
        parts = (*(table.save_state() for table in tables), self.saveState().data())
        return b" ".join(part.hex().encode() for part in parts)

    def restore_layout(self, state: bytes) -> bool:
        try:
            *columns, shares = (bytes.fromhex(part.decode()) for part in state.split(b" "))
        except ValueError:
            return False
        tables = (self.table, self.findings_table, self.checks_table)
        if len(columns) != len(tables):
            return False
        are_restored = [t.restore_state(one) for t, one in zip(tables, columns, strict=True)]
        return bool(self.restoreState(QByteArray(shares))) and all(are_restored)
