"""Everything that is known of a step's last attempt, in a dialog. Nothing is asked for here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QFrame,
    QHeaderView,
    QLabel,
    QScrollArea,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from nbapanel.engine.board import Board
from nbapanel.rows.reads import StepFacts
from nbapanel.ui.pipeline.attempt import Attempt, last_attempt, of_row
from nbapanel.ui.pipeline.words import age, duration_in_words
from nbapanel.ui.plain_tip import plain_tip
from nbapanel.ui.ports import DeclaredStep
from nbapanel.ui.roles import give_role
from nbapanel.ui.tables.focus_frame import FocusFrame
from nbapanel.wording import counted, size

_SELECTABLE = (
    Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_MOST_ROWS_SHOWN = 8
_WIDTH, _LEAST_HEIGHT, _MOST_HEIGHT = 620, 120, 400


class DetailsDialog(QDialog):
    log_wanted = Signal(str)
    retry_wanted = Signal(str)

    def __init__(
        self,
        step: DeclaredStep,
        facts: StepFacts | None,
        board: Board | None,
        now: datetime,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._step = step
        self._facts = facts
        self._attempt = last_attempt(facts, board, step.key)
        self._now = now
        self._build()

    @property
    def text(self) -> str:
        """All of it as plain text, for the clipboard."""
        attempt = self._attempt
        parts = [self._step.title, *(f"{name}: {value}" for name, value in self._rows())]
        if attempt is not None:
            parts += [part for part in (attempt.problem, attempt.hint) if part]
            parts += [f"{where}: {reason}" for where, reason in _bad(attempt)]
            parts += ["\t".join(row) for row in _changes(attempt)]
        return "\n".join(parts)

    # ---- inside ------------------------------------------------------------------------------

    def _build(self) -> None:
        self.setWindowTitle(self._step.title)
        self.setAccessibleName(self.tr("Details of {}").format(self._step.title))
        self.setMinimumWidth(640)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 16, 16, 16)
        whole.setSpacing(12)
        heading = QLabel(self._step.title)
        heading.setProperty("heading", True)
        heading.setWordWrap(True)
        whole.addWidget(heading)
        self._add_state(whole)
        if self._attempt is not None:
            self._add_problem(whole, self._attempt)
            whole.addWidget(self._made_rest(self._attempt), 1)
        buttons = self._buttons()
        whole.addWidget(buttons)
        buttons.button(QDialogButtonBox.StandardButton.Close).setFocus()

    def _add_state(self, whole: QVBoxLayout) -> None:
        attempt = self._attempt
        if attempt is None:
            whole.addWidget(_plain(self.tr("This step has not run yet.")))
            return
        state = _plain(f"{attempt.state.glyph} {attempt.state.word}", bold=True)
        give_role(state, attempt.state.role)
        whole.addWidget(state)

    def _made_rest(self, attempt: Attempt) -> QScrollArea:
        """Whatever the step noted, however much it is: it scrolls."""
        inside = QWidget()
        box = QVBoxLayout(inside)
        box.setContentsMargins(0, 0, 8, 0)
        box.setSpacing(12)
        box.addLayout(self._made_form())
        self._add_tables(box, attempt)
        box.addStretch(1)
        area = _Scrolled(inside)
        area.setAccessibleName(self.tr("What is known of it"))
        return area

    def _made_form(self) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(4)
        for name, value in self._rows():
            label = _plain(name)
            give_role(label, "muted")
            form.addRow(label, _plain(value))
        return form

    def _rows(self) -> list[tuple[str, str]]:
        attempt, facts = self._attempt, self._facts
        if attempt is None:
            return []
        usual = facts.usual_s if facts is not None else None
        rows = [
            (self.tr("Ended"), self._moment(attempt.ended_at)),
            (self.tr("Took"), duration_in_words(attempt.seconds, usual)[0]),
            (self.tr("Attempt"), self._attempt_of(attempt)),
            (self.tr("Said"), attempt.reason if attempt.state.is_good else ""),
            (self.tr("Stale"), facts.stale if facts is not None else ""),
        ]
        if attempt.requests:
            told = f"{counted(attempt.requests, 'request')}, {size(attempt.bytes_fetched)}"
            rows.append((self.tr("Fetched"), told))
        if facts is not None and facts.succeeded is not None and not attempt.state.is_good:
            before = of_row(facts.succeeded)
            rows.append((self.tr("Last success"), self._moment(before.ended_at)))
        rows += [(name, value) for name, value in _notes(attempt)]
        return [(name, value) for name, value in rows if value]

    def _attempt_of(self, attempt: Attempt) -> str:
        if not attempt.run_id:
            return ""
        return self.tr("{} in run {}").format(attempt.number, attempt.run_id)

    def _moment(self, moment: datetime | None) -> str:
        if moment is None:
            return ""
        local = moment.astimezone()
        return f"{local:%Y-%m-%d %H:%M:%S %Z} ({age(moment, self._now)})"

    def _add_problem(self, whole: QVBoxLayout, attempt: Attempt) -> None:
        if not attempt.problem:
            return
        problem = _plain(attempt.problem)
        problem.setAccessibleName(self.tr("What went wrong"))
        give_role(problem, attempt.state.role)
        whole.addWidget(problem)
        if attempt.hint:
            hint = _plain(attempt.hint)
            hint.setAccessibleName(self.tr("What to do"))
            whole.addWidget(hint)

    def _add_tables(self, whole: QVBoxLayout, attempt: Attempt) -> None:
        if attempt.changes:
            names = [self.tr("Relation"), self.tr("Inserted"), self.tr("Updated"),
                     self.tr("Unchanged"), self.tr("Deleted")]  # fmt: skip
            whole.addWidget(_table(self.tr("What it changed"), names, _changes(attempt)))
        bad = _bad(attempt)
        if attempt.bad_items:
            told = self.tr("{} set aside; the rest was kept.").format(
                counted(attempt.bad_items, "bad item")
            )
            whole.addWidget(_plain(told))
        if bad:
            names = [self.tr("Where"), self.tr("Why")]
            whole.addWidget(_table(self.tr("Bad items"), names, bad))

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        copy = buttons.addButton(self.tr("&Copy"), QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(self._on_copy)
        lines = buttons.addButton(
            self.tr("Show its &log lines"), QDialogButtonBox.ButtonRole.ActionRole
        )
        lines.clicked.connect(self._on_log)
        attempt = self._attempt
        if attempt is not None and attempt.state.is_final and not attempt.state.is_good:
            retry = buttons.addButton(self.tr("&Retry"), QDialogButtonBox.ButtonRole.ActionRole)
            retry.setProperty("primary", True)
            retry.clicked.connect(self._on_retry)
        for button in buttons.buttons():
            button.setAccessibleName(button.text().replace("&", ""))
        return buttons

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text)

    def _on_log(self) -> None:
        self.log_wanted.emit(self._step.key)
        self.accept()

    def _on_retry(self) -> None:
        self.retry_wanted.emit(self._step.key)
        self.accept()


class _Scrolled(QScrollArea):
    """As high as its contents, up to half of a small screen."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__()
        self._inside = inside
        self.setWidget(inside)
        inside.setAutoFillBackground(False)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)

    def sizeHint(self) -> QSize:
        high = max(self._inside.heightForWidth(_WIDTH), self._inside.sizeHint().height())
        return QSize(_WIDTH, min(high, _MOST_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, min(self.sizeHint().height(), _LEAST_HEIGHT))


def _plain(text: str, *, bold: bool = False) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(_SELECTABLE)
    label.setWordWrap(True)
    if bold:
        label.setProperty("subheading", True)
    return label


def _changes(attempt: Attempt) -> list[tuple[str, ...]]:
    return [
        (name, *(f"{n:,}" for n in (c.inserted, c.updated, c.unchanged, c.deleted)))
        for name, c in attempt.changes.items()
    ]


def _bad(attempt: Attempt) -> list[tuple[str, ...]]:
    """The bad items that the attempt named: where, and why."""
    named = attempt.detail.get("bad", ())
    if not isinstance(named, (list, tuple)):
        return []
    return [(str(one.get("where", "")), str(one.get("reason", "")))
            for one in named if isinstance(one, dict)]  # fmt: skip


def _notes(attempt: Attempt) -> list[tuple[str, str]]:
    """What the step noted beside its bad items, each in a line or a few."""
    return [
        (key.replace("_", " ").capitalize(), _said(value))
        for key, value in attempt.detail.items()
        if key != "bad" and value not in (None, "", [], {}, False)
    ]


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{key}: {_said(one)}" for key, one in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_said(one) for one in value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _table(name: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> QTableView:
    model = QStandardItemModel(len(rows), len(headings))
    model.setHorizontalHeaderLabels(list(headings))
    for column in range(1, len(headings) if len(headings) > 2 else 0):
        model.setHeaderData(column, Qt.Orientation.Horizontal, _RIGHT,
                            Qt.ItemDataRole.TextAlignmentRole)  # fmt: skip
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            item = QStandardItem(text)
            item.setToolTip(plain_tip(text))
            if column and len(headings) > 2:
                item.setTextAlignment(_RIGHT)
            model.setItem(number, column, item)
    table = QTableView()
    FocusFrame(table)
    model.setParent(table)
    table.setModel(model)
    table.setAccessibleName(name)
    table.setTabKeyNavigation(False)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setProperty("roomy", True)
    table.verticalHeader().hide()
    header = table.horizontalHeader()
    header.setDefaultAlignment(_LEFT)
    header.setHighlightSections(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    stretched = 0 if len(headings) > 2 else len(headings) - 1
    header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
    shown = min(len(rows), _MOST_ROWS_SHOWN)
    table.setFixedHeight(header.sizeHint().height() + shown * table.rowHeight(0) + 4)
    return table
