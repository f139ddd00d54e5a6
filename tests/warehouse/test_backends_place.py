"""A backend that works for a process that was put behind is behind with it."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
import asyncio, sys, time
from pathlib import Path
from nbapanel.warehouse.db import Database, EmbeddedConninfo

def place(pid):
    return Path(f"/proc/{pid}/autogroup").read_text().split()[-1]

async def backends_place(conninfo):
    async with Database(conninfo, "test") as database:
        connection = await database.open_connection()
        try:
            return place(connection.info.backend_pid)
        finally:
            await connection.close()

Path("/proc/self/autogroup").write_text("7")
there = asyncio.run(backends_place(sys.argv[1]))
deadline = time.monotonic() + 60
here = "0"
# Of many changes at once the system refuses some, and each connection is a try of its own.
while here != "7" and time.monotonic() < deadline:
    here = asyncio.run(backends_place(EmbeddedConninfo(sys.argv[1])))
    time.sleep(0.2)
print(place("self"), here, there)
"""


@pytest.mark.usefixtures("processors_by_session")
def test_a_backend_of_ours_is_where_its_client_is(conninfo: str) -> None:
    """One of another server may be on another machine, and that process anybody's."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, conninfo],
        capture_output=True,
        text=True,
        timeout=120,
        start_new_session=True,
    )
    assert done.stdout.split() == ["7", "7", "0"], done.stderr
