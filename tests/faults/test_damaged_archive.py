"""Files of the archive are cut short, flipped, lost or left over: what is said, what mends it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbapanel.archive import Archive, FindingKind
from nbapanel.errors import UserFacingError
from nbapanel.pipeline import STEPS
from nbapanel.warehouse.db import connect

_KINDS = ("espn/scoreboard", "espn/probabilities", "espn/plays", "kalshi/markets",
          "kalshi/candlesticks", "nba/schedule", "nba/scoreboard", "nba/odds_today", "nba/pbp",
          "nba/boxscore")  # fmt: skip
_OFFLINE = tuple(key for key in STEPS.keys if not key.startswith("fetch_"))
_REFUSE = """
CREATE FUNCTION ops.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'No space left on device'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON espn.probabilities_raw_items EXECUTE FUNCTION ops.refuse();
CREATE TRIGGER refuse BEFORE INSERT ON espn.plays EXECUTE FUNCTION ops.refuse();
CREATE TRIGGER refuse BEFORE INSERT ON kalshi.candlesticks EXECUTE FUNCTION ops.refuse();
CREATE TRIGGER refuse BEFORE INSERT ON nba.schedule_games EXECUTE FUNCTION ops.refuse();
CREATE TRIGGER refuse BEFORE INSERT ON nba.pbp_events EXECUTE FUNCTION ops.refuse();
"""


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _flip(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 0x10
    path.write_bytes(bytes(body))


def _manifest_of(path: Path) -> Path:
    return path.with_name(path.name.replace(".json.gz", ".manifest.json"))


_DAMAGES: dict[str, tuple[Callable[[Path], object], FindingKind]] = {
    "a bit flipped": (_flip, FindingKind.DAMAGED),
    "cut short": (_cut, FindingKind.DAMAGED),
    "lost": (Path.unlink, FindingKind.MISSING),
    "manifest cut short": (lambda path: _cut(_manifest_of(path)), FindingKind.DAMAGED),
    "manifest lost": (lambda path: _manifest_of(path).unlink(), FindingKind.ORPHAN),
}
_BY_DEFAULT = ("a bit flipped", "manifest lost")
_each_damage = pytest.mark.parametrize(
    "damage",
    [
        pytest.param(name, marks=[] if name in _BY_DEFAULT else [pytest.mark.soak])
        for name in _DAMAGES
    ],
)


@pytest.fixture
def archive(desk: Any) -> Archive:
    return Archive(desk.place.data_dir.archive)


def _one_of_each(archive: Archive) -> list[Path]:
    found = [sorted((archive.root / kind).rglob("*.json.gz"))[:1] for kind in _KINDS]
    return [path for paths in found for path in paths]


@_each_damage
@pytest.mark.warns_in_log
def test_a_payload_that_was_loaded(
    damage: str,
    desk: Any,
    archive: Archive,
    undisturbed_data: Any,
    data: Any,
    same_contents: Any,
    lasting: Any,
    left_whole: Any,
) -> None:
    """trap F15: `archive verify` names it, the rebuild that would lose its rows is refused, and
    after a refetch with --force and a sweep there is nothing to find and all to rebuild from."""
    assert desk().finished.status == "done"
    spoil, kind = _DAMAGES[damage]
    paths = _one_of_each(archive)
    assert len(paths) == len(_KINDS)
    for path in paths:
        spoil(path)
    found = list(archive.verify())
    assert {(one.kind, archive.root / one.path) for one in found} == {(kind, p) for p in paths}
    assert all(one.detail for one in found)

    quiet = desk()
    assert quiet.finished.status == "done", quiet.finished
    assert not any(c.inserted or c.updated or c.deleted for c in quiet.board.changes.values())
    with pytest.raises(UserFacingError, match="a rebuild would lose their rows") as refused:
        desk(only=_OFFLINE, offline=True, rebuild=True)
    assert "nbapanel archive verify" in refused.value.hint
    assert "nbapanel refetch --force" in refused.value.hint
    same_contents(data(desk.conninfo), undisturbed_data)

    assert desk(force=True).finished.status == "done"
    archive.sweep(stale_after_s=0)
    archive.discard_damaged()
    assert list(archive.verify()) == []
    assert desk(only=_OFFLINE, offline=True, rebuild=True).finished.status == "done"
    same_contents(lasting(data(desk.conninfo)), lasting(undisturbed_data))
    left_whole(desk.conninfo, desk.place.data_dir.root)


@_each_damage
@pytest.mark.warns_in_log
def test_a_payload_that_was_not_loaded_yet(
    damage: str,
    desk: Any,
    archive: Archive,
    undisturbed_data: Any,
    data: Any,
    same_contents: Any,
) -> None:
    """trap F3: damaged between its fetch and its load, it is named, what is sound is loaded, and
    the next refetch asks for it again by itself."""
    desk(only=("fetch_scoreboards",), games=())
    _spoil(damage, archive)
    _is_named(desk(until="load_scoreboards", games=()))
    assert desk(until="load_scoreboards", games=()).finished.status == "done"

    with connect(desk.conninfo, purpose="test") as connection:
        connection.execute(_REFUSE)
        desk()
        _spoil(damage, archive)
        connection.execute("DROP FUNCTION ops.refuse() CASCADE")
    _is_named(desk())
    assert desk().finished.status == "done"
    same_contents(data(desk.conninfo), undisturbed_data)


def _spoil(damage: str, archive: Archive) -> None:
    for path in _one_of_each(archive):
        if _manifest_of(path).exists():
            _DAMAGES[damage][0](path)


def _is_named(ended: Any) -> None:
    """Unless the database had not heard of it: then it is just fetched anew."""
    for key in ended.finished.failed:
        error = ended.step(key).error
        if "No space left" not in error and key != "publish":  # its gates miss what is not there
            assert "is damaged" in error
            assert "nbapanel archive verify" in error
            assert "nbapanel refetch --force" in error


@pytest.mark.warns_in_log
def test_what_killed_processes_left(
    desk: Any, archive: Archive, undisturbed: Any, contents: Any, same_contents: Any
) -> None:
    """trap F15: unfinished writes are found, loaded by nobody, and cleared by the next run if the
    one that left them was killed."""
    assert desk().finished.status == "done"
    (game, *_) = (path.parent for path in _one_of_each(archive) if "plays" in path.parts)
    left = [game / ".20260110T040000.000000Z.json.gz.123-ab.tmp",
            game / "20260110T040000.000000Z.json.gz"]  # fmt: skip
    for path in left:
        path.write_bytes(b"half of it")
    assert {archive.root / one.path for one in archive.verify()} == set(left)
    assert desk().finished.status == "done"
    assert all(path.exists() for path in left), "another process might be writing them"
    desk.place.data_dir.run_lock.write_text("123")  # what a killed run leaves
    assert desk().finished.status == "done"
    assert not any(path.exists() for path in left)
    assert list(archive.verify()) == []
    same_contents(contents(desk.conninfo), undisturbed)
