"""`rebuild`: the archive alone gives back every row, byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbapanel.simulator.running import running

_REFETCH = ("refetch", "--days", "2")


def _files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_tables_come_back_byte_for_byte_without_a_request(
    panel: Any, contents: Callable[[str], Any], same_contents: Any
) -> None:
    """trap L8, trap L13: after two refetches an hour apart, so that games came in twice."""
    with panel.warehouse() as conninfo:
        with running(league=7) as league:
            panel(*_REFETCH, "--feeds", league.url)
            league.advance(3600)
            panel(*_REFETCH)
        before, archived = contents(conninfo), _files(panel.data_dir / "archive")

        # The feeds are gone now: a request would fail the step.
        done = panel("rebuild", "--yes", "--json")
        assert done.document["status"] == "done"
        assert sum(step["requests"] for step in done.document["steps"]) == 0
        assert not [key for key in done.states if key.startswith("fetch_")]
        same_contents(contents(conninfo), before)
        assert _files(panel.data_dir / "archive") == archived
        assert panel("verify", "features").code == 0


def test_nothing_is_emptied_unasked(panel: Any, contents: Callable[[str], Any]) -> None:
    panel("refetch", "--feeds", "demo", "--days", "1", "--game", "401810622")
    with panel.warehouse() as conninfo:
        before = contents(conninfo)
        refused = panel("rebuild", code=None)
        assert refused.code != 0
        assert contents(conninfo) == before
