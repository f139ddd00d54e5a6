"""The tables of one run's detail: its steps, what it changed, what it was asked. No widget here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from nbapanel.engine.events import StepState
from nbapanel.rows.reads import RunDetail, StepFacts, StepRow
from nbapanel.ui.history.run_words import (
    changes_in_short,
    changes_words,
    one_line,
    seconds,
    state_of,
    state_words,
)
from nbapanel.ui.tables import words
from nbapanel.ui.tables.columns import Column
from nbapanel.wording import size

Relation = tuple[str, Mapping[str, int]]
"""A relation and what was done to it: inserted, updated, unchanged, deleted."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("history", text)


@dataclass(frozen=True, slots=True)
class StepShown:
    """A step of a run. `row` None: it has not begun. `usual_s`: how long it takes as a rule."""

    key: str
    title: str
    row: StepRow | None
    usual_s: float | None

    @property
    def state(self) -> StepState:
        return StepState.PENDING if self.row is None else state_of(self.row.status)

    @property
    def took_s(self) -> float | None:
        return None if self.row is None else seconds(self.row.duration_ms)

    @property
    def said(self) -> str:
        """Why it was skipped, what it did, what went wrong and what to do."""
        if self.row is None:
            return ""
        parts = (self.row.reason, self.row.error, self.row.hint)
        return " ".join(part for part in parts if part)

    @property
    def changes(self) -> Mapping[str, Mapping[str, int]]:
        return {} if self.row is None else self.row.changes


def steps_of(
    detail: RunDetail, titles: Mapping[str, str], facts: Mapping[str, StepFacts]
) -> list[StepShown]:
    """In the order in which they were asked for; those that have not begun too."""
    rows = {row.step: row for row in detail.steps}
    keys = [*detail.run.steps, *(key for key in rows if key not in detail.run.steps)]
    return [
        StepShown(key, titles.get(key, key), rows.get(key), _usual(facts.get(key))) for key in keys
    ]


def _usual(facts: StepFacts | None) -> float | None:
    return None if facts is None else facts.usual_s


def _of(step: StepShown, name: str) -> int | None:
    return None if step.row is None else int(getattr(step.row, name))


def step_columns() -> tuple[Column[StepShown], ...]:
    return (
        Column("step", _tr("Step"), lambda s: s.title, tip=lambda s: s.title, width=176),
        Column("state", _tr("State"), lambda s: s.state.word, lambda s: state_words(s.state),
               role=lambda s: s.state.role, width=100),
        Column("took", _tr("Took"), lambda s: s.took_s, lambda s: words.duration(s.took_s),
               is_number=True, width=86),
        Column("usual", _tr("Usual"), lambda s: s.usual_s, lambda s: words.duration(s.usual_s),
               role=lambda s: "muted", is_number=True, width=86,
               about=_tr("Median of the last good runs; empty where there are fewer than three")),
        Column("changes", _tr("Changes"), lambda s: changes_words(s.changes),
               lambda s: changes_in_short(s.changes),
               tip=lambda s: changes_words(s.changes).replace("; ", "\n"), width=170),
        Column("bad", _tr("Bad items"), lambda s: _of(s, "bad_items"), _bad_words,
               role=lambda s: "warning" if _of(s, "bad_items") else "muted", is_number=True,
               width=92, about=_tr("Set aside, while the rest was loaded")),
        Column("requests", _tr("Requests"), lambda s: _of(s, "requests"),
               role=lambda s: "" if _of(s, "requests") else "muted", is_number=True, width=90),
        Column("fetched", _tr("Fetched"), lambda s: _of(s, "bytes_fetched"), _fetched_words,
               is_number=True, width=78),
        Column("said", _tr("What it says"), lambda s: s.said, lambda s: one_line(s.said),
               tip=lambda s: s.said, role=lambda s: s.state.role if s.state.role == "bad" else "",
               width=260),
    )  # fmt: skip


def _bad_words(step: StepShown) -> str:
    bad = _of(step, "bad_items")
    return f"! {bad:,}" if bad else "0" if bad == 0 else ""


def _fetched_words(step: StepShown) -> str:
    fetched = _of(step, "bytes_fetched")
    return size(fetched) if fetched else ""


def change_columns() -> tuple[Column[Relation], ...]:
    def count(key: str, title: str) -> Column[Relation]:
        return Column(key, title, lambda r: r[1].get(key, 0),
                      role=lambda r: "" if r[1].get(key) else "muted",
                      is_number=True, width=96)  # fmt: skip

    return (
        Column("relation", _tr("Relation"), lambda r: r[0], width=240),
        count("inserted", _tr("Inserted")),
        count("updated", _tr("Updated")),
        count("unchanged", _tr("Unchanged")),
        count("deleted", _tr("Deleted")),
    )


def setting_columns() -> tuple[Column[tuple[str, str]], ...]:
    return (
        Column("setting", _tr("Setting"), lambda r: r[0], width=200),
        Column("value", _tr("Value"), lambda r: r[1], tip=lambda r: r[1], width=400),
    )
