"""The generated league's answers in the NBA's shapes; what is played is the league's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from nbapanel.simulator.draws import draws
from nbapanel.simulator.game import Played, play
from nbapanel.simulator.nba import box_score, game_finder, odds, play_by_play, schedule, scoreboard
from nbapanel.simulator.nba.actions import oddities, out_by, write_actions
from nbapanel.simulator.nba.finals import after, final, records_before
from nbapanel.simulator.nba.names import Json, game_id, league_day
from nbapanel.simulator.nba.scoreboard import Record
from nbapanel.simulator.nba.sheet import Entry
from nbapanel.simulator.nba.status import Status, before, begun, final_text, padded
from nbapanel.simulator.nba.tally import tally
from nbapanel.simulator.plan import Phase, Plan
from nbapanel.simulator.schedule import Fixture
from nbapanel.simulator.source import Dated, Refusal, no_such_object

if TYPE_CHECKING:
    from nbapanel.simulator.league import League

_KEPT_PLAYED = 64
_KEPT_ACTIONS = 16
_FIRST_SEASON = 2000
_SEASONS_ON_THE_NETWORK = 2
_LACKING_PLAYS = 1 / 120
_REGULAR = 2
_SEASON_TYPES = {"", "Regular Season"}


class NbaFeed:
    """Of one season; others are asked for as they are named."""

    def __init__(self, league: League) -> None:
        self.league = league
        self.seed = league.seed
        self._played = lru_cache(maxsize=_KEPT_PLAYED)(self._make_played)
        self._actions = lru_cache(maxsize=_KEPT_ACTIONS)(self._make_actions)

    def ahead(self, now: datetime, season_label: str = "") -> Iterator[None]:
        """A season's results, which its schedule and the game finder need all at once."""
        home = self._season_called(season_label)
        for plan in home.finals(now) if home is not None else ():
            final(self.seed, plan)
            yield

    # The content network

    def schedule(self, now: datetime) -> Dated:
        """As of the hour."""
        then = now.replace(minute=0, second=0, microsecond=0)
        fixtures = sorted(self.league.schedule.fixtures, key=lambda one: (one.tip_at, one.event_id))
        games = [(fixture, self._scheduled(fixture, then)) for fixture in fixtures]
        changed_at = self._last_change(then)
        return Dated(schedule.schedule(self.league.schedule.days, games, changed_at), changed_at)

    def scoreboard(self, now: datetime) -> Dated:
        day = league_day(now)
        fixtures = self.league.fixtures(day, now)
        changes = [self._changed_at(fixture, now) for fixture in fixtures]
        changed_at = max(changes, default=datetime.combine(day, datetime.min.time(), UTC))
        games = [self._on_scoreboard(fixture, now) for fixture in fixtures]
        return Dated(scoreboard.scoreboard(day, games, changed_at), changed_at)

    def play_by_play(self, game: str, now: datetime) -> Dated:
        home = self._season_of(game)
        fixture = home.begun_fixture(game, now)
        if home.is_off_the_network(self) or home.lacks_plays(fixture):
            raise no_such_object()
        played, out, changed_at = home.out(fixture, now)
        return Dated(play_by_play.play_by_play(played, out, changed_at), changed_at)

    def box_score(self, game: str, now: datetime) -> Dated:
        home = self._season_of(game)
        fixture = home.begun_fixture(game, now)
        played, out, changed_at = home.out(fixture, now)
        content = box_score.box_score(
            self.seed, played, tally(played, out), begun(played, now), changed_at
        )
        return Dated(content, changed_at)

    def odds(self, now: datetime) -> Dated:
        plans = [
            self.league.plan(one.event_id) for one in self.league.fixtures(league_day(now), now)
        ]
        open_ = [one for one in plans if one.phase(now) in (Phase.SCHEDULED, Phase.LIVE)]
        quarter = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
        return Dated(odds.odds(self.seed, open_, now), quarter)

    # The statistics site

    def play_by_play_v3(self, game: str, now: datetime) -> Dated:
        """It has every season; of a game not begun, an empty list."""
        try:
            home = self._season_of(game)
            fixture = home.begun_fixture(game, now)
        except Refusal:
            return Dated(play_by_play.nothing_yet(game), now)
        played, out, changed_at = home.out(fixture, now)
        return Dated(play_by_play.play_by_play_v3(played, out, changed_at), changed_at)

    def game_finder(self, asked: Mapping[str, str], now: datetime) -> Dated:
        """Newest first, and only what has been played; without a season, of this one."""
        home = self._season_called(asked.get("Season", ""))
        is_regular = asked.get("SeasonType", "") in _SEASON_TYPES
        plans = home.finals(now) if home is not None and is_regular else ()
        rows = (
            row
            for plan in plans
            for row in game_finder.team_rows(self.seed, plan, final(self.seed, plan), _REGULAR)
        )
        return Dated(game_finder.game_finder(asked, rows), now)

    # Of this season

    def begun_fixture(self, game: str, now: datetime) -> Fixture:
        """Raises Refusal as the storage does for what it has not."""
        fixture = self._by_game.get(game)
        if fixture is None or not fixture.is_listed(now) or not self._has_begun(fixture, now):
            raise no_such_object()
        return fixture

    def is_off_the_network(self, current: NbaFeed) -> bool:
        """The network keeps the last two seasons' actions only."""
        return self.league.start_year <= current.league.start_year - _SEASONS_ON_THE_NETWORK

    def lacks_plays(self, fixture: Fixture) -> bool:
        return draws(self.seed, fixture.event_id, "nba network").chance(_LACKING_PLAYS)

    def finals(self, now: datetime) -> Iterator[Plan]:
        for fixture in reversed(self.league.schedule.fixtures):
            plan = self.league.plan(fixture.event_id)
            if plan.phase(now) is Phase.FINAL:
                yield plan

    def out(self, fixture: Fixture, now: datetime) -> tuple[Played, list[Entry], datetime]:
        """The actions that are out, and since when there have been these."""
        played = self._played(fixture.event_id)
        corrected_ts = oddities(self.seed, played).corrected_ts
        is_corrected = 0 < corrected_ts <= now.timestamp()
        out = out_by(self._actions(fixture.event_id, is_corrected), now)
        changed_ts = corrected_ts if is_corrected else max(one.appears_ts for one in out)
        return played, out, datetime.fromtimestamp(changed_ts, UTC)

    # How

    def _season_of(self, game: str) -> NbaFeed:
        """Raises Refusal for the id of a season that there is not."""
        year = 2000 + int(game[3:5]) if len(game) == 10 and game[3:5].isdecimal() else 0
        found = self._season(year)
        if found is None:
            raise no_such_object()
        return found

    def _season_called(self, label: str) -> NbaFeed | None:
        """By its label ("2023-24"); this one where nothing is said."""
        year = label[:4]
        return self._season(int(year) if year.isdecimal() else self.league.start_year)

    def _season(self, start_year: int) -> NbaFeed | None:
        if not _FIRST_SEASON <= start_year <= self.league.start_year:
            return None
        return self.league.in_season(start_year).nba

    @cached_property
    def _by_game(self) -> dict[str, Fixture]:
        return {game_id(fixture): fixture for fixture in self.league.schedule.fixtures}

    @cached_property
    def _records(self) -> dict[str, tuple[Record, Record]]:
        fixtures = sorted(self.league.schedule.fixtures, key=lambda one: (one.tip_at, one.event_id))
        return records_before([self.league.plan(one.event_id) for one in fixtures])

    def _records_of(self, plan: Plan, status: Status) -> tuple[Record, Record]:
        """With the game itself, once it is over."""
        home, away = self._records[plan.fixture.event_id]
        if status.number == 3:
            return after(home, is_won=plan.winner == 0), after(away, is_won=plan.winner == 1)
        return home, away

    def _make_played(self, event_id: str) -> Played:
        return play(self.seed, self.league.plan(event_id))

    def _make_actions(self, event_id: str, is_corrected: bool) -> list[Entry]:
        played = self._played(event_id)
        return write_actions(self.seed, played, oddities(self.seed, played), corrected=is_corrected)

    def _has_begun(self, fixture: Fixture, now: datetime) -> bool:
        return self.league.plan(fixture.event_id).phase(now) in (Phase.LIVE, Phase.FINAL)

    def _changed_at(self, fixture: Fixture, now: datetime) -> datetime:
        """When what the scoreboard says of it last became what it is."""
        plan = self.league.plan(fixture.event_id)
        moments = [fixture.tip_at.replace(hour=0, minute=0)]
        if fixture.postponed_at is not None:
            moments.append(fixture.postponed_at)
        else:
            moments += [plan.first_play_at, plan.final_at]
            if plan.phase(now) is Phase.LIVE:
                return now
        return max(one for one in moments if one <= now or one is moments[0])

    def _last_change(self, then: datetime) -> datetime:
        fixtures = self.league.schedule.fixtures
        return max(min(then, self._changed_at(one, then)) for one in fixtures)

    def _status(self, fixture: Fixture, now: datetime) -> Status:
        """Of a game that is over, without a look at what was played when."""
        plan = self.league.plan(fixture.event_id)
        match plan.phase(now):
            case Phase.FINAL:
                end = final(self.seed, plan)
                home, away = end.lines
                text = final_text(end.periods)
                return Status(3, text, end.periods, 0.0, home.points, away.points)
            case Phase.LIVE:
                return begun(self._played(fixture.event_id), now)
            case _:
                return before(plan, now)

    def _scheduled(self, fixture: Fixture, then: datetime) -> Json:
        if not fixture.is_listed(then):
            return schedule.unsettled_game(fixture)
        status = self._status(fixture, then)
        records = self._records_of(self.league.plan(fixture.event_id), status)
        return schedule.scheduled_game(fixture, status, records)

    def _on_scoreboard(self, fixture: Fixture, now: datetime) -> Json:
        plan = self.league.plan(fixture.event_id)
        status = self._status(fixture, now)
        by_period: tuple[list[int], list[int]] = ([], [])
        if status.number > 1:
            by_period = self._played(fixture.event_id).by_period(now)
        records = self._records_of(plan, status)
        text = padded(self.seed, plan, status)
        return scoreboard.scoreboard_game(fixture, status, text, records, by_period)
