"""The settings dialog: groups at the left, their fields at the right, and an honest Cancel.

Nothing is saved here: what was changed goes out as signals.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from nbapanel import settings as engine
from nbapanel.declared import trouble
from nbapanel.errors import UserFacingError
from nbapanel.settings import Settings
from nbapanel.settings_store import Source
from nbapanel.ui import preferences as window
from nbapanel.ui import theme
from nbapanel.ui.preferences import Preferences
from nbapanel.ui.roles import give_role
from nbapanel.ui.settings.field import Field
from nbapanel.ui.settings.page import Page
from nbapanel.ui.tables.focus_frame import FocusFrame
from nbapanel.wording import sentences

_ROW_HEIGHT = 28
_SLOW_MS = 200
_SECTION = Qt.ItemDataRole.UserRole + 1


class SettingsDialog(QDialog):
    """`sources`: where each engine setting comes from (`settings.sources`).

    OK and Apply emit what changed. Whoever saves the settings answers with `take_saved`, at once or
    later, or with `refuse`: then nothing counts as saved, and the dialog stays, with the words.
    Until then nothing can be changed, nor saved again; nor after `await_settings`, until the
    settings come by `take_settings` or, where they cannot be read, the words by `refuse`.
    """

    settings_wanted = Signal(dict)  # engine settings that changed, by name
    preferences_changed = Signal(object)  # Preferences
    test_wanted = Signal(str)  # a connection string; answered by show_test_result

    def __init__(
        self,
        settings: Settings,
        preferences: Preferences,
        sources: Mapping[str, Source],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._sources = sources
        self._saved: dict[str, Any] = {name: getattr(settings, name) for name in engine.ENTRIES}
        self._preferences = preferences
        self._unanswered: dict[str, Any] = {}
        self._is_to_close = False
        self._is_reading = False
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(_SLOW_MS)
        self.fields: dict[str, Field] = {}
        self._build()
        self._connect()
        self._restate()

    # ---- what others ask of it ---------------------------------------------------------------

    def show_page(self, group: str) -> None:
        """Turn to the page of that group, such as settings.DATABASE."""
        for row in range(self.groups.count()):
            if self.groups.item(row).data(Qt.ItemDataRole.UserRole) == group:
                self.groups.setCurrentRow(row)

    def show_test_result(self, ok: bool, words: str) -> None:
        self.fields["database_url"].show_test_result(ok, words)

    def await_settings(self) -> None:
        """They are being read anew; what is shown so far is what was in force."""
        self._is_reading = True
        self._slow.start()
        self._restate()

    def take_settings(self, settings: Settings) -> None:
        """Those that were waited for."""
        self._saved = {name: getattr(settings, name) for name in engine.ENTRIES}
        for name, value in self._saved.items():
            self.fields[name].show_value(value)
        self._answered()

    def take_saved(self) -> None:
        """The settings that went out are saved and in force: now the window's own part."""
        self._saved = self._saved | self._unanswered
        self._answered()
        self._send_preferences()

    def refuse(self, error: UserFacingError) -> None:
        """What went out could not be saved, or nothing be read: say why. What was set before is in
        force."""
        self._is_to_close = False
        self._answered()
        self._say(f"✗ {sentences(error.title, error.detail, error.hint)}", "bad")

    # ---- how it is made ----------------------------------------------------------------------

    def _build(self) -> None:
        self.setWindowTitle(self.tr("Settings"))
        self.resize(820, 600)
        self.setMinimumSize(680, 440)
        self._build_list()
        self._build_pages()
        self._build_foot()
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.search)
        left.addWidget(self.groups, 1)
        middle = QHBoxLayout()
        middle.setSpacing(8)
        middle.addLayout(left)
        middle.addWidget(self.pages, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 12, 12, 12)
        box.setSpacing(12)
        box.addLayout(middle, 1)
        box.addWidget(self.said)
        box.addWidget(self.buttons)
        self.groups.setCurrentRow(1)

    def _build_list(self) -> None:
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search settings"))
        self.search.setAccessibleName(self.tr("Search settings"))
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(210)
        self.groups = QListWidget()
        FocusFrame(self.groups)
        self.groups.setAccessibleName(self.tr("Groups of settings"))
        self.groups.setFixedWidth(210)
        self.groups.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def _build_pages(self) -> None:
        self.pages = QStackedWidget()
        self._add_section(self.tr("Window"))
        about = {
            window.APPEARANCE: self.tr("A choice is shown at once, and taken back by Cancel."),
            window.SCHEDULE: self.tr("While this window runs, or waits in the tray."),
            window.NOTIFICATIONS: self.tr("How a run tells that it ended."),
            window.LOG: self.tr("What this window keeps of the log."),
        }
        for group, words in about.items():
            fields = [
                Field(entry, getattr(self._preferences, entry.name), window.trouble_with, None)
                for entry in window.ENTRIES.values()
                if entry.group == group
            ]
            self._add_page(group, words, fields)
        self._add_section(self.tr("Refetch"))
        next_run = self.tr("Changes count from the next run on, in the terminal too.")
        for group in dict.fromkeys(entry.group for entry in engine.ENTRIES.values()):
            fields = [
                Field(entry, self._saved[entry.name], trouble, self._sources.get(entry.name))
                for entry in engine.ENTRIES.values()
                if entry.group == group
            ]
            about_database = self.tr("Where the tables are, and how long the history is kept.")
            self._add_page(group, about_database if group == engine.DATABASE else next_run, fields)
        self.nothing = QLabel(self.tr("No setting has these words."))
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setProperty("role", "muted")
        self.pages.addWidget(self.nothing)

    def _add_section(self, words: str) -> None:
        item = QListWidgetItem(words)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        item.setData(_SECTION, True)
        font = self.groups.font()
        font.setBold(True)
        item.setFont(font)
        item.setSizeHint(QSize(0, _ROW_HEIGHT + (8 if self.groups.count() else 0)))
        item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        self.groups.addItem(item)

    def _add_page(self, group: str, about: str, fields: list[Field]) -> None:
        item = QListWidgetItem()
        item.setSizeHint(QSize(0, _ROW_HEIGHT))
        item.setData(Qt.ItemDataRole.UserRole, group)
        self.groups.addItem(item)
        page = Page(self.tr(group), about, fields)
        self.pages.addWidget(page)
        self.fields |= {field.entry.name: field for field in fields}

    def _build_foot(self) -> None:
        self.said = QLabel()
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.said.setWordWrap(True)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.said.setFrameShape(QFrame.Shape.NoFrame)
        self.said.hide()
        kinds = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel | kinds.Apply)
        self.ok, self.cancel, self.apply = map(
            self.buttons.button, (kinds.Ok, kinds.Cancel, kinds.Apply)
        )
        self.ok.setProperty("primary", "true")

    def _connect(self) -> None:
        self.groups.currentRowChanged.connect(self._on_group_chosen)
        self.search.textChanged.connect(self._on_search)
        self.apply.clicked.connect(self._on_apply)
        self.buttons.accepted.connect(self._on_ok)
        self.buttons.rejected.connect(self.reject)
        self._slow.timeout.connect(self._tell_slow)
        self.fields["theme"].changed.connect(self._preview)
        for field in self.fields.values():
            field.changed.connect(self._restate)
            field.test_wanted.connect(self.test_wanted)
        shortcut = QShortcut(QKeySequence.StandardKey.Find, self)
        shortcut.activated.connect(self.search.setFocus)

    # ---- pages and search --------------------------------------------------------------------

    def _page(self, row: int) -> Page | None:
        """The page behind a row of the list; None for the heading of a section."""
        if row < 0 or self.groups.item(row).data(_SECTION):
            return None
        headings = sum(bool(self.groups.item(n).data(_SECTION)) for n in range(row))
        page = self.pages.widget(row - headings)
        return page if isinstance(page, Page) else None

    def _on_group_chosen(self, row: int) -> None:
        page = self._page(row)
        if page is not None:
            self.pages.setCurrentWidget(page)

    def _on_search(self, text: str) -> None:
        words = text.casefold().split()
        found: list[int] = []
        for row in range(self.groups.count()):
            page = self._page(row)
            if page is None:
                self.groups.item(row).setHidden(bool(words))
            else:
                has_matches = page.show_matches(words)
                self.groups.item(row).setHidden(not has_matches)
                found += [row] if has_matches else []
        if not found:
            self.pages.setCurrentWidget(self.nothing)
        elif self.groups.currentRow() in found:
            self._on_group_chosen(self.groups.currentRow())
        else:
            self.groups.setCurrentRow(found[0])

    # ---- what was changed --------------------------------------------------------------------

    def _changed_settings(self) -> dict[str, Any]:
        return {
            name: self.fields[name].value
            for name, saved in self._saved.items()
            if self.fields[name].value != saved
        }

    def _wanted_preferences(self) -> Preferences:
        return Preferences(**{name: self.fields[name].value for name in window.ENTRIES})

    def _preview(self) -> None:
        theme.active().choose(theme.Choice(self.fields["theme"].value))

    def _restate(self) -> None:
        settings, preferences = self._changed_settings(), self._wanted_preferences()
        has_trouble = any(field.trouble for field in self.fields.values())
        is_changed = bool(settings) or preferences != self._preferences
        is_waiting = self._is_reading or bool(self._unanswered)
        self.pages.setEnabled(not is_waiting)
        self.apply.setEnabled(is_changed and not has_trouble and not is_waiting)
        self.ok.setEnabled(not has_trouble and not is_waiting)
        self.fields["keep_in_tray"].editor.setEnabled(preferences.tray)
        for row in range(self.groups.count()):
            page, item = self._page(row), self.groups.item(row)
            if page is not None:
                item.setText(f"  ✗ {page.title}" if page.has_trouble else f"    {page.title}")

    def _on_apply(self) -> None:
        self._send(is_to_close=False)

    def _on_ok(self) -> None:
        self._send(is_to_close=True)

    def _send(self, *, is_to_close: bool) -> None:
        """Settings first: where those are refused, the window's part is not half done either."""
        self._say("", "")
        self._is_to_close = is_to_close
        self._unanswered = self._changed_settings()
        if not self._unanswered:
            self._send_preferences()
            return
        self._slow.start()
        self._restate()
        self.settings_wanted.emit(dict(self._unanswered))

    def _answered(self) -> None:
        self._unanswered, self._is_reading = {}, False
        self._slow.stop()
        self.cancel.setText(self.tr("Cancel"))
        self._say("", "")
        self._restate()

    def _send_preferences(self) -> None:
        wanted = self._wanted_preferences()
        if wanted != self._preferences:
            self._preferences = wanted
            self.preferences_changed.emit(wanted)
        self._restate()
        if self._is_to_close:
            self.accept()

    def _tell_slow(self) -> None:
        doing = self.tr("Reading…") if self._is_reading else self.tr("Saving…")
        why = self.tr("The keyring of this system may ask for its password first.")
        self._say(f"◐ {doing} {why}", "muted")
        if self._unanswered:
            # They are on their way: this can no longer take them back.
            self.cancel.setText(self.tr("Close"))

    def reject(self) -> None:
        """What was only shown is taken back."""
        theme.active().choose(theme.Choice(self._preferences.theme))
        super().reject()

    def _say(self, words: str, role: str) -> None:
        self.said.setText(words)
        self.said.setVisible(bool(words))
        give_role(self.said, role)
