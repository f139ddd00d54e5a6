"""The command line in this process: what it prints, how it exits, and what it leaves."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nbapanel.cli import main
from nbapanel.simulator.running import RunningSimulator
from nbapanel.warehouse.server import acquire

GAME, UNFINISHED_GAME = "401810622", "401810626"
EVENING = "2026-01-15"


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def states(self) -> dict[str, str]:
        return {step["key"]: step["state"] for step in self.document["steps"]}


Command = Callable[..., Done]


@pytest.fixture(autouse=True)
def log_to_pytest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log file would take the place of pytest's own handlers, and of the guard over them."""
    for module in ("opening", "cli.upkeep"):
        monkeypatch.setattr(f"nbapanel.{module}.log_to", lambda *_, **__: None)


@pytest.fixture(autouse=True)
def nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATABASE_URL", "NBAPANEL_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run_command(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Command]:
    """`run_command("status", ...)`: as typed after `nbapanel`."""

    def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["nbapanel", *arguments])
        capfd.readouterr()
        try:
            main()
            code = 0
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else 0
        said = capfd.readouterr()
        return Done(code, said.out, said.err)

    return run


@pytest.fixture
def nbapanel(
    run_command: Command, conninfo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Command:
    """The command in a new data directory, with an empty database behind DATABASE_URL."""
    monkeypatch.setenv("DATABASE_URL", conninfo)
    monkeypatch.setenv("NBAPANEL_REQUEST_BACKOFF_S", "0.005")
    return lambda *arguments: run_command(*arguments, "--data-dir", str(tmp_path / "data"))


@pytest.fixture
def refetch(nbapanel: Command, simulator: RunningSimulator) -> Command:
    """A refetch of two games of the league's evening: one that is over and one that is on."""
    games = ("--game", GAME, "--game", UNFINISHED_GAME)

    def run(*options: str, all_games: bool = False) -> Done:
        chosen = () if all_games else games
        return nbapanel("refetch", "--feeds", simulator.url, "--days", "1", *chosen, *options)

    return run


@pytest.fixture(scope="session")
def embedded_room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("embedded") / "data"


@pytest.fixture
def embedded(
    run_command: Command, embedded_room: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Command]:
    """The command in a data directory with an embedded server, up meanwhile, shared by tests."""
    monkeypatch.setenv("NBAPANEL_DATA_DIR", str(embedded_room))
    with acquire(embedded_room / "postgres", purpose="tests"):
        yield run_command
