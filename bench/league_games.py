"""The league's own documents of a generated season, as payloads: made once, and kept."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import msgspec

from bench import season
from nbapanel.archive import Archive
from nbapanel.payload import Payload, SourceType
from nbapanel.simulator.league import League
from nbapanel.simulator.nba.names import game_id
from nbapanel.simulator.source import Refusal

_GAMES_A_TASK = 40
_FORM = 1  # of what is filled in; another number makes it anew
_SEEN_AFTER = timedelta(hours=38)  # with the corrections of the morning after
_SEASON_OVER = datetime(2026, 4, 20, 12, tzinfo=UTC)


def archive_of(root: Path, league: League, games: int) -> Archive:
    """The schedule, and play-by-play and box score of the season's first so many played games."""
    place = root / f"nba-{league.seed}-{league.start_year}-{games}-{_FORM}"
    whole = place.with_suffix(".whole")
    if not whole.exists():
        schedule = league.nba.schedule(_SEASON_OVER).content
        _keep(Archive(place), SourceType.NBA_SCHEDULE, "00", schedule, _SEASON_OVER)
        chunks = [range(n, min(n + _GAMES_A_TASK, games)) for n in range(0, games, _GAMES_A_TASK)]
        with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
            for done in [pool.submit(_fill, place, league.start_year, chunk) for chunk in chunks]:
                done.result()
        whole.touch()
    return Archive(place)


def _fill(place: Path, start_year: int, numbers: Sequence[int]) -> None:
    league = League(season.SEED, start_year)
    played = [one for one in league.schedule.fixtures if one.postponed_at is None]
    archive = Archive(place)
    for number in numbers:
        fixture, game = played[number], game_id(played[number])
        seen = fixture.tip_at + _SEEN_AFTER
        for kind, ask in (
            (SourceType.NBA_PBP, league.nba.play_by_play),
            (SourceType.NBA_BOXSCORE, league.nba.box_score),
        ):
            try:
                _keep(archive, kind, game, ask(game, seen).content, seen)
            except Refusal:
                continue  # the network lacks it, as of some games


def _keep(archive: Archive, kind: SourceType, key: str, content: object, seen: datetime) -> None:
    payload = Payload(kind, key, "bench:", (msgspec.json.encode(content),), seen)
    archive.settle([archive.put(payload).manifest])
