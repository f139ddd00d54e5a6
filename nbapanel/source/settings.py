"""What can be set about the feeds: where they are, how fast, how patiently. Imports no httpx."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from nbapanel.clock import Clock, SystemClock
from nbapanel.size_limits import MOST_BYTES, MOST_ITEMS, MOST_PAGES

ESPN_SITE_URL = "https://site.api.espn.com"
ESPN_CORE_URL = "https://sports.core.api.espn.com"
NBA_CDN_URL = "https://cdn.nba.com"
NBA_STATS_URL = "https://stats.nba.com"
KALSHI_URL = "https://api.elections.kalshi.com"

PACES: Mapping[str, float] = MappingProxyType(
    {"espn": 8.0, "kalshi": 5.0, "nba_cdn": 4.0, "nba_stats": 1 / 0.6}
)
"""Requests a second that others found safe, for each group of hosts that is paced as one."""

UNPACED: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """`paces`: requests a second by group; a group that is not named, or 0, is not paced.

    `deadline_s` bounds one call: every attempt, the waits between them and the request in flight.
    It does not count the time a call waits for one of the `concurrency` places of its host.
    `most_bytes`, `most_items` and `most_pages` bound one payload, unpacked.
    """

    # An address may hold a login (https://user:password@mirror): never in a repr.
    espn_site_url: str = field(default=ESPN_SITE_URL, repr=False)
    espn_core_url: str = field(default=ESPN_CORE_URL, repr=False)
    kalshi_url: str = field(default=KALSHI_URL, repr=False)
    nba_cdn_url: str = field(default=NBA_CDN_URL, repr=False)
    nba_stats_url: str = field(default=NBA_STATS_URL, repr=False)
    paces: Mapping[str, float] = field(default_factory=lambda: PACES)
    concurrency: int = 8
    attempts: int = 6
    backoff_s: float = 1.0
    backoff_max_s: float = 60.0
    deadline_s: float = 180.0
    attempt_timeout_s: float = 60.0
    silence_timeout_s: float = 30.0
    connect_timeout_s: float = 10.0
    most_bytes: int = MOST_BYTES
    most_items: int = MOST_ITEMS
    most_pages: int = MOST_PAGES
    clock: Clock = field(default_factory=SystemClock)
