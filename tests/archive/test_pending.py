"""What the database has not been told: nothing is lost, nothing is told twice for ever."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from nbapanel.payload import SourceType

EVENING = datetime(2026, 1, 16, 3, 30, tzinfo=UTC)
LATER = EVENING + timedelta(minutes=5)
AN_HOUR_AND_MORE_S = 3700


def _markers(archive):
    return sorted((archive.root / "pending").iterdir())


def _grow_old(path):
    then = path.stat().st_mtime - AN_HOUR_AND_MORE_S
    os.utime(path, (then, then))


def test_pending_until_settled(archive, payload):
    late = archive.put(payload(key="b", at=LATER)).manifest
    early = archive.put(payload(key="a")).manifest
    assert archive.pending() == [early, late]
    archive.settle(archive.pending()[:1])
    assert archive.pending() == [late]
    archive.settle(archive.pending())
    assert archive.pending() == []
    assert _markers(archive) == []


def test_what_put_returns_can_be_settled(archive, payload):
    archive.settle([archive.put(payload()).manifest])
    assert archive.pending() == []


def test_puts_of_one_payload_are_told_once_with_the_latest_check(archive, payload):
    archive.put(payload())
    archive.put(payload(at=LATER))
    (told,) = archive.pending()
    assert told.checked_at == LATER
    archive.settle([told])
    assert _markers(archive) == []


def test_a_touch_is_told(archive, payload):
    archive.settle([archive.put(payload()).manifest])
    archive.touch(SourceType.ESPN_SCOREBOARD, "2026-01-15", LATER)
    assert [m.checked_at for m in archive.pending()] == [LATER]


def test_a_put_between_pending_and_settle_is_not_lost(archive, payload):
    """Also when the clock stands still, so that both markers speak of the same moment."""
    archive.put(payload())
    told = archive.pending()
    again = archive.put(payload()).manifest
    archive.settle(told)
    assert archive.pending() == [again]


def test_settling_twice_is_no_trouble(archive, payload):
    archive.put(payload())
    told = archive.pending()
    archive.settle(told)
    archive.settle(told)
    assert archive.pending() == []


def test_a_marker_whose_manifest_was_never_written_is_dropped_once_old(archive, payload):
    """trap F15: killed between marker and manifest."""
    manifest = archive.put(payload()).manifest
    (archive.root / manifest.path.replace(".json.gz", ".manifest.json")).unlink()
    assert archive.pending() == []
    (marker,) = _markers(archive)  # its process may still be at work
    _grow_old(marker)
    assert archive.pending() == []
    assert _markers(archive) == []


def test_a_marker_ahead_of_its_manifest_is_not_told_and_not_settled(archive, payload):
    """trap F15: another process has made the marker and is about to rename the manifest."""
    first = archive.put(payload()).manifest
    place = archive.root / first.path.replace(".json.gz", ".manifest.json")
    before = place.read_bytes()
    second = archive.put(payload(at=LATER)).manifest
    after = place.read_bytes()

    place.write_bytes(before)
    told = archive.pending()
    assert told == [first]
    archive.settle(told)
    assert archive.pending() == []

    place.write_bytes(after)
    assert archive.pending() == [second]


def test_strange_files_among_the_markers_are_passed_over(archive, payload):
    archive.settle([archive.put(payload()).manifest])
    for name in ("README", "a~b~c~d~e", "espn_plays~..~20260116T033000.000000Z~x~y"):
        (archive.root / "pending" / name).touch()
    assert archive.pending() == []


def test_pending_costs_what_is_new(archive, payload, monkeypatch):
    for number in range(30):
        archive.put(payload(key=f"k{number}"))
    archive.settle(archive.pending())
    new = archive.put(payload(key="new")).manifest
    read = []
    manifest = type(archive).manifest
    monkeypatch.setattr(
        type(archive), "manifest", lambda self, path: read.append(path) or manifest(self, path)
    )
    assert archive.pending() == [new]
    assert read == [new.path]
