"""What is said of a run and of its steps, and what would run it again. No widget here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from PySide6.QtCore import QCoreApplication

from nbapanel.engine.events import RunStatus, StepState
from nbapanel.rows.reads import RunRow
from nbapanel.ui.ports import RunWanted
from nbapanel.ui.tables import words
from nbapanel.ui.tables.columns import Column
from nbapanel.wording import counted

_MINUS = "−"
_CHANGES = ("inserted", "updated", "deleted")


def _tr(text: str) -> str:
    return QCoreApplication.translate("history", text)


def state_of(status: str) -> StepState:
    """The journal's word for a run or a step, as a state with glyph and colour."""
    return StepState(status)


def state_words(status: str) -> str:
    state = state_of(status)
    return f"{state.glyph} {state.word}"


def change_words(counts: Mapping[str, int]) -> str:
    """As in "+12 ~3 −0"; empty where nothing changed."""
    inserted, updated, deleted = (counts.get(name, 0) for name in _CHANGES)
    if not inserted and not updated and not deleted:
        return ""
    return f"+{inserted:,} ~{updated:,} {_MINUS}{deleted:,}"


def changes_words(changes: Mapping[str, Mapping[str, int]]) -> str:
    """By relation, those that changed: "espn.plays +12 ~3 −0; ..."."""
    said = ((relation, change_words(counts)) for relation, counts in changes.items())
    return "; ".join(f"{relation} {change}" for relation, change in said if change)


def changes_in_short(changes: Mapping[str, Mapping[str, int]]) -> str:
    """The sum, where there are several relations: a cell has no room for each."""
    changed = [counts for counts in changes.values() if change_words(counts)]
    if len(changed) < 2:
        return changes_words(changes)
    total = {name: sum(counts.get(name, 0) for counts in changed) for name in _CHANGES}
    return _tr("{} in {} relations").format(change_words(total), len(changed))


def kind_words(run: RunRow, titles: Mapping[str, str]) -> str:
    """What it was: everything, or which slice of it."""
    kinds = {
        "refetch": _tr("Refetch"),
        "steps": _tr("Steps"),
        "backfill": _tr("Backfill"),
        "schedule": _tr("Scheduled refetch"),
        "cascade": _tr("Cascade"),
    }
    said = kinds.get(run.kind, run.kind)
    if run.kind == "steps" and run.steps:
        first, last = (titles.get(key, key) for key in (run.steps[0], run.steps[-1]))
        said = _tr("Only: {}").format(first)
        if len(run.steps) > 1:
            said = _tr("{} steps: {} … {}").format(len(run.steps), first, last)
    games = run.settings.get("games") or ()
    extra = [counted(len(games), _tr("game"))] if games else []
    extra += [_tr("forced")] if run.settings.get("force") else []
    return ", ".join([said, *extra])


def trigger_words(run: RunRow) -> str:
    told = {
        "button": _tr("button"),
        "terminal": _tr("terminal"),
        "schedule": _tr("schedule"),
        "resume": _tr("resume"),
    }
    said = told.get(run.trigger, run.trigger)
    return _tr("{} of run {}").format(said, run.resumes) if run.resumes else said


def days_words(settings: Mapping[str, Any]) -> str:
    """The US Eastern days that it covered, as far as the journal has them."""
    first, last = _day(settings.get("first")), _day(settings.get("last"))
    if first is None or last is None:
        days = settings.get("days")
        return counted(days, _tr("day")) if isinstance(days, int) else ""
    if first == last:
        return words.day(first)
    begins = f"{first.day}" if (first.year, first.month) == (last.year, last.month) else ""
    begins = begins or (f"{first.day} {first:%b}" if first.year == last.year else "")
    begins = begins or f"{first.day} {first:%b %Y}"
    return _tr("{} – {}").format(begins, f"{last.day} {last:%b %Y}")


def settings_rows(run: RunRow) -> list[tuple[str, str]]:
    """(what, how) of everything it was asked for, in words."""
    asked = run.settings
    rows = [(_tr("Days"), days_words(asked))] if days_words(asked) else []
    games = asked.get("games") or ()
    rows.append((_tr("Games"), ", ".join(games) if games else _tr("all of those days")))
    named = {"first", "last", "days", "games"}
    labels = {
        "force": _tr("Force"),
        "publish": _tr("Publish"),
        "publish_anyway": _tr("Publish though gates object"),
        "clock": _tr("Clock of the demo league"),
        "offline": _tr("From the archive alone"),
        "rebuild": _tr("Tables emptied first"),
        "accept_loss": _tr("Loss accepted"),
    }
    for name, value in asked.items():
        if name not in named:
            rows.append((labels.get(name, name), _in_words(value)))
    rows.append((_tr("Steps"), ", ".join(run.steps)))
    rows.append((_tr("Where"), _tr("{}, process {}").format(run.host, run.pid)))
    return rows


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return _tr("yes") if value else _tr("no")
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def again(run: RunRow, known: Mapping[str, str]) -> RunWanted | None:
    """The same steps over the same days with the same options; None: no button can do it.

    `known`: the steps that there are, by key.
    """
    wanted = settings_of(run)
    is_unknown = any(key not in known for key in run.steps)
    if wanted is None or is_unknown or not run.steps:
        return None
    return wanted if set(run.steps) == set(known) else replace(wanted, only=run.steps)


def settings_of(run: RunRow) -> RunWanted | None:
    """The days, games and options that it had, for all steps; None: no button can set them.

    A run that emptied the tables, worked from the archive alone or was kept from publishing is the
    terminal's.
    """
    asked = run.settings
    is_special = any(asked.get(name) for name in ("rebuild", "offline", "accept_loss"))
    if is_special or asked.get("publish") is False:
        return None
    first, last = _day(asked.get("first")), _day(asked.get("last"))
    days = asked.get("days")
    return RunWanted(
        first=first,
        last=last,
        days=days if first is None and isinstance(days, int) else None,
        games=tuple(asked.get("games") or ()),
        force=bool(asked.get("force")),
        publish_anyway=bool(asked.get("publish_anyway")),
    )


def is_unfinished(run: RunRow) -> bool:
    """Whether it left something undone: failed, cancelled, killed (or still at it)."""
    return run.status != RunStatus.DONE


def _day(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def seconds(duration_ms: int | None) -> float | None:
    return None if duration_ms is None else duration_ms / 1000


def run_columns(titles: Mapping[str, str]) -> tuple[Column[RunRow], ...]:
    """The runs table. `titles` of the steps, by key."""

    def count(key: str, title: str, sign: str, width: int, about: str) -> Column[RunRow]:
        def value(run: RunRow) -> int:
            return int(getattr(run, key))

        return Column(key, title, value, lambda r: f"{sign}{value(r):,}" if value(r) else "0",
                      role=lambda r: "" if value(r) else "muted", is_number=True, width=width,
                      about=about)  # fmt: skip

    return (
        Column("run", _tr("Run"), lambda r: r.run_id, is_number=True, width=48),
        Column("began", _tr("Began"), lambda r: r.started_at,
               tip=lambda r: words.exact(r.started_at), width=124, about=_tr("Local time")),
        Column("what", _tr("What"), lambda r: kind_words(r, titles),
               tip=lambda r: "\n".join((kind_words(r, titles), days_words(r.settings))), width=116),
        Column("result", _tr("Result"), lambda r: state_of(r.status).word,
               lambda r: state_words(r.status), role=lambda r: state_of(r.status).role, width=98),
        Column("took", _tr("Took"), lambda r: seconds(r.duration_ms),
               lambda r: words.duration(seconds(r.duration_ms)), is_number=True, width=84,
               about=_tr("Exported in seconds")),
        count("inserted", "+", "+", 80, _tr("Rows inserted")),
        count("updated", "~", "~", 72, _tr("Rows updated")),
        count("deleted", _MINUS, _MINUS, 64, _tr("Rows deleted")),
        Column("trigger", _tr("Started by"), trigger_words,
               tip=lambda r: _tr("{}, process {}").format(r.host, r.pid), width=96),
        Column("error", _tr("Error"), lambda r: r.error or "", lambda r: one_line(r.error),
               tip=lambda r: r.error or "", role=lambda r: "bad", width=160),
    )  # fmt: skip


def one_line(text: str | None) -> str:
    return " ".join((text or "").split())
