"""Caches: told to everybody who keeps a copy, each in its way, whatever became of the others."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nbapanel.errors import UserFacingError
from nbapanel.settings import Settings
from nbapanel.source.hooks import shown
from nbapanel.steps.caches import STEP, delete_cache_files
from nbapanel.warehouse.journal import CACHE_CHANNEL

PATTERNS = Settings().cache_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "caches"
    place.mkdir()
    return place


def make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("old")


def left(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


# -- files ---------------------------------------------------------------------------------------


def test_files_that_match_are_deleted_and_no_other(folder):
    make(folder, "list_games.cache", "list_games.cache.1", "simulation_results.cache", "notes.txt")
    make(folder, "my_list_games.cache", "list_games.cach")
    deleted, kept = delete_cache_files(str(folder), PATTERNS)
    assert sorted(deleted) == ["list_games.cache", "list_games.cache.1", "simulation_results.cache"]
    assert kept == []
    assert left(folder) == {"notes.txt", "my_list_games.cache", "list_games.cach"}


@pytest.mark.parametrize(
    "pattern", ["../*", "sub/*", "/etc/*", "..\\*", "**/*", "", ".", "..", "sub/x.cache"]
)
def test_a_pattern_is_a_name_and_never_a_path(folder, pattern):
    """trap F16: a name such as `../../etc/x` becomes a path."""
    make(folder, "sub/x.cache", "../beside.cache", "y.cache")
    deleted, kept = delete_cache_files(str(folder), (pattern, "y.cache"))
    assert deleted == ["y.cache"], "the other patterns count all the same"
    assert len(kept) == 1
    assert left(folder.parent) == {"beside.cache", "caches/sub/x.cache"}


def test_only_what_lies_in_the_folder_itself(folder):
    make(folder, "sub/x.cache", "x.cache")
    (folder / "dir.cache").mkdir()
    for pattern in ("**", "*"):
        make(folder, "x.cache")
        delete_cache_files(str(folder), (pattern,))
        assert left(folder) == {"sub/x.cache"}
    assert (folder / "dir.cache").is_dir()


@pytest.mark.skipif(sys.platform == "win32", reason="symlinks need a privilege there")
def test_a_link_is_left_alone(folder):
    make(folder, "../precious.txt")
    (folder / "x.cache").symlink_to(folder.parent / "precious.txt")
    deleted, _ = delete_cache_files(str(folder), ("*.cache",))
    assert deleted == []
    assert (folder.parent / "precious.txt").read_text() == "old"


def test_a_file_that_cannot_be_deleted_is_named(folder, monkeypatch):
    make(folder, "a.cache", "b.cache")
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.name == "a.cache":
            raise PermissionError(13, "Permission denied")
        unlink(path)

    monkeypatch.setattr(Path, "unlink", refuse)
    deleted, kept = delete_cache_files(str(folder), ("*.cache",))
    assert (deleted, kept) == (["b.cache"], ["a.cache: Permission denied"])


def test_no_folder():
    assert delete_cache_files("", PATTERNS) == ([], [])
    deleted, kept = delete_cache_files("/no/such/folder", PATTERNS)
    assert deleted == []
    assert "/no/such/folder does not exist" in kept[0]


# -- the step ------------------------------------------------------------------------------------


class Hooks(BaseHTTPRequestHandler):
    """Answers by the last digits of the path, and remembers who called."""

    calls: list[str]

    def do_POST(self) -> None:
        self.calls.append(f"POST {self.path}")
        self.send_response(int(self.path.partition("?")[0][-3:]))
        self.end_headers()
        self.wfile.write(b"cleared")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hooks() -> Iterator[tuple[str, list[str]]]:
    """(base URL, the calls so far) of a web application."""
    calls: list[str] = []
    handler = type("Handler", (Hooks,), {"calls": calls})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", calls
        server.shutdown()
        thread.join()


@pytest.fixture
def published(desk):
    """As if two views had been published just now."""

    def publish() -> None:
        desk.look.execute(
            "INSERT INTO ops.published_views (relation, built_from, row_count, published_at)"
            " VALUES ('derived.slate', '{}', 1, clock_timestamp()),"
            " ('derived.game_summary', '{}', 1, clock_timestamp()) ON CONFLICT (relation)"
            " DO UPDATE SET published_at = excluded.published_at"
        )

    publish()
    return publish


async def test_everything_is_cleared_and_reported(desk, folder, hooks, published):
    url, calls = hooks
    make(folder, "list_games.cache")
    settings = Settings(cache_folder=str(folder), cache_hooks=(f"{url}/a/200", f"{url}/b/204"))
    assert (await desk.plan(STEP, settings=settings)).requests == 2
    context = await desk.do(STEP, settings=settings)
    assert calls == ["POST /a/200", "POST /b/204"]
    assert left(folder) == set()
    assert context.notes["deleted_files"] == ["list_games.cache"]
    assert context.notes["called_hooks"] == [shown(f"{url}/a/200"), shown(f"{url}/b/204")]
    assert context.requests == 2


async def test_who_listens_is_told_which_views(desk, published):
    """trap W5: the cache is cleared through another object than the one that serves."""
    listener = await desk.resources.database.open_connection(autocommit=True)
    try:
        await listener.execute(f"LISTEN {CACHE_CHANNEL}")
        await desk.do(STEP)
        (told,) = [n async for n in listener.notifies(timeout=60, stop_after=1)]
    finally:
        await listener.close()
    assert json.loads(told.payload) == {
        "run_id": desk.run_id,
        "views": ["derived.game_summary", "derived.slate"],
    }


async def test_a_hook_that_fails_keeps_nothing_else_from_being_done(desk, folder, hooks, published):
    url, calls = hooks
    make(folder, "list_games.cache")
    broken = (f"{url}/a/500", "http://127.0.0.1:1/refused", "http://[bad", "nonsense")
    settings = Settings(cache_folder=str(folder), cache_hooks=(*broken, f"{url}/b/200"))
    context = desk.context(STEP, settings=settings)
    with pytest.raises(UserFacingError) as failed:
        await context.step.action(context)
    assert calls == ["POST /a/500", "POST /b/200"]
    assert left(folder) == set()
    said = [f"{shown(broken[0])} answered 500"]
    said += [f"{shown(hook)} could not be called" for hook in broken[1:]]
    assert [piece for piece in said if piece not in failed.value.detail] == []
    assert context.notes["called_hooks"] == [shown(f"{url}/b/200")]
    assert "1 file" in failed.value.hint
    assert "1 hook" in failed.value.hint


async def test_a_folder_that_is_gone_keeps_no_hook_from_being_called(desk, hooks, published):
    url, calls = hooks
    settings = Settings(cache_folder="/no/such/folder", cache_hooks=(f"{url}/a/200",))
    context = desk.context(STEP, settings=settings)
    with pytest.raises(UserFacingError, match="/no/such/folder"):
        await context.step.action(context)
    assert calls == ["POST /a/200"]


async def test_a_token_in_a_hook_is_shown_nowhere(desk, hooks, published):
    """trap W16: the step's detail goes into the journal, and from there onto the screen."""
    url, calls = hooks
    withuser = url.replace("http://", "http://me:sesame@")
    good = (f"{url}/a/200?token=sesame", f"{withuser}/b/200")
    settings = Settings(cache_hooks=(*good, f"{url}/c/500?token=sesame"))
    context = desk.context(STEP, settings=settings)
    with pytest.raises(UserFacingError) as failed:
        await context.step.action(context)
    assert calls[0] == "POST /a/200?token=sesame"
    assert "sesame" not in str(context.notes)
    assert "/a/200" not in str(context.notes), "a path may be a token too"
    assert "sesame" not in str(failed.value)
    assert len(context.notes["called_hooks"]) == 2


def cleared(desk, status: str = "done") -> None:
    desk.look.execute(
        "INSERT INTO ops.step_runs (run_id, step, attempt, status, finished_at)"
        " SELECT %s, %s, coalesce(max(attempt), 0) + 1, %s, clock_timestamp() FROM ops.step_runs",
        (desk.run_id, STEP, status),
    )


async def test_there_is_nothing_to_clear_until_something_is_published(desk):
    assert await desk.skip(STEP), "a reason in words"
    assert await desk.skip(STEP, force=True) is None
    assert "--no-publish" in await desk.skip(STEP, publish=False)


async def test_cleared_once_for_what_was_published(desk, published):
    assert await desk.skip(STEP) is None
    cleared(desk, "failed")
    assert await desk.skip(STEP) is None, "it did not come to it"
    cleared(desk)
    assert await desk.skip(STEP)
    published()
    assert await desk.skip(STEP) is None
