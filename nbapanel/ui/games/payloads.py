"""A dialog with the archived payloads that a game was loaded from. No file is opened here."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from nbapanel.rows.questions import PayloadsAsked
from nbapanel.rows.reads import PayloadRow
from nbapanel.ui.ports import Asker
from nbapanel.ui.tables import words
from nbapanel.ui.tables.asking import Latest
from nbapanel.ui.tables.columns import Column
from nbapanel.ui.tables.exporting import Exporting, open_folder
from nbapanel.ui.tables.paged_model import at_hand
from nbapanel.ui.tables.rows_model import RowsModel
from nbapanel.ui.tables.states import NoticeLine, Pages
from nbapanel.ui.tables.view import TableView
from nbapanel.wording import counted, size


class PayloadsDialog(QDialog):
    """`archive` is the folder that the payloads' paths are relative to."""

    def __init__(
        self,
        game_id: str,
        name: str,
        asker: Asker,
        exports: Path,
        archive: Path,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._game_id = game_id
        self._asker = asker
        self._archive = archive
        self._latest = Latest(self)
        self.setWindowTitle(self.tr("Payloads of {}").format(name))
        self._build(exports)
        self.reload()

    def _build(self, exports: Path) -> None:
        self.resize(1100, 380)
        self.model = RowsModel(self._columns(), self)
        self.table = TableView(self.model, self.tr("Archived payloads of the game"))
        self.table.enable_sorting()
        self.table.row_actions = self._row_actions
        self.table.opened.connect(self._open_folder)
        self.table.chosen.connect(self._on_chosen)
        self.pages = Pages(self.table)
        self.pages.acted.connect(self.reload)
        self.notice = NoticeLine()
        export_notice = NoticeLine()
        self.exporting = Exporting(export_notice, exports, self)
        self.table.export_wanted.connect(self._on_export_wanted)
        self._count = QLabel()
        self._count.setProperty("role", "muted")
        self._folder = QPushButton(self.tr("Open folder"))
        self._folder.clicked.connect(lambda: self._open_folder(self.table.current_row))
        self._path = QPushButton(self.tr("Copy path"))
        self._path.clicked.connect(lambda: self._copy_path(self.table.current_row))
        close = QPushButton(self.tr("Close"))
        close.clicked.connect(self.close)
        for button in (self._folder, self._path, close):
            button.setAutoDefault(False)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._count, 1)
        for button in (self._path, self._folder, close):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.notice)
        layout.addWidget(export_notice)
        layout.addLayout(row)
        self._on_chosen()

    def _columns(self) -> tuple[Column[PayloadRow], ...]:
        tr = self.tr
        return (
            Column("source", tr("Source"), lambda p: p.source_type, width=150),
            Column("key", tr("Key"), lambda p: p.source_key, width=160),
            Column("fetched", tr("Fetched"), lambda p: p.fetched_at,
                   tip=lambda p: words.exact(p.fetched_at), width=130),
            Column("size", tr("Size"), lambda p: p.byte_size, lambda p: size(p.byte_size),
                   tip=lambda p: counted(p.byte_size, "byte"), is_number=True, width=80,
                   about=tr("Uncompressed")),
            Column("http", tr("HTTP"), lambda p: p.http_status, width=56),
            Column("bad", tr("Bad items"), lambda p: p.bad_items, _bad_words, role=_bad_role,
                   is_number=True, width=92, about=tr("Set aside, while the rest was loaded")),
            Column("error", tr("Load"), lambda p: p.load_error or "", _load_words,
                   tip=lambda p: p.load_error or "", role=_load_role, width=120),
            Column("sha256", tr("SHA-256"), lambda p: p.sha256_hex,
                   lambda p: f"{p.sha256_hex[:12]}…", tip=lambda p: p.sha256_hex, width=118),
            Column("path", tr("Path in the archive"), lambda p: p.path, tip=lambda p: p.path,
                   width=320),
        )  # fmt: skip

    def reload(self) -> None:
        self.pages.show_loading(self.tr("Loading the payloads…"))
        question = PayloadsAsked(self._game_id)
        self._latest.ask(partial(self._asker.ask, question), self._show, self.pages.show_error)

    def _show(self, rows: tuple[PayloadRow, ...]) -> None:
        self.model.set_rows(rows)
        self._count.setText(counted(len(rows), "payload"))
        if rows:
            self.pages.show_content()
            self.table.selectRow(0)
        else:
            self.pages.show_empty(
                self.tr("No payload of this game is in the archive"),
                self.tr("Refetch the game to fetch its payloads."),
            )
        self._on_chosen()

    def _row_actions(self, row: PayloadRow) -> list[QAction]:
        folder = QAction(self.tr("Open folder"), self)
        folder.triggered.connect(lambda: self._open_folder(row))
        path = QAction(self.tr("Copy path"), self)
        path.triggered.connect(lambda: self._copy_path(row))
        return [folder, path]

    def _on_chosen(self) -> None:
        is_any = self.table.current_row is not None
        self._folder.setEnabled(is_any)
        self._path.setEnabled(is_any)

    def _on_export_wanted(self) -> None:
        name = f"payloads_{self._game_id}.csv"
        self.exporting.choose(name, self.table.shown_columns, at_hand(self.model.rows))

    def _copy_path(self, row: PayloadRow | None) -> None:
        if row is not None:
            QGuiApplication.clipboard().setText(str(self._archive / row.path))
            self.notice.say(self.tr("The path is on the clipboard."), lasting=False)

    def _open_folder(self, row: PayloadRow | None) -> None:
        if row is None:
            return
        folder = (self._archive / row.path).parent
        if open_folder(folder):
            self.notice.say("")
        else:
            self.notice.say(self.tr("No file browser opened. The folder: {}").format(folder))


def _bad_words(payload: PayloadRow) -> str:
    return f"! {payload.bad_items:,}" if payload.bad_items else "0"


def _bad_role(payload: PayloadRow) -> str:
    return "warning" if payload.bad_items else "muted"


def _load_words(payload: PayloadRow) -> str:
    return f"✗ {payload.load_error}" if payload.load_error else "✓"


def _load_role(payload: PayloadRow) -> str:
    return "bad" if payload.load_error else "good"
