"""Somebody else on this machine, who tries to get at a place that is not theirs.

    intruder.py UID DATA_DIR PORT...      (started as root; what came of it is told as JSON)

Everything is imported before the account is changed: it need not be able to read Python's files.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import psycopg_binary  # noqa: F401 - before its files are out of reach


def main(uid: int, data_dir: Path, ports: list[int]) -> None:
    psycopg.pq.version()
    environments = {"of root": _environments(data_dir)}
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    environments["of the stranger"] = _environments(data_dir)
    told = {
        "uid": os.geteuid(),
        "environments": environments,
        "listed": _listed(data_dir),
        "written": _refused(lambda: (data_dir / "planted").write_text("x")),
        "passwords": _tried(ports),
        "socket": _refused(lambda: _connected(data_dir / "panel.sock")),
    }
    sys.stdout.write(json.dumps(told))


def _listed(data_dir: Path) -> list[str]:
    """What can be read there, of what is known to lie there."""
    names = ("postgres", "postgres/password", "postgres/server.json", "logs", "archive",
             "origin.json", "run.lock", "panel.sock")  # fmt: skip
    found = [name for name in names if not _refused(lambda name=name: os.stat(data_dir / name))]
    return found if _refused(lambda: os.listdir(data_dir)) else [".", *found]


def _tried(ports: list[int]) -> dict[str, str]:
    """What the server says to those who have no password, or guess one."""
    said = {}
    for port in ports:
        for user in ("nbapanel", "postgres"):
            for password in ("", "nbapanel", "postgres"):
                where = f"host=127.0.0.1 port={port} user={user} dbname=nbapanel"
                given = f" password={password}" if password else ""
                try:
                    psycopg.connect(where + given, connect_timeout=10).close()
                    said[where + given] = "let in"
                except psycopg.OperationalError as error:
                    said[where + given] = str(error)
    return said


def _connected(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as wire:
        wire.connect(str(path))


def _environments(data_dir: Path) -> list[str]:
    """Processes of that place whose environment can be read."""
    found = []
    for process in psutil.process_iter():
        try:
            if any(str(data_dir) in word for word in process.cmdline()):
                found += [process.name()] if process.environ() else []
        except psutil.Error:
            continue
    return found


def _refused(attempt: Callable[[], object]) -> str:
    """Why it cannot be done; empty where it can."""
    try:
        attempt()
    except OSError as error:
        return type(error).__name__
    return ""


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), list(map(int, sys.argv[3:])))
