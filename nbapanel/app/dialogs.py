"""The dialogs that need more than the window has: settings, first run, errors and crashes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from shiboken6 import isValid

from nbapanel import settings_store
from nbapanel.desk.trying import try_connection
from nbapanel.errors import UserFacingError
from nbapanel.place import Place
from nbapanel.redaction import redact
from nbapanel.rows.reads import DatabaseState
from nbapanel.settings import Settings
from nbapanel.ui.about import AboutDialog
from nbapanel.ui.beside import Beside, Failed
from nbapanel.ui.crash import Crashes
from nbapanel.ui.errors import ErrorDialog
from nbapanel.ui.first_run import FirstRun, FirstRunDialog
from nbapanel.ui.hooks import Crash, install_hooks
from nbapanel.ui.notices import Notice
from nbapanel.ui.preferences import Preferences
from nbapanel.ui.settings.dialog import SettingsDialog
from nbapanel.ui.shortcuts import ShortcutsDialog
from nbapanel.ui.window import MainWindow

_LOG_TAIL_BYTES = 8_000
_SAVING_MS = 2_000


class Dialogs(QObject):
    """Opens them over the window, at most one of a kind; what was decided goes out as signals."""

    settings_saved = Signal(object)  # Settings, as they are in force now
    preferences_changed = Signal(object)  # Preferences
    refetch_wanted = Signal(object)  # RunWanted
    database_wanted = Signal()  # open it, whatever it takes
    quit_wanted = Signal()

    def __init__(self, window: MainWindow, place: Place) -> None:
        super().__init__(window)
        self._window = window
        self._place = place
        self._beside = Beside(self)
        self._settings: SettingsDialog | None = None
        self._first_run: FirstRunDialog | None = None
        self._error: ErrorDialog | None = None
        crashes = Crashes(window, self._log_tail)
        crashes.log_folder_wanted.connect(self._open_logs)
        crashes.quit_wanted.connect(self.quit_wanted)
        self.on_crash: Callable[[Crash], None] = crashes.show
        self.hooks = install_hooks(lambda crash: self.on_crash(crash), self.show_error)

    # ---- settings ------------------------------------------------------------------------------

    def show_settings(self, preferences: Preferences, page: str = "") -> None:
        """At once; what others set since is read beside the window, for a keyring may be locked."""
        if self._settings is None:
            sources = settings_store.sources(self._place.data_dir.root)
            dialog = SettingsDialog(self._place.settings, preferences, sources, self._window)
            dialog.settings_wanted.connect(partial(self._save_for, dialog))
            dialog.preferences_changed.connect(self.preferences_changed)
            dialog.test_wanted.connect(partial(self._try, dialog))
            dialog.finished.connect(self._on_settings_closed)
            self._settings = dialog
            self._read_for(dialog)
        if page:
            self._settings.show_page(page)
        self._settings.open()

    def _read_for(self, dialog: SettingsDialog) -> None:
        root = self._place.data_dir.root

        def show(settings: Settings) -> None:
            if dialog is self._settings:
                dialog.take_settings(settings)

        def refuse(error: UserFacingError) -> None:
            if dialog is self._settings:
                dialog.refuse(error)

        dialog.await_settings()
        self._beside.do(lambda: settings_store.load_settings(root), show, refuse)

    def save(self, changes: dict[str, Any], saved: Callable[[], None], refused: Failed) -> None:
        """Put settings into their file (secrets into the keyring), and have them be in force.

        Beside the window: a keyring that is locked asks somebody for its password first.
        """
        root = self._place.data_dir.root

        def work() -> Settings:
            settings_store.save_settings(root, changes)
            return settings_store.load_settings(root)

        def then(settings: Settings) -> None:
            self.settings_saved.emit(settings)
            saved()

        self._beside.do(work, then, refused)

    def _save_for(self, dialog: SettingsDialog, changes: dict[str, Any]) -> None:
        """It may be closed by the time that this is done."""

        def saved() -> None:
            if dialog is self._settings:
                dialog.take_saved()

        def refused(error: UserFacingError) -> None:
            if dialog is self._settings:
                dialog.refuse(error)
            else:
                self.show_error(error)

        self.save(changes, saved, refused)

    def _on_settings_closed(self) -> None:
        if self._settings is not None:
            self._settings.deleteLater()
            self._settings = None

    def _try(self, dialog: SettingsDialog | FirstRunDialog, url: str) -> None:
        def tell(is_good: bool, words: str) -> None:
            # A server that does not answer takes its time: the dialog may be gone by then.
            if isValid(dialog):
                dialog.show_test_result(is_good, words)

        self._beside.do(
            lambda: try_connection(url), partial(tell, True), lambda error: tell(False, str(error))
        )

    # ---- first run -----------------------------------------------------------------------------

    def show_first_run(self) -> None:
        if self._first_run is not None:
            return
        root = self._place.data_dir.root
        dialog = FirstRunDialog(
            root,
            str(self._place.feeds),
            settings_store.sources(root)["database_url"],
            self._place.settings.days,
            self._window,
        )
        dialog.test_wanted.connect(partial(self._try, dialog))
        dialog.prepare_wanted.connect(self._on_prepare_wanted)
        dialog.finished_with.connect(self._on_first_run_ended)
        self._first_run = dialog
        dialog.open()

    def take_database(self, state: DatabaseState) -> None:
        """What a database that is being prepared has come to."""
        if self._first_run is None:
            return
        if state.kind == "ready":
            self._first_run.show_prepared(True, self.tr("The warehouse is there."))
        elif state.kind == "opening":
            self._first_run.show_preparing(state.title)
        else:
            words = " ".join(part for part in (state.title, state.detail, state.hint) if part)
            self._first_run.show_prepared(False, words)

    def _on_prepare_wanted(self, url: str | None) -> None:
        if url is None:
            self.database_wanted.emit()
        else:
            self.save({"database_url": url}, self.database_wanted.emit, self._on_not_prepared)

    def _on_not_prepared(self, error: UserFacingError) -> None:
        """The one from before is open, and was not what was asked for."""
        if self._first_run is not None:
            self._first_run.show_prepared(False, self.tr("The connection was not saved."))
        self.show_error(error)

    def _on_first_run_ended(self, chosen: FirstRun) -> None:
        """Where its database cannot be had, it is told why; elsewhere nothing was wanted."""
        self._first_run = None

        def start() -> None:
            if chosen.refetch is not None:
                self.refetch_wanted.emit(chosen.refetch)

        if chosen.database_url is not None:
            self._window.status.showMessage(self.tr("Saving the connection…"), _SAVING_MS)
            self.save({"database_url": chosen.database_url}, start, self.show_error)
        else:
            start()

    # ---- trouble -------------------------------------------------------------------------------

    def show_error(self, error: UserFacingError, retry: Callable[[], None] | None = None) -> None:
        """One at a time; what comes while it is open goes onto the list of problems."""
        if self._error is not None:
            words = " ".join(part for part in (error.detail, error.hint) if part)
            now = datetime.now(UTC)
            notice = Notice("failure", redact(error.title), redact(words), now)
            self._window.docks.add_notice(notice)
            return
        dialog = ErrorDialog(error, retry is not None, self._window)
        dialog.log_wanted.connect(self._open_logs)
        if retry is not None:
            dialog.retry_wanted.connect(retry)
        dialog.finished.connect(self._on_error_closed)
        self._error = dialog
        dialog.open()

    def _on_error_closed(self) -> None:
        self._error = None

    def _open_logs(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._place.data_dir.logs)))

    def _log_tail(self) -> str:
        try:
            with (self._place.data_dir.logs / "nbapanel.log").open("rb") as file:
                file.seek(0, 2)
                file.seek(max(0, file.tell() - _LOG_TAIL_BYTES))
                return file.read().decode("utf-8", "replace").partition("\n")[2]
        except OSError:
            return ""

    # ---- about ---------------------------------------------------------------------------------

    def show_about(self, server_version: str) -> None:
        dialog = AboutDialog(self._place.data_dir.root, server_version, self._window)
        dialog.folder_wanted.connect(
            lambda folder: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
        )
        dialog.open()

    def show_shortcuts(self) -> None:
        ShortcutsDialog(self._window.all_actions(), self._window).open()

    def use(self, settings: Settings) -> Place:
        """The place with settings that were changed."""
        self._place = replace(self._place, settings=settings)
        return self._place
