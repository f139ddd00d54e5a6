"""A run as a child process: the terminal's own command, started, cancelled, killed and watched.

What the run does is told by the database (`follower`); its exit code and last words are here.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from nbapanel.desk.last_words import LastWords
from nbapanel.errors import UserFacingError
from nbapanel.installation import terminal_command
from nbapanel.place import Place
from nbapanel.priority import put_behind

log = logging.getLogger(__name__)

CANCELLED = 130

_SAID = "nbapanel: "


class ChildRun:
    """One `nbapanel refetch ...` (or `resume`), as `words` say it, at this place.

    It is in a session of its own: what happens to this process does not happen to it. `on_ended`
    is called in a thread, with its exit code (negative: the signal that ended it) and what it said
    on stderr last. Raises UserFacingError if it cannot be started.
    """

    def __init__(
        self, place: Place, words: Sequence[str], on_ended: Callable[[int, str], None]
    ) -> None:
        self._on_ended = on_ended
        self._lock = threading.Lock()
        self._is_let_go = False
        self._has_ended = False
        place.data_dir.make()
        try:
            self._said = LastWords()
        except OSError as error:
            raise _not_started(error) from error
        try:
            self._process = subprocess.Popen(
                command(place, words),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=self._said.file,
                env=environment(place),
                bufsize=0,
                start_new_session=True,
                creationflags=_detached(),
            )
        except OSError as error:
            self._said.close()
            raise _not_started(error) from error
        put_behind(self._process.pid)
        log.info("Started process %d: %s", self._process.pid, " ".join(words))
        # It may outlive this process, and then nobody waits for it.
        self._thread = threading.Thread(target=self._wait, name="child run", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Until just before `on_ended` is called."""
        return not self._has_ended

    def cancel(self) -> None:
        """Ask it to stop, in its stages; to ask twice changes nothing."""
        stdin = self._process.stdin
        with self._lock, suppress(OSError, ValueError):  # it has ended meanwhile
            if stdin is not None and not stdin.closed:
                stdin.write(b"cancel\n")

    def kill(self) -> None:
        """End it now, whatever it does. Its simulator ends with it, and its statements too."""
        with self._lock:
            # Nobody collects it meanwhile, so its number is still its own.
            if self._process.returncode is None:
                with suppress(ProcessLookupError, PermissionError):
                    _kill_group(self._process)

    def let_go(self) -> None:
        """Let it finish without us: nothing is heard of it here from now on."""
        self._is_let_go = True
        self._close_stdin()

    def wait(self, timeout_s: float) -> bool:
        """Whether it has ended, and that was told, within so many seconds."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _wait(self) -> None:
        _await_end(self._process)
        with self._lock:
            code = self._process.wait()
        self._close_stdin()
        words = self._said.read()
        self._said.close()
        log.info("Process %d ended with code %d. %s", self._process.pid, code, words)
        self._has_ended = True
        if not self._is_let_go:
            self._on_ended(code, words)

    def _close_stdin(self) -> None:
        """The end of its stdin is no request to stop."""
        with self._lock, suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()


def command(place: Place, words: Sequence[str]) -> list[str]:
    """The command line; no secret is on it."""
    where = ["--data-dir", str(place.data_dir.root), "--feeds", place.feeds.text]
    return [*terminal_command(), *words, *where]


def environment(place: Place) -> dict[str, str]:
    """Ours, with the very database that this place has: it may come from a keyring.

    Whoever can read the environment of a process (its user, and root) can read what it was set
    from, the open keyring included; a command line can be read by everybody.
    """
    return {**os.environ, "DATABASE_URL": place.settings.database_url}


def trouble(code: int, words: str) -> UserFacingError | None:
    """What the command's last words say, as the error that it was there.

    None where all went well or was cancelled, and where steps failed: the journal tells of those.
    """
    if code in (0, CANCELLED) or (code == 1 and not words):
        return None
    lines = words.splitlines()
    for number, line in reversed(list(enumerate(lines))):
        if line.startswith(_SAID):
            below = [further.strip() for further in lines[number + 1 :] if further.startswith("  ")]
            detail, hint = (*below[:2], "", "")[:2]
            return UserFacingError(line.removeprefix(_SAID), detail, hint)
    last = lines[-1].strip() if lines else ""
    if code < 0:
        return UserFacingError(f"The run was killed ({_signal_name(-code)}).", last)
    if last and "Traceback" not in words:
        return UserFacingError(last)
    return UserFacingError(f"The run broke off (exit code {code}).", last, "The log says more.")


def _detached() -> int:
    if sys.platform == "win32":
        return (
            subprocess.CREATE_NEW_PROCESS_GROUP
            | subprocess.CREATE_NO_WINDOW
            | subprocess.BELOW_NORMAL_PRIORITY_CLASS
        )
    return 0


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)


def _await_end(process: subprocess.Popen[bytes]) -> None:
    """Where the system can, without collecting it: until then its number is nobody else's."""
    if hasattr(os, "waitid"):
        with suppress(ChildProcessError):
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    else:
        process.wait()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _not_started(error: OSError) -> UserFacingError:
    why = f"{error.filename or ''} {error.strerror}".strip()
    return UserFacingError("The run could not be started.", why)
