"""The first start: which database, its schema, a first refetch. Every page can be skipped.

It asks and reports; connecting, migrating and running are done by whoever hears its signals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from nbapanel.declared import trouble
from nbapanel.rows.reads import Overview
from nbapanel.settings import ENTRIES
from nbapanel.settings_store import Source
from nbapanel.ui.ports import RunWanted
from nbapanel.ui.roles import give_role
from nbapanel.ui.settings.field import Field

_DAYS = ENTRIES["days"]


@dataclass(frozen=True, slots=True)
class FirstRun:
    """What was chosen. `database_url`: one's own server; None for the embedded one or for what the
    environment says. `refetch`: the run to start now; None for none."""

    database_url: str | None = None
    refetch: RunWanted | None = None


def is_due(seen: Overview, was_shown: bool) -> bool:
    """Whether to show it: never to somebody who has data, and never twice."""
    has_data = bool(seen.days or seen.views or seen.last_run or seen.active_run_id is not None)
    has_rows = any(relation.row_count for relation in seen.relations)
    return not (was_shown or has_data or has_rows)


class FirstRunDialog(QDialog):
    """`feeds`: which feeds are in use, in words. Closing it is an answer too: nothing chosen."""

    finished_with = Signal(object)  # FirstRun
    test_wanted = Signal(str)  # a connection string; answered by show_test_result
    prepare_wanted = Signal(object)  # the same, or None for the embedded; by show_prepared

    def __init__(
        self,
        data_dir: Path,
        feeds: str,
        source: Source,
        days: int = int(_DAYS.default),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._data_dir = data_dir
        self._feeds = feeds
        self._source = source
        self._days = days
        self._prepared: str | None = None
        self._is_told = False
        self._build()
        self._connect()
        self._turn_to(0)

    # ---- what others ask of it ---------------------------------------------------------------

    def show_test_result(self, ok: bool, words: str) -> None:
        self.address.show_test_result(ok, words)

    def show_preparing(self, words: str) -> None:
        """What is being done now, such as the migration that is applied."""
        self._say("◐ " + words, "muted")

    def show_prepared(self, ok: bool, words: str) -> None:
        """The end of what `prepare_wanted` asked for."""
        if self._prepared != self.database_url:
            return  # another database was chosen meanwhile
        self.busy.hide()
        self._say(f"{'✓' if ok else '✗'} {words}", "good" if ok else "bad")
        self.prepare.setEnabled(not ok)
        self.prepare.setText(self.tr("Prepared") if ok else self.tr("Try again"))

    @property
    def database_url(self) -> str | None:
        return self.address.value if self.own.isChecked() and self.own.isEnabled() else None

    # ---- how it is made ----------------------------------------------------------------------

    def _build(self) -> None:
        self.setWindowTitle(self.tr("Welcome to nbapanel"))
        self.resize(680, 460)
        self.pages = QStackedWidget()
        for page in (self._connection_page(), self._schema_page(), self._refetch_page()):
            self.pages.addWidget(page)
        self.steps = QLabel()
        self.steps.setProperty("role", "muted")
        card = QFrame()
        card.setProperty("card", "true")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(16, 16, 16, 16)
        inside.addWidget(self.pages)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 16, 16, 16)
        box.setSpacing(12)
        box.addWidget(self.steps)
        box.addWidget(card, 1)
        box.addLayout(self._foot())

    def _connection_page(self) -> QWidget:
        page, box = _page(
            self.tr("Where shall the tables be?"),
            self.tr("nbapanel keeps its warehouse in PostgreSQL."),
        )
        self.embedded = QRadioButton(self.tr("In the embedded PostgreSQL (recommended)"))
        self.own = QRadioButton(self.tr("In a PostgreSQL of my own"))
        group = QButtonGroup(page)
        group.addButton(self.embedded)
        group.addButton(self.own)
        self.embedded.setChecked(True)
        self.address = Field(ENTRIES["database_url"], "", trouble, self._source, is_terse=True)
        self.address.suggest("postgresql://user:password@host/database")
        box.addWidget(self.embedded)
        box.addWidget(
            _indented(
                self.tr("Nothing to set up. It lives in {0}, and runs while it is used.").format(
                    self._data_dir / "postgres"
                )
            )
        )
        box.addWidget(self.own)
        box.addWidget(
            _indented(self.tr("For one that several machines share; version 15 or newer."))
        )
        row = QHBoxLayout()
        row.setContentsMargins(24, 0, 0, 0)
        row.addWidget(self.address)
        box.addLayout(row)
        if self._source.is_fixed:
            self._build_fixed(box)
        box.addStretch(1)
        return page

    def _build_fixed(self, box: QVBoxLayout) -> None:
        """The environment has chosen already."""
        for widget in (self.embedded, self.own, self.address):
            widget.setEnabled(False)
        self.address.hide()
        words = self.tr("⊘ {0} is set: the server that it names is used.")
        said = QLabel(words.format(self._source.variable))
        said.setWordWrap(True)
        box.addWidget(said)

    def _schema_page(self) -> QWidget:
        page, box = _page(
            self.tr("Prepare the database"),
            self.tr(
                "The server is started if need be, and the schema is created. Nothing that is there"
                " is deleted. Skipped, it happens with the first refetch."
            ),
        )
        self.prepare = QPushButton(self.tr("Prepare now"))
        self.busy = QProgressBar()
        self.busy.setRange(0, 0)
        self.busy.setAccessibleName(self.tr("Preparing the database"))
        self.busy.hide()
        self.state = QLabel()
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        self.state.setWordWrap(True)
        self.state.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout()
        row.addWidget(self.prepare)
        row.addStretch(1)
        box.addLayout(row)
        box.addWidget(self.busy)
        box.addWidget(self.state)
        box.addStretch(1)
        return page

    def _refetch_page(self) -> QWidget:
        page, box = _page(
            self.tr("The first refetch"),
            self.tr("It fetches the games of the last days from {0}, and can be stopped at any"
                    " time. More days can follow later.").format(self._feeds),
        )  # fmt: skip
        self.refetch = QCheckBox(self.tr("Start a refetch now"))
        self.refetch.setChecked(True)
        self.days = QSpinBox()
        self.days.setRange(int(_DAYS.least or 1), int(_DAYS.most or 30_000))
        self.days.setValue(self._days)
        self.days.setGroupSeparatorShown(True)
        self.days.setAccessibleName(self.tr("Days to refetch"))
        self.days.setSuffix(self.tr(" days, today included"))
        self.days.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.days.setMinimumWidth(240)
        row = QHBoxLayout()
        row.setContentsMargins(24, 0, 0, 0)
        row.addWidget(self.days)
        row.addStretch(1)
        box.addWidget(self.refetch)
        box.addLayout(row)
        box.addStretch(1)
        return page

    def _foot(self) -> QHBoxLayout:
        self.back = QPushButton(self.tr("Back"))
        self.skip = QPushButton(self.tr("Skip"))
        self.next = QPushButton(self.tr("Next"))
        self.next.setProperty("primary", "true")
        self.next.setDefault(True)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.back)
        row.addStretch(1)
        row.addWidget(self.skip)
        row.addWidget(self.next)
        return row

    def _connect(self) -> None:
        self.back.clicked.connect(lambda: self._turn_to(self.pages.currentIndex() - 1))
        self.next.clicked.connect(self._on_next)
        self.skip.clicked.connect(self._on_skip)
        self.own.toggled.connect(self._on_chosen)
        self.address.changed.connect(self._on_chosen)
        self.address.test_wanted.connect(self.test_wanted)
        self.prepare.clicked.connect(self._on_prepare)
        self.refetch.toggled.connect(self._restate)

    # ---- from page to page -------------------------------------------------------------------

    def _turn_to(self, page: int) -> None:
        self.pages.setCurrentIndex(page)
        self._restate()
        first: Sequence[QWidget] = (self.embedded, self.prepare, self.refetch)
        (first[page] if first[page].isEnabled() else self.next).setFocus()

    def _on_next(self) -> None:
        if self._is_last:
            days = self.days.value()
            wanted = RunWanted(days=days) if self.refetch.isChecked() else None
            self._finish(FirstRun(self.database_url, wanted))
        else:
            self._turn_to(self.pages.currentIndex() + 1)

    def _on_skip(self) -> None:
        """As if the page were not there: its own choice does not count."""
        if self._is_last:
            self._finish(FirstRun(self.database_url, None))
            return
        if self.pages.currentIndex() == 0:
            self.embedded.setChecked(True)
        self._turn_to(self.pages.currentIndex() + 1)

    def _on_chosen(self) -> None:
        """Another database: what was said of the one before no longer holds."""
        self._prepared = None
        self.prepare.setEnabled(True)
        self.prepare.setText(self.tr("Prepare now"))
        self.busy.hide()
        self._say("", "muted")
        self._restate()

    def _on_prepare(self) -> None:
        self._prepared = self.database_url
        self.next.setFocus()
        self.prepare.setEnabled(False)
        self.busy.show()
        self._say(self.tr("◐ Opening the database…"), "muted")
        self.prepare_wanted.emit(self._prepared)

    @property
    def _is_last(self) -> bool:
        return self.pages.currentIndex() == self.pages.count() - 1

    def _restate(self) -> None:
        number = self.pages.currentIndex() + 1
        self.steps.setText(self.tr("Step {0} of {1}").format(number, self.pages.count()))
        is_own = self.own.isChecked()
        self.address.setVisible(is_own and not self._source.is_fixed)
        self.back.setVisible(number > 1)
        self.days.setEnabled(self.refetch.isChecked())
        start = self.tr("Start the refetch") if self.refetch.isChecked() else self.tr("Finish")
        self.next.setText(start if self._is_last else self.tr("Next"))
        self.skip.setVisible(not self._is_last or self.refetch.isChecked())
        is_usable = not is_own or bool(self.address.value and not self.address.trouble)
        self.next.setEnabled(number > 1 or is_usable)

    def _say(self, words: str, role: str) -> None:
        self.state.setText(words)
        give_role(self.state, role)

    # ---- the end -----------------------------------------------------------------------------

    def _finish(self, chosen: FirstRun) -> None:
        self._is_told = True
        self.accept()
        self.finished_with.emit(chosen)

    def reject(self) -> None:
        """Escape: nothing was chosen, and that is said too."""
        super().reject()
        self._tell_nothing()

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self._tell_nothing()

    def _tell_nothing(self) -> None:
        if not self._is_told:
            self._is_told = True
            self.finished_with.emit(FirstRun())


def _page(title: str, words: str) -> tuple[QWidget, QVBoxLayout]:
    page = QWidget()
    box = QVBoxLayout(page)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(12)
    heading, said = QLabel(title), QLabel(words)
    heading.setProperty("heading", "true")
    said.setProperty("role", "muted")
    for label in (heading, said):
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        box.addWidget(label)
    return page, box


def _indented(words: str) -> QLabel:
    label = QLabel(words)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setProperty("role", "muted")
    label.setContentsMargins(24, 0, 0, 0)
    return label
