"""A file that is there whole, or as it was before. What is in it, others know."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QIODevice, QSaveFile

from nbapanel.errors import UserFacingError


class WholeFile:
    """Also where the disk is full or the machine stops. Raises UserFacingError."""

    def __init__(self, path: Path) -> None:
        self._file = QSaveFile(str(path))
        self._path = path
        if not self._file.open(QIODevice.OpenModeFlag.WriteOnly):
            raise self._trouble()

    def write(self, data: bytes) -> None:
        if self._file.write(data) < 0:
            raise self._trouble()

    def commit(self) -> None:
        if not self._file.commit():
            raise self._trouble()

    def give_up(self) -> None:
        """Leave nothing behind."""
        self._file.cancelWriting()
        self._file.commit()

    def _trouble(self) -> UserFacingError:
        return UserFacingError(
            QCoreApplication.translate("whole_file", "The file could not be written."),
            f"{self._path}: {self._file.errorString()}.",
            QCoreApplication.translate("whole_file", "Choose another folder, or make room on it."),
        )


def write_whole(path: Path, data: bytes) -> Path:
    """Raises UserFacingError, and then leaves what was there as it was."""
    file = WholeFile(path)
    try:
        file.write(data)
    except UserFacingError:
        file.give_up()
        raise
    file.commit()
    return path
