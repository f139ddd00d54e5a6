"""One row in the refresh log for each relation that a step writes: opened before, closed after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from nbapanel.engine.control import Stopped
from nbapanel.engine.events import Changes
from nbapanel.steps.resources import Context
from nbapanel.warehouse.db import in_words
from nbapanel.warehouse.journal import RefreshEntry, open_refresh
from nbapanel.warehouse.merge import Merged
from nbapanel.warehouse.statements import statement

_ALERT_AFTER_S = 30.0
_ALERT_AFTER_S_OF = {
    "derived.snapshot_features": 900.0,
    "derived.snapshot_features_v1": 900.0,
}


@dataclass(slots=True)
class Log:
    """The open rows of one step; `add` what was done, the rest happens by itself."""

    context: Context
    entries: dict[str, RefreshEntry]
    totals: dict[str, Changes] = field(default_factory=dict)

    def add(self, relation: str, merged: Merged) -> None:
        changes = Changes(merged.inserted, merged.updated, merged.unchanged, merged.deleted)
        self.totals[relation] = self.totals.get(relation, Changes()) + changes
        self.context.changed(relation, changes)


def alert_after_s(*relations: str) -> float:
    """When the work on a relation is worth an alert; of several that of the slowest."""
    return max(_ALERT_AFTER_S_OF.get(relation, _ALERT_AFTER_S) for relation in relations)


def threshold_ms(relation: str) -> int:
    """The same for one relation, as the refresh log keeps it."""
    return round(alert_after_s(relation) * 1000)


@asynccontextmanager
async def logged(context: Context, *relations: str, kind: str, strategy: str) -> AsyncIterator[Log]:
    """Open a row a relation for the length of the block; an error or a cancel is on record too."""
    resources = context.resources
    counts = await row_counts(context, relations)
    entries = {
        relation: await open_refresh(
            resources.journal,
            run_id=context.run_id or None,  # a backfill's work is no run's
            step=context.step.key,
            relation=relation,
            kind=kind,
            strategy=strategy,
            triggered_by=resources.triggered_by,
            rows_before=counts.get(relation, 0),
            threshold_ms=threshold_ms(relation),
        )
        for relation in relations
    }
    log = Log(context, entries)
    try:
        yield log
    except (asyncio.CancelledError, Stopped):
        await _close(log, "cancelled", None)
        raise
    except Exception as error:
        await _close(log, "failed", str(error))
        raise
    await _close(log, "ok", None)


async def _close(log: Log, status: str, error: str | None) -> None:
    for relation, entry in log.entries.items():
        await entry.close(status, log.totals.get(relation, Changes()), error=error)


async def row_counts(context: Context, relations: tuple[str, ...]) -> dict[str, int]:
    with in_words():
        cursor = await context.resources.journal.execute(
            statement("relation_versions"), {"relations": list(relations)}
        )
        return {relation: rows for relation, _, rows in await cursor.fetchall()}
