"""The settings dialog: built from the declarations, honest about Cancel, clear about what is fixed
elsewhere; and the preferences in their file."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
)
from pytestqt.qtbot import QtBot

from nbapanel import settings as engine
from nbapanel.errors import UserFacingError
from nbapanel.settings import Settings
from nbapanel.settings_store import sources
from nbapanel.ui import preferences as window
from nbapanel.ui import theme as themes
from nbapanel.ui.preferences import Preferences, PreferenceStore, parse_times
from nbapanel.ui.settings.dialog import SettingsDialog

URL = "postgresql://nba:sesame@db.test/house"


class Shown:
    """A dialog, and what it sent out. `answers`: what is sent out is saved at once."""

    def __init__(
        self, qtbot: QtBot, folder: Path, environ=None, dotenv="", answers=True, **given
    ) -> None:
        (folder / ".env").write_text(dotenv, "utf-8")
        known = sources(folder, environ or {}, folder / ".env")
        self.preferences = given.pop("preferences", Preferences())
        self.dialog = SettingsDialog(Settings(**given), self.preferences, known)
        self.settings: list[dict] = []
        self.kept: list[Preferences] = []
        self.dialog.settings_wanted.connect(self.settings.append)
        self.dialog.preferences_changed.connect(self.kept.append)
        if answers:
            self.dialog.settings_wanted.connect(self.dialog.take_saved)
        qtbot.addWidget(self.dialog)
        self.dialog.open()

    def set(self, name: str, value: object) -> None:
        self.dialog.fields[name].editor.show_value(value)


@pytest.fixture
def shown(qtbot: QtBot, theme: themes.Theme, tmp_path: Path):
    return lambda **given: Shown(qtbot, tmp_path, **given)


def test_everything_that_can_be_set_is_there(shown) -> None:
    dialog = shown().dialog
    assert set(dialog.fields) == set(engine.ENTRIES) | set(window.ENTRIES)
    groups = {
        dialog.groups.item(row).data(Qt.ItemDataRole.UserRole)
        for row in range(dialog.groups.count())
    } - {None}
    declared = {e.group for e in engine.ENTRIES.values()} | {
        e.group for e in window.ENTRIES.values()
    }
    assert groups == declared
    for name in engine.ENTRIES:
        assert dialog.fields[name].value == getattr(Settings(), name)


def test_only_what_changed_goes_out(shown) -> None:
    here = shown()
    assert not here.dialog.apply.isEnabled()
    here.set("days", 9)
    here.set("cache_files", ("a*", "b*"))
    assert here.dialog.apply.isEnabled()
    here.dialog.apply.click()
    assert here.settings == [{"days": 9, "cache_files": ("a*", "b*")}]
    assert here.kept == []
    assert not here.dialog.apply.isEnabled()
    here.set("log_lines", 5_000)
    here.dialog.ok.click()
    assert len(here.settings) == 1
    assert here.kept == [replace(here.preferences, log_lines=5_000)]
    assert not here.dialog.isVisible()


def test_cancel_takes_back_what_was_only_shown(shown, theme: themes.Theme) -> None:
    before = theme.choice
    here = shown(preferences=Preferences(theme=before.value))
    other = themes.Choice.DARK if before is themes.Choice.LIGHT else themes.Choice.LIGHT
    here.set("theme", other.value)
    assert theme.choice is other, "shown at once"
    here.set("days", 3)
    here.dialog.reject()
    assert theme.choice is before
    assert here.settings == []
    assert here.kept == []


def test_cancel_after_apply_keeps_what_was_applied(shown, theme: themes.Theme) -> None:
    here = shown(preferences=Preferences(theme="light"))
    here.set("theme", "dark")
    here.dialog.apply.click()
    here.set("theme", "light")
    here.dialog.reject()
    assert theme.choice is themes.Choice.DARK
    assert here.kept[-1].theme == "dark"


def test_what_the_environment_says_cannot_be_changed_here(shown) -> None:
    here = shown(
        environ={"NBAPANEL_DAYS": "9"}, dotenv="NBAPANEL_KALSHI_SERIES=X\n", days=9,
        kalshi_series="X",
    )  # fmt: skip
    days = here.dialog.fields["days"]
    assert not days.editor.isEnabled()
    assert not days.reset_button.isVisible()
    assert "NBAPANEL_DAYS in the environment" in days.source.text()
    assert ".env" in here.dialog.fields["kalshi_series"].source.text()
    assert here.dialog.fields["request_attempts"].editor.isEnabled()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("kalshi_url", "ftp://x", "web address"),
        ("cache_hooks", ("https://a.test", "nothing"), "web address"),
        ("cache_folder", "/no/such/folder", "no such folder"),
        ("cache_folder", "~nobody-here/cache", "from its root"),
        ("database_url", "mysql://x", "postgresql://"),
        ("refetch_times", "06:00, 25:00", "25:00 is not a time"),
        ("refetch_times", "", "At least one time"),
        ("days", 99_999, "From 1 to 30,000"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(shown, name, value, said) -> None:
    here = shown()
    here.set(name, value)
    field = here.dialog.fields[name]
    assert said in field.trouble
    assert said in field.wrong.text()
    assert field.wrong.text().startswith("✗")
    assert not here.dialog.ok.isEnabled()
    assert not here.dialog.apply.isEnabled()
    row = next(
        n for n in range(here.dialog.groups.count())
        if here.dialog.groups.item(n).data(Qt.ItemDataRole.UserRole) == field.entry.group
    )  # fmt: skip
    assert "✗" in here.dialog.groups.item(row).text()
    field.reset()
    assert field.trouble == ""
    assert not field.reset_button.isVisible()
    assert "✗" not in here.dialog.groups.item(row).text()


def test_search(shown) -> None:
    dialog = shown().dialog
    dialog.search.setText("wait")
    assert dialog.pages.currentWidget().title == "Pace and patience"
    assert not dialog.fields["request_backoff_s"].isHidden()
    assert dialog.fields["espn_requests_per_s"].isHidden()
    dialog.search.setText("NBAPANEL_DAYS")
    assert dialog.pages.currentWidget().title == "Feeds"
    dialog.search.setText("xyzzy")
    assert dialog.pages.currentWidget() is dialog.nothing
    dialog.search.clear()
    assert not dialog.fields["espn_requests_per_s"].isHidden()
    dialog.show_page(engine.DATABASE)
    assert dialog.pages.currentWidget().title == "Database"


def test_a_connection_is_tested(shown, qtbot: QtBot) -> None:
    here = shown()
    here.dialog.show_page(engine.DATABASE)
    field = here.dialog.fields["database_url"]
    assert not field.editor.test.isEnabled(), "nothing to test"
    here.set("database_url", URL)
    with qtbot.waitSignal(here.dialog.test_wanted) as asked:
        field.editor.test.click()
    assert asked.args == [URL]
    assert "Trying" in field.result.text()
    here.dialog.show_test_result(False, "No route to host.")
    assert field.result.text() == "✗ No route to host."
    assert field.editor.test.isEnabled()


def test_an_answer_for_another_connection_counts_for_nothing(shown) -> None:
    here = shown(database_url=URL)
    here.dialog.show_page(engine.DATABASE)
    field = here.dialog.fields["database_url"]
    field.editor.test.click()
    here.set("database_url", URL + "2")
    here.dialog.show_test_result(True, "PostgreSQL 18.4")
    assert field.result.text() == ""


def test_a_password_is_not_shown_unasked(shown) -> None:
    """trap W16: nor in a screenshot."""
    hooks = ("https://hooks.test/?token=sesame",)
    here = shown(database_url=URL, cache_hooks=hooks)
    address = here.dialog.fields["database_url"].editor
    assert address.line.echoMode() is QLineEdit.EchoMode.Password
    address.reveal.click()
    assert address.line.echoMode() is QLineEdit.EchoMode.Normal
    here.dialog.show_page(engine.CACHES)
    lines = here.dialog.fields["cache_hooks"].editor
    assert not lines.text.isVisible()
    assert lines.value == hooks
    lines.reveal.click()
    assert lines.text.isVisible()


def test_what_becomes_of_another_database_is_said(shown) -> None:
    """Nothing needs a restart."""
    here = shown()
    assert "opened at once" in here.dialog.fields["database_url"].described.text()


def test_a_refusal_is_shown_and_nothing_counts_as_saved(shown) -> None:
    here = shown(answers=False)
    trouble = UserFacingError("No keyring.", "It is locked.", "Use .env.")
    here.dialog.settings_wanted.connect(lambda _: here.dialog.refuse(trouble))
    here.set("days", 9)
    here.set("log_lines", 5_000)
    here.dialog.ok.click()
    assert here.dialog.isVisible()
    assert "No keyring. It is locked. Use .env." in here.dialog.said.text()
    assert here.dialog.apply.isEnabled()
    assert here.kept == [], "the window's part is not half done either"
    here.set("days", Settings().days)
    here.dialog.ok.click()
    assert here.kept


def test_until_it_is_saved_it_waits_and_says_so(shown, qtbot: QtBot) -> None:
    """A locked keyring asks for its password: that takes as long as somebody takes."""
    here = shown(answers=False)
    here.set("days", 9)
    here.set("log_lines", 5_000)
    here.dialog.ok.click()
    assert not here.dialog.ok.isEnabled()
    assert not here.dialog.apply.isEnabled()
    assert not here.dialog.fields["days"].isEnabled()
    qtbot.waitUntil(here.dialog.said.isVisible, timeout=30_000)
    assert here.dialog.said.text().startswith("◐ Saving…")
    assert here.dialog.cancel.text() == "Close", "it takes nothing back any more"
    assert here.dialog.isVisible()
    assert here.kept == []
    here.dialog.take_saved()
    assert not here.dialog.isVisible()
    assert here.kept == [replace(here.preferences, log_lines=5_000)]


def test_a_refusal_that_comes_later_leaves_everything_as_it_was(shown, qtbot: QtBot) -> None:
    here = shown(answers=False)
    here.set("days", 9)
    here.dialog.ok.click()
    qtbot.waitUntil(here.dialog.said.isVisible, timeout=30_000)
    here.dialog.refuse(UserFacingError("No keyring."))
    assert here.dialog.isVisible()
    assert here.dialog.said.text() == "✗ No keyring."
    assert here.dialog.cancel.text() == "Cancel"
    assert here.dialog.apply.isEnabled()
    assert here.dialog.fields["days"].isEnabled()
    here.dialog.apply.click()
    here.dialog.take_saved()
    assert here.dialog.isVisible(), "only applied"
    assert not here.dialog.apply.isEnabled()


def test_settings_that_are_still_being_read(shown, qtbot: QtBot) -> None:
    here = shown(days=7)
    here.dialog.await_settings()
    assert not here.dialog.ok.isEnabled()
    assert not here.dialog.apply.isEnabled()
    assert not here.dialog.fields["days"].isEnabled()
    assert here.dialog.cancel.isEnabled()
    qtbot.waitUntil(here.dialog.said.isVisible, timeout=30_000)
    assert here.dialog.said.text().startswith("◐ Reading…")
    assert here.dialog.cancel.text() == "Cancel", "nothing is on its way"
    here.dialog.take_settings(Settings(days=9, cache_files=("x*",), database_url=URL))
    assert not here.dialog.said.isVisible()
    assert here.dialog.fields["days"].value == 9
    assert here.dialog.fields["cache_files"].value == ("x*",)
    address = here.dialog.fields["database_url"].editor
    assert address.line.echoMode() is QLineEdit.EchoMode.Password, "trap W16"
    assert not here.dialog.apply.isEnabled(), "nobody changed anything"
    here.set("days", 7)
    here.dialog.ok.click()
    assert here.settings == [{"days": 7}], "what is there now is what it is held against"


def test_settings_that_cannot_be_read_can_be_set_anew(shown) -> None:
    """A keyring that stays locked keeps nobody from the other settings."""
    here = shown(days=7)
    here.dialog.await_settings()
    here.dialog.refuse(UserFacingError("No keyring.", "It is locked."))
    assert here.dialog.said.text() == "✗ No keyring. It is locked."
    here.set("days", 9)
    here.dialog.ok.click()
    assert here.settings == [{"days": 9}]
    assert not here.dialog.isVisible()


def test_numbers_show_no_more_decimals_than_they_have(shown) -> None:
    here = shown(espn_requests_per_s=2.5, request_deadline_s=180.0, request_backoff_s=0.12345)
    said = {
        name: here.dialog.fields[name].editor.box.text()
        for name in ("espn_requests_per_s", "request_deadline_s")
    }
    assert said == {"espn_requests_per_s": "2.5 a second", "request_deadline_s": "180 s"}
    assert here.dialog.fields["request_backoff_s"].value == 0.12345
    assert not here.dialog.apply.isEnabled()


def test_the_wheel_scrolls_the_page_and_changes_nothing(shown) -> None:
    here = shown()
    here.dialog.show_page(engine.FEEDS)
    box = here.dialog.fields["days"].editor.box
    here.dialog.search.setFocus()
    event = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(0, 0), QPoint(0, 120),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(box, event)
    assert box.value() == 7


def test_everything_has_a_name(shown) -> None:
    dialog = shown().dialog
    kinds = (QAbstractSpinBox, QLineEdit, QComboBox, QPlainTextEdit, QAbstractItemView)
    for kind in kinds:
        for widget in dialog.findChildren(kind):
            inner = isinstance(widget.parent(), (QAbstractSpinBox, QComboBox))
            if not inner and not widget.objectName().startswith("qt_"):
                popup = widget.window() is not dialog
                assert widget.accessibleName() or popup, widget
    for button in dialog.findChildren(QAbstractButton):
        inner = isinstance(button.parent(), (QLineEdit, QAbstractItemView))
        assert button.text() or button.accessibleName() or inner


# ---- preferences in their file -----------------------------------------------------------------


def test_preferences_are_kept(tmp_path: Path, qapp: QApplication) -> None:
    wanted = Preferences(
        theme="dark", refetch="at_times", refetch_times="05:30, 23:00", keep_in_tray=True,
        log_lines=1_000, refresh_views=False,
    )  # fmt: skip
    store = PreferenceStore(tmp_path)
    assert store.read() == Preferences()
    assert store.write(wanted)
    assert PreferenceStore(tmp_path).read() == wanted
    assert wanted.times == (time(5, 30), time(23, 0))
    assert store.write(Preferences())
    assert "preferences" not in (tmp_path / "panel.ini").read_text("utf-8")


def test_a_preference_of_no_use_counts_as_its_default(tmp_path: Path, qapp: QApplication) -> None:
    (tmp_path / "panel.ini").write_text(
        "[preferences]\ntheme=pink\nlog_lines=many\nkeep_in_tray=perhaps\n"
        "refetch_times=06:00, 07:00\nrefetch_every_min=20\nunknown=1\n",
        "utf-8",
    )
    found = PreferenceStore(tmp_path).read()
    assert found == Preferences(refetch_times="06:00, 07:00", refetch_every_min=20)


def test_what_the_window_remembers(tmp_path: Path, qapp: QApplication) -> None:
    store = PreferenceStore(tmp_path)
    assert store.recall("geometry") == b""
    assert store.remember("geometry", b"\x00\xff,;")
    assert PreferenceStore(tmp_path).recall("geometry") == b"\x00\xff,;"
    store.forget("geometry")
    assert PreferenceStore(tmp_path).recall("geometry") == b""


@pytest.mark.parametrize("text", ["6", "24:00", "06:60", "6:5", "six", "06:00;07:00", "-1:00"])
def test_what_is_no_time_of_day(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        parse_times(text)


def test_times_of_day() -> None:
    assert parse_times(" 12:00, 6:00,,12:00 ") == (time(6), time(12))


def test_every_preference_is_described() -> None:
    for entry in window.ENTRIES.values():
        assert entry.described.endswith(".")
        assert window.trouble_with(entry, entry.default) == ""
