"""What each step is made of: by that the warehouse tells which results are older. No SQL here."""

from __future__ import annotations

from nbapanel.payload import SourceType
from nbapanel.rows.reads import StepInput
from nbapanel.steps import caches, derived, nba_state, publish
from nbapanel.warehouse.relations import NBA_GAMES

INPUTS: tuple[StepInput, ...] = (
    StepInput("load_scoreboards", "payloads", SourceType.ESPN_SCOREBOARD),
    StepInput("fetch_games", "rows", "load_scoreboards"),
    StepInput("load_games", "payloads", SourceType.ESPN_PROBABILITIES),
    StepInput("load_games", "payloads", SourceType.ESPN_PLAYS),
    StepInput("load_games", "payloads", SourceType.ESPN_SUMMARY),
    StepInput("markets", "payloads", SourceType.KALSHI_MARKETS),
    StepInput("candlesticks", "payloads", SourceType.KALSHI_CANDLESTICKS),
    StepInput("candlesticks", "rows", "load_scoreboards"),
    StepInput("candlesticks", "rows", "markets"),
    StepInput("nba_lists", "payloads", SourceType.NBA_SCHEDULE),
    StepInput("nba_lists", "payloads", SourceType.NBA_SCOREBOARD),
    StepInput("nba_lists", "payloads", SourceType.NBA_GAME_FINDER),
    StepInput("nba_lists", "payloads", SourceType.NBA_ODDS),
    StepInput("fetch_nba", "rows", "nba_lists"),
    StepInput("load_nba", "payloads", SourceType.NBA_PBP),
    StepInput("load_nba", "payloads", SourceType.NBA_PBP_V3),
    StepInput("load_nba", "payloads", SourceType.NBA_BOXSCORE),
    StepInput("nba_state", "games", NBA_GAMES.name),
    StepInput("nba_state", "games", nba_state.PBP_STATE.dataset),
    StepInput("game_state", "games", derived.STATE.dataset),
    StepInput("snapshot_features", "games", derived.FEATURES.dataset),
    *(
        StepInput("publish", "views", view.name, made_of)
        for view in publish.VIEWS
        for made_of in view.made_of
    ),
    StepInput(caches.STEP, "published"),
)
"""Scoreboards are made of what the feed says now: only a look there tells whether they are old."""
