"""The last step: whoever keeps a copy of the published views hears that they are new."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from nbapanel.source.hooks import shown
from nbapanel.warehouse.db import connect
from nbapanel.warehouse.journal import CACHE_CHANNEL


class _Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server: Any = self.server
        server.called.append(self.path)
        self.send_response(500 if "broken" in self.path else 204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing on stderr."""


@pytest.fixture
def hooks() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Hook)
    server.called = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_copy_is_cleared(
    refetch: Any, hooks: Any, conninfo: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """trap W5: not an object of ours is cleared, but whatever serves: all who listen on the
    database, the files that another program wrote, the application's own endpoint."""
    folder = tmp_path / "caches"
    (folder / "below").mkdir(parents=True)
    for name in ("list_games.cache", "list_games.cache.2", "simulation_results.cache",
                 "notes.txt", "below/list_games.cache"):  # fmt: skip
        (folder / name).write_text("old")
    url = f"http://127.0.0.1:{hooks.server_port}/clear-cache?token=geheim"
    monkeypatch.setenv("NBAPANEL_CACHE_FOLDER", str(folder))
    monkeypatch.setenv("NBAPANEL_CACHE_HOOKS", url)
    with connect(conninfo, purpose="a web application") as listening:
        listening.execute(f"LISTEN {CACHE_CHANNEL}")
        done = refetch("--json")
        heard = [json.loads(one.payload) for one in listening.notifies(timeout=60, stop_after=1)]
    assert done.code == 0
    (told,) = heard
    assert told["run_id"] == 1
    assert set(told["views"]) == {"derived.snapshot_features_v1", "derived.game_summary",
                                  "derived.slate"}  # fmt: skip
    left = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert left == ["below/list_games.cache", "notes.txt"]
    assert hooks.called == ["/clear-cache?token=geheim"]
    detail = done.document["steps"][-1]["detail"]
    assert sorted(detail["deleted_files"]) == ["list_games.cache", "list_games.cache.2",
                                               "simulation_results.cache"]  # fmt: skip
    assert done.document["steps"][-1]["requests"] == 1


def test_one_that_cannot_be_cleared_is_named_and_tried_again(
    refetch: Any, hooks: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """trap W5: and the others are cleared all the same."""
    place = f"http://127.0.0.1:{hooks.server_port}"
    monkeypatch.setenv("NBAPANEL_CACHE_HOOKS", f"{place}/broken?token=geheim, {place}/good")
    done = refetch("--json")
    assert done.code == 1
    last = done.document["steps"][-1]
    assert last["state"] == "failed"
    assert f"{shown(f'{place}/broken?token=geheim')} answered 500" in last["reason"]
    assert "geheim" not in last["reason"], "trap W16"
    assert "/broken" not in last["reason"], "a path may be a token too"
    assert sorted(hooks.called) == ["/broken?token=geheim", "/good"]

    monkeypatch.setenv("NBAPANEL_CACHE_HOOKS", f"{place}/good")
    again = refetch("--json")
    assert again.states["publish"] == "skipped"
    assert again.states["invalidate_caches"] == "done"
