"""Load archived payloads that are not loaded yet: the same way for every feed. No network."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import class_row

from nbapanel.archive import Archive, Manifest
from nbapanel.errors import UserFacingError
from nbapanel.payload import Payload, SourceType
from nbapanel.rows.models import Parsed, Relation, Row
from nbapanel.steps.refresh_entries import Log, logged
from nbapanel.steps.resources import Context
from nbapanel.warehouse.merge import Merged, load
from nbapanel.warehouse.statements import statement
from nbapanel.wording import counted

log = logging.getLogger(__name__)

BATCH_ROWS = 20_000
_ROWS_BETWEEN_COLLECTIONS = 100_000


@dataclass(frozen=True, slots=True)
class UnloadedFile:
    source_file_id: int
    source_type: str
    source_key: str
    path: str
    fetched_at: datetime
    http_status: int
    byte_size: int
    load_error: str | None
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one payload gives one relation. `scope`: what it is the whole truth about."""

    relation: Relation
    parsed: Parsed
    scope: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedFile:
    file: UnloadedFile
    contributions: tuple[Contribution, ...] = ()
    error: str = ""

    @property
    def rows(self) -> int:
        return sum(len(c.parsed.rows) for c in self.contributions)

    @property
    def bad_items(self) -> int:
        return sum(len(c.parsed.bad) for c in self.contributions)


Parse = Callable[[UnloadedFile, Payload], Sequence[Contribution]]
"""Pure and slow enough for a thread."""

Prepare = Callable[[AsyncConnection[Any], Sequence[UnloadedFile]], Awaitable[Parse]]
"""Looks up what parsing needs to know (seasons of games) and returns the parser."""

Afterwards = Callable[
    [AsyncConnection[Any], Sequence[ParsedFile], dict[str, Merged]], Awaitable[None]
]
"""Runs in the transaction of a batch: marks the games that it changed."""


@dataclass(frozen=True, slots=True)
class Loader:
    """How payloads of some types become rows of some relations.

    `marks` names, for each relation, the column whose changed values `afterwards` is given.
    `one_by_one`: payloads may speak of the same keys, and are loaded in order, one a transaction.
    """

    source_types: tuple[SourceType, ...]
    relations: tuple[Relation, ...]
    prepare: Prepare
    afterwards: Afterwards
    marks: dict[str, str] = field(default_factory=dict)
    one_by_one: bool = False


async def register(context: Context) -> None:
    """Tell the database of every payload that the archive got since it was last told."""
    archive = context.resources.archive
    keys = context.resources.payload_keys
    pending = await asyncio.to_thread(archive.pending)
    if keys is not None:
        pending = [manifest for manifest in pending if manifest.source_key in keys]
    if not pending:
        return
    async with context.resources.database.connection() as connection:
        await register_manifests(connection, pending)
    await asyncio.to_thread(archive.settle, pending)


async def register_manifests(
    connection: AsyncConnection[Any], manifests: Iterable[Manifest]
) -> None:
    async with connection.transaction(), connection.cursor() as cursor:
        await cursor.execute(statement("register_in_turn"))
        await cursor.executemany(
            statement("register_file"),
            [
                {
                    "source_file_id": manifest.source_file_id,
                    "source_type": manifest.source_type.value,
                    "source_key": manifest.source_key,
                    "url": manifest.url,
                    "path": manifest.path,
                    "fetched_at": manifest.fetched_at,
                    "http_status": manifest.http_status,
                    "etag": manifest.etag or None,
                    "last_modified": manifest.last_modified or None,
                    "content_type": manifest.content_type or None,
                    "sha256": manifest.sha256,
                    "byte_size": manifest.byte_size,
                    "checked_at": manifest.checked_at,
                }
                for manifest in manifests
            ],
        )


async def unloaded(
    context: Context, types: Sequence[SourceType], keys: Sequence[str] | None = None
) -> list[UnloadedFile]:
    async with (
        context.resources.database.connection() as connection,
        connection.cursor(row_factory=class_row(UnloadedFile)) as cursor,
    ):
        await cursor.execute(
            statement("unloaded_files"),
            {
                "source_types": [kind.value for kind in types],
                "keys": list(keys) if keys is not None else None,
            },
        )
        return await cursor.fetchall()


async def load_unloaded(context: Context, loader: Loader) -> str:
    """Load what is not loaded yet; returns a sentence. One bad payload never takes another along.

    Raises UserFacingError at the end if a payload could not be loaded, after the others were.
    """
    await register(context)
    keys = context.resources.payload_keys
    files = await unloaded(context, loader.source_types, None if keys is None else sorted(keys))
    with _collecting_rarely:
        return await _load(context, loader, files)


class _CollectingRarely:
    """Rows are many, and no garbage: looking for some after every 700 of them costs a sixth.

    Lanes load side by side: the last one out puts the threshold back.
    """

    def __init__(self) -> None:
        self._inside = 0
        self._before = gc.get_threshold()

    def __enter__(self) -> None:
        if not self._inside:
            self._before = gc.get_threshold()
            gc.set_threshold(_ROWS_BETWEEN_COLLECTIONS, *self._before[1:])
        self._inside += 1

    def __exit__(self, *_: object) -> None:
        self._inside -= 1
        if not self._inside:
            gc.set_threshold(*self._before)


_collecting_rarely = _CollectingRarely()


async def _load(context: Context, loader: Loader, files: Sequence[UnloadedFile]) -> str:
    names = [relation.name for relation in loader.relations]
    failed: list[ParsedFile] = []
    async with logged(context, *names, kind="load", strategy="upsert") as entries:
        done = 0
        async for batch in _batches(context, loader, files):
            failed += await _load_batch(context, loader, batch, entries)
            done += len(batch)
            context.progress(done, len(files), "payloads")
            context.check_stop()
    if failed:
        raise UserFacingError(
            f"{len(failed)} of {counted(len(files), 'payload')} could not be loaded.",
            "; ".join(f"{p.file.source_type} {p.file.source_key}: {p.error}" for p in failed[:5]),
            "The others were loaded. They stay in the archive and are tried again next time.",
        )
    return counted(len(files), "payload") if files else "no new payload"


async def _batches(
    context: Context, loader: Loader, files: Sequence[UnloadedFile]
) -> AsyncIterator[list[ParsedFile]]:
    """Parsed payloads in batches of about BATCH_ROWS; the next one is parsed while one loads."""
    if not files:
        return
    async with context.resources.database.connection() as connection:
        parse = await loader.prepare(connection, files)
    archive = context.resources.archive
    ahead = asyncio.ensure_future(asyncio.to_thread(_parse_batch, archive, loader, parse, files, 0))
    try:
        start = 0
        while start < len(files):
            batch = await ahead
            start += len(batch)
            if start < len(files):
                ahead = asyncio.ensure_future(
                    asyncio.to_thread(_parse_batch, archive, loader, parse, files, start)
                )
            yield batch
    finally:
        ahead.cancel()


def _parse_batch(
    archive: Archive, loader: Loader, parse: Parse, files: Sequence[UnloadedFile], start: int
) -> list[ParsedFile]:
    batch: list[ParsedFile] = []
    rows = 0
    seen: set[tuple[str, Any]] = set()
    for file in files[start:]:
        parsed = _parse_file(archive, parse, file)
        about = {
            (part.relation.name, scope)
            for part in parsed.contributions
            for scope in part.relation.scopes(part.parsed.rows)
        }
        # Two payloads about one game would upsert a row twice: the later one waits.
        if batch and not seen.isdisjoint(about):
            break
        seen |= about
        batch.append(parsed)
        rows += parsed.rows
        if loader.one_by_one or rows >= BATCH_ROWS:
            break
    return batch


def _parse_file(archive: Archive, parse: Parse, file: UnloadedFile) -> ParsedFile:
    if file.http_status >= 400:
        return ParsedFile(file)
    try:
        return ParsedFile(file, tuple(parse(file, archive.get(file.path))))
    except UserFacingError as error:
        return ParsedFile(file, error=str(error))
    except Exception as error:
        log.exception("%s %s could not be parsed", file.source_type, file.source_key)
        return ParsedFile(file, error=f"internal error: {type(error).__name__}: {error}")


async def _load_batch(
    context: Context, loader: Loader, batch: Sequence[ParsedFile], entries: Log
) -> list[ParsedFile]:
    """Load a batch in one transaction, or, where that fails, payload by payload.

    Trouble of the database itself, and a stop, go through: they are no fault of a payload.
    """
    good = [parsed for parsed in batch if not parsed.error]
    failed = [parsed for parsed in batch if parsed.error]
    try:
        merged = await _in_transaction(context, loader, good)
    except UserFacingError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop all that follow
        if len(good) > 1:
            log.warning("a batch was refused, loading it one by one: %s", error)
            for parsed in good:
                failed += await _load_batch(context, loader, [parsed], entries)
            return failed
        failed += [ParsedFile(p.file, error=_in_words(error)) for p in good]
    else:
        for relation, done in merged.items():
            entries.add(relation, done)
        _report_bad(context, good)
    await _note_failures(context, failed)
    return failed


def _in_words(error: Exception) -> str:
    if isinstance(error, psycopg.Error):
        return str(error).strip().splitlines()[0]
    log.error("a payload could not be loaded", exc_info=error)
    return f"internal error: {type(error).__name__}: {error}"


async def _in_transaction(
    context: Context, loader: Loader, batch: Sequence[ParsedFile]
) -> dict[str, Merged]:
    merged: dict[str, Merged] = {}
    async with (
        context.resources.database.connection() as connection,
        connection.transaction(),
    ):
        for relation in loader.relations:
            parts = [c for p in batch for c in p.contributions if c.relation is relation]
            rows: list[Row] = [row for part in parts for row in part.parsed.rows]
            scope = [value for part in parts for value in part.scope]
            if rows or scope:
                merged[relation.name] = await load(
                    connection, relation, rows, scope=scope, mark=loader.marks.get(relation.name)
                )
        await loader.afterwards(connection, batch, merged)
        await connection.execute(
            statement("files_loaded"),
            {
                "ids": [parsed.file.source_file_id for parsed in batch],
                "bad_items": [parsed.bad_items for parsed in batch],
                "rows": [parsed.rows for parsed in batch],
            },
        )
    return merged


def _report_bad(context: Context, batch: Sequence[ParsedFile]) -> None:
    for parsed in batch:
        for contribution in parsed.contributions:
            for bad in contribution.parsed.bad:
                context.bad(f"{parsed.file.source_key} {bad.where}", bad.reason)
            if contribution.parsed.duplicates:
                context.note(
                    f"duplicates in {parsed.file.source_type} {parsed.file.source_key}",
                    contribution.parsed.duplicates,
                )


async def _note_failures(context: Context, failed: Sequence[ParsedFile]) -> None:
    if not failed:
        return
    for parsed in failed:
        context.bad(f"{parsed.file.source_type} {parsed.file.source_key}", parsed.error)
    async with context.resources.database.connection() as connection:
        await connection.execute(
            statement("files_failed"),
            {
                "ids": [parsed.file.source_file_id for parsed in failed],
                "errors": [parsed.error for parsed in failed],
            },
        )
