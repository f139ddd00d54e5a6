"""What two runs did differently, step by step, in words. Pure: no widget, nothing is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from nbapanel.rows.reads import RunDetail, StepRow
from nbapanel.ui.history.run_words import change_words, seconds, state_of
from nbapanel.ui.tables import words

_SAME_SHARE = 0.05
_SAME_S = 0.1


def _tr(text: str) -> str:
    return QCoreApplication.translate("history", text)


@dataclass(frozen=True, slots=True)
class Difference:
    """A step of two runs, or (`relation`) what it changed in one table.

    `states` are None where a run did not have the step. `said`: what differs; empty: nothing.
    """

    title: str
    relation: str
    states: tuple[str | None, str | None]
    took_s: tuple[float | None, float | None]
    changes: tuple[str, str]
    said: str


def differences(first: RunDetail, second: RunDetail, titles: Mapping[str, str]) -> list[Difference]:
    """Every step that either had, in declared order, each followed by the relations it changed."""
    a, b = ({row.step: row for row in detail.steps} for detail in (first, second))
    asked = {*a, *b}
    keys = [key for key in titles if key in asked] + sorted(asked - set(titles))
    found: list[Difference] = []
    for key in keys:
        found.append(_of_step(titles.get(key, key), a.get(key), b.get(key)))
        found.extend(_of_relations(titles.get(key, key), a.get(key), b.get(key)))
    return found


def _of_step(title: str, a: StepRow | None, b: StepRow | None) -> Difference:
    took = (_took(a), _took(b))
    states = (_state(a), _state(b))
    said = []
    if states[0] is None or states[1] is None:
        said.append(_tr("only in B") if states[0] is None else _tr("only in A"))
    elif states[0] != states[1]:
        words_a, words_b = (state_of(state or "").word.lower() for state in states)
        said.append(_tr("A {}, B {}").format(words_a, words_b))
    said.append(pace_words(*took))
    bad = tuple(0 if row is None else row.bad_items for row in (a, b))
    if bad[0] != bad[1]:
        said.append(_tr("bad items: A {}, B {}").format(*(f"{n:,}" for n in bad)))
    return Difference(title, "", states, took, ("", ""), "; ".join(s for s in said if s))


def _of_relations(title: str, a: StepRow | None, b: StepRow | None) -> list[Difference]:
    changes_a = {} if a is None else a.changes
    changes_b = {} if b is None else b.changes
    found = []
    for relation in dict.fromkeys([*changes_a, *changes_b]):
        counts_a, counts_b = changes_a.get(relation, {}), changes_b.get(relation, {})
        shown = (change_words(counts_a), change_words(counts_b))
        if shown[0] or shown[1]:
            said = _more_words(counts_a, counts_b)
            found.append(Difference(title, relation, (None, None), (None, None), shown, said))
    return found


def _more_words(a: Mapping[str, int], b: Mapping[str, int]) -> str:
    done = {
        "inserted": _tr("inserted"),
        "updated": _tr("updated"),
        "deleted": _tr("deleted"),
    }
    said = []
    for name, word in done.items():
        more = b.get(name, 0) - a.get(name, 0)
        if more > 0:
            said.append(_tr("B {} {} more").format(word, f"{more:,}"))
        elif more < 0:
            said.append(_tr("B {} {} fewer").format(word, f"{-more:,}"))
    return ", ".join(said)


def pace_words(first_s: float | None, second_s: float | None) -> str:
    """As in "B 1.2 s slower (+35 %)"; empty where they took about the same, or it is not known."""
    if first_s is None or second_s is None:
        return ""
    more = second_s - first_s
    if abs(more) < _SAME_S or abs(more) < _SAME_SHARE * max(first_s, second_s):
        return ""
    told = words.duration(abs(more))
    said = _tr("B {} slower") if more > 0 else _tr("B {} faster")
    share = f" ({100 * more / first_s:+,.0f} %)".replace("-", "−") if first_s > 0 else ""
    return said.format(told) + share


def _took(row: StepRow | None) -> float | None:
    return None if row is None else seconds(row.duration_ms)


def _state(row: StepRow | None) -> str | None:
    return None if row is None else row.status
