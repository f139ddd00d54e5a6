"""`nbapanel` and its simulator as processes of their own, as users have them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bench import measured_child

_SIMULATOR = "http://127.0.0.1:{port}"
_KEPT_SETTINGS = ("NBAPANEL_PG_USER",)
_MOST_S = 1_200
_END_S = 20
_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished process: wall time from its start to its end, most memory, its JSON document."""

    seconds: float
    peak_mb: float
    document: dict[str, Any]

    @property
    def requests(self) -> int:
        return sum(step["requests"] for step in self.document["steps"])

    @property
    def step_seconds(self) -> dict[str, float]:
        return {step["key"]: step["seconds"] or 0.0 for step in self.document["steps"]}

    @property
    def written(self) -> dict[str, int]:
        """Rows inserted, updated or deleted, by relation."""
        total: dict[str, int] = {}
        for step in self.document["steps"]:
            for relation, changes in step["changes"].items():
                rows = changes["inserted"] + changes["updated"] + changes["deleted"]
                total[relation] = total.get(relation, 0) + rows
        return {relation: rows for relation, rows in total.items() if rows}


def nbapanel(data_dir: Path, *arguments: str) -> Ran:
    """Run a command that prints one JSON document; raises if it ends with another code than 0."""
    command = ["-m", "nbapanel", *arguments, "--data-dir", str(data_dir), "--json"]
    return python(data_dir, *command)


def python(data_dir: Path, *arguments: str) -> Ran:
    """The same of any Python program that works in a data directory."""
    noted = data_dir.with_suffix(".measured.json")
    os.sync()  # what was copied for this run is not for it to write out
    done = subprocess.run(
        [sys.executable, measured_child.__file__, str(noted), sys.executable, *arguments],
        capture_output=True,
        timeout=_MOST_S,
        cwd=data_dir.parent,
        env={**environment(), "PYTHONPATH": str(_ROOT)},
    )
    if done.returncode:
        told = (done.stdout + done.stderr).decode(errors="replace")
        raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}: {told}")
    about = json.loads(noted.read_text())
    noted.unlink()
    return Ran(about["seconds"], about["peak_mb"], json.loads(done.stdout))


@dataclass(frozen=True, slots=True)
class Simulator:
    url: str

    def set_clock(self, moment: datetime) -> None:
        body = json.dumps({"now": moment.isoformat()}).encode()
        with urllib.request.urlopen(f"{self.url}/simulator/clock", body, timeout=10) as answer:
            answer.read()


@contextmanager
def simulator(league: int, moment: datetime) -> Iterator[Simulator]:
    """A league behind a clock that stands still; a second answer to the same comes from memory."""
    command = [sys.executable, "-m", "nbapanel.simulator", "--league", str(league)]
    command += ["--clock", moment.isoformat(), "--announce", "--until-stdin-closes"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        about = json.loads(process.stdout.readline())
        yield Simulator(_SIMULATOR.format(port=about["port"]))
    finally:
        process.stdin.close()
        process.stdout.close()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def copied(source: Path, target: Path) -> Path:
    """The data directory with owners and all: the server's files may be another account's."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)
    return target


def environment() -> dict[str, str]:
    """Without what would make it another run than a newcomer's."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT_SETTINGS or not (name.startswith("NBAPANEL_") or name == "DATABASE_URL")
    }
