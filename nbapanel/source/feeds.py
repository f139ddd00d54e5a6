"""All feeds over one HTTP client, opened for a run and closed after it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx
import stamina.instrumentation

from nbapanel import __version__
from nbapanel.source.answers import OnRequest, origin
from nbapanel.source.client import FeedClient
from nbapanel.source.espn import Espn
from nbapanel.source.kalshi import Kalshi
from nbapanel.source.nba import Nba
from nbapanel.source.pacing import Turns
from nbapanel.source.settings import FeedSettings


@dataclass(frozen=True, slots=True)
class Feeds:
    """Every feed of a run. What one learns of a host, all copies of it know."""

    client: FeedClient
    espn: Espn
    kalshi: Kalshi
    nba: Nba

    def counted_by(self, on_request: OnRequest) -> Feeds:
        """The same feeds, telling `on_request` of their requests: for one step."""
        return Feeds(
            client=self.client,
            espn=replace(self.espn, counted=on_request),
            kalshi=replace(self.kalshi, counted=on_request),
            nba=replace(self.nba, counted=on_request),
        )


@asynccontextmanager
async def open_feeds(
    settings: FeedSettings,
    transport: httpx.AsyncBaseTransport | None = None,
    on_request: OnRequest = lambda requests, size: None,
    turns: Turns | None = None,
) -> AsyncIterator[Feeds]:
    """Open the feeds that `settings` names. Raises UsageError for an address of no use.

    `transport` stands in for the network, for tests. `turns`: by which several processes keep the
    paces together.
    """
    stamina.instrumentation.set_on_retry_hooks([])  # `patience` logs what failed, and where
    site = origin("ESPN", settings.espn_site_url, "espn")
    core = origin("ESPN", settings.espn_core_url, "espn")
    kalshi = origin("Kalshi", settings.kalshi_url, "kalshi")
    cdn = origin("NBA", settings.nba_cdn_url, "nba_cdn")
    stats = replace(
        origin("NBA statistics", settings.nba_stats_url, "nba_stats"), turns_away_silently=True
    )
    async with httpx.AsyncClient(
        transport=transport,
        # A simulator on this machine is never behind the proxy that HTTP_PROXY names.
        mounts={"all://127.0.0.1": None, "all://localhost": None} if transport is None else None,
        headers={
            "User-Agent": f"nbapanel/{__version__}",
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
        },
        timeout=httpx.Timeout(
            settings.silence_timeout_s, connect=settings.connect_timeout_s, pool=None
        ),
        # The places of each host bound what is under way; the pool must not do so again.
        limits=httpx.Limits(max_connections=None, keepalive_expiry=30),
    ) as http:
        client = FeedClient(http, settings, turns)
        yield Feeds(
            client=client,
            espn=Espn(client, site, core, on_request),
            kalshi=Kalshi(client, kalshi, on_request),
            nba=Nba(client, cdn, stats, on_request),
        )
