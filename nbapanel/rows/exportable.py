"""What can be exported, what somebody wants of it, and what came of that. No SQL, no file here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

FileFormat = Literal["csv", "parquet"]
FORMATS: tuple[FileFormat, ...] = ("csv", "parquet")


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """`type`: as PostgreSQL calls it, such as "timestamp with time zone" or "numeric(8,4)"."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Exportable:
    """A relation ("nba.games") or a named query ("games"), and what it can be narrowed by.

    `kind`: "query", "table", "view" or "materialized view". `time_column`: the one that a time is
    compared with, or nothing. `order`: the columns by which its rows come, as far as it has any.
    """

    name: str
    kind: str
    description: str
    columns: tuple[ExportColumn, ...]
    order: tuple[str, ...]
    takes_game: bool
    takes_season: bool
    time_column: str


@dataclass(frozen=True, slots=True)
class ExportChoices:
    """`seasons`: newest first. `parquet_trouble`: why there is no Parquet here, or nothing."""

    sources: tuple[Exportable, ...]
    seasons: tuple[str, ...]
    parquet_trouble: str = ""


@dataclass(frozen=True, slots=True)
class ExportWanted:
    """Rows of `source` into the file `out`: all of them, or those of these games (ESPN or NBA ids),
    seasons ("2023-24") and from `since` on (aware)."""

    source: str
    out: Path
    format: FileFormat = "csv"
    games: tuple[str, ...] = ()
    seasons: tuple[str, ...] = ()
    since: datetime | None = None
    overwrite: bool = False

    @property
    def words(self) -> list[str]:
        """As the command line takes it; a value that looks like an option stays a value."""
        words = ["export", self.source, f"--format={self.format}", f"--out={self.out}"]
        words += [f"--game={game}" for game in self.games]
        words += [f"--season={season}" for season in self.seasons]
        words += [f"--since={self.since.isoformat()}"] if self.since is not None else []
        return words + (["--overwrite"] if self.overwrite else [])


@dataclass(frozen=True, slots=True)
class ExportDone:
    """A file that is there, whole. `sha256`: of its bytes."""

    source: str
    format: FileFormat
    out: str
    manifest: str
    rows: int
    byte_size: int
    sha256: str
    seconds: float
