"""Feeds without a network and without waiting: a scripted transport, and a loop of virtual time."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import selectors
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from nbapanel.clock import LeagueClock
from nbapanel.source.feeds import open_feeds
from nbapanel.source.settings import FeedSettings

EVENING = datetime(2026, 1, 16, 3, 30, tzinfo=UTC)


class _PatientSelector(selectors.DefaultSelector):
    """Where the loop would wait for a timer, time jumps there instead."""

    loop: VirtualTimeLoop

    def select(self, timeout=None):
        events = super().select(0 if timeout is not None else None)
        if not events and timeout:
            self.loop.now_s += timeout
        return events


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.now_s = 1000.0
        selector = _PatientSelector()
        selector.loop = self
        super().__init__(selector)

    def time(self):
        return self.now_s


def pytest_asyncio_loop_factories(config, item):
    return {"virtual": VirtualTimeLoop}


class _Pieces(httpx.AsyncByteStream):
    """A body sent in pieces; an exception among them breaks the connection there."""

    def __init__(self, pieces, pause_s):
        self.pieces = pieces
        self.pause_s = pause_s

    async def __aiter__(self):
        for piece in self.pieces:
            await asyncio.sleep(self.pause_s)
            if isinstance(piece, Exception):
                raise piece
            yield piece


def _answer(*pieces, status=200, pause_s=0.0, **headers):
    """What a feed answers, as a step of a script: bytes as they are, anything else as JSON."""
    body = [
        piece if isinstance(piece, bytes | Exception) else json.dumps(piece).encode()
        for piece in pieces
    ]
    named = {"content-type": "application/json"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request: httpx.Response(status, headers=named, stream=_Pieces(body, pause_s))


@pytest.fixture
def answer():
    return _answer


@dataclass
class Script:
    """What the feeds answer, call by call. The last entry is repeated for ever."""

    steps: list[object] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    at_s: list[float] = field(default_factory=list)
    counted: list[tuple[int, int]] = field(default_factory=list)

    def then(self, *steps):
        self.steps.extend(steps)
        return self

    async def __call__(self, request):
        self.requests.append(request)
        self.at_s.append(asyncio.get_running_loop().time())
        step = self.steps[min(len(self.requests), len(self.steps)) - 1]
        if isinstance(step, Exception):
            raise step
        response = step(request) if callable(step) else _answer(step)(request)
        return await response if inspect.isawaitable(response) else response

    @property
    def waits_s(self):
        """The time between one request and the next."""
        return [later - sooner for sooner, later in pairwise(self.at_s)]

    @property
    def paths(self):
        return [request.url.path for request in self.requests]


@pytest.fixture
def script():
    return Script()


OpenFeeds = Callable[..., AbstractAsyncContextManager]


@pytest.fixture
def feeds(script) -> OpenFeeds:
    """Opens feeds that talk to the script; unpaced unless told otherwise."""

    @asynccontextmanager
    async def opened(**changes):
        settings = replace(FeedSettings(paces={}, clock=LeagueClock(EVENING)), **changes)
        transport = httpx.MockTransport(script)
        count = lambda requests, size: script.counted.append((requests, size))  # noqa: E731
        async with open_feeds(settings, transport, count) as opened_feeds:
            yield opened_feeds

    return opened


@pytest.fixture
def recorded() -> Path:
    """The folder of recorded payloads; the test is skipped, saying so, where there is none."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "recorded"
    place = Path(os.environ.get("NBAPANEL_RECORDED", beside))
    if not place.is_dir():
        pytest.skip(f"no recorded payloads at {place} (set NBAPANEL_RECORDED)")
    return place
