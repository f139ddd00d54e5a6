"""An export as a child process: the terminal's own command, heard while it writes, and ended.

What it writes is there whole or not at all, however it ends.
"""

from __future__ import annotations

import subprocess
import tempfile
import threading
from collections.abc import Callable
from typing import IO

import msgspec

from nbapanel.desk.child_run import CANCELLED, command, environment, trouble
from nbapanel.errors import UserFacingError
from nbapanel.place import Place
from nbapanel.rows.exportable import ExportDone, ExportWanted

_LEAVES_WITHIN_S = 5.0


class _Progress(msgspec.Struct):
    rows: int
    byte_size: int


class ChildExport:
    """One `nbapanel export ...`; `work` waits for its end, `cancel` brings that about elsewhere.

    `progressed` hears of the rows and bytes written so far, in the thread that works.
    """

    def __init__(
        self, place: Place, wanted: ExportWanted, progressed: Callable[[int, int], None]
    ) -> None:
        self._place = place
        self._wanted = wanted
        self._progressed = progressed
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._is_cancelled = False

    def work(self) -> ExportDone | None:
        """What was written; None where it was cancelled. Raises UserFacingError, in its words."""
        with tempfile.TemporaryFile() as said:
            try:
                started = self._start(said)
            except OSError as error:
                raise UserFacingError("The export could not be started.", str(error)) from error
            if not started or self._process is None:
                return None
            with self._process as process:
                last = self._listen(process)
                code = process.wait()
            # It may have been done before it heard of it: then the file is there.
            if code == CANCELLED or (self._is_cancelled and code != 0):
                return None
            said.seek(0)
            words = said.read().decode("utf-8", "replace").strip()
        failed = trouble(code, words)
        if failed is not None:
            raise failed
        try:
            return msgspec.json.decode(last, type=ExportDone)
        except msgspec.DecodeError as error:
            raise UserFacingError(
                "What the export did cannot be read.", str(error), "Look whether the file is there."
            ) from error

    def cancel(self) -> None:
        """Have it end, and leave nothing behind; to ask twice changes nothing."""
        with self._lock:
            self._is_cancelled = True
            if self._process is not None and self._process.returncode is None:
                self._process.terminate()

    def close(self) -> None:
        """Have it end now, in any case."""
        self.cancel()
        process = self._process
        if process is None:
            return
        try:
            process.wait(_LEAVES_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()

    def _start(self, said: IO[bytes]) -> bool:
        with self._lock:
            if self._is_cancelled:
                return False
            self._process = subprocess.Popen(
                [*command(self._place, self._wanted.words), "--progress-lines"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
                env=environment(self._place),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
            return True

    def _listen(self, process: subprocess.Popen[bytes]) -> bytes:
        """The last line that it said; those before tell how far it was."""
        last = b""
        assert process.stdout is not None
        for last in process.stdout:
            self._tell(last)
        return last

    def _tell(self, line: bytes) -> None:
        try:
            found = msgspec.json.decode(line, type=_Progress)
        except msgspec.DecodeError:
            return  # some library's words
        self._progressed(found.rows, found.byte_size)
