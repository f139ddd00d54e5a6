"""The parsers of the league's own feeds, each in a module of its own. Nothing is parsed here.

Each gives, for every relation it fills, the relation and what the payload said of it;
notes["speaks_for"] holds the values of the relation's scope that the payload is the whole truth
about, so that rows it lacks are gone.
"""

from nbapanel.rows.nba.actions import parse_play_by_play
from nbapanel.rows.nba.actions_v3 import parse_play_by_play_v3
from nbapanel.rows.nba.box_score import parse_box_score
from nbapanel.rows.nba.game_finder import parse_game_finder
from nbapanel.rows.nba.game_ids import GameId, game_id_of, season_label
from nbapanel.rows.nba.odds import parse_odds
from nbapanel.rows.nba.schedule import parse_schedule
from nbapanel.rows.nba.scoreboard import parse_scoreboard
from nbapanel.rows.refusal import PayloadRefused

__all__ = [
    "GameId",
    "PayloadRefused",
    "game_id_of",
    "parse_box_score",
    "parse_game_finder",
    "parse_odds",
    "parse_play_by_play",
    "parse_play_by_play_v3",
    "parse_schedule",
    "parse_scoreboard",
    "season_label",
]
