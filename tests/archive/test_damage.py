"""Whatever happens to a file, it is found, named, and takes no other along."""

from __future__ import annotations

import gzip
import json
import logging
import os
from datetime import UTC, datetime, timedelta

import pytest

from nbapanel.archive import Archive, FindingKind
from nbapanel.errors import ArchiveDamaged
from nbapanel.payload import SourceType

pytestmark = pytest.mark.warns_in_log  # trouble is what these are about

EVENING = datetime(2026, 1, 16, 3, 30, tzinfo=UTC)
LATER = EVENING + timedelta(minutes=5)
BODY = json.dumps({"events": [{"id": str(n)} for n in range(500)]}).encode()


def _cut(data):
    return data[: len(data) // 2]


def _without_trailer(data):
    return data[:-4]


def _flipped(data):
    return data[:40] + bytes([data[40] ^ 1]) + data[41:]


def _other(data):
    return gzip.compress(BODY.replace(b"499", b"498"), mtime=0)


DAMAGES = {
    "cut": _cut,
    "trailer cut": _without_trailer,
    "bit flipped": _flipped,
    "other content of the same size": _other,
    "longer": lambda data: gzip.compress(BODY + b" "),
    "shorter": lambda data: gzip.compress(BODY[:-1]),
    "something appended": lambda data: data + b"x",
    "a member appended": lambda data: data + gzip.compress(b"{}"),
    "emptied": lambda data: b"",
    "not gzip": lambda data: BODY,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_payload_is_told_and_healed_by_fetching_again(archive, payload, damage):
    manifest = archive.put(payload(BODY)).manifest
    sound = archive.put(payload(BODY, key="other")).manifest
    place = archive.root / manifest.path
    place.write_bytes(damage(place.read_bytes()))

    with pytest.raises(ArchiveDamaged) as caught:
        archive.get(manifest)
    assert manifest.path in caught.value.title
    assert "nbapanel archive verify" in caught.value.hint

    checked = []
    (finding,) = archive.verify(checked.append)
    assert (finding.kind, finding.path) == (FindingKind.DAMAGED, manifest.path)
    assert checked == [sound]

    healed = archive.put(payload(BODY, at=LATER))
    assert not healed.is_new
    assert archive.get(manifest.path).parts == (BODY,)
    assert list(archive.verify()) == []


def test_missing_orphaned_and_foreign_files_are_told(archive, payload):
    gone, lone = (archive.put(payload(key=key)).manifest for key in "ab")
    (archive.root / gone.path).unlink()
    (archive.root / lone.path.replace(".json.gz", ".manifest.json")).unlink()
    folder = archive.root / "espn/scoreboard/c"
    folder.mkdir()
    (folder / ".20260116T033000.000000Z.json.gz.1-ab.tmp").touch()
    (folder / "notes.txt").touch()
    assert [(f.kind, f.path.rsplit("/", 1)[0]) for f in archive.verify()] == [
        (FindingKind.MISSING, "espn/scoreboard/a"),
        (FindingKind.ORPHAN, "espn/scoreboard/b"),
        (FindingKind.ORPHAN, "espn/scoreboard/c"),
        (FindingKind.FOREIGN, "espn/scoreboard/c"),
    ]
    with pytest.raises(ArchiveDamaged, match="cannot be read"):
        archive.get(gone)


BAD_MANIFESTS = {
    "empty": b"",
    "not JSON": b"{",
    "not an object": b"[]",
    "not UTF-8": b"\xff\xfe\x00",
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("rubbish", BAD_MANIFESTS.values(), ids=BAD_MANIFESTS.keys())
def test_a_manifest_of_rubbish_takes_no_other_along(archive, payload, rubbish, caplog):
    bad, good = (archive.put(payload(key=key)).manifest for key in "ab")
    (archive.root / bad.path.replace(".json.gz", ".manifest.json")).write_bytes(rubbish)
    with caplog.at_level(logging.WARNING):
        assert list(archive.all()) == [good]
        assert archive.pending() == [good]
        assert archive.newest(SourceType.ESPN_SCOREBOARD, "a") is None
    assert bad.path in caplog.text
    assert [f.path for f in archive.verify()] == [bad.path]

    again = archive.put(payload(key="a")).manifest
    assert archive.newest(SourceType.ESPN_SCOREBOARD, "a") == again
    assert archive.get(again).parts == payload().parts


@pytest.mark.parametrize(
    ("name", "value"),
    [("format", 2), ("source_type", "pbp"), ("source_key", "../x"), ("source_key", "b"),
     ("fetched_at", "2026-01-16T03:30:00"), ("fetched_at", "2026-01-16T03:30:01Z"),
     ("byte_size", "14"), ("byte_size", 13), ("parts", [7, 8]), ("parts", [-1, 15]),
     ("parts", ["x"]), ("http_status", True), ("file", "other.json.gz"), ("url", None)],
)  # fmt: skip
def test_a_manifest_that_does_not_fit_is_damage(archive, payload, name, value):
    manifest = archive.put(payload()).manifest
    place = archive.root / manifest.path.replace(".json.gz", ".manifest.json")
    document = json.loads(place.read_bytes())
    document[name] = value
    place.write_text(json.dumps(document))
    with pytest.raises(ArchiveDamaged, match="manifest"):
        archive.get(manifest.path)


def test_a_gzip_bomb_is_not_inflated(tmp_path, payload):
    small = Archive(tmp_path, most_bytes=1000)
    manifest = Archive(tmp_path).put(payload(b"0" * 5000)).manifest
    with pytest.raises(ArchiveDamaged, match="more than 1,000"):
        small.get(manifest)
    (tmp_path / manifest.path).write_bytes(gzip.compress(b"0" * 50_000_000))
    with pytest.raises(ArchiveDamaged, match="more than 5,000"):
        Archive(tmp_path).get(manifest)


def test_the_sweep_takes_old_leftovers_and_nothing_else(archive, payload):
    manifest = archive.put(payload(key="whole")).manifest
    folder = archive.root / "espn/scoreboard/x"
    folder.mkdir()
    leftovers = [folder / ".a.tmp", folder / "20260116T033000.000000Z.json.gz"]
    for leftover in leftovers:
        leftover.touch()
    assert archive.sweep() == []
    for place in archive.root.rglob("*"):
        if place.is_file():
            os.utime(place, (1, 1))
    assert len(archive.sweep()) == 2
    assert not any(leftover.exists() for leftover in leftovers)
    assert archive.pending() == list(archive.all()) == [manifest]
