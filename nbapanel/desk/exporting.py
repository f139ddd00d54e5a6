"""Writes what the warehouse holds of a game into the exports folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from psycopg import Connection

from nbapanel.errors import UserFacingError
from nbapanel.exports import export
from nbapanel.rows.exportable import ExportWanted

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,100}")


def export_game(connection: Connection[Any], game_id: str, folder: Path) -> Path:
    """The game's snapshot features as CSV, with a manifest, in the place of an earlier export.

    Raises UserFacingError where the game has none, or the folder cannot be written.
    """
    if not _PLAIN.fullmatch(game_id):
        raise UserFacingError(
            f"Game {game_id[:40]!a} cannot be exported.",
            "Its id does not do as the name of a file.",
        )
    path = folder / f"snapshot_features_{game_id}.csv"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserFacingError(
            "The game could not be exported.", f"{path}: {error.strerror or error}"
        ) from error
    empty = UserFacingError(
        f"Game {game_id} has no snapshot features.",
        "They are made of probabilities and candles; one of them is missing.",
        "Refetch the game first.",
    )
    wanted = ExportWanted("derived.snapshot_features", path, games=(game_id,), overwrite=True)
    export(connection, wanted, if_empty=empty)
    return path
