"""Two runs side by side, step by step. What differs is found elsewhere (differences)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from nbapanel.rows.questions import RunAsked
from nbapanel.rows.reads import RunDetail, RunRow
from nbapanel.ui.history import run_words as told
from nbapanel.ui.history.differences import Difference, differences, pace_words
from nbapanel.ui.ports import Asker
from nbapanel.ui.tables import words
from nbapanel.ui.tables.asking import Latest
from nbapanel.ui.tables.columns import Column
from nbapanel.ui.tables.rows_model import RowsModel
from nbapanel.ui.tables.states import Pages
from nbapanel.ui.tables.view import TableView
from nbapanel.wording import counted


class CompareView(QWidget):
    """A is the earlier run, B the later one."""

    closed = Signal()
    export_wanted = Signal(object, str)  # TableView, a name for the file

    def __init__(
        self, asker: Asker, titles: Mapping[str, str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._asker = asker
        self._titles = titles
        self._latest = Latest(self)
        self._pair = (0, 0)
        self._details: dict[int, RunDetail] = {}
        self._build()

    def _build(self) -> None:
        self._title = QLabel()
        self._title.setProperty("subheading", "true")
        self._about = QLabel()
        self._about.setProperty("role", "muted")
        for label in (self._title, self._about):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setWordWrap(True)
        back = QPushButton(self.tr("Back to the runs"))
        back.setAccessibleName(self.tr("Close the comparison"))
        back.clicked.connect(self.closed)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._title, 1)
        head.addWidget(back, 0, Qt.AlignmentFlag.AlignTop)
        self.model = RowsModel(self._columns(), self)
        self.table = TableView(self.model, self.tr("Differences of two runs, step by step"))
        self.table.export_wanted.connect(
            lambda: self.export_wanted.emit(self.table, "runs_{}_{}.csv".format(*self._pair))
        )
        self.pages = Pages(self.table)
        self.pages.acted.connect(lambda: self.compare(*self._pair))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self._about)
        layout.addWidget(self.pages, 1)

    def _columns(self) -> tuple[Column[Difference], ...]:
        tr = self.tr
        return (
            Column("what", tr("Step"), lambda d: d.relation or d.title, _what_words,
                   role=lambda d: "muted" if d.relation else "", width=220),
            Column("differs", tr("Difference"), lambda d: d.said, _said_words,
                   tip=lambda d: d.said, role=lambda d: "warning" if d.said else "muted",
                   width=280),
            Column("took_a", tr("Took A"), lambda d: d.took_s[0],
                   lambda d: words.duration(d.took_s[0]), is_number=True, width=84),
            Column("took_b", tr("Took B"), lambda d: d.took_s[1],
                   lambda d: words.duration(d.took_s[1]), is_number=True, width=84),
            Column("state_a", tr("State A"), lambda d: _word(d, 0), lambda d: _state_words(d, 0),
                   role=lambda d: _role(d, 0), width=104),
            Column("state_b", tr("State B"), lambda d: _word(d, 1), lambda d: _state_words(d, 1),
                   role=lambda d: _role(d, 1), width=104),
            Column("changes_a", tr("Changes A"), lambda d: d.changes[0], width=130),
            Column("changes_b", tr("Changes B"), lambda d: d.changes[1], width=130),
        )  # fmt: skip

    # -- what is shown ---------------------------------------------------------------------------

    @property
    def headline(self) -> str:
        return f"{self._title.text()} {self._about.text()}"

    def compare(self, one: int, other: int) -> None:
        """Ask for both; the earlier one is A."""
        self._pair = (min(one, other), max(one, other))
        self._details = {}
        a, b = self._pair
        self._title.setText(self.tr("A: run {}   B: run {}").format(a, b))
        self._about.setText("")
        self.pages.show_loading(self.tr("Loading runs {} and {}…").format(a, b))
        self._latest.ask(partial(self._asker.ask, RunAsked(a)), self._take, self.pages.show_error)
        self._latest.ask_too(
            partial(self._asker.ask, RunAsked(b)), self._take, self.pages.show_error
        )

    def _take(self, detail: RunDetail) -> None:
        self._details[detail.run.run_id] = detail
        if len(self._details) == 2:
            self._show(*(self._details[run_id] for run_id in self._pair))

    def _show(self, a: RunDetail, b: RunDetail) -> None:
        self._title.setText(self.tr("A: {}   B: {}").format(self._name(a.run), self._name(b.run)))
        rows = differences(a, b, self._titles)
        different = sum(bool(row.said) for row in rows)
        pace = pace_words(told.seconds(a.run.duration_ms), told.seconds(b.run.duration_ms))
        about = [
            self._asked(a.run, b.run),
            pace or self.tr("about as long"),
            counted(different, self.tr("difference")),
        ]
        self._about.setText("  ·  ".join(about))
        self.model.set_rows(rows)
        if rows:
            self.pages.show_content()
        else:
            self.pages.show_empty(self.tr("Neither run began a step"))

    def _name(self, run: RunRow) -> str:
        took = words.duration(told.seconds(run.duration_ms))
        began, state = words.local(run.started_at), told.state_words(run.status)
        return self.tr("run {}, {}, {} {}").format(run.run_id, began, state, took).rstrip()

    def _asked(self, a: RunRow, b: RunRow) -> str:
        """Whether they were asked for the same."""
        rows_a, rows_b = (dict(told.settings_rows(run)) for run in (a, b))
        names = [name for name in {**rows_a, **rows_b} if rows_a.get(name) != rows_b.get(name)]
        names = [name for name in names if name != self.tr("Where")]
        if not names:
            return self.tr("asked for the same")
        return self.tr("asked for other: {}").format(", ".join(names).lower())


def _what_words(difference: Difference) -> str:
    return f"    {difference.relation}" if difference.relation else difference.title


def _said_words(difference: Difference) -> str:
    return f"≠ {difference.said}" if difference.said else "="


def _word(difference: Difference, which: int) -> str:
    state = difference.states[which]
    return "" if state is None else told.state_of(state).word


def _state_words(difference: Difference, which: int) -> str:
    state = difference.states[which]
    if state is None:
        return "" if difference.relation else "–"
    return told.state_words(state)


def _role(difference: Difference, which: int) -> str:
    state = difference.states[which]
    return "muted" if state is None else told.state_of(state).role
