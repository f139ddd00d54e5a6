"""What loading, deriving, publishing and refetching cost as the warehouse grows, both ways."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from bench import season, usual_loads
from bench.children import Ran, simulator
from bench.evenings import after, peak, steps_of
from bench.figures import PATIENCE_S, Aim, Curve, Figure, Point, Sample, Seconds, repeated
from bench.grown import CHANGED, Both, derive_and_publish, undo_evening
from bench.usual_evening import features_of
from bench.warehouse import assert_same, do, fresh_database, postgres, register, resources, run
from bench.warehouses import Warehouse, days_before, last_evening
from bench.workbench import Workbench
from nbapanel.archive import Archive
from nbapanel.payload import SourceType
from nbapanel.rows.models import CANDLESTICKS, PLAYS, PROBABILITY_ITEMS, Relation
from nbapanel.warehouse.db import connect
from nbapanel.warehouse.relations import SNAPSHOT_FEATURES

_TOPIC = "growth"
_AIM_RATIO = 1.2
_SIZES = (50, 200, 600, 1_230)
_PUBLISHING = ("publish", "invalidate_caches")
_VIEWS = ("derived.snapshot_features_v1", "derived.game_summary", "derived.slate")
_LISTS = (SourceType.ESPN_SCOREBOARD, SourceType.KALSHI_MARKETS)
_LOADED: tuple[tuple[SourceType, Relation, usual_loads.Rows], ...] = (
    (SourceType.ESPN_PROBABILITIES, PROBABILITY_ITEMS, usual_loads.probability_rows),
    (SourceType.ESPN_PLAYS, PLAYS, usual_loads.play_rows),
    (SourceType.KALSHI_CANDLESTICKS, CANDLESTICKS, usual_loads.candle_rows),
)
_FILES = tuple(kind for kind, _, _ in _LOADED)


@dataclass(frozen=True, slots=True)
class _Size:
    """A warehouse of one size and what was measured in it."""

    games: int
    days: Sequence[date]
    refetches: Sequence[Ran]
    usual_refetches: Sequence[Ran]
    derived: Both
    published: Both


def measure(work: Workbench) -> Iterator[Figure | Curve]:
    work.stop_server()
    evening = last_evening(work)
    sizes = _measure_warehouses(work, evening)
    new = season.games_of(work.league, [evening])
    yield _growth(sizes[-1], sizes[0], new)
    yield _publish_growth(sizes[-1], sizes[0])
    most = f"an evening's refetch on {sizes[-1].games:,} games"
    yield peak(_TOPIC, most, sizes[-1].refetches)
    curves = _curves(sizes, [_load(work, size) for size in sizes], new)
    yield from (_at_most(curve) for curve in curves)
    yield from curves


# -- refetch, derive and publish: data directories of their own ------------------------------------


def _measure_warehouses(work: Workbench, evening: date) -> list[_Size]:
    spans = {len(days): days for days in (days_before(work, evening, n) for n in _SIZES)}
    before = spans[max(spans)][-1]
    with simulator(season.SEED, season.seen_at(before)) as feeds, work.folder("growth") as place:
        warehouses = [
            Warehouse(work, feeds, place / f"data-{number}", days, evening)
            for number, days in sorted(spans.items())
        ]
        for warehouse in warehouses:
            work.say(f"  building a warehouse of {warehouse.games:,} games")
            warehouse.build()
        feeds.set_clock(after(evening))
        warehouses[0].refetch()  # warms the simulator
        # In turn: whatever else the machine does meanwhile is done to all of them.
        rounds = [[each.refetch() for each in warehouses] for _ in range(work.repeats)]
        _assert_same_refetch(run for runs in rounds for run in runs)
        return [
            _measure_after(warehouse, refetches, work.repeats)
            for warehouse, refetches in zip(warehouses, zip(*rounds, strict=True), strict=True)
        ]


def _assert_same_refetch(runs: Iterable[Ran]) -> None:
    """As many requests, and the same rows written by all but the publishing."""
    did = {(run.requests, *sorted(_written_before_publishing(run).items())) for run in runs}
    assert len(did) == 1, f"not the same refetch: {did}"


def _written_before_publishing(run: Ran) -> dict[str, int]:
    return {relation: rows for relation, rows in run.written.items() if relation not in _VIEWS}


def _measure_after(warehouse: Warehouse, refetches: Sequence[Ran], repeats: int) -> _Size:
    """The rest of it, in a copy in which the evening was refetched; the warehouse goes."""
    warehouse.work.say(f"  deriving and publishing in {warehouse.games:,} games, both ways")
    usual_refetches: list[Ran] = []
    with warehouse.after() as data_dir:
        with postgres(data_dir) as conninfo:
            derived, published = derive_and_publish(conninfo, repeats)
            evening = undo_evening(conninfo, warehouse, str(data_dir))
            features = features_of(conninfo, SNAPSHOT_FEATURES.name, evening.game_ids)

        def usual() -> float:
            usual_refetches.append(warehouse.refetch_as_usual(evening))
            return usual_refetches[-1].seconds

        repeated(usual, repeats, PATIENCE_S)
    for refetch in usual_refetches:
        did = refetch.document
        assert (did["features"], did["priced"]) == features, f"{did}, not {features}"
    warehouse.remove()
    return _Size(warehouse.games, warehouse.days, refetches, usual_refetches, derived, published)


# -- load: databases of the shared server ---------------------------------------------------------


def _load(work: Workbench, size: _Size) -> Both:
    """Every item, play and candle of these games into empty tables."""
    work.say(f"  loading {size.games:,} games, both ways")
    archive = work.archive_of(list(size.days), kinds=(*_LISTS, *_FILES))
    template = fresh_database(work.server, "growth_lists")
    asyncio.run(_load_lists(template, archive))
    conninfo = ""

    def ours() -> float:
        nonlocal conninfo
        conninfo = fresh_database(work.server, "growth_load", template="growth_lists")
        return asyncio.run(_load_files(conninfo, archive))

    loaded = repeated(ours, work.repeats, PATIENCE_S)
    usual = repeated(lambda: _load_as_usual(conninfo, archive), work.repeats, PATIENCE_S)
    for _, relation, _ in _LOADED:
        assert_same(conninfo, relation.name, _copy_of(relation))
    with connect(work.server, purpose="bench") as connection:
        connection.execute("DROP DATABASE growth_load WITH (FORCE)")
    return Both(loaded.sample("typed decode, COPY"), usual.sample("json, executemany upserts"))


def _load_as_usual(conninfo: str, archive: Archive) -> float:
    seconds = 0.0
    manifests = [m for m in archive.all() if m.http_status < 400]
    for kind, relation, rows in _LOADED:
        copy = _copy_of(relation)
        usual_loads.prepare(conninfo, relation, copy)
        of_kind = [m for m in manifests if m.source_type is kind]
        seconds += usual_loads.load(conninfo, archive, of_kind, relation, copy, rows)
    return seconds


def _copy_of(relation: Relation) -> str:
    return f"bench.{relation.name.partition('.')[2]}"


async def _load_lists(conninfo: str, archive: Archive) -> None:
    async with resources(conninfo, archive) as held:
        await register(held, _LISTS)
        await do(held, "load_scoreboards")
        await do(held, "markets")


async def _load_files(conninfo: str, archive: Archive) -> float:
    async with resources(conninfo, archive) as held:
        await run(held, "CHECKPOINT")
        start = time.perf_counter()
        await register(held, _FILES)
        await do(held, "load_games")
        await do(held, "candlesticks")
        return time.perf_counter() - start


# -- what is told ---------------------------------------------------------------------------------


def _curves(sizes: Sequence[_Size], loads: Sequence[Both], new: int) -> list[Curve]:
    def curve(title: str, about: str, both: Sequence[Both]) -> Curve:
        points = zip(sizes, both, strict=True)
        return Curve(title, about, tuple(Point(s.games, b.ours, b.usual) for s, b in points))

    return [
        curve(
            "Load", "every item, play and candle of so many games, archive to empty tables", loads
        ),
        curve(
            "Derive",
            f"state and features of {CHANGED} games that changed",
            [size.derived for size in sizes],
        ),
        curve(
            "Publish",
            f"the features of all games after {CHANGED} changed",
            [size.published for size in sizes],
        ),
        curve(
            "Refetch",
            f"an evening, {new} games new, from the start of the process to its end",
            [_refetched(size) for size in sizes],
        ),
    ]


def _refetched(size: _Size) -> Both:
    detail = {"requests": size.refetches[0].requests, "steps": steps_of(size.refetches)}
    ours = Seconds(tuple(run.seconds for run in size.refetches))
    usual = Seconds(tuple(run.seconds for run in size.usual_refetches))
    parts = [run.document["seconds"] for run in size.usual_refetches]
    return Both(
        ours.sample("all fourteen steps, the NBA lane too", **detail),
        usual.sample(
            "one script: the same requests one by one, json, executemany, state in Python,"
            " REFRESH .. CONCURRENTLY",
            parts=parts,
        ),
    )


def _at_most(curve: Curve) -> Figure:
    """The curve's last point as a figure of the table."""
    last = curve.points[-1]
    what = f"{curve.title.lower()} at {last.games:,} games: {curve.about}"
    return Figure(_TOPIC, what, "s", last.ours, last.usual, is_chief=curve.title == "Refetch")


def _growth(large: _Size, small: _Size, new: int) -> Figure:
    return Figure(
        _TOPIC,
        f"an evening's refetch ({new} new games) without publish",
        "s",
        _without_publish(f"on {large.games:,} games", large.refetches),
        _without_publish(f"on {small.games} games, our way too", small.refetches),
        Aim(_AIM_RATIO, of="ratio"),
        is_other_case=True,
        is_chief=True,
    )


def _publish_growth(large: _Size, small: _Size) -> Figure:
    return Figure(
        _TOPIC,
        "its publish step",
        "s",
        _publish_alone(f"on {large.games:,} games", large.refetches),
        _publish_alone(f"on {small.games} games, our way too", small.refetches),
        is_other_case=True,
    )


def _without_publish(way: str, runs: Sequence[Ran]) -> Sample:
    return Sample(way, tuple(run.seconds - _publishing_s(run) for run in runs))


def _publish_alone(way: str, runs: Sequence[Ran]) -> Sample:
    return Sample(way, tuple(_publishing_s(run) for run in runs))


def _publishing_s(run: Ran) -> float:
    """Of the steps that come after all others."""
    return sum(run.step_seconds[step] for step in _PUBLISHING)
