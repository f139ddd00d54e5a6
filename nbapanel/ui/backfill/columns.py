"""The tables of the backfill dock: backfills, days of one, and its troubles. No widget here."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from nbapanel.rows.backfills import (
    LANE_NAMES,
    STAGE_TITLES,
    BackfillDay,
    BackfillRow,
    BackfillTrouble,
)
from nbapanel.ui.tables import words
from nbapanel.ui.tables.columns import Column
from nbapanel.wording import counted, took

_ROLES = {
    "running": "active",
    "underway": "active",
    "done": "good",
    "failed": "bad",
    "paused": "warning",
    "interrupted": "warning",
    "waiting": "muted",
}


def _tr(text: str) -> str:
    return QCoreApplication.translate("backfill", text)


def status_words(status: str) -> str:
    """A state as it is shown, with its sign."""
    signs = {
        "running": "▶",
        "underway": "▶",
        "done": "✓",
        "failed": "✗",
        "paused": "Ⅱ",
        "interrupted": "↯",
    }
    said = {
        "running": _tr("Running"),
        "underway": _tr("Underway"),
        "done": _tr("Done"),
        "failed": _tr("Failed"),
        "paused": _tr("Paused"),
        "interrupted": _tr("Interrupted"),
        "waiting": _tr("Waiting"),
    }
    return f"{signs.get(status, '·')} {said.get(status, status)}"


def role_of(status: str) -> str:
    return _ROLES.get(status, "")


def lanes_words(row: BackfillRow) -> str:
    return ", ".join(LANE_NAMES.get(lane, lane) for lane in row.lanes)


def progress_words(row: BackfillRow) -> str:
    """One line: why it waits, how far it is, how fast, how long still, who is at it."""
    parts = [row.reason] if row.status == "paused" and row.reason else []
    parts.append(_tr("{} of {} units done").format(f"{row.done:,}", f"{row.units:,}"))
    if row.failed:
        parts.append(_tr("{} failed").format(f"{row.failed:,}"))
    if row.units_per_s:
        parts.append(_tr("{} a second").format(f"{row.units_per_s:.1f}"))
    if row.left_s is not None:
        parts.append(_tr("about {} left").format(took(row.left_s)))
    if row.is_left:
        parts.append(_tr("broken off, nobody is at it: Resume goes on with what is left"))
    elif row.status == "running" and row.phase == "derive":
        parts.append(_tr("computing what changed"))
    elif row.workers:
        parts.append(counted(len(row.workers), _tr("worker")))
    elif row.status == "running" and not row.lately:
        parts.append(_tr("waiting for a worker"))
    if row.rows_per_s:
        told = _tr("{} rows a second loaded and derived").format(f"{row.rows_per_s:,.0f}")
        parts.append(told)
    return " · ".join(parts)


def backfill_columns() -> tuple[Column[BackfillRow], ...]:
    return (
        Column("backfill", _tr("No."), lambda b: b.backfill_id, is_number=True, width=48),
        Column("seasons", _tr("Seasons"), lambda b: ", ".join(b.seasons),
               tip=lambda b: ", ".join(b.seasons), width=92),
        Column("lanes", _tr("Lanes"), lanes_words, tip=lanes_words, width=124),
        Column("status", _tr("State"), lambda b: b.standing, lambda b: status_words(b.standing),
               tip=lambda b: b.reason or status_words(b.standing),
               role=lambda b: role_of(b.standing), width=104),
        Column("done", _tr("Done"), _share, _percent, share=_share,
               role=lambda b: role_of(b.standing), is_number=True, width=110),
        Column("failed", _tr("Failed"), lambda b: b.failed, is_number=True,
               role=lambda b: "bad" if b.failed else "muted", width=64),
        Column("worked", _tr("Worked"), lambda b: b.worked_s,
               lambda b: words.duration(b.worked_s), is_number=True, width=98),
        Column("started", _tr("Started"), lambda b: b.started_at, width=124),
    )  # fmt: skip


def _share(row: BackfillRow) -> float | None:
    return row.done / row.units if row.units else None


def _percent(row: BackfillRow) -> str:
    share = _share(row)
    return "" if share is None else f"{int(100 * share)} %"  # 100 when all is done, not before


def day_columns() -> tuple[Column[BackfillDay], ...]:
    return (
        Column("day", _tr("Day"), lambda d: d.day, width=130),
        Column("state", _tr("State"), lambda d: d.word, lambda d: status_words(d.word),
               role=lambda d: role_of(d.word), width=96),
        Column("units", _tr("Units"), lambda d: d.units, is_number=True, width=60,
               about=_tr("Games, in each lane that was asked for")),
        Column("done", _tr("Done"), lambda d: d.done / d.units,
               lambda d: f"{d.done:,}", share=lambda d: (d.done + d.failed) / d.units,
               role=lambda d: role_of(d.word), is_number=True, width=120),
        Column("failed", _tr("Failed"), lambda d: d.failed, is_number=True,
               role=lambda d: "bad" if d.failed else "muted", width=64),
    )  # fmt: skip


def trouble_columns() -> tuple[Column[BackfillTrouble], ...]:
    return (
        Column("key", _tr("Unit"), lambda t: t.key, tip=lambda t: t.key, width=104),
        Column("stage", _tr("Of"), lambda t: STAGE_TITLES.get(t.stage, t.stage), width=124),
        Column("reason", _tr("Reason"), lambda t: t.reason, tip=lambda t: t.reason, width=330),
        Column("day", _tr("Day"), lambda t: t.day, width=126),
        Column("state", _tr("State"), lambda t: t.status, lambda t: status_words(t.status),
               role=lambda t: role_of(t.status), width=96),
        Column("attempts", _tr("Attempts"), lambda t: t.attempts, is_number=True, width=78),
    )  # fmt: skip
