"""Small files of the data directory hold rubbish: a sentence names them, never a traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

_RUBBISH = {
    "cut short": b'days = 3\nespn_site_url = "http',
    "not text": b"\xff\xfe\x00\x01",
    "a wrong value": b"days = 'many'\n",
    "an unknown name": b"dayz = 3\n",
    "nothing but zeros": b"\0" * 4096,
    "a flipped bit": b'{"kind": "re\xe6etch"}',
}
_COMMANDS = ("status", "refetch --days 1", "resume", "doctor", "migrate", "archive verify",
             "history", "rebuild --yes", "db status")  # fmt: skip


@pytest.mark.parametrize("kind", _RUBBISH)
def test_a_settings_file_of_no_use(kind: str, refetch: Any, nbapanel: Any, tmp_path: Path) -> None:
    """It is named with what to do; moved away, everything is as before."""
    refetch("--until", "load_scoreboards")
    settings = tmp_path / "data" / "settings.toml"
    settings.write_bytes(_RUBBISH[kind])
    for command in _COMMANDS:
        done = nbapanel(*command.split())
        assert done.code == 2, (command, done)
        assert str(settings) in done.err, (command, done)
        assert "Traceback" not in done.err
        assert done.err.splitlines()[-1].startswith(("  Correct it, or ", "  Known: ")), done
    assert settings.read_bytes() == _RUBBISH[kind], "it is the owner's to mend"
    settings.unlink()
    assert nbapanel("status").code == 0


@pytest.mark.parametrize("kind", ["cut short", "not text", "nothing but zeros", "a flipped bit"])
@pytest.mark.parametrize(
    "name", ["origin.json", "requested_run.json", "run.lock", "logs/nbapanel.log"]
)
def test_our_own_small_files(
    name: str, kind: str, refetch: Any, nbapanel: Any, tmp_path: Path
) -> None:
    """One that says whose data it is is asked for; without the others all goes on."""
    refetch("--until", "load_scoreboards")
    (tmp_path / "data" / name).parent.mkdir(exist_ok=True)
    (tmp_path / "data" / name).write_bytes(_RUBBISH[kind])
    for command in ("status", "resume", "refetch --days 1 --until load_scoreboards"):
        done = nbapanel(*command.split())
        assert "Traceback" not in done.err, (command, done)
        if name == "origin.json":
            assert done.code == 2
            assert f"{tmp_path / 'data' / name} is damaged" in done.err
            assert "Write {" in done.err
        else:
            assert done.code == 0, (command, done)
