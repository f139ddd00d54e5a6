"""Front door 2: composes the window. The only room that sees the engine's side and Qt's."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time

os.environ.setdefault("QT_API", "pyside6")  # before qasync looks for a Qt by itself

import psutil
import qasync
from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from nbapanel import __version__
from nbapanel.app.collecting import Collecting
from nbapanel.app.memory import keep_large_blocks_apart
from nbapanel.app.panel import Panel
from nbapanel.paths import shipped
from nbapanel.place import Place
from nbapanel.ui.single_instance import SingleInstance

log = logging.getLogger(__name__)

_PYTHON_LOOKS_EVERY_S = 0.2
_COMPLETE_AFTER_MS = 2_000


def open_window(place: Place, clock: str) -> int:
    """Open the window, unless one for this data directory is open already; the exit code."""
    keep_large_blocks_apart()
    place.data_dir.make()
    QCoreApplication.setApplicationName("nbapanel")
    QCoreApplication.setApplicationVersion(__version__)
    app = QApplication(sys.argv[:1])
    app.setDesktopFileName("nbapanel")
    app.setWindowIcon(QIcon(str(shipped("resources") / "icons" / "nbapanel.svg")))
    # The main coroutine decides when it is over: Qt must not end the loop under it.
    app.setQuitOnLastWindowClosed(False)
    single = SingleInstance(place.data_dir.root)
    if not single.claim():
        sys.stdout.write("The window of this data directory is open already; it is in front now.\n")
        return 0
    Collecting(app).start(_COMPLETE_AFTER_MS)
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    with loop:
        loop.run_until_complete(_live(place, clock, single))
    return 0


async def _live(place: Place, clock: str, single: SingleInstance) -> None:
    panel = Panel(place, clock)
    single.raise_wanted.connect(panel.window.come_to_front)
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: panel.leave_at_once())
    heartbeat = asyncio.create_task(_let_python_look())
    panel.window.painted.connect(_tell_first_paint)
    panel.show()
    await panel.left.wait()
    heartbeat.cancel()
    await panel.shut_down()
    single.close()


def _tell_first_paint() -> None:
    """Told later: the log is opened with the data directory, after the first paint."""
    took_s = time.time() - psutil.Process().create_time()
    QTimer.singleShot(
        _COMPLETE_AFTER_MS, lambda: log.info("First paint %.2f s after the start", took_s)
    )


async def _let_python_look() -> None:
    """Python sees a signal only when it runs, and an idle window runs Qt alone."""
    while True:  # noqa: ASYNC110 - no event: it is the time that counts
        await asyncio.sleep(_PYTHON_LOOKS_EVERY_S)
