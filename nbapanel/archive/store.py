"""The archive itself: put and get, newest and all, and what the database is still to be told."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from nbapanel.archive import files, inspection, markers, names, packing
from nbapanel.archive.inspection import Finding
from nbapanel.archive.manifest import Manifest, ManifestUnreadable, decode, encode
from nbapanel.errors import ArchiveDamaged
from nbapanel.payload import Payload, SourceType
from nbapanel.size_limits import MOST_BYTES

_log = logging.getLogger(__name__)
_LONGEST_MANIFEST_BYTES = 1_000_000
_PACKING_BYTES = 1_000_000
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a payload is. `is_new` is False when the archive already held the same content."""

    manifest: Manifest
    is_new: bool


@dataclass(frozen=True, slots=True)
class Archive:
    """Keeps payloads below `root`. Stateless: any number of threads and processes may use one.

    Calls read and write files, and are meant for a thread rather than for an event loop.
    """

    root: Path
    most_bytes: int = MOST_BYTES

    def put(self, payload: Payload) -> Stored:
        """Keep a payload; only note the check when the newest one of its key says the same.

        Raises KeyRefused or ArchiveUnwritable, and then has left nothing behind.
        """
        if payload.fetched_at.tzinfo is None:
            raise ValueError("fetched_at must be aware")
        sha256 = packing.sha256_of(payload.parts)
        folder = self._folder(payload.source_type, payload.source_key)
        with files.writing(self.root / folder):
            newest = self.newest(payload.source_type, payload.source_key)
            if newest is not None and newest.sha256 == sha256:
                return Stored(self._confirm(newest, payload), is_new=False)
            files.make_folder(self.root, folder)
            return Stored(self._add(payload, sha256, newest), is_new=True)

    def touch(
        self, source_type: SourceType, source_key: str, checked_at: datetime
    ) -> Manifest | None:
        """Note that the feed confirmed its newest payload (HTTP 304). None when none is held."""
        with files.writing(self.root / self._folder(source_type, source_key)):
            newest = self.newest(source_type, source_key)
            return newest and self._record(replace(newest, checked_at=checked_at))

    def newest(self, source_type: SourceType, source_key: str) -> Manifest | None:
        """The payload that arrived last under a key."""
        folder = self._folder(source_type, source_key)
        try:
            found = os.listdir(self.root / folder)
        except FileNotFoundError:
            return None
        manifests = (name for name in found if name.endswith(names.MANIFEST_SUFFIX))
        for name in sorted(manifests, reverse=True):
            manifest = self._manifest(f"{folder}/{name}")
            # Two keys may share a folder: "1:2" and "1_2".
            if manifest is not None and manifest.source_key == source_key:
                return manifest
        return None

    def validators(self, source_type: SourceType, source_key: str) -> tuple[str, str] | None:
        """(ETag, Last-Modified) to ask the feed conditionally with, or None to ask for it all.

        None also when the payload held is damaged: a 304 would keep it so for ever.
        """
        newest = self.newest(source_type, source_key)
        if newest is None or not (newest.etag or newest.last_modified):
            return None
        return (newest.etag, newest.last_modified) if self.is_sound(newest) else None

    def is_sound(self, manifest: Manifest) -> bool:
        """Whether its payload is there and is what it says, read to the last byte."""
        try:
            self._parts(manifest)
        except ArchiveDamaged:
            return False
        return True

    def get(self, stored: Manifest | str) -> Payload:
        """Read a payload, by its manifest or its path, and prove it. Raises ArchiveDamaged."""
        manifest = stored if isinstance(stored, Manifest) else self.manifest(stored)
        return Payload(
            source_type=manifest.source_type,
            source_key=manifest.source_key,
            url=manifest.url,
            parts=self._parts(manifest),
            fetched_at=manifest.fetched_at,
            http_status=manifest.http_status,
            content_type=manifest.content_type,
            etag=manifest.etag,
            last_modified=manifest.last_modified,
        )

    def manifest(self, path: str) -> Manifest:
        """The manifest of the payload at `path` (as `Manifest.path`). Raises ArchiveDamaged."""
        if not names.is_payload_path(path):
            raise _damaged(path, "No payload of the archive is named so")
        try:
            data = files.beginning(self.root / names.manifest_path(path), _LONGEST_MANIFEST_BYTES)
            manifest = decode(data)
        except OSError as error:
            reason = error.strerror or str(error)
            raise _damaged(path, f"Its manifest cannot be read: {reason}") from error
        except ManifestUnreadable as error:
            raise _damaged(path, f"Its manifest cannot be understood: {error}") from error
        if manifest.path != path:
            raise _damaged(path, f"Its manifest is that of {manifest.path}")
        return manifest

    def all(self) -> Iterator[Manifest]:
        """Every manifest, oldest `fetched_at` first. One that cannot be read is passed over."""
        found = (
            (name, path)
            for path, name in inspection.walk(self.root)
            if name.endswith(names.MANIFEST_SUFFIX)
        )
        for _, path in sorted(found):
            manifest = self._manifest(path)
            if manifest is not None:
                yield manifest

    def pending(self) -> list[Manifest]:
        """What was put or confirmed and not settled since, oldest `fetched_at` first.

        Costs as much as there is to tell, whatever the archive holds. The same content may be
        here twice (it came, changed and came back): then both have the same source_file_id.
        """
        marked: dict[str, list[markers.Marker]] = {}
        for marker in markers.listed(self.root):
            marked.setdefault(marker.payload_path, []).append(marker)
        pending: list[Manifest] = []
        for path, found in marked.items():
            manifest = self._manifest(names.manifest_path(path))
            due = [m for m in found if manifest is not None and m.announces(manifest)]
            for leftover in set(found).difference(due):
                inspection.drop_if_stale(self.root, leftover)
            if manifest is not None and due:
                pending.append(replace(manifest, markers=tuple(m.name for m in due)))
        return sorted(pending, key=lambda each: (each.fetched_at, each.path))

    def settle(self, manifests: Iterable[Manifest]) -> None:
        """Forget that these are pending, once the database has them; what came since stays."""
        for manifest in manifests:
            for name in manifest.markers:
                markers.drop(self.root, name)

    def verify(self, checked: Callable[[Manifest], None] | None = None) -> Iterator[Finding]:
        """Re-hash everything and tell what is wrong. `checked` is called with each sound one."""
        return inspection.verify(self, checked)

    def discard_damaged(self) -> list[str]:
        """Remove what `verify` finds damaged or missing, for it was fetched again. Tells what.

        Only for whoever knows that nobody else writes.
        """
        return inspection.discard_damaged(self)

    def sweep(self, stale_after_s: float = inspection.STALE_AFTER_S) -> list[str]:
        """Remove what killed processes left behind, once it is so old. Tells what.

        Whoever knows that nobody else writes need not wait: 0.
        """
        return inspection.sweep(self.root, stale_after_s)

    def _folder(self, source_type: SourceType, source_key: str) -> str:
        return f"{names.type_folder(source_type)}/{names.key_folder(source_key)}"

    def _manifest(self, path: str) -> Manifest | None:
        """A manifest that may have gone; one that says nothing is left to `verify` to name."""
        try:
            return self.manifest(names.payload_path(path))
        except ArchiveDamaged as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                _log.warning("passed over: %s", error)
            return None

    def _parts(self, manifest: Manifest) -> tuple[bytes, ...]:
        try:
            # A byte more than is due tells that there is more, however much that is; and what a
            # manifest says is not believed past what packing can make of so many bytes.
            due = min(manifest.gzip_size, 2 * self.most_bytes + _PACKING_BYTES)
            packed = files.beginning(self.root / manifest.path, due + 1)
            return packing.unpack(packed, manifest.parts, manifest.sha256, self.most_bytes)
        except OSError as error:
            reason = error.strerror or str(error)
            raise _damaged(manifest.path, f"It cannot be read: {reason}") from error
        except packing.Unsound as error:
            raise _damaged(manifest.path, f"It is not what its manifest says: {error}") from error

    def _confirm(self, newest: Manifest, payload: Payload) -> Manifest:
        confirmed = replace(
            newest,
            checked_at=payload.fetched_at,
            etag=payload.etag,
            last_modified=payload.last_modified,
        )
        if not self.is_sound(newest):
            packed = packing.pack(payload.parts)
            files.write_whole(self.root / newest.path, packed)
            sizes = tuple(map(len, payload.parts))
            confirmed = replace(confirmed, parts=sizes, gzip_size=len(packed))
        return self._record(confirmed)

    def _add(self, payload: Payload, sha256: str, newest: Manifest | None) -> Manifest:
        packed = packing.pack(payload.parts)
        manifest = Manifest(
            source_type=payload.source_type,
            source_key=payload.source_key,
            url=payload.url,
            fetched_at=payload.fetched_at,
            checked_at=payload.fetched_at,
            http_status=payload.http_status,
            content_type=payload.content_type,
            etag=payload.etag,
            last_modified=payload.last_modified,
            sha256=sha256,
            byte_size=sum(map(len, payload.parts)),
            parts=tuple(map(len, payload.parts)),
            gzip_size=len(packed),
        )
        # What arrives last is the newest, also when a clock stands still or was set back.
        if newest is not None:
            manifest = replace(
                manifest,
                fetched_at=max(manifest.fetched_at, newest.fetched_at + _TICK),
                checked_at=max(manifest.checked_at, newest.checked_at + _TICK),
            )
        while not files.claim(self.root / manifest.path):
            manifest = replace(manifest, fetched_at=manifest.fetched_at + _TICK)
        manifest = replace(manifest, checked_at=max(manifest.checked_at, manifest.fetched_at))
        try:
            files.write_whole(self.root / manifest.path, packed)
            return self._record(manifest)
        except OSError:
            if not (self.root / names.manifest_path(manifest.path)).exists():
                files.forget(self.root / manifest.path)
            raise

    def _record(self, manifest: Manifest) -> Manifest:
        """Marker first, then the manifest: the pair counts from the moment of the rename."""
        marker = markers.mark(self.root, manifest)
        place = self.root / names.manifest_path(manifest.path)
        try:
            files.write_whole(place, encode(manifest))
        except OSError:
            markers.drop(self.root, marker)
            raise
        files.sync_folder(place.parent)
        return replace(manifest, markers=(marker,))


def _damaged(path: str, reason: str) -> ArchiveDamaged:
    return ArchiveDamaged(
        f"The archived payload {path} is damaged.",
        f"{reason}.",
        "`nbapanel archive verify` lists all that is damaged; fetching it again (nbapanel refetch"
        " --force --date DAY) replaces it.",
    )
