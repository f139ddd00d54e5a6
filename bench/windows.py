"""Windows as processes of their own, offscreen, and what they saw of themselves."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.children import environment

_MOST_S = 300
_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Plan:
    """`does`: "paint" and leave, "refetch" these days, or "look" at all that there is.

    `dock` is in front meanwhile. `in_thread`: the engine runs within the window's process.
    `charts_first`: they are imported before the window is made.
    """

    does: str
    dock: str = "games"
    in_thread: bool = False
    charts_first: bool = False
    first: str = ""
    last: str = ""
    noted: str = ""
    began_s: float = 0.0


def watched(plan: Plan, data_dir: Path, *words: str, **environ: str) -> dict[str, Any]:
    """Open a window, let it do that, and see it closed; raises where it broke off.

    `began_s` is told to it by the monotonic clock, which is the same in both processes.
    """
    noted = data_dir.with_suffix(".seen.json")
    told = {**asdict(plan), "noted": str(noted), "began_s": time.monotonic()}
    command = [sys.executable, "-m", "bench.watched_window", json.dumps(told)]
    done = subprocess.run(
        [*command, "--data-dir", str(data_dir), *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_MOST_S,
        cwd=data_dir.parent,
        env={
            **environment(),
            "PYTHONPATH": str(_ROOT),
            "QT_QPA_PLATFORM": "offscreen",
            **environ,
        },
    )
    if done.returncode or not noted.exists():
        said = (done.stdout + done.stderr).decode(errors="replace")
        raise RuntimeError(f"the window ended with {done.returncode}: {said}")
    seen: dict[str, Any] = json.loads(noted.read_text(encoding="utf-8"))
    noted.unlink()
    return seen


def longest(gaps_ms: Sequence[float]) -> float:
    return max(gaps_ms)


def p99(gaps_ms: Sequence[float]) -> float:
    return sorted(gaps_ms)[math.ceil(0.99 * len(gaps_ms)) - 1]
