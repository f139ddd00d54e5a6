"""One answer of a feed as it came over the wire: what fetching makes and the archive keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SourceType(StrEnum):
    """The kinds of payload, as named in ops.source_files.source_type."""

    ESPN_SCOREBOARD = "espn_scoreboard"
    ESPN_PROBABILITIES = "espn_probabilities"
    ESPN_PLAYS = "espn_plays"
    ESPN_SUMMARY = "espn_summary"
    KALSHI_MARKETS = "kalshi_markets"
    KALSHI_CANDLESTICKS = "kalshi_candlesticks"
    NBA_SCHEDULE = "schedule"
    NBA_SCOREBOARD = "nba_scoreboard"
    NBA_PBP = "pbp"
    NBA_PBP_V3 = "pbp_v3"
    NBA_BOXSCORE = "boxscore"
    NBA_ODDS = "odds_today"
    NBA_GAME_FINDER = "leaguegamefinder"


@dataclass(frozen=True, slots=True)
class Payload:
    """A whole answer: every page of a paged one, so that it is loaded whole or not at all.

    `parts` holds each page's body, byte for byte, in page order (one part where the feed does not
    page). `fetched_at` is aware UTC, by the feeds' clock. `etag` and `last_modified` belong to
    the first part.
    """

    source_type: SourceType
    source_key: str
    url: str
    parts: tuple[bytes, ...]
    fetched_at: datetime
    http_status: int = 200
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""
