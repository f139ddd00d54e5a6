"""One request a game beside one request a play, over the same kept connection."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx

from bench import season
from bench.children import simulator
from bench.evenings import after
from bench.figures import Figure, Seconds, repeated
from bench.workbench import Workbench

_TOPIC = "paging"
_MOST = 1000
_PATH = "/v2/sports/basketball/leagues/nba/events/{0}/competitions/{0}/plays"


def measure(work: Workbench) -> Iterator[Figure]:
    evening = work.league.schedule.days.showcase
    game = next(filter(season.is_covered, work.league.schedule.by_day[evening]))
    path = _PATH.format(game.event_id)
    with (
        simulator(season.SEED, after(evening)) as feeds,
        httpx.Client(base_url=feeds.url) as client,
    ):
        at_once = _items(client, path, _MOST)
        assert _items(client, path, 1) == at_once  # and warms the simulator
        whole = repeated(lambda: _seconds(client, path, _MOST), work.repeats)
        singly = repeated(lambda: _seconds(client, path, 1), work.repeats)
    yield _figure(whole, singly, len(at_once))


def _figure(whole: Seconds, singly: Seconds, plays: int) -> Figure:
    return Figure(
        _TOPIC,
        f"plays of one game ({plays}), feed answering at once",
        "s",
        whole.sample("1 request a game", requests=1),
        singly.sample(f"1 request a play: {plays} requests", requests=plays),
        is_chief=True,
    )


def _seconds(client: httpx.Client, path: str, size: int) -> float:
    start = time.perf_counter()
    _items(client, path, size)
    return time.perf_counter() - start


def _items(client: httpx.Client, path: str, size: int) -> list[Any]:
    items: list[Any] = []
    page, pages = 1, 1
    while page <= pages:
        answer = client.get(path, params={"limit": size, "page": page})
        answer.raise_for_status()
        content = answer.json()
        items += content["items"]
        pages = content["pageCount"]
        page += 1
    return items
