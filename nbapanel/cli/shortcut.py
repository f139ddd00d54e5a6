"""`shortcut`: nbapanel in the menu of a Linux desktop, under its own icon, for this user."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import click

from nbapanel.errors import UsageError
from nbapanel.installation import window_command
from nbapanel.paths import shipped

_ENTRY = Path("applications/nbapanel.desktop")
_ICON = Path("icons/hicolor/scalable/apps/nbapanel.svg")


@click.command()
@click.option("--remove", is_flag=True, help="Take it out again.")
def shortcut(remove: bool) -> None:
    """Put nbapanel into the menu of this desktop (Linux)."""
    if sys.platform in ("win32", "darwin"):
        raise UsageError(
            "Menu entries are written on Linux only.",
            hint="On Windows pin nbapanel.exe to Start; on macOS drag nbapanel.app to the Dock.",
        )
    share = _user_share()
    if remove:
        for path in (_ENTRY, _ICON):
            (share / path).unlink(missing_ok=True)
        click.echo("nbapanel is no longer in the menu.")
        return
    resources = shipped("resources")
    _write(share / _ICON, (resources / "icons" / "nbapanel.svg").read_text(encoding="utf-8"))
    entry = (resources / "linux" / "nbapanel.desktop").read_text(encoding="utf-8")
    _write(share / _ENTRY, entry_for(entry, window_command()))
    click.echo(f"nbapanel is in the menu: {share / _ENTRY}")


def entry_for(entry: str, command: list[str]) -> str:
    """The desktop entry, with that command in place of the bare name."""
    line = "Exec=" + " ".join(map(_quoted, command))
    return re.sub(r"^Exec=.*$", lambda _: line, entry, flags=re.MULTILINE)


def _quoted(word: str) -> str:
    """A word of Exec=: quoted for its own rules, and those once more for a string of the file."""
    if re.fullmatch(r"[\w./+-]+", word, flags=re.ASCII):
        return word
    quoted = re.sub(r'(["`$\\])', r"\\\1", word).replace("%", "%%")
    return '"' + quoted.replace("\\", "\\\\") + '"'


def _user_share() -> Path:
    named = os.environ.get("XDG_DATA_HOME", "")
    return Path(named) if named.startswith("/") else Path.home() / ".local" / "share"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
