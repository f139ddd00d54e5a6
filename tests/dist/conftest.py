"""The frozen build, taken away from the checkout, with an empty home and no Python on the PATH."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

_ROOT = Path(__file__).parents[2]
_BUILT = _ROOT / "dist" / "nbapanel"
_MOST_S = 300
_LEFT_S = 60


@dataclass
class Bundle:
    """One copy of the folder, and somebody's home beside it."""

    folder: Path
    home: Path
    uid: int | None = None
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def data_dir(self) -> Path:
        """Where the demo's data lies by default."""
        return self.home / ".local" / "share" / "nbapanel-demo"

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        return {"HOME": str(self.home), "PATH": "/nowhere", "LANG": "C.UTF-8", **more}

    def start(self, program: str, *words: str, **more: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [str(self.folder / program), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.home,
            env=self.environment(more),
            user=self.uid,
            group=self.uid,
        )
        self.started.append(process)
        return process

    def says(self, *words: str, **more: str) -> str:
        """The terminal's program to its good end; what it said."""
        process = self.start("nbapanel-cli", *words, **more)
        said, _ = process.communicate(timeout=_MOST_S)
        assert process.returncode == 0, f"{words}: {process.returncode}\n{said}"
        return said

    def processes(self) -> list[str]:
        """What runs from the folder, or works in the home."""
        found = []
        for process in psutil.process_iter(["exe", "cmdline", "status"]):
            told = [process.info["exe"] or "", *(process.info["cmdline"] or ())]
            if process.info["status"] != psutil.STATUS_ZOMBIE and any(
                str(place) in word for word in told for place in (self.folder, self.home)
            ):
                found.append(f"{process.pid} {' '.join(told[1:])}")
        return found

    def is_left_alone(self) -> None:
        """Wait until nothing of it runs."""
        deadline = time.monotonic() + _LEFT_S
        while left := self.processes():
            assert time.monotonic() < deadline, f"left running: {left}"
            time.sleep(0.1)


@pytest.fixture(scope="session")
def built() -> Path:
    if not _BUILT.is_dir():
        pytest.skip("there is no dist/nbapanel: make dist")
    return _BUILT


@pytest.fixture
def somewhere() -> Iterator[Path]:
    """Not pytest's own folder, which nobody else may enter."""
    folder = Path(tempfile.mkdtemp(prefix="nbapanel-dist-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def bundle(built: Path, somewhere: Path) -> Iterator[Callable[..., Bundle]]:
    """`bundle("a name")`: the build under that name, with a home; nothing of it runs at the end."""
    made: list[Bundle] = []

    def copy(name: str = "nbapanel", uid: int | None = None) -> Bundle:
        folder, home = somewhere / name, somewhere / f"home of {name}"
        shutil.copytree(built, folder, symlinks=True)
        home.mkdir()
        if uid is not None:
            os.chown(home, uid, uid)
        made.append(Bundle(folder, home, uid))
        return made[-1]

    yield copy
    for one in made:
        for process in one.started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.communicate(timeout=_LEFT_S)
        one.is_left_alone()
