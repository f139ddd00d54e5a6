"""Writes what the warehouse holds of a game into a file for other programs."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from psycopg import Connection, sql

from nbapanel.errors import UserFacingError
from nbapanel.warehouse.db import in_words
from nbapanel.warehouse.statements import statement

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,100}")


def export_game(connection: Connection[Any], game_id: str, folder: Path) -> Path:
    """The game's snapshot features as CSV: UTF-8, a header, ISO times with their offset.

    The file is there whole or not at all. Raises UserFacingError where the game has none, or the
    folder cannot be written.
    """
    if not _PLAIN.fullmatch(game_id):
        raise UserFacingError(
            f"Game {game_id[:40]!a} cannot be exported.",
            "Its id does not do as the name of a file.",
        )
    path = folder / f"snapshot_features_{game_id}.csv"
    partial = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            rows = _copy(connection, game_id, file.write)
            file.flush()
            os.fsync(file.fileno())
        if not rows:
            raise UserFacingError(
                f"Game {game_id} has no snapshot features.",
                "They are made of probabilities and candles; one of them is missing.",
                "Refetch the game first.",
            )
        os.replace(partial, path)
    except OSError as error:
        raise UserFacingError(
            "The game could not be exported.", f"{path}: {error.strerror or error}"
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    return path


def _copy(connection: Connection[Any], game_id: str, write: Any) -> int:
    with in_words(), connection.transaction(), connection.cursor() as cursor:
        # Whatever the server is set to: times read the same on every machine.
        cursor.execute("SET LOCAL DateStyle = 'ISO'; SET LOCAL TimeZone = 'UTC'")
        wanted = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER)").format(
            sql.SQL(statement("export_game"))
        )
        with cursor.copy(wanted, {"game": game_id}) as copy:
            for piece in copy:
                write(bytes(piece))
        return cursor.rowcount
