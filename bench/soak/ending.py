"""The checks at the end of a soak: a clean refetch, a clean rebuild, and nothing left running."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from bench.soak import contents, processes
from bench.soak.found import Found
from bench.soak.judging import Check
from bench.soak.processes import Ended
from bench.soak.samples import PURPOSE
from nbapanel.warehouse import server
from nbapanel.warehouse.db import connect

_LONG_S = 1_800.0
_GONE_MOST_S = 60.0
_LAST_WORDS = 3_000


def check_refetch(found: Found, data_dir: Path, days: int) -> None:
    """Of all days, whatever is held complete: what was spoiled on the way comes anew."""
    asked = ("refetch", "--days", str(days), "--force", "--json")
    done = processes.run(data_dir, *asked, most_s=_LONG_S)
    told = f"Of {days} days. It ended with {done.code} ({_status(done)})."
    found.checks.append(Check("a refetch without faults is done", told, done.code == 0))
    if done.code:
        found.unexpected.append(f"the clean refetch: {done.out[-_LAST_WORDS:]} {done.said}")


def check_journal(found: Found, conninfo: str) -> None:
    """By who asked for them: how many runs there were of each result."""
    query = "SELECT trigger, status, count(*) FROM ops.pipeline_runs GROUP BY 1, 2 ORDER BY 1, 2"
    with connect(conninfo, purpose=PURPOSE) as connection:
        for trigger, status, count in connection.execute(query).fetchall():
            found.runs.setdefault(trigger, {})[status] = count
    left = sum(by.get("running", 0) for by in found.runs.values())
    found.checks.append(Check("no run is left open in the journal", f"{left} are.", not left))


def check_rebuild(found: Found, held: contents.Contents, data_dir: Path, copy: Path) -> None:
    """A second data directory with its own server, from nothing but what the archive holds."""
    copy.mkdir(mode=0o700)
    for name in ("origin.json", "settings.toml"):
        shutil.copy2(data_dir / name, copy / name)
    shutil.copytree(data_dir / "archive", copy / "archive")
    done = processes.run(copy, "rebuild", "--yes", "--json", most_s=_LONG_S)
    asked = "all tables are those of a clean rebuild"
    if done.code:
        found.checks.append(Check(asked, f"The rebuild ended with {done.code}.", False))
        found.unexpected.append(f"the rebuild: {done.out[-_LAST_WORDS:]} {done.said}")
        return
    with server.acquire(copy / "postgres", purpose=PURPOSE) as lease:
        told = contents.differences(held, contents.read(lease.conninfo))
    rows = sum(found.rows.values())
    same = f"{len(held)} relations with {rows:,} rows in all, every column, byte for byte."
    found.checks.append(Check(asked, " ".join(told) or same, not told))


def check_nothing_runs(found: Found, folder: Path) -> None:
    left = processes.left_in(folder, _GONE_MOST_S)
    told = "; ".join(left) or "No process works in its folders."
    found.checks.append(Check("nothing is left running", told, not left))


def check_sayings(found: Found) -> None:
    number = len(found.unexpected)
    told = f"{number}: {found.unexpected[0]}" if number else "None, in the log and on stderr."
    found.checks.append(Check("no unhandled warning", told, not number))


def _status(done: Ended) -> str:
    try:
        return str(json.loads(done.out)["status"])
    except (ValueError, KeyError, TypeError):
        return "no document"
