"""The keeper as clients deal with it: start one, wait for one that is starting, have it stop.

All of this is done while deciding (`ServerDir.deciding`). What the keeper does is in `keeper`.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import nbapanel
from nbapanel.errors import DatabaseUnavailable
from nbapanel.warehouse.server_dir import Running, ServerDir, write_private

_POLL_S = 0.005
_COME_UP_TIMEOUT_S = 60.0
_GO_DOWN_TIMEOUT_S = 75.0
_LOG_LIMIT_BYTES = 5_000_000


def command(room: ServerDir, *, fast_unsafe: bool) -> list[str]:
    """What starts a keeper. A frozen build is its own interpreter and dispatches on --keeper."""
    frozen = bool(getattr(sys, "frozen", False))
    start = ["--keeper"] if frozen else ["-m", "nbapanel.warehouse.keeper"]
    return [sys.executable, *start, str(room.root), *(["--fast-unsafe"] if fast_unsafe else [])]


def running(room: ServerDir) -> Running | None:
    """The server once it takes connections, waiting for one that starts; None if there is none."""
    deadline = time.monotonic() + _COME_UP_TIMEOUT_S
    room.stop_request.unlink(missing_ok=True)  # of somebody killed: they would hold the decision
    while room.is_kept:
        found = room.read_running()
        if found is not None:
            if _answers(found.port):
                return found
            _ring(found)  # it died this instant: its keeper shall look, and start it again
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(
                "The embedded PostgreSQL does not come up.",
                f"Its keeper has been at it for {_COME_UP_TIMEOUT_S:.0f} s; see {room.log}.",
                "Try again in a few minutes; `nbapanel db stop --force` gives it up.",
                transient=True,
            )
        time.sleep(_POLL_S)
    return None


def launch(room: ServerDir, *, fast_unsafe: bool) -> Running:
    """Start a keeper and return when its server takes connections."""
    _rotate(room.log)
    start = room.log_size()
    log = os.open(room.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        keeper = subprocess.Popen(
            command(room, fast_unsafe=fast_unsafe),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=os.path.abspath(os.sep),
            env=_environment(),
            start_new_session=True,
            creationflags=_detached(),
        )
    finally:
        os.close(log)
    assert keeper.stdout is not None
    with keeper.stdout as told:
        line = told.readline()
    if sys.platform == "win32":
        keeper.returncode = 0  # it goes on by itself: not for Popen to warn about
    else:
        keeper.wait()  # it has left us its child long since, which nobody need wait for
    said = json.loads(line) if line.endswith(b"\n") else {}
    found = room.read_running() if said.get("ready") else None
    if found is not None:
        return found
    if "title" in said:
        raise DatabaseUnavailable(**said)
    raise DatabaseUnavailable(
        "The embedded PostgreSQL's keeper ended before its server was up.",
        f"Its last words in {room.log}: {room.log_since(start).strip()[-600:] or 'none'}",
        "Try again. If it stays so, the whole log helps to find out why.",
        transient=True,
    )


def stop(room: ServerDir) -> bool:
    """Have the keeper stop its server and end; False if that takes longer than a minute."""
    deadline = time.monotonic() + _GO_DOWN_TIMEOUT_S
    found = room.read_running()
    write_private(room.stop_request, str(os.getpid()))
    if found is not None:
        _ring(found)
    while room.is_kept:
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    room.stop_request.unlink(missing_ok=True)
    return True


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5.0).close()
    except OSError:
        return False
    return True


def _ring(found: Running) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bell:
        bell.sendto(b"!", ("127.0.0.1", found.bell_port))


def _environment() -> dict[str, str]:
    """Ours, able to find this very package from any folder."""
    home = str(Path(nbapanel.__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path}


def _detached() -> int:
    if sys.platform == "win32":
        return subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    return 0


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
        os.replace(log, log.with_name(f"{log.name}.1"))
