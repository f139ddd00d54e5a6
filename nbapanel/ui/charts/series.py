"""The refresh log made ready to be drawn, in arrays. Pure: numpy, no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.ma  # the first median would import it in the middle of a picture
from numpy.typing import NDArray

from nbapanel.engine.eta import ENOUGH, RECENT
from nbapanel.rows.reads import RefreshSeries

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NO_RUN = 0
_BAND_POINTS = 2_000


@dataclass(frozen=True, slots=True)
class Log:
    """Every refresh in columns of one length, oldest first.

    `relation`, `step` and `status` index the tuples of names. Seconds; `run_id` 0 and NaN stand for
    what is not known.
    """

    relations: tuple[str, ...]
    steps: tuple[str, ...]
    statuses: tuple[str, ...]
    relation: Ints
    step: Ints
    status: Ints
    refresh_id: Ints
    run_id: Ints
    at: Floats
    duration_s: Floats
    threshold_s: Floats
    rows: Floats
    inserted: Ints
    updated: Ints
    deleted: Ints
    is_alert: Flags

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of one relation after each refresh; `gain`: how many more than the time before."""

    relation: str
    at: Floats
    rows: Floats
    gain: Floats
    run_id: Ints


@dataclass(frozen=True, slots=True)
class Durations:
    """How long a relation's refreshes took, or a step in each run. `status` in words."""

    at: Floats
    seconds: Floats
    threshold_s: Floats
    run_id: Ints
    is_alert: Flags
    has_failed: Flags
    status: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """The median of the last 20 durations that went well at each point, and its quartiles."""

    at: Floats
    low: Floats
    median: Floats
    high: Floats


def log_of(series: Iterable[RefreshSeries]) -> Log:
    """All series in one, by time; whatever order and however often a relation comes."""
    held = [each for each in series if len(each.started_at)]
    relations = tuple(dict.fromkeys(each.relation for each in held))
    steps = tuple(dict.fromkeys(each.step for each in held))
    statuses = tuple(sorted({word for each in held for word in set(each.status)}))
    code = {word: number for number, word in enumerate(statuses)}
    lengths = [len(each.started_at) for each in held]
    columns: dict[str, NDArray[Any]] = {
        "relation": _repeated([relations.index(each.relation) for each in held], lengths),
        "step": _repeated([steps.index(each.step) for each in held], lengths),
        "status": _joined([_ints([code[word] for word in each.status]) for each in held], np.int64),
        "refresh_id": _joined([_ints(each.refresh_id) for each in held], np.int64),
        "run_id": _joined([_ints(each.run_id) for each in held], np.int64),
        "at": _joined([_floats(each.started_at) for each in held], np.float64),
        "duration_s": _joined([_floats(each.duration_ms) / 1000 for each in held], np.float64),
        "threshold_s": _joined([_floats(each.threshold_ms) / 1000 for each in held], np.float64),
        "rows": _joined([_floats(each.rows_after) for each in held], np.float64),
        "inserted": _joined([_ints(each.inserted) for each in held], np.int64),
        "updated": _joined([_ints(each.updated) for each in held], np.int64),
        "deleted": _joined([_ints(each.deleted) for each in held], np.int64),
        "is_alert": _joined([np.array(each.is_alert, dtype=bool) for each in held], np.bool_),
    }
    order = np.lexsort((columns["refresh_id"], columns["at"]))
    return Log(relations, steps, statuses, **{key: col[order] for key, col in columns.items()})


def counts(log: Log, relation: str) -> Counts:
    """The row counts of a relation; refreshes that know none are left out."""
    chosen = _of(log.relations, log.relation, relation) & np.isfinite(log.rows)
    rows = log.rows[chosen]
    gain = (log.inserted[chosen] - log.deleted[chosen]).astype(np.float64)
    gain[1:] = np.diff(rows)
    return Counts(relation, log.at[chosen], rows, gain, log.run_id[chosen])


def durations_of_relation(log: Log, relation: str) -> Durations:
    chosen = rows_of(log, relation)
    words = np.array([*log.statuses, ""], dtype=object)[log.status[chosen]]
    return _durations(
        log.at[chosen],
        log.duration_s[chosen],
        log.threshold_s[chosen],
        log.run_id[chosen],
        log.is_alert[chosen],
        tuple(str(word) for word in words),
    )


def durations_of_step(log: Log, step: str, alert_after_s: float | None = None) -> Durations:
    """How long the step was at work in each run, whatever number of relations it wrote.

    Relations written side by side, in one block, count once: it is the time that passed.
    """
    rows = np.flatnonzero(_of(log.steps, log.step, step) & np.isfinite(log.duration_s))
    if not len(rows):
        empty = np.empty(0)
        return _durations(empty, empty, empty, _ints(()), np.empty(0, dtype=bool), ())
    starts, group = runs_of(log, rows)
    seconds = _busy(log.at[rows], log.duration_s[rows], group)
    first = rows[starts]
    alert = np.bincount(group, weights=log.is_alert[rows]) > 0
    threshold = np.full(len(first), np.nan)
    if alert_after_s is not None:
        threshold[:] = alert_after_s
        alert |= seconds > alert_after_s
    return _durations(
        log.at[first], seconds, threshold, log.run_id[first], alert, _worst(log, rows, group)
    )


def slowest_step(log: Log) -> str | None:
    """The step whose median duration is the longest; None where no step is known."""
    usual = {
        step: float(np.median(found.seconds))
        for step in log.steps
        if step and len((found := durations_of_step(log, step)).seconds)
    }
    return max(usual, key=lambda step: usual[step]) if usual else None


def band(durations: Durations) -> Band:
    """Rolling median and quartiles, from the third good duration on; at most 2,000 points."""
    good = np.flatnonzero(~durations.has_failed & np.isfinite(durations.seconds))
    if len(good) < ENOUGH:
        empty = np.empty(0)
        return Band(empty, empty, empty, empty)
    padded = np.concatenate([np.full(RECENT - 1, np.nan), durations.seconds[good]])
    ends = np.arange(ENOUGH - 1, len(good))
    if len(ends) > _BAND_POINTS:
        ends = np.unique(np.linspace(ends[0], ends[-1], _BAND_POINTS).astype(np.int64))
    windows = np.sort(np.lib.stride_tricks.sliding_window_view(padded, RECENT)[ends], axis=1)
    held = np.minimum(ends + 1, RECENT)
    low, median, high = (_quantile(windows, held, share) for share in (0.25, 0.5, 0.75))
    return Band(durations.at[good[ends]], low, median, high)


def rows_of(log: Log, relation: str) -> Ints:
    """Where in the log the refreshes of a relation are."""
    return np.flatnonzero(_of(log.relations, log.relation, relation)).astype(np.int64)


def stepped(x: Floats, y: Floats, end: float | None = None) -> tuple[Floats, Floats]:
    """A line that keeps each value until the next; the last one until `end`."""
    if not len(x):
        return x, y
    if end is not None and end > x[-1]:
        x, y = np.append(x, end), np.append(y, y[-1])
    return np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]


def seen(x: Floats, low: float, high: float) -> slice:
    """Where in sorted `x` the values from `low` to `high` lie."""
    return slice(int(np.searchsorted(x, low)), int(np.searchsorted(x, high, side="right")))


def _durations(
    at: Floats, seconds: Floats, threshold: Floats, run_id: Ints, alert: Flags, words: Sequence[str]
) -> Durations:
    failed = np.array([word == "failed" for word in words], dtype=bool)
    known = np.isfinite(seconds)
    return Durations(
        at[known],
        seconds[known],
        threshold[known],
        run_id[known],
        alert[known],
        failed[known],
        tuple(word for word, is_known in zip(words, known, strict=True) if is_known),
    )


def runs_of(log: Log, rows: Ints) -> tuple[Ints, Ints]:
    """Where each run begins in `rows`, oldest first, and of each row the number of its run.

    A refresh outside a run is a run of its own.
    """
    keys = np.where(log.run_id[rows] > NO_RUN, log.run_id[rows], -log.refresh_id[rows])
    _, starts, group = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(starts, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return starts[order], rank[group]


def _busy(at: Floats, seconds: Floats, group: Ints) -> Floats:
    """By group, the time in which at least one of its refreshes was underway."""
    order = np.lexsort((at, group))
    owner = group[order]
    begins = np.searchsorted(owner, np.arange(owner[-1] + 1))
    start = at[order] - at[order][begins][owner]
    end = start + seconds[order]
    apart = float(end.max()) + 1.0  # so that the running maximum never looks across groups
    until = np.maximum.accumulate(end + owner * apart) - owner * apart
    before = np.concatenate([[0.0], until[:-1]])
    before[begins] = 0.0
    worked = np.maximum(0.0, end - np.maximum(start, before))
    return np.bincount(owner, weights=worked).astype(np.float64)


def _worst(log: Log, rows: Ints, group: Ints) -> tuple[str, ...]:
    """By group "failed" where one failed, else the status of its last refresh."""
    words = np.empty(int(group.max()) + 1, dtype=object)
    words[group] = np.array(log.statuses, dtype=object)[log.status[rows]]
    if "failed" in log.statuses:
        words[group[log.status[rows] == log.statuses.index("failed")]] = "failed"
    return tuple(str(word) for word in words)


def _quantile(windows: Floats, held: Ints, share: float) -> Floats:
    """Of each sorted row, of which the first `held` values count."""
    place = (held - 1) * share
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, held - 1)
    row = np.arange(len(windows))
    low, high = windows[row, below], windows[row, above]
    found: Floats = low + (high - low) * (place - below)
    return found


def _of(names: tuple[str, ...], column: Ints, name: str) -> Flags:
    found: Flags = column == (names.index(name) if name in names else -1)
    return found


def _repeated(numbers: Sequence[int], lengths: Sequence[int]) -> Ints:
    return np.repeat(np.array(numbers, dtype=np.int64), lengths)


def _joined(parts: Sequence[NDArray[Any]], dtype: Any) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=dtype)


def _floats(values: Sequence[float | None]) -> Floats:
    return np.array(values, dtype=np.float64)  # None becomes NaN


def _ints(values: Sequence[int | None]) -> Ints:
    return np.nan_to_num(np.array(values, dtype=np.float64)).astype(np.int64)
