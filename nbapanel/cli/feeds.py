"""The feeds of a run: the live ones, or a simulator started for the run, which ends with it."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import click

from nbapanel.clock import Clock, LeagueClock, SystemClock
from nbapanel.errors import FeedFailed, UsageError
from nbapanel.origin import FeedSet
from nbapanel.settings import Settings
from nbapanel.source.settings import FeedSettings

_FIRST_YEAR, _LAST_YEAR = 1946, 2200
_FASTEST = 1_000_000
_START_S = 20
_PROBE_S = 5


@dataclass(frozen=True, slots=True)
class Reached:
    """Where the feeds are, and the clock they live by."""

    settings: FeedSettings
    clock: Clock


@contextmanager
def reach(
    feeds: FeedSet, settings: Settings, clock: str, not_before: datetime | None = None
) -> Iterator[Reached]:
    """The feeds for the length of the block. `clock` is a simulated league's: fixed, ISO, 60x...

    `not_before`: up to when the warehouse holds this league. A clock that is given no time goes on
    from there; raises UsageError for one that would go back.
    """
    if feeds.is_simulated:
        with _simulator(feeds, clock, not_before) as (url, league_clock):
            _refuse_setback(feeds, league_clock, not_before)
            # A league answers at once and nobody else asks it: no pace to keep.
            yield _reached(settings, url, league_clock, paced=False)
    elif feeds.kind == "http":
        about = _about(feeds.value)
        league_clock = _clock(about)
        if about is not None:
            _refuse_setback(feeds, league_clock, not_before)
        yield _reached(settings, feeds.value, league_clock, paced=about is None)
    else:
        yield _reached(settings, None, SystemClock(), paced=True)


def checked_clock(_context: click.Context, _option: click.Parameter, text: str) -> str:
    """What was typed as --clock, if the simulator will understand it; raises UsageError if not."""
    if text and text != "fixed":
        from nbapanel.simulator.settable_clock import parse_clock

        try:
            start, rate = parse_clock(text)
        except OverflowError:
            start, rate = datetime.min, 0.0
        if rate > _FASTEST or (start and not _FIRST_YEAR <= start.year <= _LAST_YEAR):
            raise UsageError(
                f"The clock cannot be {text[:40]!r}.",
                hint=f"A time from {_FIRST_YEAR} to {_LAST_YEAR}, or up to {_FASTEST}x.",
            )
    return text


def identified(feeds: FeedSet) -> FeedSet:
    """The feeds; a simulator behind a URL is known by the league or recordings it plays."""
    about = _about(feeds.value) if feeds.kind == "http" else None
    if about is None:
        return feeds
    played = str(about["feeds"])
    return replace(feeds, known_as="recorded" if played.startswith("recorded") else played)


def _refuse_setback(feeds: FeedSet, clock: Clock, not_before: datetime | None) -> None:
    """What the warehouse holds of a later hour would lie in the future, and never be published."""
    now = clock.now()
    if not_before is None or now >= not_before:
        return
    held = _in_words(not_before)
    if feeds.is_simulated:
        hint = f"Use --clock {held} or later, none to go on from there, or a new --data-dir."
    else:
        hint = f"Set that clock to {held} or later, or use a new --data-dir."
    raise UsageError(
        "The league's clock cannot go back.",
        f"The warehouse already holds data up to {held}; the clock of {feeds} is at"
        f" {_in_words(now)}.",
        hint,
    )


def _in_words(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _reached(settings: Settings, url: str | None, clock: Clock, *, paced: bool) -> Reached:
    paces = {
        "espn": settings.espn_requests_per_s,
        "kalshi": settings.kalshi_requests_per_s,
        "nba_cdn": settings.nba_cdn_requests_per_s,
        "nba_stats": settings.nba_stats_requests_per_s,
    }
    return Reached(
        FeedSettings(
            espn_site_url=url or settings.espn_site_url,
            espn_core_url=url or settings.espn_core_url,
            kalshi_url=url or settings.kalshi_url,
            nba_cdn_url=url or settings.nba_cdn_url,
            nba_stats_url=url or settings.nba_stats_url,
            paces=paces if paced else {},
            deadline_s=settings.request_deadline_s,
            attempts=settings.request_attempts,
            backoff_s=settings.request_backoff_s,
            silence_timeout_s=settings.request_silence_s,
            attempt_timeout_s=settings.request_attempt_s,
            most_bytes=settings.most_payload_mb * 1_000_000,
            most_items=settings.most_items,
            most_pages=settings.most_pages,
            clock=clock,
        ),
        clock,
    )


@contextmanager
def _simulator(
    feeds: FeedSet, clock: str, not_before: datetime | None
) -> Iterator[tuple[str, Clock]]:
    source = ["--league", feeds.value] if feeds.kind == "demo" else ["--recorded", feeds.value]
    source += ["--clock", clock]
    if not_before is not None:
        source += ["--not-before", not_before.isoformat()]
    # It listens to its stdin, and so ends with this process however this one ends.
    process = subprocess.Popen(
        [*simulator_command(), *source, "--announce", "--until-stdin-closes"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Ctrl-C in the terminal is for the run: it still needs its feeds to end in good order.
        start_new_session=os.name != "nt",
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise FeedFailed(
                f"The simulator of {feeds} did not start.",
                f"It ended with code {process.wait(_START_S)}.",
                "Its words are above.",
            )
        about = json.loads(line)
        yield f"http://127.0.0.1:{about['port']}", _clock(about)
    finally:
        process.stdin.close()
        process.stdout.close()
        try:
            process.wait(_START_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def simulator_command() -> list[str]:
    """How to start the simulator: a frozen program starts itself."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "simulate"]
    return [sys.executable, "-m", "nbapanel.simulator"]


def _about(url: str) -> dict[str, object] | None:
    """What a simulator says of itself; None for anything else that answers, or does not."""
    try:
        with _opener(url).open(f"{url}/simulator", timeout=_PROBE_S) as answer:
            about = json.loads(answer.read(100_000))
    except (OSError, ValueError, RecursionError, http.client.HTTPException):
        return None
    return about if isinstance(about, dict) and "feeds" in about else None


def _opener(url: str) -> urllib.request.OpenerDirector:
    """Without the proxy of HTTP_PROXY for what is on this machine, as in `source.feeds`."""
    is_here = urllib.parse.urlsplit(url).hostname in ("127.0.0.1", "localhost")
    return urllib.request.build_opener(*[urllib.request.ProxyHandler({})] if is_here else [])


def _clock(about: dict[str, object] | None) -> Clock:
    """A simulator's clock. Raises FeedFailed for one that tells no time."""
    told = about.get("clock") if about is not None else None
    if not isinstance(told, dict):
        return SystemClock()
    try:
        now = datetime.fromisoformat(str(told.get("now") or told.get("start")))
        rate = float(told.get("rate", 0))
        is_usable = now.tzinfo and _FIRST_YEAR <= now.year <= _LAST_YEAR and 0 <= rate <= _FASTEST
        if not is_usable:
            raise ValueError("no such time")
    except (ValueError, TypeError, OverflowError) as error:
        raise FeedFailed(
            "The simulator's clock cannot be read.",
            f"It tells {str(told)[:200]}.",
            "See that the address given as --feeds is that of a simulator.",
        ) from error
    return LeagueClock(now, rate)
