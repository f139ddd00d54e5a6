"""What can be set: each setting once, with its type, default and description.

No logic of any step, and no word of where a value comes from: that is `settings_store`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nbapanel.declared import Entry, declare, entries
from nbapanel.size_limits import MOST_BYTES, MOST_ITEMS, MOST_PAGES

FEEDS, PACE, LOADING = "Feeds", "Pace and patience", "Loading"
PUBLISHING, CACHES, DATABASE = "Publishing", "Caches of other programs", "Database"


@dataclass(frozen=True, slots=True)
class Settings:
    days: int = declare(
        7,
        "US Eastern days that a refetch covers, today included.",
        label="Days of a refetch",
        group=FEEDS,
        unit="days",
        least=1,
        most=30_000,
    )
    espn_site_url: str = declare(
        "https://site.api.espn.com",
        "Where scoreboards and summaries come from.",
        label="ESPN site",
        group=FEEDS,
        kind="web",
        secret=True,
    )
    espn_core_url: str = declare(
        "https://sports.core.api.espn.com",
        "Where probabilities and plays come from.",
        label="ESPN core",
        group=FEEDS,
        kind="web",
        secret=True,
    )
    kalshi_url: str = declare(
        "https://api.elections.kalshi.com",
        "Where markets and candlesticks come from.",
        label="Kalshi",
        group=FEEDS,
        kind="web",
        secret=True,
    )
    nba_cdn_url: str = declare(
        "https://cdn.nba.com",
        "Where the NBA's schedule, scoreboard, play-by-play, box scores and odds come from.",
        label="NBA",
        group=FEEDS,
        kind="web",
        secret=True,
    )
    nba_stats_url: str = declare(
        "https://stats.nba.com",
        "Where the NBA's game finder comes from, and play-by-play that the other no longer has.",
        label="NBA statistics",
        group=FEEDS,
        kind="web",
        secret=True,
    )
    kalshi_series: str = declare(
        "KXNBAGAME",
        "The series of the game-winner markets.",
        label="Kalshi series",
        group=FEEDS,
    )
    espn_requests_per_s: float = declare(
        8.0,
        "Most requests a second to ESPN; 0: no limit.",
        label="Pace toward ESPN",
        group=PACE,
        unit="a second",
        least=0,
        most=1000,
    )
    kalshi_requests_per_s: float = declare(
        5.0,
        "Most requests a second to Kalshi; 0: no limit.",
        label="Pace toward Kalshi",
        group=PACE,
        unit="a second",
        least=0,
        most=1000,
    )
    nba_cdn_requests_per_s: float = declare(
        4.0,
        "Most requests a second to the NBA; 0: no limit.",
        label="Pace toward the NBA",
        group=PACE,
        unit="a second",
        least=0,
        most=1000,
    )
    nba_stats_requests_per_s: float = declare(
        1.6,
        "Most requests a second to the NBA's statistics site, which soon shuts out who asks faster;"
        " 0: no limit.",
        label="Pace toward NBA statistics",
        group=PACE,
        unit="a second",
        least=0,
        most=1000,
    )
    request_deadline_s: float = declare(
        180.0,
        "When a request is given up, its retries and waits included.",
        label="Time for a request",
        group=PACE,
        unit="s",
        least=1,
        most=86_400,
    )
    request_attempts: int = declare(
        6,
        "How often a request is made before it is given up.",
        label="Attempts",
        group=PACE,
        least=1,
        most=100,
    )
    request_backoff_s: float = declare(
        1.0,
        "Wait before the second attempt; it doubles with each one that follows.",
        label="First wait",
        group=PACE,
        unit="s",
        least=0,
        most=600,
    )
    request_silence_s: float = declare(
        30.0,
        "When an attempt is broken off because nothing more comes.",
        label="Longest silence",
        group=PACE,
        unit="s",
        least=1,
        most=86_400,
    )
    request_attempt_s: float = declare(
        60.0,
        "When an attempt is broken off in any case.",
        label="Time for an attempt",
        group=PACE,
        unit="s",
        least=1,
        most=86_400,
    )
    candle_hours_before_start: int = declare(
        24,
        "Hours before a game's listed start from which its candlesticks are kept.",
        label="Candles before the start",
        group=LOADING,
        unit="hours",
        least=0,
        most=8_760,
    )
    keep_raw_in_database: bool = declare(
        False,
        "Keep each item's own JSON in its table too (the archive has it in any case).",
        label="Keep raw JSON in the database",
        group=LOADING,
    )
    most_payload_mb: int = declare(
        MOST_BYTES // 1_000_000,
        "A larger answer of a feed, all its pages together and unpacked, is not read to its end.",
        label="Largest payload",
        group=LOADING,
        unit="MB",
        least=1,
        most=4_000,
    )
    most_items: int = declare(
        MOST_ITEMS,
        "A payload with more games, plays, markets or candles than this is refused.",
        label="Most items",
        group=LOADING,
        unit="items",
        least=1_000,
        most=100_000_000,
    )
    most_pages: int = declare(
        MOST_PAGES,
        "A list that goes on after so many pages is given up.",
        label="Most pages",
        group=LOADING,
        unit="pages",
        least=1,
        most=10_000,
    )
    publish_row_drop_percent: float = declare(
        2.0,
        "A published view that would lose more of its rows than this is not published.",
        label="Rows a view may lose",
        group=PUBLISHING,
        unit="%",
        least=0,
        most=100,
    )
    cache_folder: str = declare(
        "",
        "Where other programs keep caches of these tables.",
        label="Folder",
        group=CACHES,
        kind="folder",
    )
    cache_files: tuple[str, ...] = declare(
        ("list_games.cache*", "get_aggregate_stats.cache*", "simulation_results.cache*"),
        "Files to delete there once new data is published (patterns).",
        label="Files",
        group=CACHES,
    )
    cache_hooks: tuple[str, ...] = declare(
        (),
        "URLs to call (POST) once new data is published.",
        label="Hooks",
        group=CACHES,
        kind="web_list",
        secret=True,
    )
    database_url: str = declare(
        "",
        "A PostgreSQL of your own (15 or newer); empty: the embedded one. Another one is opened at"
        " once; a run that was started here comes to its end before.",
        label="Connection",
        group=DATABASE,
        kind="postgres",
        secret=True,
    )
    worker_silence_s: float = declare(
        15.0,
        "A worker of a backfill that gives no sign of life for so long is taken for dead: what it"
        " was at goes to others.",
        label="Silence of a worker",
        group=DATABASE,
        unit="s",
        least=1,
        most=3_600,
    )
    keep_runs_days: int = declare(
        365,
        "How long the history of runs and refreshes is kept; 0: for ever.",
        label="Keep the history of runs",
        group=DATABASE,
        unit="days",
        least=0,
        most=36_500,
    )


ENTRIES: Mapping[str, Entry] = {entry.name: entry for entry in entries(Settings)}
