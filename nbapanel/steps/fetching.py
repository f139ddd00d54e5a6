"""Fetch a list of units into the archive: the same way for every feed. Never writes a table."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from nbapanel.archive import ArchiveUnwritable
from nbapanel.errors import DatabaseUnavailable, FeedFailed, UserFacingError
from nbapanel.payload import Payload
from nbapanel.steps.resources import Context

T = TypeVar("T")

_MOST_NAMED = 20

STREAMS = 4
"""Units under way at once. The pace toward a host is the source's business."""


async def fetch_each(
    context: Context,
    units: Sequence[T],
    unit: str,
    fetch: Callable[[T], Awaitable[None]],
    name: Callable[[T], str],
) -> None:
    """Fetch every unit; one that fails is named and does not keep the others from coming.

    Raises FeedFailed at the end if any failed. A stop lets the units under way finish.
    """
    failures: list[tuple[str, UserFacingError]] = []
    waiting = list(reversed(units))
    done = 0

    async def stream() -> None:
        nonlocal done
        while waiting and not context.stopping:
            one = waiting.pop()
            try:
                await fetch(one)
            except UserFacingError as error:
                failures.append((name(one), error))
            done += 1
            context.progress(done, len(units), unit)

    context.progress(0, len(units), unit)
    async with asyncio.TaskGroup() as group:
        for _ in range(min(STREAMS, len(units))):
            group.create_task(stream())
    context.check_stop()
    if failures:
        trouble = _summary(failures, len(units), unit)
        context.note(
            "not_fetched",
            {what: _reason(error, trouble) for what, error in failures[:_MOST_NAMED]},
        )
        # The last: what goes wrong for all that follows, as a full disk does, is found there.
        raise trouble from failures[-1][1]


async def keep(context: Context, payload: Payload) -> None:
    await asyncio.to_thread(context.resources.archive.put, payload)


async def attempted(work: Awaitable[T], troubles: list[UserFacingError]) -> T | None:
    """Do it; known trouble is noted, and what comes after is done all the same.

    Trouble of the database, or of the disk, goes through: what comes after would only meet it too.
    """
    try:
        return await work
    except (DatabaseUnavailable, ArchiveUnwritable):
        raise
    except UserFacingError as error:
        troubles.append(error)
        return None


def together(troubles: Sequence[UserFacingError]) -> UserFacingError:
    """Several as one; what is the same in them is said once."""
    if len(troubles) == 1:
        return troubles[0]
    titles, details, hints = (
        " ".join(dict.fromkeys(getattr(one, part) for one in troubles if getattr(one, part)))
        for part in ("title", "detail", "hint")
    )
    return UserFacingError(titles, details, hints)


def _summary(failures: Sequence[tuple[str, UserFacingError]], total: int, unit: str) -> FeedFailed:
    first = failures[0][1]
    if all(error.title == first.title for _, error in failures):
        named = ", ".join(what for what, _ in failures[:5]) + (" ..." if len(failures) > 5 else "")
        count = f"{len(failures)} of {total} {unit} ({named})" if total > 1 else named
        return FeedFailed(first.title, f"{first.detail} Not fetched: {count}.".strip(), first.hint)
    told = "; ".join(f"{what}: {error.title}" for what, error in failures[:5])
    return FeedFailed(
        f"{len(failures)} of {total} {unit} could not be fetched.",
        told + ("; ..." if len(failures) > 5 else ""),
        "The others were. Run the step again when the feed answers.",
    )


def _reason(error: UserFacingError, of_all: UserFacingError) -> str:
    """Why one is not there; what to do is left out where it is said of all."""
    hint = "" if error.hint == of_all.hint else error.hint
    return " ".join(filter(None, (error.title, error.detail, hint)))
