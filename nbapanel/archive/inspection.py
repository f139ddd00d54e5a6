"""What is wrong with an archive, and clearing what killed processes left. Repairs nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from nbapanel.archive import files, markers, names
from nbapanel.archive.manifest import Manifest
from nbapanel.errors import ArchiveDamaged

if TYPE_CHECKING:
    from nbapanel.archive.store import Archive

STALE_AFTER_S = 3600.0
"""What is younger may belong to a process that is still writing."""


class FindingKind(StrEnum):
    DAMAGED = "damaged"
    MISSING = "missing"
    ORPHAN = "orphan"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at `path` (relative to the root), in words."""

    kind: FindingKind
    path: str
    detail: str


def walk(root: Path) -> Iterator[tuple[str, str]]:
    """(path relative to the root, file name) of every file of every key, in no order."""
    folders = [""]
    for _ in range(3):
        folders = [
            f"{folder}{entry.name}/"
            for folder in folders
            for entry in _entries(root / folder)
            if entry.is_dir(follow_symlinks=False) and f"{folder}{entry.name}" != names.PENDING
        ]
    for folder in folders:
        for entry in _entries(root / folder):
            yield f"{folder}{entry.name}", entry.name


def verify(archive: Archive, checked: Callable[[Manifest], None] | None) -> Iterator[Finding]:
    paths = {path for path, _ in walk(archive.root)}
    for path in sorted(paths):
        if path.endswith(names.MANIFEST_SUFFIX):
            payload = names.payload_path(path)
            if payload not in paths:
                yield Finding(FindingKind.MISSING, payload, "Its manifest is there, it is not.")
                continue
            try:
                manifest = archive.manifest(payload)
                archive.get(manifest)
            except ArchiveDamaged as error:
                yield Finding(FindingKind.DAMAGED, payload, error.detail)
            else:
                if checked is not None:
                    checked(manifest)
        elif path.endswith(files.TEMP_SUFFIX):
            yield Finding(FindingKind.ORPHAN, path, "An unfinished write.")
        elif not names.is_payload_path(path):
            yield Finding(FindingKind.FOREIGN, path, "The archive did not put it there.")
        elif names.manifest_path(path) not in paths:
            yield Finding(FindingKind.ORPHAN, path, "It has no manifest.")


def sweep(root: Path, stale_after_s: float) -> list[str]:
    removed: list[str] = []
    for path, name in walk(root):
        unfinished = name.endswith(files.TEMP_SUFFIX) or (
            names.is_payload_path(path) and not (root / names.manifest_path(path)).exists()
        )
        if unfinished and _is_stale(root / path, stale_after_s):
            files.forget(root / path)
            removed.append(path)
    for marker in markers.listed(root):
        manifest = root / names.manifest_path(marker.payload_path)
        if not manifest.exists() and drop_if_stale(root, marker, stale_after_s):
            removed.append(f"{names.PENDING}/{marker.name}")
    return removed


def discard_damaged(archive: Archive) -> list[str]:
    lost = (FindingKind.DAMAGED, FindingKind.MISSING)
    paths = [found.path for found in archive.verify() if found.kind in lost]
    for path in paths:
        # The manifest first: without one the payload is a leftover, which the next sweep takes.
        files.forget(archive.root / names.manifest_path(path))
        files.forget(archive.root / path)
    return paths


def drop_if_stale(root: Path, marker: markers.Marker, stale_after_s: float = STALE_AFTER_S) -> bool:
    """Drop a marker whose manifest was never written."""
    stale = _is_stale(root / names.PENDING / marker.name, stale_after_s)
    if stale:
        markers.drop(root, marker.name)
    return stale


def _is_stale(path: Path, stale_after_s: float) -> bool:
    try:
        return not stale_after_s or time.time() - path.stat().st_mtime > stale_after_s
    except FileNotFoundError:
        return False


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except (FileNotFoundError, NotADirectoryError):
        return []
