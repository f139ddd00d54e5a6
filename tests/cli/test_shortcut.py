"""The entry in the menu of a Linux desktop."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from nbapanel.cli import cli
from nbapanel.cli.shortcut import entry_for
from nbapanel.installation import window_command
from nbapanel.paths import shipped


def _entry(text: str) -> dict[str, str]:
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(text)
    return dict(parser["Desktop Entry"])


def test_it_is_put_there_and_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    entry = tmp_path / "applications" / "nbapanel.desktop"
    icon = tmp_path / "icons" / "hicolor" / "scalable" / "apps" / "nbapanel.svg"
    for _ in range(2):
        assert CliRunner().invoke(cli, ["shortcut"]).exit_code == 0
    told = _entry(entry.read_text(encoding="utf-8"))
    assert told["Exec"] == " ".join(window_command())
    assert told["Icon"] == icon.stem
    assert icon.read_bytes() == (shipped("resources") / "icons" / "nbapanel.svg").read_bytes()
    assert CliRunner().invoke(cli, ["shortcut", "--remove"]).exit_code == 0
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_entry_is_a_window_of_ours() -> None:
    """A desktop joins the window to its entry by this name."""
    told = _entry((shipped("resources") / "linux" / "nbapanel.desktop").read_text(encoding="utf-8"))
    assert told["Type"] == "Application"
    assert told["StartupWMClass"] == "nbapanel"
    assert told["Terminal"] == "false"


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("/opt/nbapanel/nbapanel", "/opt/nbapanel/nbapanel"),
        ("/opt/my panel/nbapanel", '"/opt/my panel/nbapanel"'),
        ("/opt/Zoë/nbapanel", '"/opt/Zoë/nbapanel"'),
        ("/opt/100%/n", '"/opt/100%%/n"'),
        ("/opt/$HOME/n", '"/opt/\\\\$HOME/n"'),
        ('/opt/"x"/n', '"/opt/\\\\"x\\\\"/n"'),
        ("/opt/a\\b/n", '"/opt/a\\\\\\\\b/n"'),
    ],
)
def test_words_of_the_command_are_quoted(word: str, written: str) -> None:
    assert entry_for("[Desktop Entry]\nExec=nbapanel\nIcon=n\n", [word]) == (
        f"[Desktop Entry]\nExec={written}\nIcon=n\n"
    )
