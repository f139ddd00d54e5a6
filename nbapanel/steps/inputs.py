"""What each step is made of: by that the warehouse tells which results are older. No SQL here."""

from __future__ import annotations

from nbapanel.payload import SourceType
from nbapanel.rows.reads import StepInput
from nbapanel.steps import caches, derived, publish

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
