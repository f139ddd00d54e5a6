"""The bar over the log lines: what is shown of them, and what can be done with them."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from nbapanel.ui.log.model import LOOKS, Filters

_TYPING_MS = 150
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class LogBar(QWidget):
    """`filters_changed` comes once typing pauses."""

    filters_changed = Signal(object)  # Filters
    copy_wanted = Signal()
    save_wanted = Signal()
    clear_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run_id: int | None = None
        self._step = ""
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._build()
        self._connect()

    @property
    def filters(self) -> Filters:
        return Filters(
            int(self.level.currentData()), self.text.text().strip(), self._run_id, self._step
        )

    def show_part(self, run_id: int | None, step: str, words: str) -> None:
        """Of all lines only those of a run, or of a step; the chip says so and clears it."""
        self.level.setCurrentIndex(0)
        self.text.clear()
        self._take_part(run_id, step, words)

    def show_all(self) -> None:
        self.show_part(None, "", "")

    def show_count(self, shown: int, total: int) -> None:
        if shown == total:
            words = self.tr("{0:,} lines").format(total)
        else:
            words = self.tr("{0:,} of {1:,} lines").format(shown, total)
        self.count.setText(words)
        self.copy.setEnabled(shown > 0)
        self.save.setEnabled(shown > 0)
        self.clear.setEnabled(total > 0)

    def _build(self) -> None:
        self._build_filters()
        self._build_buttons()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.level)
        row.addWidget(self.text, 1)
        row.addWidget(self.chip)
        row.addStretch(1)
        row.addWidget(self.count)
        row.addSpacing(4)
        for button in (self.copy, self.save, self.clear):
            row.addWidget(button)

    def _build_filters(self) -> None:
        self.level = QComboBox()
        self.level.setAccessibleName(self.tr("Least level of the lines shown"))
        words = (
            self.tr("All levels"),
            self.tr("Info and above"),
            self.tr("Warnings and errors"),
            self.tr("Errors only"),
        )
        for level, said in zip(_LEVELS, words, strict=True):
            self.level.addItem(said, 0 if level == "DEBUG" else LOOKS[level].rank)
        self.text = QLineEdit()
        self.text.setAccessibleName(self.tr("Words that the lines shown have"))
        self.text.setPlaceholderText(self.tr("Filter by words"))
        self.text.setClearButtonEnabled(True)
        self.text.setMinimumWidth(140)
        self.text.setMaximumWidth(320)
        self.chip = QPushButton()
        self.chip.setToolTip(self.tr("Show the lines of every run and step again"))
        self.chip.hide()

    def _build_buttons(self) -> None:
        self.count = QLabel()
        self.count.setProperty("role", "muted")
        self.copy = QPushButton(self.tr("Copy"))
        self.copy.setToolTip(self.tr("Copy the selected lines, or all that are shown (Ctrl+C)"))
        self.save = QPushButton(self.tr("Save…"))
        self.save.setToolTip(self.tr("Save the lines shown to a file"))
        self.clear = QPushButton(self.tr("Clear"))
        self.clear.setToolTip(self.tr("Empty this pane; the log files stay as they are"))

    def _connect(self) -> None:
        self.level.currentIndexChanged.connect(self._tell)
        self.text.textChanged.connect(lambda: self._typing.start())
        self.text.returnPressed.connect(self._tell)
        self._typing.timeout.connect(self._tell)
        self.chip.clicked.connect(lambda: self._take_part(None, "", ""))
        self.copy.clicked.connect(self.copy_wanted)
        self.save.clicked.connect(self.save_wanted)
        self.clear.clicked.connect(self.clear_wanted)

    def _take_part(self, run_id: int | None, step: str, words: str) -> None:
        self._run_id, self._step = run_id, step
        had_focus = self.chip.hasFocus()
        self.chip.setVisible(bool(words))
        if words:
            self.chip.setText(self.tr("{0}   ✕").format(words))
            self.chip.setAccessibleName(self.tr("Only {0}; press to show all").format(words))
        elif had_focus:
            self.text.setFocus(Qt.FocusReason.OtherFocusReason)
        self._tell()

    def _tell(self) -> None:
        self._typing.stop()
        self.filters_changed.emit(self.filters)
