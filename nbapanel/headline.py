"""Is the data fresh and complete, or what is missing: the one line that window and terminal say.

Pure: no colour, no widget and no reading. What is said here is true of what was seen, or not said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from nbapanel.engine.board import Board
from nbapanel.engine.events import RunFinished, RunStatus, StepState
from nbapanel.errors import NO_CONNECTION
from nbapanel.rows.reads import Overview, RunRow, SlateDay, StepFacts, StepRow
from nbapanel.wording import ago, counted, took

FRESH_FOR = timedelta(days=1)
LIVE_FRESH_FOR = timedelta(hours=3)
"""A game that was live when its feed was last asked is over by then."""

_DAYS_NAMED = 2
_UNREACHED = "The feeds cannot be reached; what is here still works"
_ONE_UNREACHED = "A feed cannot be reached; what is here still works"
_TRIGGERS = {
    "terminal": ", from a terminal",
    "schedule": ", by the schedule",
    "resume": ", resumed",
}

Lead = tuple[str | int | date, ...]
"""Where a click leads: ("day", date), ("games", "incomplete"), ("run", id), ("step", key),
("refetch",), ("resume",) or ("publish",)."""


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing that is missing; `command` is what a terminal does about it, after `nbapanel`."""

    words: str
    leads_to: Lead
    command: str = ""


@dataclass(frozen=True, slots=True)
class Headline:
    """`verdict` in two or three words; `told` what holds; `fetched` how old it is, may be empty.

    `resumable`: the last run left something undone, in words; empty where it did not.
    """

    role: str
    glyph: str
    verdict: str
    told: tuple[str, ...] = ()
    lacks: tuple[Lack, ...] = ()
    fetched: str = ""
    resumable: str = ""

    @property
    def words(self) -> str:
        """As a window says it."""
        return self._sentence([lack.words for lack in self.lacks], self.told)

    @property
    def line(self) -> str:
        """As a terminal says it: with the commands, and how old it is."""
        lacks = [
            f"{lack.words}: nbapanel {lack.command}" if lack.command else lack.words
            for lack in self.lacks
            if lack.words or lack.command
        ]
        told = (self.fetched, *self.told) if self.role == "good" else self.told
        return self._sentence([one.removeprefix(": ") for one in lacks], told)

    def _sentence(self, lacks: Sequence[str], told: Sequence[str]) -> str:
        said = [part for part in ("; ".join(filter(None, lacks)), ", ".join(filter(None, told)))
                if part]  # fmt: skip
        return f"{self.verdict}: {'; '.join(said)}." if said else f"{self.verdict}."


def headline(
    seen: Overview, steps: Mapping[str, StepFacts], titles: Mapping[str, str], now: datetime
) -> Headline:
    """What there is to say of the data. `titles` by step key; a key without one is said as it is.

    `now` is aware; days and times of the day are said in the zone of this machine.
    """
    if seen.active_run_id is not None:
        return _active(seen, seen.active_run_id, now)
    if seen.last_run is None and any(one.row_count for one in seen.relations):
        # By a backfill, which is no run.
        lack = Lack("nothing was ever published here", ("refetch",), "refetch")
        return Headline("warning", "!", "Not complete", lacks=(lack,))
    if seen.last_run is None:
        lack = Lack("", ("refetch",), "refetch")
        return Headline("muted", "○", "Nothing was ever fetched here", lacks=(lack,))
    age = None if seen.fetched_at is None else now - seen.fetched_at
    old = _old(seen, age)
    lacks = (
        *old,
        *_unfinished(seen, seen.last_run, titles, now),
        *_waiting(seen),
        *_stale(seen, steps, titles),
        *_incomplete_days(seen, now),
    )
    told_of = ("" if age is None else f"fetched {ago(age)}", seen.fallback)
    fetched = "; ".join(part for part in told_of if part)
    if lacks:
        unreached = _unreached_at(seen, seen.last_run)
        verdict = _unreached(len(unreached)) or ("Not fresh" if old else "Not complete")
        return Headline("warning", "!", verdict, lacks=lacks, fetched=fetched,
                        resumable=_resumable(seen.last_run))  # fmt: skip
    return Headline("good", "✓", "Fresh", _complete(seen, now), fetched=fetched)


def underway(board: Board) -> Headline:
    """What there is to say while a run goes on: how far it is, or how far its end."""
    if board.cancel:
        return Headline("warning", "◐", board.cancel.rstrip("."))
    lines = list(board.lines.values())
    running = [line.title for line in lines if line.state is StepState.RUNNING]
    verdict = f"{run_name(board.kind, len(lines))} is running"
    told = ", ".join(running) or "about to start"
    troubled = [line.title for line in lines if line.state.role == "bad"]
    if troubled:
        told += f"; {_listed(troubled)} failed"
    return Headline("active", "▶", verdict, (told,))


def aftermath(
    finished: RunFinished, titles: Mapping[str, str], errors: Mapping[str, str] | None = None
) -> Headline:
    """How a run ended. Of a cancelled one nobody knows yet whether something still runs.

    `errors`: what each step that failed said, as far as that is known.
    """
    in_time = f"in {took(finished.seconds)}"
    done, skipped = len(finished.done), len(finished.skipped)
    counts = [f"{done} done"] + ([f"{skipped} skipped"] if skipped else [])
    counts += [f"{len(finished.blocked)} blocked"] if finished.blocked else []
    match finished.status:
        case RunStatus.DONE:
            if skipped and not done:
                counts = ["nothing to do"]
            return Headline("good", "✓", f"Done {in_time}", tuple(counts))
        case RunStatus.CANCELLED:
            return Headline("muted", "■", f"Cancelled after {took(finished.seconds)}")
        case RunStatus.FAILED:
            failed = _listed([titles.get(key, key) for key in finished.failed])
            verdict = f"Failed at {failed}" if failed else "Failed"
            if all(_is_unreached((errors or {}).get(key)) for key in finished.failed):
                verdict = _unreached(len(finished.failed)) or verdict
            counts = [finished.error.rstrip(".")] if finished.error and not failed else counts
            return Headline("bad", "✗", verdict, tuple(counts))
        case _:
            why = (finished.error.rstrip("."),) if finished.error else ()
            return Headline("warning", "↯", "Interrupted", why)


def run_name(kind: str, steps: int) -> str:
    """What a run is called at the start of a sentence."""
    return "Refetch" if kind in ("refetch", "") else f"Rerun of {counted(steps, 'step')}"


def day_in_words(day: date, now: datetime) -> str:
    """As in "21 Nov", with its year where that is another one."""
    return f"{day.day} {day:%b}" + ("" if day.year == now.astimezone().year else f" {day.year}")


def moment_in_words(moment: datetime, now: datetime) -> str:
    """The local time, with its day where that is another one."""
    local, today = moment.astimezone(), now.astimezone().date()
    clock = f"{local:%H:%M}"
    return clock if local.date() == today else f"{day_in_words(local.date(), now)} {clock}"


def _active(seen: Overview, run_id: int, now: datetime) -> Headline:
    last = seen.last_run
    if last is None or last.run_id != run_id:
        return Headline("active", "▶", f"Run {run_id} is running",
                        lacks=(Lack("", ("run", run_id), "watch"),))  # fmt: skip
    since = f"run {run_id}, since {moment_in_words(last.started_at, now)}"
    since += _TRIGGERS.get(last.trigger, "")
    verdict = f"{run_name(last.kind, len(last.steps))} is running"
    return Headline("active", "▶", verdict, lacks=(Lack(since, ("run", run_id), "watch"),))


def _old(seen: Overview, age: timedelta | None) -> tuple[Lack, ...]:
    live = sum(day.live for day in seen.days)
    if age is None:
        return (Lack("no day was ever fetched whole", ("refetch",), "refetch"),)
    if age > FRESH_FOR:
        return (Lack(f"last fetched {ago(age)}", ("refetch",), "refetch"),)
    if live and age > LIVE_FRESH_FOR:
        were = "was" if live == 1 else "were"
        told = f"last fetched {ago(age)}, when {counted(live, 'game')} {were} live"
        return (Lack(told, ("refetch",), "refetch"),)
    if seen.overdue_games:
        told = f"last fetched {ago(age)}, before {counted(seen.overdue_games, 'game')} began"
        return (Lack(told, ("refetch",), "refetch"),)
    return ()


def _unfinished(
    seen: Overview, last: RunRow, titles: Mapping[str, str], now: datetime
) -> list[Lack]:
    """The last run, if it did not do what it was asked for; and steps that earlier runs owe."""
    lacks = []
    if last.status == RunStatus.RUNNING:
        lacks.append(Lack(f"run {last.run_id} was killed", ("resume",), "resume"))
    elif last.status != RunStatus.DONE:
        lacks.append(_ended_badly(seen, last, titles, now))
    owed = [row for row in _in_order(seen, titles) if row.run_id != last.run_id]
    if _unreached_at(seen, last):  # it is said once
        owed = [row for row in owed if not _is_unreached(row.error)]
    return lacks + [
        Lack(
            f"{titles.get(row.step, row.step)} {StepState(row.status).word.lower()}"
            f" in run {row.run_id}",
            ("step", row.step),
            f"history {row.run_id}",
        )
        for row in _causes(owed)
    ]


def _ended_badly(seen: Overview, last: RunRow, titles: Mapping[str, str], now: datetime) -> Lack:
    word = last.status if last.status == RunStatus.FAILED else f"was {last.status}"
    causes = _causes([row for row in _in_order(seen, titles) if row.run_id == last.run_id])
    told = f"run {last.run_id} {word}"
    if causes and not _unreached_at(seen, last):
        told += f" at {_listed([titles.get(row.step, row.step) for row in causes])}"
    elif last.error and not causes:
        told += f" ({last.error.rstrip('.')})"
    if last.finished_at is not None:
        told += f", {moment_in_words(last.finished_at, now)}"
    leads_to: Lead = ("step", causes[0].step) if causes else ("run", last.run_id)
    return Lack(told, leads_to, f"history {last.run_id}")


def _in_order(seen: Overview, titles: Mapping[str, str]) -> list[StepRow]:
    """What is undone, as the steps are listed; what is listed no more comes last."""
    place = {key: number for number, key in enumerate(titles)}
    return sorted(seen.undone.values(), key=lambda row: place.get(row.step, len(place)))


def _unreached_at(seen: Overview, last: RunRow) -> list[StepRow]:
    """The steps at which the last run failed, where each failed for want of its feed alone."""
    if last.status != RunStatus.FAILED:
        return []
    causes = _causes([row for row in seen.undone.values() if row.run_id == last.run_id])
    return causes if all(_is_unreached(row.error) for row in causes) else []


def _is_unreached(error: str | None) -> bool:
    return bool(error) and str(error).startswith(NO_CONNECTION)


def _unreached(steps: int) -> str:
    """With one step alone the other feed may well answer."""
    return _UNREACHED if steps > 1 else _ONE_UNREACHED if steps else ""


def _causes(rows: Sequence[StepRow]) -> list[StepRow]:
    """What was blocked waited for one of the others; alone, it is what is left of them."""
    return [row for row in rows if row.status != StepState.BLOCKED] or list(rows)


def _waiting(seen: Overview) -> list[Lack]:
    lacks = []
    if seen.marked_games:
        wait = "waits" if seen.marked_games == 1 else "wait"
        told = f"{counted(seen.marked_games, 'game')} {wait} to be derived"
        lacks.append(Lack(told, ("refetch",)))
    if seen.unloaded_files:
        wait = "waits" if seen.unloaded_files == 1 else "wait"
        told = f"{counted(seen.unloaded_files, 'payload')} {wait} to be loaded"
        lacks.append(Lack(told, ("refetch",)))
    if seen.behind:
        told = counted(len(seen.behind), "published view")
        told += " is behind" if len(seen.behind) == 1 else " are behind"
        lacks.append(Lack(told, ("publish",), "refetch --only publish"))
    return lacks


def _stale(seen: Overview, steps: Mapping[str, StepFacts], titles: Mapping[str, str]) -> list[Lack]:
    """Steps whose inputs moved on, where nothing that waits says so already."""
    if seen.marked_games or seen.unloaded_files or seen.behind:
        return []
    return [
        Lack(f"{titles.get(key, key)} is stale: {facts.stale.rstrip('.')}", ("step", key),
             f"refetch --from {key}")
        for key, facts in steps.items()
        if facts.stale and key not in seen.undone
    ]  # fmt: skip


def _incomplete_days(seen: Overview, now: datetime) -> list[Lack]:
    found = [day for day in seen.days if is_over(day) and not day.complete]
    lacks = [Lack(lacking(day, now), ("day", day.game_date)) for day in found[:_DAYS_NAMED]]
    rest = len(found) - len(lacks)
    if rest:
        are = "is" if rest == 1 else "are"
        told = f"{counted(rest, 'earlier day')} {are} not complete"
        lacks.append(Lack(told, ("games", "incomplete")))
    return lacks


def is_over(day: SlateDay) -> bool:
    """No game of that day is live or still to come."""
    return not day.live and day.final + day.postponed >= day.games


def lacking(day: SlateDay, now: datetime) -> str:
    """What is missing of a day that is over and not complete."""
    when = day_in_words(day.game_date, now)
    # A postponed game may have prices: then more games lack them than the counts tell.
    least = "at least " if day.postponed else ""
    missing = [
        (day.final - have, what)
        for have, what in (
            (day.with_probabilities, "probabilities"),
            (min(day.with_state, day.with_probabilities), "game state"),
            (day.with_kalshi, "candles"),
        )
        if have < day.final
    ]
    if len(missing) > 1 and missing[0][1] == "probabilities" and missing[0][0] == missing[1][0]:
        missing = [one for one in missing if one[1] != "game state"]  # it follows from them
    if not missing:
        games = counted(day.games, "game")
        if day.postponed:
            return f"some of the {games} of {when} lack probabilities, state or candles"
        return f"some of the {games} of {when} have candles of one team only"
    (first, what), *others = missing
    have = "has" if first == 1 else "have"
    told = f"{least}{first} of {counted(day.games, 'game')} of {when} {have} no {what}"
    for number, other in others:
        told += f", {number} no {other}"
    return told


def _complete(seen: Overview, now: datetime) -> tuple[str, ...]:
    told = []
    over = [day for day in seen.days if is_over(day)]
    if over:
        day = over[0]
        told.append(
            f"{day.games} of {counted(day.games, 'game')} of {day_in_words(day.game_date, now)}"
            " complete"
        )
    live = sum(day.live for day in seen.days)
    if live:
        told.append(f"{counted(live, 'game')} live")
    published = max((view.published_at for view in seen.views), default=None)
    if published is not None:
        told.append(f"views published {moment_in_words(published, now)}")
    return tuple(told)


def _resumable(last: RunRow) -> str:
    match last.status:
        case RunStatus.RUNNING:
            return f"Run {last.run_id} was killed before it was done."
        case RunStatus.FAILED:
            return f"Run {last.run_id} failed; what it did is kept."
        case RunStatus.CANCELLED | RunStatus.INTERRUPTED:
            return f"Run {last.run_id} was {last.status}; what it did is kept."
        case _:
            return ""


def _listed(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{names[0]} and {counted(len(names) - 1, 'more step')}"
