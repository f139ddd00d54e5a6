"""A whole season that a seed invents; every answer is a function of the seed and the moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache, partial
from math import nan

from nbapanel.simulator import espn_core, espn_scoreboard, espn_summary, kalshi_market
from nbapanel.simulator.aggregation import aggregate
from nbapanel.simulator.game import Game, generate
from nbapanel.simulator.kalshi_shapes import candle_shapes, historical_shapes
from nbapanel.simulator.nba.feed import NbaFeed
from nbapanel.simulator.plan import Phase, Plan, plan
from nbapanel.simulator.schedule import SERIES, Coverage, Fixture, Schedule
from nbapanel.simulator.season_days import SeasonDays
from nbapanel.simulator.source import (
    FILTER_WORDS,
    Json,
    Listed,
    Page,
    Window,
    core_refusal,
    espn_refusal,
    kalshi_refusal,
    not_supported,
    paged,
)
from nbapanel.simulator.trading import Tape, tapes

_KEPT_GAMES = 96
_KEPT_TAPES = 24
_KEPT_SEASONS = 4
_HISTORICAL_AFTER = timedelta(days=60)


class League:
    """Cheap until asked: the schedule takes some 50 ms, a game 3 ms, its candles 20 ms."""

    def __init__(self, seed: int, start_year: int = 2025) -> None:
        self.seed = seed
        self.start_year = start_year
        self._plan = lru_cache(maxsize=4096)(self._make_plan)
        self._game = lru_cache(maxsize=_KEPT_GAMES)(self._make_game)
        self._tapes = lru_cache(maxsize=_KEPT_TAPES)(self._make_tapes)
        self._other_season = lru_cache(maxsize=_KEPT_SEASONS)(partial(League, seed))

    @property
    def name(self) -> str:
        return f"demo:{self.seed}"

    def start(self) -> datetime:
        """Half past ten, Eastern, on an evening with finals, live games and games to come."""
        showcase = SeasonDays(self.start_year).showcase
        return datetime.combine(showcase, time(3, 30), UTC) + timedelta(days=1)

    @cached_property
    def schedule(self) -> Schedule:
        return Schedule(self.seed, self.start_year)

    @cached_property
    def nba(self) -> NbaFeed:
        return NbaFeed(self)

    def in_season(self, start_year: int) -> League:
        """The same league in another season, which its NBA feeds can still tell of."""
        return self if start_year == self.start_year else self._other_season(start_year)

    def fixtures(self, day: date, now: datetime) -> list[Fixture]:
        """Of a US Eastern day, in order of tip-off."""
        return [one for one in self.schedule.by_day.get(day, ()) if one.is_listed(now)]

    def plan(self, event_id: str) -> Plan:
        return self._plan(event_id)

    def game(self, event_id: str) -> Game:
        """The whole game, whatever the time; not to be asked of a postponed one."""
        return self._game(event_id)

    def changed_at(self, event_id: str | None, day: date | None, now: datetime) -> datetime:
        if event_id is not None:
            fixtures = [one for one in (self.schedule.by_event.get(event_id),) if one]
        else:
            fixtures = self.fixtures(day, now) if day else []
        ends = [self.plan(one.event_id).final_at for one in fixtures]
        return min(now, max(ends, default=now))

    # ESPN

    def scoreboard(self, day: date, limit: int, now: datetime) -> Json:
        events = [
            espn_scoreboard.event(self.seed, *self._begun(fixture, now), now)
            for fixture in self.fixtures(day, now)[:limit]
        ]
        return espn_scoreboard.scoreboard(self.schedule.days, events)

    def summary(self, event_id: str, now: datetime) -> Json:
        fixture = self._fixture(event_id, now)
        if fixture is None or fixture.coverage is Coverage.NOWHERE:
            raise espn_refusal(404, f"Failed to get event {event_id}")
        return espn_summary.summary(self.seed, *self._begun(fixture, now), now)

    def probabilities(self, event_id: str, competition_id: str, page: Page, now: datetime) -> Json:
        fixture = self._core_fixture(event_id, competition_id, now)
        _, game = self._begun(fixture, now)
        has_none = fixture.coverage in (Coverage.NO_PROBABILITIES, Coverage.SUMMARY_ONLY)
        if game is None or has_none or not game.until(now):
            raise not_supported(event_id)
        items = espn_core.probability_items(self.seed, game, game.until(now))
        return paged(items, page)

    def plays(self, event_id: str, competition_id: str, page: Page, now: datetime) -> Json:
        fixture = self._core_fixture(event_id, competition_id, now)
        if fixture.coverage is Coverage.SUMMARY_ONLY:
            raise core_refusal(404, f"No plays for event {event_id}")
        _, game = self._begun(fixture, now)
        items = espn_core.play_items(self.seed, game, game.until(now)) if game else []
        ref = espn_core.plays_ref(self.seed, fixture)
        return paged(items, page, **{"$ref": ref})

    # Kalshi

    def cutoff(self, now: datetime) -> datetime:
        """A midnight, so that it moves once a day."""
        return datetime.combine((now - _HISTORICAL_AFTER).date(), time(), UTC)

    def listed(self, series: str, now: datetime, *, historical: bool) -> Sequence[Listed]:
        if series and series != SERIES:
            return []
        rows = [
            self._listed(plan_, side, now, historical=historical)
            for plan_ in self._tradable(now)
            if self._is_historical(plan_, now) is historical
            for side in (0, 1)
        ]
        return sorted(rows, key=lambda row: row.order)

    def market(self, ticker: str, now: datetime, *, historical: bool) -> Json:
        plan_, side = self._traded(ticker, now, historical=historical)
        return self._market_shape(plan_, side, now, historical=historical)

    def candlesticks(
        self, ticker: str, window: Window, now: datetime, *, historical: bool
    ) -> list[Json]:
        plan_, side = self._traded(ticker, now, historical=historical)
        until = min(window.end_ts, int(now.timestamp()))
        tape = self._tapes(plan_.fixture.event_id)[side]
        if window.interval_min == 1:
            candles = tape.between(window.start_ts, until)
        else:
            grouped = aggregate(tape.candles, window.interval_min)
            candles = [one for one in grouped if window.start_ts <= one.end_ts <= until]
        if historical:
            return historical_shapes(candles)
        return candle_shapes(candles, plan_.generation)

    # How

    def _make_plan(self, event_id: str) -> Plan:
        return plan(self.seed, self.schedule.by_event[event_id])

    def _make_game(self, event_id: str) -> Game:
        return generate(self.seed, self.plan(event_id))

    def _make_tapes(self, event_id: str) -> tuple[Tape, Tape]:
        plan_ = self.plan(event_id)
        is_played = plan_.fixture.postponed_at is None
        return tapes(self.seed, plan_, self.game(event_id) if is_played else None)

    def _begun(self, fixture: Fixture, now: datetime) -> tuple[Plan, Game | None]:
        """The game only if some of it has been played: before that it costs nothing."""
        plan_ = self.plan(fixture.event_id)
        has_begun = plan_.phase(now) in (Phase.LIVE, Phase.FINAL)
        return plan_, self.game(fixture.event_id) if has_begun else None

    def _fixture(self, event_id: str, now: datetime) -> Fixture | None:
        fixture = self.schedule.by_event.get(event_id)
        return fixture if fixture is not None and fixture.is_listed(now) else None

    def _core_fixture(self, event_id: str, competition_id: str, now: datetime) -> Fixture:
        fixture = self._fixture(event_id, now)
        is_known = fixture is not None and competition_id == event_id
        if fixture is None or not is_known or fixture.coverage is Coverage.NOWHERE:
            raise core_refusal(404, f"No competition {competition_id} of event {event_id}")
        return fixture

    def _tradable(self, now: datetime) -> Iterator[Plan]:
        """Of every game whose markets have been created by now."""
        for fixture in self.schedule.fixtures:
            if fixture.tip_at - now > timedelta(days=2) or not fixture.is_listed(now):
                continue
            plan_ = self.plan(fixture.event_id)
            if now >= kalshi_market.created_at(plan_):
                yield plan_

    def _is_historical(self, plan_: Plan, now: datetime) -> bool:
        return plan_.settles_at < self.cutoff(now)

    def _traded(self, ticker: str, now: datetime, *, historical: bool) -> tuple[Plan, int]:
        fixture, side = self.schedule.by_ticker.get(ticker, (None, 0))
        if fixture is None or not fixture.is_listed(now):
            raise kalshi_refusal(404)
        plan_ = self.plan(fixture.event_id)
        is_created = now >= kalshi_market.created_at(plan_)
        if not is_created or self._is_historical(plan_, now) is not historical:
            raise kalshi_refusal(404)
        return plan_, side

    def _listed(self, plan_: Plan, side: int, now: datetime, *, historical: bool) -> Listed:
        """Newest first, as the list is; a market that trades closes when it would at the latest."""
        trades = now < plan_.closes_at
        closes_at = kalshi_market.latest_close(plan_) if trades else plan_.closes_at
        ticker = plan_.fixture.ticker(side)
        return Listed(
            ticker=ticker,
            order=(-int(kalshi_market.created_at(plan_).timestamp()), ticker),
            filter_word=FILTER_WORDS[kalshi_market.status_of(plan_, now)],
            close_ts=closes_at.timestamp(),
            settled_ts=plan_.settles_at.timestamp() if now >= plan_.settles_at else nan,
            shape=lambda: self._market_shape(plan_, side, now, historical=historical),
        )

    def _market_shape(self, plan_: Plan, side: int, now: datetime, *, historical: bool) -> Json:
        if now >= plan_.closes_at:
            book = kalshi_market.closed_book(plan_, side)
        elif now < plan_.opens_at:
            book = kalshi_market.EMPTY_BOOK
        else:
            tape = self._tapes(plan_.fixture.event_id)[side]
            book = kalshi_market.live_book(tape.between(0, int(now.timestamp())))
        shape = kalshi_market.market(plan_, side, book, now)
        return kalshi_market.as_archived(shape, plan_, side) if historical else shape
