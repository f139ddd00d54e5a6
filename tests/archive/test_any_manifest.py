"""A manifest may say anything: it is understood, or the payload is told to be damaged."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbapanel.archive import Archive
from nbapanel.archive.manifest import Manifest, ManifestUnreadable, decode, encode
from nbapanel.errors import ArchiveDamaged
from nbapanel.payload import SourceType
from nbapanel.steps.loading import register_manifests
from nbapanel.warehouse.db import Database

pytestmark = pytest.mark.warns_in_log  # trouble is what these are about

MANY_TIMES = settings(
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SOUND = Manifest(
    source_type=SourceType.ESPN_PLAYS,
    source_key="401584793:401584793",
    url="https://feed.test/plays",
    fetched_at=datetime(2026, 1, 16, 3, 30, tzinfo=UTC),
    checked_at=datetime(2026, 1, 16, 3, 30, tzinfo=UTC),
    http_status=200,
    content_type="application/json",
    etag='"e"',
    last_modified="",
    sha256="0" * 64,
    byte_size=5,
    parts=(2, 3),
    gzip_size=40,
)
DOCUMENT: dict[str, Any] = json.loads(encode(SOUND))
ODD_VALUES = [None, True, -1, 0, 2**31, 2**53 + 1, 2**63, 10**300, 2.5, [], {}, [None], [2.0, 3.0]]
ODD_VALUES += [float("inf"), float("nan"), [float("inf")], [True, 4], ["2", "3"], "", "x" * 200_000]
ODD_VALUES += ["\0", "a\ud800", "../../etc/x", "0001-01-01T00:00:00+23:59", "2026-01-16T03:30:00"]
ODD_VALUES += ["9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-23:59", "1066-10-14T09:00:00Z"]
ODD_VALUES += [10**4000, [[]] * 50, [0] * 20_000, "espn_boxscore", "CON"]
ODD_VALUES += ["".join(chr(33 + n * n % 9_973) for n in range(20_000))]  # no index holds it
VALUES = st.sampled_from(ODD_VALUES) | st.text(max_size=5) | st.integers() | st.floats()


@MANY_TIMES
@given(changes=st.dictionaries(st.sampled_from(sorted(DOCUMENT)), VALUES, max_size=3))
def test_any_value_in_a_manifest(changes: dict[str, Any]) -> None:
    """What is understood can be written again, and lies where it says."""
    try:
        manifest = decode(json.dumps(DOCUMENT | changes).encode())
    except ManifestUnreadable:
        return
    assert decode(encode(manifest)) == manifest
    assert manifest.path.startswith("espn/")
    assert 0 < manifest.source_file_id < 2**63


@MANY_TIMES
@given(
    data=st.binary(max_size=50)
    | st.integers(0, len(encode(SOUND))).map(lambda end: encode(SOUND)[:end])
    | st.sampled_from(
        [b"[" * 100_000, b'{"format":' * 100_000, b"1" * 5_000, b"null", b"[]", b"{}"]
    )
)
def test_any_bytes_instead_of_a_manifest(data: bytes) -> None:
    try:
        decode(data)
    except ManifestUnreadable:
        return
    assert data.strip() == encode(SOUND).strip()


async def test_whatever_is_understood_can_be_told_to_the_database(
    database: Database, connection: psycopg.Connection
) -> None:
    """All that is pending is told at once: one manifest that the database refuses would keep every
    other from being loaded, in this run and in all that follow."""
    told = []
    for name in DOCUMENT:
        for value in ODD_VALUES:
            try:
                told.append(decode(json.dumps(DOCUMENT | {name: value}).encode()))
            except ManifestUnreadable:
                continue
    assert len(told) > 10
    async with database.connection() as opened:
        await register_manifests(opened, told)
    found = connection.execute("SELECT count(*) FROM ops.source_files").fetchone()
    assert found == (len({manifest.source_file_id for manifest in told}),)


@pytest.mark.parametrize(
    ("name", "value"),
    [("fetched_at", "0001-01-01T00:00:00+23:59"), ("checked_at", "9999-12-31T23:59:59-23:59"),
     ("parts", [float("inf")]), ("parts", [5.0]), ("url", "a\0b"), ("etag", "\ud800"),
     ("http_status", 2**40), ("byte_size", 10**300)],
)  # fmt: skip
def test_a_manifest_with_an_odd_value_takes_no_other_along(
    name: str, value: Any, archive: Archive, payload: Any
) -> None:
    """Trap L6: it is named as damaged, and the archive goes on."""
    sound = archive.put(payload(key="sound")).manifest
    odd = archive.put(payload(key="odd")).manifest
    place = archive.root / odd.path.replace(".json.gz", ".manifest.json")
    place.write_text(json.dumps(json.loads(place.read_bytes()) | {name: value}))
    with pytest.raises(ArchiveDamaged, match="manifest"):
        archive.get(odd.path)
    assert list(archive.all()) == archive.pending() == [sound]
    assert [finding.path for finding in archive.verify()] == [odd.path]


def test_no_more_of_a_file_is_read_than_there_can_be(archive: Archive, payload: Any) -> None:
    """A payload or manifest that something else wrote over, of any size: here of 8 GB, on a disk
    that stores no zeros."""
    manifest = archive.put(payload()).manifest
    place = archive.root / manifest.path
    for path in (place, place.with_name(place.name.replace(".json.gz", ".manifest.json"))):
        with open(path, "r+b") as file:
            file.truncate(8 * 2**30)
        with pytest.raises(ArchiveDamaged):
            archive.get(manifest.path)


def test_a_manifest_is_not_believed_about_how_much_there_is(archive: Archive, payload: Any) -> None:
    """Room was made for as many bytes as it says: here more than any machine has."""
    manifest = archive.put(payload()).manifest
    place = archive.root / manifest.path.replace(".json.gz", ".manifest.json")
    place.write_text(json.dumps(json.loads(place.read_bytes()) | {"gzip_size": 2**50}))
    assert archive.get(manifest.path).parts == (b'{"events": []}',)


def test_all_parts_together_may_not_be_too_large(archive: Archive, payload: Any) -> None:
    small = Archive(archive.root, most_bytes=1_000)
    manifest = archive.put(payload(b"0" * 600, b"1" * 600)).manifest
    assert archive.get(manifest).parts == (b"0" * 600, b"1" * 600)
    with pytest.raises(ArchiveDamaged, match=r"1,200 bytes, more than 1,000.*most_payload_mb"):
        small.get(manifest)
