"""What is looked at every few seconds: the window's process and the database's connections."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field

import psutil
import psycopg

from nbapanel.errors import UserFacingError
from nbapanel.warehouse.db import connect

_MB = 1e6
PURPOSE = "soak"
_OURS = "nbapanel "


@dataclass(frozen=True, slots=True)
class Sample:
    """`at_s` since the beginning. `rss_mb`: all pages in memory, `own_mb`: those of no file.
    `handles`: open files and sockets. `children`: processes below it. `connections`: to
    PostgreSQL, by what they are for; None while it is away. `is_resting`: nothing was going on."""

    at_s: float
    rss_mb: float
    own_mb: float
    threads: int
    handles: int
    children: int
    connections: dict[str, int] | None = field(default=None)
    is_resting: bool = False


def look(process: psutil.Process, conninfo: str, at_s: float, *, is_resting: bool) -> Sample:
    """Raises psutil.Error where the process is gone."""
    memory = process.memory_info()
    return Sample(
        at_s=round(at_s, 1),
        rss_mb=round(memory.rss / _MB, 2),
        own_mb=round(_own_bytes(process) / _MB, 2),
        threads=process.num_threads(),
        handles=process.num_handles() if os.name == "nt" else process.num_fds(),
        children=len(process.children(recursive=True)),
        connections=connections(conninfo),
        is_resting=is_resting,
    )


def _own_bytes(process: psutil.Process) -> int:
    """Not USS where it can be helped: a library counts there as soon as no neighbour has it too."""
    memory = process.memory_info()
    shared = getattr(memory, "shared", None)
    return int(process.memory_full_info().uss if shared is None else memory.rss - shared)


def connections(conninfo: str) -> dict[str, int] | None:
    """How many connections of nbapanel there are, by purpose, without the one that looks."""
    try:
        with connect(conninfo, purpose=PURPOSE) as connection:
            rows = connection.execute(
                "SELECT application_name FROM pg_stat_activity"
                " WHERE starts_with(application_name, %s) AND pid <> pg_backend_pid()",
                (_OURS,),
            ).fetchall()
    except (UserFacingError, psycopg.Error):
        return None
    return dict(Counter(name.removeprefix(_OURS) for (name,) in rows))
