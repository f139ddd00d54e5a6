"""What the database has not been told yet: one empty file per write, its name says of which.

A marker is made before the manifest that it announces, so a kill between the two leaves a marker
too many and never one too few. It counts once a manifest of its time or later is there.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nbapanel.archive import files, names
from nbapanel.archive.manifest import Manifest
from nbapanel.payload import SourceType

_SEPARATOR = "~"  # in no key, no source type and no stamp


@dataclass(frozen=True, slots=True)
class Marker:
    name: str
    payload_path: str
    checked_at: datetime

    def announces(self, manifest: Manifest) -> bool:
        return self.checked_at <= manifest.checked_at


def mark(root: Path, manifest: Manifest) -> str:
    """Announce a manifest that is about to be written. Returns the marker's name.

    Every call makes another name, so settling what was there before never takes this one along.
    """
    folder = files.make_folder(root, names.PENDING)
    name = _SEPARATOR.join(
        (
            manifest.source_type.value,
            names.key_folder(manifest.source_key),
            names.stamp(manifest.fetched_at),
            names.stamp(manifest.checked_at),
            secrets.token_hex(4),
        )
    )
    try:
        files.claim(folder / name)
        files.sync_folder(folder)
    except OSError:
        drop(root, name)
        raise
    return name


def listed(root: Path) -> Iterator[Marker]:
    """Every marker, in no order. Anything else in the folder is passed over."""
    try:
        found = os.listdir(root / names.PENDING)
    except FileNotFoundError:
        return
    for name in found:
        marker = _parsed(name)
        if marker is not None:
            yield marker


def drop(root: Path, name: str) -> None:
    files.forget(root / names.PENDING / name)


def _parsed(name: str) -> Marker | None:
    pieces = name.split(_SEPARATOR)
    if len(pieces) != 5:
        return None
    source_type, key, fetched, checked, _ = pieces
    try:
        folder = names.type_folder(SourceType(source_type))
        checked_at = names.moment(checked)
    except ValueError:
        return None
    path = f"{folder}/{key}/{fetched}{names.PAYLOAD_SUFFIX}"
    return Marker(name, path, checked_at) if names.is_payload_path(path) else None
