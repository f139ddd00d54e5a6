"""What the program says of itself."""

from __future__ import annotations

import sys

import pytest
from click.testing import CliRunner, Result

from nbapanel import __version__, installation
from nbapanel.cli import cli, main


def _said(*words: str) -> Result:
    return CliRunner().invoke(cli, words)


def test_the_version_alone() -> None:
    said = _said("--version")
    assert said.exit_code == 0
    assert said.output == f"nbapanel, version {__version__}\n"


@pytest.mark.parametrize("words", [("--version", "--verbose"), ("--verbose", "--version")])
def test_all_of_it(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In whichever order, and as it is typed: neither opens the window."""
    monkeypatch.setattr(sys, "argv", ["nbapanel", *words])
    main()
    lines = capsys.readouterr().out.splitlines()
    told = dict(line.split(maxsplit=1) for line in lines if line)
    assert told["nbapanel"] == __version__
    assert told["Python"] == ".".join(map(str, sys.version_info[:3]))
    assert told["Program"].startswith("checkout in ")
    assert "embedded" in told["PostgreSQL"]
    assert set(installation.LIBRARIES) <= set(told)


def test_each_library_is_there_and_says_its_licence() -> None:
    for library in installation.libraries():
        assert library.version != "not found", library.name
        assert library.licence != "unknown", library.name


def test_a_library_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "LIBRARIES", ("no-such-distribution",))
    assert installation.libraries() == [
        installation.Library("no-such-distribution", "not found", "unknown")
    ]


def test_the_programs_of_a_frozen_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever of the two runs, it finds both."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    for running in ("nbapanel", "nbapanel-cli"):
        monkeypatch.setattr(sys, "executable", f"/opt/nbapanel/{running}")
        assert installation.window_command() == ["/opt/nbapanel/nbapanel"]
        assert installation.terminal_command() == ["/opt/nbapanel/nbapanel-cli"]
