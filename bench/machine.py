"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from nbapanel.warehouse.db import connect
from nbapanel.warehouse.server import acquire


def described(scratch: Path) -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "ram_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "python": platform.python_version(),
        "postgresql": _postgresql(scratch),
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _postgresql(scratch: Path) -> str:
    with (
        acquire(scratch / "postgres", purpose="bench") as lease,
        connect(lease.conninfo, purpose="bench") as connection,
    ):
        row = connection.execute("SHOW server_version").fetchone()
        assert row is not None
        return str(row[0])
