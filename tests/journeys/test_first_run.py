"""The first start: the welcome comes once, nobody is held up by it, and what it starts runs."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QApplication

from nbapanel.engine.events import RunStatus
from nbapanel.ui.first_run import FirstRunDialog


def _welcomes() -> list[FirstRunDialog]:
    return [one for one in QApplication.topLevelWidgets()
            if isinstance(one, FirstRunDialog) and one.isVisible()]  # fmt: skip


def test_every_page_can_be_skipped_and_it_never_comes_again(journey: Any, place: Any) -> None:
    async def skips(t: Any) -> None:
        await t.until(_welcomes, "the welcome")
        dialog = t.opened(FirstRunDialog)
        for page in range(dialog.pages.count()):
            assert dialog.pages.currentIndex() == page
            t.click(dialog.skip)
        await t.until(lambda: not _welcomes(), "its end")
        await _is_idle(t)

    async def stays_away(t: Any) -> None:
        await _is_idle(t)
        assert not _welcomes()

    journey(place, skips, first_run=True)
    journey(place, stays_away, first_run=True)


async def _is_idle(t: Any) -> None:
    await t.until(lambda: t.headline == "Nothing was ever fetched here.", "what the headline says")
    assert not t.panel.live.is_running
    assert not t.panel.desk.is_child_alive
    assert t.window.header.button.isEnabled()


def test_it_prepares_the_database_and_starts_a_refetch(journey: Any, embedded: Any) -> None:
    """With the embedded server, from an empty directory."""

    async def starts(t: Any) -> None:
        await t.until(_welcomes, "the welcome")
        dialog = t.opened(FirstRunDialog)
        assert dialog.embedded.isChecked()
        t.click(dialog.next)
        t.click(dialog.prepare)
        await t.until(lambda: "✓" in dialog.state.text(), "a database that is prepared")
        assert dialog.prepare.text() == "Prepared"
        t.click(dialog.next)
        dialog.days.setValue(2)
        async with t.new_run():
            t.click(dialog.next)
        assert t.board.ended.status is RunStatus.DONE
        assert t.ask("SELECT settings->>'days' FROM ops.pipeline_runs") == "2"
        await t.until_fresh()

    async def has_data(t: Any) -> None:
        await t.until_fresh()
        assert not _welcomes(), "never to somebody who has data"

    journey(embedded, starts, first_run=True)
    (embedded.data_dir.root / "panel.ini").unlink()
    journey(embedded, has_data, first_run=True)
