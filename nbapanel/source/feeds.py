"""All feeds over one HTTP client, opened for a run and closed after it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import stamina.instrumentation

from nbapanel import __version__
from nbapanel.source.answers import OnRequest, Origin, origin
from nbapanel.source.client import FeedClient
from nbapanel.source.espn import Espn
from nbapanel.source.kalshi import Kalshi
from nbapanel.source.settings import FeedSettings


@dataclass(frozen=True, slots=True)
class Feeds:
    """Every feed of a run. What one learns of a host, all copies of it know."""

    client: FeedClient
    espn: Espn
    kalshi: Kalshi

    def counted_by(self, on_request: OnRequest) -> Feeds:
        """The same feeds, telling `on_request` of their requests: for one step."""
        return _feeds(self.client, self.espn.site, self.espn.core, self.kalshi.origin, on_request)


@asynccontextmanager
async def open_feeds(
    settings: FeedSettings,
    transport: httpx.AsyncBaseTransport | None = None,
    on_request: OnRequest = lambda requests, size: None,
) -> AsyncIterator[Feeds]:
    """Open the feeds that `settings` names. Raises UsageError for an address of no use.

    `transport` stands in for the network, for tests.
    """
    stamina.instrumentation.set_on_retry_hooks([])  # `patience` logs what failed, and where
    site = origin("ESPN", settings.espn_site_url, "espn")
    core = origin("ESPN", settings.espn_core_url, "espn")
    kalshi = origin("Kalshi", settings.kalshi_url, "kalshi")
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
        yield _feeds(FeedClient(http, settings), site, core, kalshi, on_request)


def _feeds(
    client: FeedClient, site: Origin, core: Origin, kalshi: Origin, counted: OnRequest
) -> Feeds:
    return Feeds(
        client=client,
        espn=Espn(client, site, core, counted),
        kalshi=Kalshi(client, kalshi, counted),
    )
