"""THE declaration: the steps of a refetch in reading order, and nothing else."""

from __future__ import annotations

from nbapanel.engine.steps import Step, StepList
from nbapanel.steps import caches, derived, espn_games, espn_scoreboards, kalshi, publish
from nbapanel.steps.refresh_entries import alert_after_s
from nbapanel.steps.resources import Resources

ESPN, KALSHI, DERIVED, PUBLISH = "ESPN", "Kalshi", "Derived", "Publish"

_PUBLISHED = tuple(view.name for view in publish.VIEWS)

# `follows`, not `needs`, behind a fetch: one that failed does not hold up what the archive holds.
STEPS: StepList[Resources] = StepList(
    (
        Step(
            key="fetch_scoreboards",
            title="Fetch ESPN scoreboards",
            lane=ESPN,
            action=espn_scoreboards.fetch_scoreboards,
            plan=espn_scoreboards.plan_scoreboards,
            timeout_s=3600,
            asks=("window", "games", "force"),
            asks_feeds=True,
        ),
        Step(
            key="load_scoreboards",
            title="Load scoreboards",
            lane=ESPN,
            follows=("fetch_scoreboards",),
            action=espn_scoreboards.load_scoreboards,
            timeout_s=600,
            retries=2,
            writes=("espn.scoreboard_games",),
            alert_after_s=alert_after_s("espn.scoreboard_games"),
        ),
        Step(
            key="fetch_games",
            title="Fetch ESPN probabilities and plays",
            lane=ESPN,
            needs=("load_scoreboards",),
            action=espn_games.fetch_games,
            skip_if=espn_games.skip_games,
            plan=espn_games.plan_games,
            timeout_s=7200,
            asks=("window", "games", "force"),
            asks_feeds=True,
        ),
        Step(
            key="load_games",
            title="Load probabilities and plays",
            lane=ESPN,
            needs=("load_scoreboards",),
            follows=("fetch_games",),
            action=espn_games.load_games,
            timeout_s=3600,
            retries=2,
            writes=("espn.probabilities_raw_items", "espn.plays"),
            alert_after_s=alert_after_s("espn.probabilities_raw_items", "espn.plays"),
        ),
        Step(
            key="markets",
            title="Fetch and load Kalshi markets",
            lane=KALSHI,
            action=kalshi.fetch_and_load_markets,
            plan=kalshi.plan_markets,
            timeout_s=3600,
            retries=2,
            writes=("kalshi.markets",),
            asks=("window",),
            asks_feeds=True,
        ),
        Step(
            key="candlesticks",
            title="Fetch and load Kalshi candlesticks",
            lane=KALSHI,
            needs=("load_scoreboards",),
            follows=("markets",),
            action=kalshi.fetch_and_load_candlesticks,
            plan=kalshi.plan_candlesticks,
            timeout_s=7200,
            retries=2,
            writes=("kalshi.markets", "kalshi.candlesticks"),
            asks=("window", "games", "force"),
            asks_feeds=True,
        ),
        Step(
            key="game_state",
            title="Process game state",
            lane=DERIVED,
            needs=("load_games",),
            action=derived.process_state,
            skip_if=derived.skip_state,
            plan=derived.plan_state,
            timeout_s=1800,
            retries=2,
            writes=("espn.prob_event_state",),
            alert_after_s=alert_after_s("espn.prob_event_state"),
            asks=("window", "games", "force"),
        ),
        Step(
            key="snapshot_features",
            title="Update snapshot features",
            lane=DERIVED,
            needs=("game_state",),
            follows=("candlesticks",),
            action=derived.update_features,
            skip_if=derived.skip_features,
            plan=derived.plan_features,
            timeout_s=3600,
            retries=2,
            writes=("derived.snapshot_features", "derived.game_stats"),
            alert_after_s=alert_after_s("derived.snapshot_features", "derived.game_stats"),
            asks=("window", "games", "force"),
        ),
        Step(
            key="publish",
            title="Publish: gates, then views",
            lane=PUBLISH,
            needs=("snapshot_features",),
            action=publish.publish,
            skip_if=publish.skip_publish,
            plan=publish.plan_publish,
            timeout_s=3600,
            writes=_PUBLISHED,
            alert_after_s=alert_after_s(*_PUBLISHED),
            asks=("force", "publish_anyway"),
        ),
        Step(
            key=caches.STEP,
            title="Invalidate caches",
            lane=PUBLISH,
            needs=("publish",),
            action=caches.invalidate_caches,
            skip_if=caches.skip_caches,
            plan=caches.plan_caches,
            timeout_s=120,
            asks=("force",),
        ),
    )
)
