"""PostgreSQL processes that a crash left on a cluster: found and ended before the next start.

A living postmaster without a keeper (macOS and Windows have no parent-death signal), backends that
outlived a killed postmaster ("pre-existing shared memory block is still in use"), and a
postmaster.pid whose number now belongs to somebody else.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from nbapanel.warehouse.postgres_binaries import Binaries

_SHUTDOWN_TIMEOUT_S = 60.0
_QUIT_TIMEOUT_S = 5.0
_POLL_S = 0.01


def clear(cluster: Path, programs: Binaries) -> None:
    """End whatever still works on `cluster`. Costs nothing after a clean shutdown."""
    pid_file = cluster / "postmaster.pid"
    postmaster = _first_number(pid_file)
    if postmaster is None:
        return
    found = _processes_on(cluster)
    if postmaster in found:
        _shut_down(postmaster, cluster, programs)
        found = _processes_on(cluster)
    for stage in _stages():
        if not found:
            break
        for pid in found:
            _send(pid, stage)
        found = _left_after(cluster, _QUIT_TIMEOUT_S)
    if _first_number(pid_file) is not None and not found and _exists(postmaster):
        pid_file.unlink()  # the number is somebody else's now, and PostgreSQL would refuse


def _shut_down(postmaster: int, cluster: Path, programs: Binaries) -> None:
    if sys.platform == "win32":
        control = [programs.program("pg_ctl"), "stop", "-m", "fast", "-w", "-D", str(cluster)]
        subprocess.run(control, capture_output=True)
    else:
        _send(postmaster, signal.SIGINT)
    _left_after(cluster, _SHUTDOWN_TIMEOUT_S)


def _stages() -> tuple[int, ...]:
    if sys.platform == "win32":
        return (signal.SIGTERM,)
    return (signal.SIGQUIT, signal.SIGKILL)


def _left_after(cluster: Path, timeout_s: float) -> list[int]:
    deadline = time.monotonic() + timeout_s
    while (found := _processes_on(cluster)) and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    return found


def _processes_on(cluster: Path) -> list[int]:
    """PostgreSQL's processes that stand in the cluster's folder, as all of its own do."""
    if sys.platform != "linux":
        return _processes_by_psutil(cluster)
    home = cluster.stat()
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/comm") as comm:
                if not comm.read().startswith("postgres"):
                    continue
            stands_in = os.stat(f"/proc/{name}/cwd")  # compared by inode: it may see other paths
        except OSError:
            continue  # it went, is a zombie, or is another user's
        if os.path.samestat(stands_in, home):
            found.append(int(name))
    return found


def _processes_by_psutil(cluster: Path) -> list[int]:
    import psutil

    found = []
    for process in psutil.process_iter(["name", "cwd"]):
        told = process.info
        if str(told["name"]).startswith("postgres") and told["cwd"] == os.path.realpath(cluster):
            found.append(process.pid)
    return found


def _first_number(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text(errors="replace").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _exists(pid: int) -> bool:
    if sys.platform == "win32":
        import psutil

        return bool(psutil.pid_exists(pid))
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
