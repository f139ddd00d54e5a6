"""The box score of a game: the game, its two teams and their players, into nba.boxscore_*."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec import Raw, Struct

from nbapanel.rows.harvest import Build, Harvest, ItemReader, split
from nbapanel.rows.models import Parsed, Relation, Row
from nbapanel.rows.nba.box_shapes import Arena, Game, Player, SideOfGame, Team
from nbapanel.rows.nba.box_stats import Figures, player_figures, seconds, team_figures
from nbapanel.rows.nba.game_ids import game_asked_for
from nbapanel.rows.nba.relations import BOXSCORE_GAMES, BOXSCORE_PLAYERS, BOXSCORE_TEAMS
from nbapanel.rows.nba.sides import GAME_NAME, points, team_id, text
from nbapanel.rows.refusal import OddValue, refuse
from nbapanel.rows.scalars import MAX_INT8, integer, optional_moment, shown
from nbapanel.size_limits import MOST_ITEMS

_WHAT = "an NBA box score"
_FINAL = 3
_FLAGS = {"1": True, "0": False, "": None, None: None}


class _Page(Struct):
    game: Raw


class _Sides(Struct, rename="camel"):
    game_id: str
    home_team: Raw = Raw()
    away_team: Raw = Raw()


class _Players(Struct, rename="camel"):
    team_id: str | int
    players: list[Raw]


_PAGE = msgspec.json.Decoder(_Page)
_SIDES = msgspec.json.Decoder(_Sides)
_PLAYER_LIST = msgspec.json.Decoder(_Players)
_GAME: ItemReader[Game] = ItemReader(Game, GAME_NAME)
_TEAM: ItemReader[Team] = ItemReader(Team, rb'"teamTricode"\s*:\s*"([A-Z]{2,4})')
_PLAYERS: ItemReader[Player] = ItemReader(Player, rb'"personId"\s*:\s*"?([0-9]{1,12})')


@dataclass(slots=True)
class _Box:
    """What a box score gives, and what all its rows have."""

    game_id: str
    source_file_id: int
    most_items: int
    games: Harvest = field(init=False)
    teams: Harvest = field(init=False)
    players: Harvest = field(init=False)

    def __post_init__(self) -> None:
        self.games, self.teams, self.players = (Harvest(_WHAT, self.most_items) for _ in range(3))

    def parsed(self, relation: Relation, harvest: Harvest) -> tuple[Relation, Parsed]:
        parsed = harvest.parsed()
        whole = bool(parsed.rows) and not parsed.bad
        if "is_home" in relation.column_names:  # a side that lists nobody yet is not to be emptied
            side = relation.column_names.index("is_home")
            whole = whole and {row[side] for row in parsed.rows} == {True, False}
        parsed.notes["speaks_for"] = (self.game_id,) if whole else ()
        return relation, parsed


def parse_box_score(
    parts: Sequence[bytes], *, game_id: str, source_file_id: int, most_items: int = MOST_ITEMS
) -> tuple[tuple[Relation, Parsed], ...]:
    """One game's box score into rows of BOXSCORE_GAMES, BOXSCORE_TEAMS and BOXSCORE_PLAYERS.

    Minutes are in seconds; who did not play has 0. Of the times only gameTimeUTC is taken.
    notes["speaks_for"] of each: the game, if what came is the whole truth about it.
    Raises PayloadRefused.
    """
    box = _Box(game_asked_for(game_id).text, source_file_id, most_items)
    for page, body in enumerate(parts, 1):
        box.players.admit_body(page, body)
        game = split(_PAGE, body, what=_WHAT, page=page).game
        try:
            sides = _SIDES.decode(game)
        except (msgspec.DecodeError, RecursionError) as error:
            raise refuse(_WHAT, page, body, str(error)) from error
        if sides.game_id != game_id:
            raise refuse(_WHAT, page, body, f"it is of game {shown(sides.game_id)}")
        _GAME.read([game], _game_builder(box), box.games, "game")
        for side, piece in (("homeTeam", sides.home_team), ("awayTeam", sides.away_team)):
            _read_side(box, page, side, piece)
    return (
        box.parsed(BOXSCORE_GAMES, box.games),
        box.parsed(BOXSCORE_TEAMS, box.teams),
        box.parsed(BOXSCORE_PLAYERS, box.players),
    )


def _game_builder(box: _Box) -> Build[Game]:
    def build(game: Game, _: str | None) -> tuple[Hashable, Row]:
        arena = game.arena or Arena()
        home, away = game.home_team or SideOfGame(), game.away_team or SideOfGame()
        officials = [text(official.name) for official in game.officials or ()]
        return game.game_id, (
            game.game_id,
            text(game.game_code),
            optional_moment(game.game_time_utc),
            game.game_status,
            text(game.game_status_text),
            game.period,
            text(game.game_clock),
            game.regulation_periods,
            game.duration,
            # While the game is on, nobody has counted yet and the feed says 0.
            None if game.game_status < _FINAL and not game.attendance else game.attendance,
            _flag(game.sellout, "sellout"),
            text(arena.arena_name),
            text(arena.arena_city),
            text(arena.arena_state),
            [name for name in officials if name],
            team_id(home.team_id),
            team_id(away.team_id),
            points(home.score),
            points(away.score),
            box.source_file_id,
        )

    return build


def _read_side(box: _Box, page: int, side: str, piece: Raw) -> None:
    """A team, and its players: what is wrong with the one does not touch the others."""
    is_home = side == "homeTeam"
    if not len(piece):
        box.teams.set_aside(side, "it is missing")
        box.players.set_aside(f"{side}.players", "the team is missing")
        return
    _TEAM.read([piece], _team_builder(box, is_home), box.teams, side)
    try:
        listed = _PLAYER_LIST.decode(piece)
        build = _player_builder(box, is_home, _team_id(listed.team_id))
    except (msgspec.DecodeError, RecursionError, OddValue) as odd:
        box.players.set_aside(f"{side}.players", str(odd))
    else:
        box.players.admit_items(page, len(listed.players))
        _PLAYERS.read(listed.players, build, box.players, f"{side}.players")


def _team_builder(box: _Box, is_home: bool) -> Build[Team]:
    def build(team: Team, _: str | None) -> tuple[Hashable, Row]:
        number = _team_id(team.team_id)
        figures = team.statistics or Figures()
        periods = sorted(team.periods or (), key=lambda period: period.period)
        return number, (
            box.game_id,
            number,
            is_home,
            text(team.team_tricode),
            text(team.team_city),
            text(team.team_name),
            seconds(figures),
            points(team.score),
            [points(period.score) for period in periods],
            *team_figures(figures),
            team.timeouts_remaining,
            box.source_file_id,
        )

    return build


def _player_builder(box: _Box, is_home: bool, team: int) -> Build[Player]:
    def build(player: Player, _: str | None) -> tuple[Hashable, Row]:
        person_id = integer(player.person_id, "personId", low=1, high=MAX_INT8)
        figures = player.statistics or Figures()
        played = _flag(player.played, "played")
        seconds_played = seconds(figures)
        return person_id, (
            box.game_id,
            person_id,
            team,
            is_home,
            text(player.name),
            text(player.first_name),
            text(player.family_name),
            text(player.jersey_num),
            text(player.position),
            text(player.status),
            player.order,
            _flag(player.starter, "starter"),
            played,
            text(player.not_playing_reason),
            text(player.not_playing_description),
            0.0 if seconds_played is None and played is False else seconds_played,
            *player_figures(figures),
            box.source_file_id,
        )

    return build


def _team_id(given: str | int) -> int:
    return integer(given, "teamId", low=1, high=MAX_INT8)


def _flag(given: str | None, what: str) -> bool | None:
    """ "1" or "0"; None where the feed does not say."""
    if given not in _FLAGS:
        raise OddValue(f"{what} is {shown(given)}")
    return _FLAGS[given]
