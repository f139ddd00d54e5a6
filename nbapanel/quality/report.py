"""Runs every check over the games that are meant, and puts together what they found.

The database answers set by set, a batch of games at a time; meanwhile threads read the archive.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection

from nbapanel.archive import Archive
from nbapanel.errors import UsageError
from nbapanel.quality import reading
from nbapanel.quality.archived import ArchiveLook, Named, Played
from nbapanel.quality.checks import CHECKS, Check, Found, GameFacts
from nbapanel.quality.finals import SETTLED, Final, dissenters, moot, not_settled
from nbapanel.quality.reading import NOTHING, Amiss
from nbapanel.redaction import presentable
from nbapanel.rows.quality import CheckedGame, CheckTotal, Finding, QualityReport, QualityWanted
from nbapanel.warehouse.db import in_words

BATCH_GAMES = 200
_THREADS = 4
_LONGEST_TEXT = 300

Told = Callable[[int, int], None]
ByCheck = dict[str, dict[str, Amiss]]
"""What is amiss, by the check's name and the game's id."""


def examine(
    connection: Connection[Any], archive: Archive, wanted: QualityWanted, told: Told | None = None
) -> QualityReport:
    """Check the games that are meant, each batch in a transaction (`reading.looking`). `told` hears
    how many are done, of how many.

    Raises UsageError for a game or a season that the warehouse does not hold.
    """
    began_at, began = datetime.now(UTC), time.monotonic()
    is_text = (wanted.game or wanted.season or "").isprintable()  # else it could not be sent
    games = reading.game_ids(connection, game=wanted.game, season=wanted.season) if is_text else []
    if not games:
        _refuse_unknown(wanted, reading.seasons(connection))
    checked: list[CheckedGame] = []
    look = ArchiveLook(archive)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="archive") as pool:
        for start in range(0, len(games), BATCH_GAMES):
            checked += _batch(connection, look, pool, games[start : start + BATCH_GAMES])
            if told is not None:
                told(len(checked), len(games))
    return _report(wanted, began_at, time.monotonic() - began, checked)


def nothing(wanted: QualityWanted) -> QualityReport:
    """Where there is no warehouse yet, and so no game. Raises UsageError where one is meant."""
    _refuse_unknown(wanted, ())
    return _report(wanted, datetime.now(UTC), 0.0, ())


def _report(
    wanted: QualityWanted, began_at: datetime, took_s: float, games: Sequence[CheckedGame]
) -> QualityReport:
    return QualityReport(
        asked=_asked(wanted),
        checked_at=began_at,
        took_s=took_s,
        checks=tuple(_total(check, games) for check in CHECKS),
        games=tuple(games),
    )


def _refuse_unknown(wanted: QualityWanted, seasons: Sequence[str]) -> None:
    if wanted.game is not None:
        raise UsageError(
            f"There is no NBA game {presentable(wanted.game)} in the warehouse.",
            "An id has ten digits, such as 0022500775.",
        )
    if wanted.season is not None:
        known = ", ".join(seasons) or "none yet"
        raise UsageError(
            f"There is no NBA game of season {presentable(wanted.season)} in the warehouse.",
            f"Seasons that there are: {known}.",
        )


def _asked(wanted: QualityWanted) -> str:
    if wanted.game is not None:
        return f"game {wanted.game}"
    return "all seasons" if wanted.season is None else f"season {wanted.season}"


# ---- a batch -----------------------------------------------------------------------------------


def _batch(
    connection: Connection[Any], look: ArchiveLook, pool: ThreadPoolExecutor, games: Sequence[str]
) -> list[CheckedGame]:
    with in_words(), connection.transaction():
        facts = reading.facts(connection, games)
        loaded = reading.loaded_from(connection, games)
        events = reading.events(connection, games)
        played = {
            one.game_id: pool.submit(
                look.play_by_play, one.game_id, loaded.get(one.game_id), events.get(one.game_id)
            )
            for one in facts
            if one.has_plays
        }
        held = pool.submit(_provenance, look, reading.named(connection, games))
        found = {check.name: _by_statements(connection, check, games) for check in CHECKS}
        told = reading.finals(connection, games)
    found["finals"] = _joined(
        found["finals"], {game: _of_finals(game, told.get(game, [])) for game in games}
    )
    found["provenance"] = _grouped(held.result())
    found |= _of_events(played)
    return [_checked(game, found) for game in facts]


def _by_statements(
    connection: Connection[Any], check: Check, games: Sequence[str]
) -> dict[str, Amiss]:
    together: dict[str, Amiss] = {}
    for name in check.statements:
        together = _joined(together, reading.amiss(connection, name, games))
    return together


def _of_events(played: Mapping[str, Future[Played]]) -> ByCheck:
    done = {game: future.result() for game, future in played.items()}
    return {
        "events_match": {game: Amiss.of(one.events) for game, one in done.items()},
        "order_as_stored": {game: Amiss.of(one.order, one.unread) for game, one in done.items()},
    }


def _provenance(look: ArchiveLook, named: Iterable[Named]) -> list[Found]:
    return [found for one in named for found in look.provenance(one)]


def _of_finals(game_id: str, finals: Sequence[Final]) -> Amiss:
    found = [
        Found(game_id, False, final.source, due, f"{final.home} – {final.away}")
        for final, due in dissenters(finals)
    ]
    due = not_settled(finals)
    if due:
        found.append(Found(game_id, False, SETTLED, due, "no final score"))
    return Amiss.of(found, moot(finals))


def _grouped(found: Iterable[Found]) -> dict[str, Amiss]:
    by_game: dict[str, list[Found]] = {}
    for one in found:
        by_game.setdefault(one.game_id, []).append(one)
    return {game: Amiss.of(all_of_it) for game, all_of_it in by_game.items()}


def _joined(one: dict[str, Amiss], other: dict[str, Amiss]) -> dict[str, Amiss]:
    games = [*one, *(game for game in other if game not in one)]
    return {game: one.get(game, NOTHING) + other.get(game, NOTHING) for game in games}


# ---- one game ----------------------------------------------------------------------------------


def _checked(game: GameFacts, found: ByCheck) -> CheckedGame:
    findings: list[Finding] = []
    unseen: dict[str, tuple[str, ...]] = {}
    passed = warned = failed = withheld = 0
    for check in CHECKS:
        amiss = found[check.name].get(game.game_id, NOTHING)
        why_not = check.due(game)
        if not why_not and not amiss.first:
            why_not = check.moot(game) or amiss.moot
        if why_not:
            unseen[why_not] = (*unseen.get(why_not, ()), check.name)
            continue
        withheld += amiss.withheld
        findings += [_finding(check, one) for one in amiss.first]
        if any(not one.is_warning for one in amiss.first):
            failed += 1
        elif amiss.first:
            warned += 1
        else:
            passed += 1
    return CheckedGame(
        game_id=game.game_id,
        season_label=game.season_label,
        game_date=game.game_date,
        away_code=game.away_code,
        home_code=game.home_code,
        status=game.status,
        passed=passed,
        warned=warned,
        failed=failed,
        unseen=unseen,
        findings=tuple(findings),
        withheld=withheld,
    )


def _finding(check: Check, found: Found) -> Finding:
    """It may repeat what a feed said, at any length."""
    where, expected, seen = (
        presentable(text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…")
        for text in (found.where, found.expected, found.found)
    )
    return Finding(found.game_id, check.name, check.title, found.is_warning, where, expected, seen)


def _total(check: Check, games: Sequence[CheckedGame]) -> CheckTotal:
    passed = warned = failed = unseen = 0
    for game in games:
        mine = [finding for finding in game.findings if finding.check == check.name]
        if any(check.name in names for names in game.unseen.values()):
            unseen += 1
        elif any(not finding.is_warning for finding in mine):
            failed += 1
        elif mine:
            warned += 1
        else:
            passed += 1
    return CheckTotal(check.name, check.title, check.about, passed, warned, failed, unseen)
