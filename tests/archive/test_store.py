"""Put, get, newest, all: what goes in comes out, proven, and once."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from datetime import UTC, datetime, timedelta

import pytest

from nbapanel.archive import ArchiveUnwritable, KeyRefused, source_file_id
from nbapanel.errors import ArchiveDamaged
from nbapanel.payload import SourceType

EVENING = datetime(2026, 1, 16, 3, 30, tzinfo=UTC)
LATER = EVENING + timedelta(minutes=5)


def test_what_is_put_comes_back(archive, payload):
    given = payload(b'{"items": [1]}', b'{"items": [2]}', etag='"abc"', last_modified="Fri")
    stored = archive.put(given)
    assert stored.is_new
    assert archive.get(stored.manifest) == given
    assert archive.get(stored.manifest.path) == given
    assert archive.manifest(stored.manifest.path) == stored.manifest


def test_layout_and_manifest(archive, payload):
    given = payload(b"ab", b"c", key="401:401", source_type=SourceType.ESPN_PLAYS)
    manifest = archive.put(given).manifest
    assert manifest.path == "espn/plays/401_401/20260116T033000.000000Z.json.gz"
    assert (archive.root / "espn/plays/401_401/20260116T033000.000000Z.manifest.json").is_file()
    assert manifest.sha256 == hashlib.sha256(b"abc").hexdigest()
    assert (manifest.byte_size, manifest.parts) == (3, (2, 1))
    assert manifest.gzip_size == (archive.root / manifest.path).stat().st_size


def test_packed_bytes_do_not_depend_on_time_or_system(archive, payload):
    first = archive.put(payload(key="a")).manifest
    second = archive.put(payload(key="b", at=LATER)).manifest
    packed = (archive.root / first.path).read_bytes()
    assert packed == (archive.root / second.path).read_bytes()
    assert packed[4:8] == b"\0\0\0\0"
    assert packed[9] == 255


def test_same_content_again_only_moves_checked_at(archive, payload):
    first = archive.put(payload(etag='"1"')).manifest
    again = archive.put(payload(at=LATER, etag='"2"'))
    assert not again.is_new
    assert again.manifest.path == first.path
    assert again.manifest.fetched_at == EVENING
    assert again.manifest.checked_at == LATER
    assert again.manifest.etag == '"2"'
    assert list(archive.all()) == [again.manifest]


def test_changed_content_is_kept_beside_the_old(archive, payload):
    old = archive.put(payload(b"{}")).manifest
    new = archive.put(payload(b'{"a":1}', at=LATER)).manifest
    assert archive.newest(SourceType.ESPN_SCOREBOARD, "2026-01-15") == new
    assert [m.path for m in archive.all()] == [old.path, new.path]


@pytest.mark.parametrize("step", [timedelta(0), timedelta(hours=-3)])
def test_what_arrives_last_is_newest_though_the_clock_stands_or_goes_back(archive, payload, step):
    """trap F2, W12: a demo clock stands still, and clocks are set back."""
    moment = EVENING
    for body in (b"1", b"2", b"1"):
        stored = archive.put(payload(body, at=moment))
        assert stored.is_new
        assert archive.get(archive.newest(SourceType.ESPN_SCOREBOARD, "2026-01-15")).parts == (
            body,
        )
        moment += step
    assert not archive.put(payload(b"1", at=moment)).is_new
    assert len(list(archive.all())) == 3


def test_two_keys_that_share_a_folder_stay_apart(archive, payload):
    colon = archive.put(payload(b"1", key="1:2")).manifest
    line = archive.put(payload(b"2", key="1_2")).manifest
    assert colon.path.rsplit("/", 1)[0] == line.path.rsplit("/", 1)[0]
    assert archive.newest(SourceType.ESPN_SCOREBOARD, "1:2") == colon
    assert archive.newest(SourceType.ESPN_SCOREBOARD, "1_2") == line
    assert archive.get(colon).parts == (b"1",)


def test_all_is_ordered_by_time_over_every_kind(archive, payload):
    kinds = list(SourceType)
    for minute, kind in enumerate(reversed(kinds)):
        at = EVENING + timedelta(minutes=minute)
        archive.put(payload(key="x", at=at, source_type=kind))
    assert [m.source_type for m in archive.all()] == list(reversed(kinds))


def test_an_empty_archive_is_no_trouble(archive):
    assert archive.newest(SourceType.ESPN_PLAYS, "1:1") is None
    assert archive.touch(SourceType.ESPN_PLAYS, "1:1", EVENING) is None
    assert archive.validators(SourceType.ESPN_PLAYS, "1:1") is None
    assert list(archive.all()) == archive.pending() == list(archive.verify()) == []
    assert archive.sweep() == []
    assert not archive.root.exists()


def test_touch_notes_a_304(archive, payload):
    first = archive.put(payload()).manifest
    touched = archive.touch(SourceType.ESPN_SCOREBOARD, "2026-01-15", LATER)
    assert touched is not None
    assert (touched.fetched_at, touched.checked_at) == (EVENING, LATER)
    assert archive.manifest(first.path).checked_at == LATER


def test_validators_only_of_a_sound_payload(archive, payload):
    where = SourceType.ESPN_SCOREBOARD, "2026-01-15"
    manifest = archive.put(payload()).manifest
    assert archive.validators(*where) is None
    archive.put(payload(etag='"x"'))
    assert archive.validators(*where) == ('"x"', "")
    (archive.root / manifest.path).write_bytes(b"rubbish")
    assert archive.validators(*where) is None


def test_ids_are_the_same_everywhere():
    sha256 = hashlib.sha256(b"abc").hexdigest()
    known = source_file_id(SourceType.ESPN_PLAYS, "401:401", sha256)
    expected = hashlib.sha256(f"espn_plays|401:401|{sha256}".encode()).digest()[:8]
    assert known == int.from_bytes(expected, "big") & (2**63 - 1)
    assert 0 < known < 2**63
    assert known != source_file_id(SourceType.ESPN_PROBABILITIES, "401:401", sha256)


def test_the_same_content_has_the_same_id_wherever_it_lies(archive, payload):
    first = archive.put(payload(b"1")).manifest
    archive.put(payload(b"2", at=LATER))
    back = archive.put(payload(b"1", at=LATER + timedelta(minutes=5))).manifest
    assert back.path != first.path
    assert back.source_file_id == first.source_file_id


@pytest.mark.skipif(sys.platform == "win32", reason="no permission bits there")
def test_only_the_owner_reads_it(archive, payload):
    archive.root.parent.mkdir()
    os.chmod(archive.root.parent, 0o755)
    archive.put(payload())
    for place in (archive.root, *archive.root.rglob("*")):
        mode = stat.S_IMODE(place.stat().st_mode)
        assert mode == (0o700 if place.is_dir() else 0o600), place


def test_a_naive_moment_is_a_bug(archive, payload):
    with pytest.raises(ValueError, match="aware"):
        archive.put(payload(at=EVENING.replace(tzinfo=None)))


def test_a_key_that_is_a_path_is_refused(archive, payload):
    """trap F16"""
    with pytest.raises(KeyRefused, match="cannot be kept in the archive"):
        archive.put(payload(key="../../etc/x"))
    assert not archive.root.exists()


@pytest.mark.parametrize("path", ["../x/y/20260116T033000.000000Z.json.gz", "/etc/passwd", ""])
def test_a_path_from_elsewhere_is_not_opened(archive, path):
    """trap F16: the path comes from a database."""
    with pytest.raises(ArchiveDamaged, match="No payload of the archive is named so"):
        archive.get(path)


def test_a_place_that_cannot_be_written_is_named(archive, payload):
    archive.root.parent.mkdir()
    archive.root.write_bytes(b"a file where the folder should be")
    with pytest.raises(ArchiveUnwritable) as caught:
        archive.put(payload())
    assert str(archive.root) in caught.value.detail
    assert caught.value.hint
