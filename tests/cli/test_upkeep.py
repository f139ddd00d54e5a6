"""`migrate`, `doctor`, `archive` and `verify`: what is looked after, and what is found wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from nbapanel import file_lock
from nbapanel.warehouse import migrate
from nbapanel.warehouse.db import connect


@pytest.fixture
def unmigrated(nbapanel: Any, conninfo: str) -> Any:
    with connect(conninfo, purpose="test") as connection:
        connection.execute("DROP SCHEMA ops, espn, kalshi, nba, derived CASCADE")
    return nbapanel


def test_migrate_dry_run_applies_nothing(unmigrated: Any, conninfo: str) -> None:
    known = migrate.available()
    for _ in range(2):
        dry = unmigrated("migrate", "--dry-run")
        assert dry.code == 0
        assert dry.out.splitlines() == [f"would apply {m.version:04}_{m.name}" for m in known]
    done = unmigrated("migrate")
    assert done.code == 0
    assert [line.split(" in ")[0] for line in done.out.splitlines()[:-1]] == [
        f"applied {m.version:04}_{m.name}" for m in known
    ]
    assert done.out.splitlines()[-1] == "The schema is up to date."
    assert unmigrated("migrate", "--dry-run").out == "The schema is up to date.\n"


def test_an_edited_migration_is_refused(nbapanel: Any, conninfo: str) -> None:
    with connect(conninfo, purpose="test") as connection:
        connection.execute("UPDATE ops.schema_migrations SET sha256 = 'other' WHERE version = 2")
    for command in (("migrate",), ("status",), ("refetch", "--feeds", "demo")):
        done = nbapanel(*command)
        assert done.code == 1
        assert "0002_espn was edited after it was applied" in done.err
        assert "Traceback" not in done.err
    doctor = nbapanel("doctor")
    assert doctor.code == 1
    assert "✗ schema: 0002_espn was edited after it was applied" in doctor.out


def test_no_migration_replaces_a_view_in_place() -> None:
    """trap R7: CREATE OR REPLACE VIEW can add columns at the end and do nothing else: a view is
    dropped and created, or its columns could never be put in another order."""
    replacing = re.compile(r"create\s+or\s+replace\s+(recursive\s+|temp\w*\s+)*view", re.IGNORECASE)
    for migration in migrate.available():
        assert not replacing.search(migration.text), migration.name


def test_doctor_when_all_is_well(refetch: Any, nbapanel: Any, conninfo: str) -> None:
    refetch()
    done = nbapanel("doctor")
    assert done.code == 0, done.out
    assert "✗" not in done.out
    for what in ("nbapanel", "files", "data directory", "its mode", "disk", "database", "schema",
                 "archive"):  # fmt: skip
        assert f"✓ {what}: " in done.out
    assert "holds data of demo:7" in done.out
    assert "0 payloads not yet known to the database" in done.out


def test_doctor_names_what_is_wrong(
    nbapanel: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(0o755)
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:geheim@127.0.0.1:1/none")
    done = nbapanel("doctor")
    assert done.code == 1
    assert "✗ its mode: 755" in done.out
    assert "chmod 700" in done.out
    assert "✗ database: The database does not answer." in done.out
    assert "geheim" not in done.out + done.err


def test_the_archive_is_listed_and_verified(refetch: Any, nbapanel: Any, tmp_path: Path) -> None:
    refetch()
    listed = nbapanel("archive", "list")
    assert listed.code == 0
    lines = listed.out.splitlines()
    assert len(lines) == len(list((tmp_path / "data" / "archive").rglob("*.manifest.json")))
    (game,) = [line for line in lines if "espn_plays 401810622:401810622" in line]
    assert game in nbapanel("archive", "list", "--key", "401810622:401810622").out
    assert "espn_scoreboard" not in nbapanel("archive", "list", "--key", "401810622:401810622").out
    sound = nbapanel("archive", "verify")
    assert sound.code == 0
    assert sound.out == f"{len(lines)} payloads, 0 findings.\n"

    path = tmp_path / "data" / "archive" / game.rsplit(" ", 1)[1]
    path.write_bytes(path.read_bytes()[:-9])
    damaged = nbapanel("archive", "verify")
    assert damaged.code == 1
    assert f"{len(lines)} payloads, 1 findings." in damaged.out
    assert f"{path.name}: damaged" in damaged.err
    assert "nbapanel refetch --force --date DAY" in damaged.err
    assert "nbapanel archive sweep" in damaged.err


def test_what_is_no_payload_any_more_is_swept(refetch: Any, nbapanel: Any, tmp_path: Path) -> None:
    """trap F15: of what cannot be loaded only the damaged needs to be asked for; not in a run."""
    refetch()
    archive = tmp_path / "data" / "archive"
    unfinished = archive / "espn/plays/401810622_401810622/.20260116T033000.000000Z.json.gz.1.tmp"
    unfinished.touch()
    damaged = sorted(archive.glob("espn/scoreboard/*/*.json.gz"))[0]
    damaged.write_bytes(b"")
    with file_lock.take(tmp_path / "data" / "run.lock", timeout_s=0) as lock:
        lock.write("4711")
        refused = nbapanel("archive", "sweep")
        assert refused.code == 3
        assert "A run works in this data directory." in refused.err
        assert "4711" in refused.err
    swept = nbapanel("archive", "sweep")
    assert (swept.code, swept.out.splitlines()[-1]) == (0, "1 removed.")
    assert not unfinished.exists()
    assert damaged.exists()
    assert nbapanel("archive", "sweep", "--damaged").out.splitlines()[-1] == "1 removed."
    assert ", 0 findings." in nbapanel("archive", "verify").out
    assert nbapanel("archive", "sweep", "--damaged").out == "0 removed.\n"


def test_an_empty_archive_is_sound(nbapanel: Any) -> None:
    assert nbapanel("archive", "verify").out == "0 payloads, 0 findings.\n"
    assert nbapanel("archive", "list").out == ""


def test_features_are_what_they_are_from_scratch(refetch: Any, nbapanel: Any) -> None:
    refetch()
    done = nbapanel("verify", "features")
    assert done.code == 0
    assert done.out.count(": as computed from scratch") == 5
    found = nbapanel("verify", "features", "--json").document
    assert {one["relation"]: (one["too_many"], one["missing"]) for one in found} == {
        "espn.prob_event_state": (0, 0),
        "derived.snapshot_features": (0, 0),
        "derived.game_stats": (0, 0),
        "nba.games": (0, 0),
        "derived.pbp_event_state": (0, 0),
    }


@pytest.mark.parametrize(
    ("change", "relation"),
    [
        ("UPDATE derived.snapshot_features SET score_diff = score_diff + 1"
         " WHERE game_id = '401810622' AND sequence_number ="
         " (SELECT min(sequence_number) FROM derived.snapshot_features)",
         "derived.snapshot_features"),
        ("DELETE FROM espn.prob_event_state WHERE game_id = '401810622' AND period = 4",
         "espn.prob_event_state"),
    ],
)  # fmt: skip
def test_a_difference_is_found_and_its_game_named(
    change: str, relation: str, refetch: Any, nbapanel: Any, conninfo: str
) -> None:
    refetch()
    with connect(conninfo, purpose="test") as connection:
        changed = connection.execute(change).rowcount
        assert changed > 0
    done = nbapanel("verify", "features")
    assert done.code == 1
    (line,) = [one for one in done.out.splitlines() if one.startswith(f"✗ {relation}")]
    assert f"{changed:,}" in line
    assert "401810622" in line
