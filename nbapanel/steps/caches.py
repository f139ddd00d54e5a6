"""The last step: tell everybody who keeps a copy that the published views are new."""

from __future__ import annotations

import asyncio
from fnmatch import fnmatch

from nbapanel.engine.steps import Plan
from nbapanel.errors import FeedFailed, UserFacingError
from nbapanel.paths import expanded
from nbapanel.source.hooks import call_hook, shown
from nbapanel.steps.resources import Context, Resources
from nbapanel.warehouse.journal import clear_read_caches
from nbapanel.warehouse.statements import statement
from nbapanel.wording import counted

STEP = "invalidate_caches"


async def skip_caches(resources: Resources) -> str | None:
    if not resources.publish:
        return "not asked for (--no-publish)"
    if resources.force or await _behind(resources):
        return None
    return "nothing was published since the caches were last cleared"


async def plan_caches(resources: Resources) -> Plan:
    settings = resources.settings
    return Plan(requests=len(settings.cache_hooks), units=1, unit="caches", rows=0)


async def invalidate_caches(context: Context) -> str:
    """Clear the read caches of every process, delete cache files, call the hooks.

    Each is tried and reported, whatever became of the others; raises UserFacingError at the end
    if one could not be done.
    """
    resources = context.resources
    views = await _behind(resources)
    await clear_read_caches(resources.journal, context.run_id, views)
    deleted, kept = await asyncio.to_thread(
        delete_cache_files, resources.settings.cache_folder, resources.settings.cache_files
    )
    called, failed = await _call_hooks(context)
    context.note("read_caches", "cleared in every process that listens")
    context.note("deleted_files", deleted)
    context.note("called_hooks", called)
    told = f"read caches, {counted(len(deleted), 'file')}, {counted(len(called), 'hook')}"
    if kept or failed:
        raise UserFacingError(
            "Not every cache could be cleared.",
            "; ".join([*kept, *failed]),
            f"Cleared: {told}. What is left may serve old data until it expires.",
        )
    return told


async def _behind(resources: Resources) -> list[str]:
    async with resources.database.connection() as connection:
        cursor = await connection.execute(statement("caches_behind"), {"step": STEP})
        return [relation for (relation,) in await cursor.fetchall()]


def delete_cache_files(folder: str, patterns: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Delete the files of the folder that match; returns (deleted, why some were not).

    Only plain files directly in the folder: a pattern is a file name, never a path.
    """
    if not folder:
        return [], []
    place = expanded(folder)
    if not place.is_dir():
        return [], [f"the cache folder {place} does not exist"]
    deleted, kept = [], []
    for pattern in patterns:
        if "/" in pattern or "\\" in pattern or pattern in ("", ".", ".."):
            kept.append(f"{pattern!r} is not a file name")
            continue
        for path in sorted(place.iterdir()):
            if not fnmatch(path.name, pattern) or not path.is_file() or path.is_symlink():
                continue
            try:
                path.unlink()
                deleted.append(path.name)
            except OSError as error:
                kept.append(f"{path.name}: {error.strerror}")
    return deleted, kept


async def _call_hooks(context: Context) -> tuple[list[str], list[str]]:
    called, failed = [], []
    for url in context.resources.settings.cache_hooks:
        try:
            size = await call_hook(url)
            context.fetched(1, size)
            called.append(shown(url))
        except FeedFailed as error:
            context.fetched(1, 0)
            failed.append(str(error))
    return called, failed
