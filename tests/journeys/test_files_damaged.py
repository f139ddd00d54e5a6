"""Files that the window lives by hold rubbish: before it opens, and while it is open."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from nbapanel.cli import main
from nbapanel.engine.events import RunStatus
from nbapanel.ui.errors import ErrorDialog

_RUBBISH = b'days = 3\nespn_site_url = "http'


@pytest.fixture
def read(qapp: QApplication) -> Callable[[], list[str]]:
    """`read()`: what each error dialog that opens from now on says; each is closed."""
    said: list[str] = []
    timer = QTimer()

    def look() -> None:
        for dialog in QApplication.topLevelWidgets():
            if isinstance(dialog, ErrorDialog) and dialog.isVisible():
                said.append(dialog.text)
                dialog.reject()

    timer.timeout.connect(look)
    timer.start(20)
    yield lambda: said
    timer.stop()


@pytest.mark.parametrize("name", ["settings.toml", "origin.json"])
def test_who_clicks_an_icon_is_told_why_no_window_opens(
    name: str, fetched: Any, read: Any, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    """There is no terminal to say it on; where there is one, the words are enough."""
    file = fetched.data_dir.root / name
    file.write_bytes(_RUBBISH)
    monkeypatch.setattr(sys, "argv", ["nbapanel", "--data-dir", str(fetched.data_dir.root)])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    (said,) = read()
    assert str(file) in said
    assert capfd.readouterr().err.splitlines()[0] == f"nbapanel: {said.splitlines()[0]}"

    for stream in (sys.stdin, sys.stdout, sys.stderr):  # `nbapanel 2>log` has the first two
        with monkeypatch.context() as at_a_terminal:
            at_a_terminal.setattr(stream, "isatty", lambda: True, raising=False)
            with pytest.raises(SystemExit) as left:
                main()
        assert left.value.code == 2
        assert str(file) in capfd.readouterr().err
    assert len(read()) == 1, "bug: it waited for its dialog to be closed"


def test_a_log_has_the_words_before_the_dialog_is_closed(
    fetched: Any, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    """bug: what was started by a script said nothing at all for as long as nobody came."""
    (fetched.data_dir.root / "settings.toml").write_bytes(_RUBBISH)
    monkeypatch.setattr(sys, "argv", ["nbapanel", "--data-dir", str(fetched.data_dir.root)])
    so_far: list[str] = []
    monkeypatch.setattr(
        "nbapanel.app.refusal.show_refusal", lambda _: so_far.append(capfd.readouterr().err)
    )
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    (said,) = so_far
    assert said.startswith("nbapanel: The settings file cannot be read.")
    assert capfd.readouterr().err == "", "once"


def test_settings_that_are_spoiled_under_an_open_window(journey: Any, fetched: Any) -> None:
    """What stands on them says so, the window goes on, and all works when they are mended."""

    async def story(t: Any) -> None:
        await t.until_fresh()
        settings.write_bytes(_RUBBISH)
        t.click(t.window.header.button)
        await _is_told(t)
        assert t.button == "Refetch"
        t.window.settings_wanted.emit("")
        await _is_told(t)
        await t.until_fresh()
        assert settings.read_bytes() == _RUBBISH, "it is the owner's to mend"
        settings.unlink()
        await t.refetch()
        assert t.board.ended.status is RunStatus.DONE

    async def _is_told(t: Any) -> None:
        await t.until(lambda: t.window.findChildren(ErrorDialog), "the words for it")
        dialog = t.opened(ErrorDialog)
        assert "The settings file cannot be read." in dialog.text
        assert str(settings) in dialog.text
        assert "Correct it, or move it away" in dialog.text
        dialog.reject()
        await t.until(lambda: not t.window.findChildren(ErrorDialog))

    settings = fetched.data_dir.root / "settings.toml"
    journey(fetched, story)


def test_what_the_window_remembers_of_itself_is_rubbish(journey: Any, fetched: Any) -> None:
    """It opens as if it were new."""

    async def story(t: Any) -> None:
        await t.until_fresh()
        assert t.window.isVisible()

    for rubbish in (
        b"\xff\x00[[[window\ngeometry=@ByteArray(\\x1",
        b"[window]\ndocks=7\ngeometry=x\n",
    ):
        (fetched.data_dir.root / "panel.ini").write_bytes(rubbish)
        journey(fetched, story)
