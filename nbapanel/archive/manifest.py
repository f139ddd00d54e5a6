"""What is known about one archived payload, and its form as JSON. No file is touched here."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from nbapanel.archive import names
from nbapanel.payload import SourceType

FORMAT = 1
_MOST_BYTES = 2**53
_MOST_PARTS = 10_000
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FIRST_YEAR, _LAST_YEAR = 1900, 2200


class ManifestUnreadable(ValueError):
    """A manifest that says nothing one could rely on; the message says why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One archived payload.

    `fetched_at` is when this content was first seen, `checked_at` when the feed last confirmed it;
    both are aware UTC. `sha256`, `byte_size` and `parts` (the size of each) are of the content
    before compression. `markers` names what `Archive.settle` takes away; it is not kept.
    """

    source_type: SourceType
    source_key: str
    url: str
    fetched_at: datetime
    checked_at: datetime
    http_status: int
    content_type: str
    etag: str
    last_modified: str
    sha256: str
    byte_size: int
    parts: tuple[int, ...]
    gzip_size: int
    markers: tuple[str, ...] = field(default=(), compare=False, repr=False)

    @property
    def path(self) -> str:
        """The payload's file: relative to the archive's root, with forward slashes."""
        folder = names.type_folder(self.source_type)
        return f"{folder}/{names.key_folder(self.source_key)}/{self.file}"

    @property
    def file(self) -> str:
        return names.stamp(self.fetched_at) + names.PAYLOAD_SUFFIX

    @property
    def source_file_id(self) -> int:
        return source_file_id(self.source_type, self.source_key, self.sha256)


def source_file_id(source_type: SourceType, source_key: str, sha256: str) -> int:
    """The same content under the same key has the same id, on every machine: 1 .. 2**63-1."""
    identity = f"{source_type.value}|{source_key}|{sha256}".encode()
    return int.from_bytes(hashlib.sha256(identity).digest()[:8]) & (2**63 - 1) or 1


def encode(manifest: Manifest) -> bytes:
    document = {
        "format": FORMAT,
        "source_type": manifest.source_type.value,
        "source_key": manifest.source_key,
        "url": manifest.url,
        "fetched_at": _iso(manifest.fetched_at),
        "checked_at": _iso(manifest.checked_at),
        "http_status": manifest.http_status,
        "content_type": manifest.content_type,
        "etag": manifest.etag,
        "last_modified": manifest.last_modified,
        "sha256": manifest.sha256,
        "byte_size": manifest.byte_size,
        "parts": list(manifest.parts),
        "file": manifest.file,
        "gzip_size": manifest.gzip_size,
    }
    return json.dumps(document, indent=1).encode("ascii") + b"\n"


def decode(data: bytes) -> Manifest:
    """Read a manifest. Raises ManifestUnreadable, whatever the bytes are."""
    try:
        document = json.loads(data)
        written = _typed(document, "format", int)
        if written != FORMAT:
            raise ManifestUnreadable(f"its format is {written}, this version reads {FORMAT}")
        manifest = Manifest(
            source_type=SourceType(_typed(document, "source_type", str)),
            source_key=_text(document, "source_key"),
            url=_text(document, "url"),
            fetched_at=_moment(document, "fetched_at"),
            checked_at=_moment(document, "checked_at"),
            http_status=_number(document, "http_status", 100, 599),
            content_type=_text(document, "content_type"),
            etag=_text(document, "etag"),
            last_modified=_text(document, "last_modified"),
            sha256=_hash(document, "sha256"),
            byte_size=_number(document, "byte_size", 0, _MOST_BYTES),
            parts=tuple(_typed(document, "parts", list)),
            gzip_size=_number(document, "gzip_size", 0, _MOST_BYTES),
        )
        names.key_folder(manifest.source_key)
        file = _typed(document, "file", str)
    except ManifestUnreadable:
        raise
    except (ValueError, OverflowError, RecursionError, names.KeyRefused) as error:
        raise ManifestUnreadable(str(error)) from error
    if file != manifest.file:
        raise ManifestUnreadable(f"it names {file[:60]!r} where {manifest.file!r} is due")
    if len(manifest.parts) > _MOST_PARTS:
        raise ManifestUnreadable(f"it names more than {_MOST_PARTS:,} parts")
    if any(type(size) is not int or size < 0 for size in manifest.parts):
        raise ManifestUnreadable("the sizes of its parts are none")
    if sum(manifest.parts) != manifest.byte_size:
        raise ManifestUnreadable("the sizes of its parts do not add up")
    return manifest


def _typed(document: Any, name: str, kind: type[Any]) -> Any:
    value = document.get(name) if isinstance(document, dict) else None
    if type(value) is not kind:
        raise ManifestUnreadable(f"{name!r} is missing or of the wrong type")
    return value


def _text(document: Any, name: str) -> str:
    """Text that the database, which is told of it, can hold."""
    text: str = _typed(document, name, str)
    text.encode()  # UnicodeEncodeError, a ValueError, for half a pair of surrogates
    if "\0" in text:
        raise ManifestUnreadable(f"{name!r} holds a NUL character")
    return text


def _hash(document: Any, name: str) -> str:
    text: str = _typed(document, name, str)
    if _SHA256.fullmatch(text) is None:
        raise ManifestUnreadable(f"{name!r} is no SHA-256")
    return text


def _number(document: Any, name: str, least: int, most: int) -> int:
    number: int = _typed(document, name, int)
    if not least <= number <= most:
        raise ManifestUnreadable(f"{name!r} is not from {least:,} to {most:,}")
    return number


def _moment(document: Any, name: str) -> datetime:
    moment = datetime.fromisoformat(_typed(document, name, str))
    if moment.tzinfo is None:
        raise ManifestUnreadable(f"{name!r} names no time zone")
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ManifestUnreadable(f"{name!r} is in the year {moment.year}")
    return moment.astimezone(UTC)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
