"""The simulator as a process: it announces itself, and ends when its parent does."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

COMMAND = [sys.executable, "-m", "nbapanel.simulator", "--announce"]
REPO = Path(__file__).parents[2]


def launch(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=REPO,
    )


def test_it_says_in_one_line_where_it_listens_and_ends_with_stdin() -> None:
    with launch("--league", "7", "--until-stdin-closes") as process:
        assert process.stdout is not None
        assert process.stdin is not None
        told = json.loads(process.stdout.readline())
        assert told["feeds"] == "demo:7"
        assert told["clock"] == {
            "now": "2026-01-16T03:30:00Z", "start": "2026-01-16T03:30:00Z", "rate": 0.0
        }  # fmt: skip
        state = httpx.get(f"http://127.0.0.1:{told['port']}/simulator").json()
        assert state["feeds"] == "demo:7"
        process.stdin.close()
        assert process.wait(60) == 0
        assert process.stdout.read() == b""
        assert process.stderr is not None
        assert process.stderr.read() == b""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGTERM to catch there")
def test_it_ends_when_told_to() -> None:
    with launch("--league", "7", "--clock", "live") as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert told["clock"]["rate"] == 1.0
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_a_person_is_told_where_it_listens() -> None:
    """With --port 0 nobody could know; and it said that it serves before it did."""
    command = [sys.executable, "-m", "nbapanel", "simulate", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, cwd=REPO, text=True) as process:
        try:
            assert process.stderr is not None
            told = re.fullmatch(
                r"Serving on (http:\S+)\. Ctrl-C ends it\.\n", process.stderr.readline()
            )
            assert told is not None
            assert httpx.get(f"{told[1]}/simulator").json()["feeds"] == "demo:7"
        finally:
            process.terminate()


def test_rules_may_be_given_in_a_file(tmp_path: Path) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text('[{"fault": "500"}]')
    with launch("--league", "7", "--until-stdin-closes", "--faults", str(rules)) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        port = json.loads(process.stdout.readline())["port"]
        target = f"http://127.0.0.1:{port}/trade-api/v2/historical/cutoff"
        assert httpx.get(target).status_code == 500
        process.stdin.close()
        assert process.wait(60) == 0


def test_trouble_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    with launch("--recorded", str(tmp_path)) as process:
        assert process.wait(60) == 2
        assert process.stderr is not None
        told = process.stderr.read().decode()
        assert "holds no recorded payloads" in told
        assert "Traceback" not in told
