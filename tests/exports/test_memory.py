"""A million rows take the memory of a block of them, in either format."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from psycopg import Connection

_ROWS, _FEW = 1_000_000, 200_000
_MOST_MORE_MB = 80
_EVENTS = """
INSERT INTO nba.pbp_events (event_id, game_id, action_number, order_number, period, clock,
    time_actual, action_type, sub_type, description, team_id, score_home, score_away, x, y,
    qualifiers, person_ids_filter, source_file_id)
SELECT n, lpad((n / 500)::text, 10, '0'), n % 500, n % 500, 1, 'PT11M18.00S',
    '2026-01-16 00:00+00'::timestamptz + n * interval '1 second', '2pt', 'Layup',
    'Player number ' || n || ' makes a driving layup (' || n % 40 || ' PTS)', 1610612755,
    n % 130, n % 120, n % 94, 50.5, ARRAY['fastbreak', 'pointsinthepaint'], ARRAY[n, n + 1], 1
FROM generate_series(1::bigint, {rows}) AS n
"""
# Its own account of its peak: what a parent is told begins with the parent's own size.
_MEASURED = """
import sys
from nbapanel.cli import main
try:
    main()
finally:
    with open("/proc/self/status") as status:
        peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
    print(peak, file=sys.stderr)
"""


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("format_", ["csv", "parquet"])
def test_a_million_rows_in_bounded_memory(
    connection: Connection[Any], conninfo: str, tmp_path: Path, format_: str
) -> None:
    connection.execute(_EVENTS.format(rows=_FEW))
    few_mb, _, _ = _exported(conninfo, tmp_path, format_, "few")
    connection.execute("TRUNCATE nba.pbp_events")
    connection.execute(_EVENTS.format(rows=_ROWS))
    many_mb, seconds, done = _exported(conninfo, tmp_path, format_, "many")
    sys.stdout.write(
        f"\n{format_}: {_ROWS:,} rows, {done['byte_size'] / 1e6:.0f} MB in {seconds:.1f} s;"
        f" peak {many_mb:.0f} MB, of {_FEW:,} rows {few_mb:.0f} MB\n"
    )
    assert done["rows"] == _ROWS == _counted(Path(done["out"]), format_)
    assert many_mb - few_mb < _MOST_MORE_MB


def _exported(
    conninfo: str, folder: Path, format_: str, name: str
) -> tuple[float, float, dict[str, Any]]:
    """Its peak in MB, its seconds, and what it said."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, "export", "nba.pbp_events", f"--format={format_}",
         f"--out={folder / name}", f"--data-dir={folder / 'data'}", "--json"],
        env={**os.environ, "DATABASE_URL": conninfo}, capture_output=True, check=True,
    )  # fmt: skip
    return int(done.stderr) / 1024, time.monotonic() - began, json.loads(done.stdout)


def _counted(path: Path, format_: str) -> int:
    if format_ == "parquet":
        found = pq.ParquetFile(path).metadata
        assert found.num_row_groups > 5
        return int(found.num_rows)
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1
