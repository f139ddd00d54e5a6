"""What there is to export, for a list or a dialog."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from nbapanel.exports.narrowing import takes_game, takes_season, time_column
from nbapanel.exports.parquet_there import parquet_trouble
from nbapanel.exports.sources import Source, every_source
from nbapanel.rows.exportable import Exportable, ExportChoices
from nbapanel.warehouse.db import in_words
from nbapanel.warehouse.statements import statement


def export_choices(connection: Connection[Any]) -> ExportChoices:
    """Everything that can be exported, and by what it can be narrowed."""
    with in_words():
        sources = tuple(_as_choice(source) for source in every_source(connection))
        seasons = connection.execute(statement("seasons_to_export")).fetchall()
    trouble = parquet_trouble()
    return ExportChoices(
        sources, tuple(label for (label,) in seasons), "" if trouble is None else str(trouble)
    )


def _as_choice(source: Source) -> Exportable:
    return Exportable(
        source.name,
        source.kind,
        source.description,
        source.columns,
        source.order,
        takes_game(source),
        takes_season(source),
        time_column(source),
    )
