"""One window a data directory: the second start raises the first and ends."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
import sys
import tempfile
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

log = logging.getLogger(__name__)

_RAISE = b"raise\n"
_PATIENCE_MS = 1000
_LONGEST_SOCKET_PATH = 100


class SingleInstance(QObject):
    """`claim` says whether this process is the first; `raise_wanted` that another one came."""

    raise_wanted = Signal()

    def __init__(self, data_dir: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = _socket_name(data_dir.resolve())
        self._server: QLocalServer | None = None

    def claim(self) -> bool:
        """True: nobody else is there. False: somebody is, and was asked to come to the front.

        Connects first, and only clears away a socket that nobody answers on: it was left by a
        window that was killed.
        """
        if self._told_other():
            return False
        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        if not server.listen(self._name):
            if self._told_other():  # somebody was quicker
                return False
            QLocalServer.removeServer(self._name)
            if not server.listen(self._name):
                # Two windows do less harm than none.
                log.warning("no socket for a second start: %s", server.errorString())
        server.newConnection.connect(self._on_connected)
        self._server = server
        return True

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def _told_other(self) -> bool:
        if _may_be_a_strangers(self._name):
            return False
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(_PATIENCE_MS):
            return False
        socket.write(_RAISE)
        socket.waitForBytesWritten(_PATIENCE_MS)
        socket.disconnectFromServer()
        return True

    def _on_connected(self) -> None:
        assert self._server is not None
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.setReadBufferSize(len(_RAISE))
            socket.disconnected.connect(socket.deleteLater)
            socket.readyRead.connect(partial(self._on_heard, socket))
            self._on_heard(socket)

    def _on_heard(self, socket: QLocalSocket) -> None:
        """The one word there is, or the end: nobody is listened to for longer."""
        if socket.bytesAvailable() < len(_RAISE):
            return  # the rest may be on its way
        is_word = socket.readAll().data() == _RAISE
        socket.abort()
        if is_word:
            self.raise_wanted.emit()


def _may_be_a_strangers(name: str) -> bool:
    """Whether it is another user's, in a folder where anybody may put one."""
    if sys.platform == "win32":
        return False
    try:
        is_open = os.stat(os.path.dirname(name)).st_mode & stat.S_IWOTH
        return bool(is_open) and os.lstat(name).st_uid != os.geteuid()
    except OSError:
        return False


def _socket_name(data_dir: Path) -> str:
    """A socket in the data directory; elsewhere only where its path would be too long for one."""
    path = data_dir / "panel.sock"
    if sys.platform != "win32" and len(str(path).encode()) <= _LONGEST_SOCKET_PATH:
        return str(path)
    known = hashlib.sha256(str(data_dir).encode()).hexdigest()[:24]
    name = f"nbapanel-{known}"
    return name if sys.platform == "win32" else str(Path(tempfile.gettempdir()) / name)
