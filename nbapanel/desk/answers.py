"""Which read answers which question. No SQL here, and nothing is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from psycopg import Connection

from nbapanel import exports, views
from nbapanel.quality.reading import seasons
from nbapanel.rows import questions as q
from nbapanel.rows.reads import StepInput
from nbapanel.views import backfills, games, history, refreshes

A = TypeVar("A")
Read = Callable[[Connection[Any], Any], Any]

_READS: dict[type[q.Question[Any]], Read] = {
    q.RefreshesAsked: lambda connection, asked: refreshes.refresh_series(connection, asked.since),
    q.AlertsAsked: lambda connection, asked: refreshes.alerts(connection, asked.since),
    q.GamesAsked: games.game_page,
    q.GameChoicesAsked: lambda connection, _: games.game_choices(connection),
    q.GameAsked: lambda connection, asked: games.game_chart(connection, asked.game_id),
    q.PayloadsAsked: lambda connection, asked: games.payloads(connection, asked.game_id),
    q.ExportChoicesAsked: lambda connection, _: exports.export_choices(connection),
    q.RunsAsked: lambda connection, asked: history.run_page(connection, asked.offset, asked.limit),
    q.RunAsked: lambda connection, asked: history.run_detail(connection, asked.run_id),
    q.NbaSeasonsAsked: lambda connection, _: seasons(connection),
    q.BackfillsAsked: lambda connection, _: backfills.backfills(connection),
    q.BackfillAsked: lambda connection, asked: backfills.backfill(connection, asked.backfill_id),
    q.BackendsAsked: lambda connection, _: history.working_backends(connection),
}


def answer(
    connection: Connection[Any],
    question: q.Question[A],
    *,
    made_of: Mapping[str, tuple[str, ...]],
    inputs: Sequence[StepInput] = (),
    place: str = "",
) -> A:
    """What the warehouse says now. Known trouble comes as UserFacingError.

    `made_of`: by published view, the relations behind it. `inputs`: what steps are made of, by
    which they are told to be stale. `place`: what the database is called ("embedded"); empty: its
    host and port.
    """
    asked: object = question
    found: Any
    if isinstance(asked, q.OverviewAsked):
        found = views.overview(connection, asked.days, made_of)
    elif isinstance(asked, q.StepsAsked):
        found = history.step_facts(connection, inputs)
    elif isinstance(asked, q.DatabaseAsked):
        found = history.database_facts(connection, place)
    else:
        found = _READS[type(question)](connection, question)
    # Each read gives the type that its question names; the tests hold them to it.
    return cast(A, found)
