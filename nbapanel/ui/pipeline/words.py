"""What a card says of its step: state, progress, age, durations and changes, in words. No widget.

Everything is derived here from what is known, so that a card only shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from PySide6.QtCore import QCoreApplication

from nbapanel.engine import eta
from nbapanel.engine.board import Board, Line
from nbapanel.engine.events import Changes, StepState
from nbapanel.rows.reads import StepFacts
from nbapanel.ui.pipeline.attempt import Attempt, last_attempt, of_row
from nbapanel.ui.pipeline.slices import waits_for
from nbapanel.ui.ports import DeclaredStep
from nbapanel.wording import ago, counted, size, took

_WORTH_A_WORD_S = 1.0
_UNDERWAY = (StepState.PENDING, StepState.RUNNING, StepState.CANCELLING)


def tr(text: str) -> str:
    return QCoreApplication.translate("pipeline", text)


@dataclass(frozen=True, slots=True)
class CardWords:
    """`share` of the work that is done, None where it is not known; a bar is there while `is_busy`.

    `aside` stands at the state's right, `detail` below with `changes` at its right; where there is
    no room for all of it, `shorter` in its place, if there is one.
    """

    state: StepState
    glyph: str
    word: str
    role: str
    aside: str = ""
    detail: str = ""
    detail_role: str = "muted"
    shorter: str = ""
    changes: str = ""
    is_busy: bool = False
    share: float | None = None
    can_retry: bool = False
    more: tuple[str, ...] = ()

    @property
    def described(self) -> str:
        """All of it in sentences, for who hears the card."""
        parts = [self.word, self.aside, self.detail, self.changes, *self.more]
        return " ".join(f"{part.rstrip('.')}." for part in parts if part)


def say(
    step: DeclaredStep,
    facts: StepFacts | None,
    board: Board | None,
    titles: Mapping[str, str],
    now: datetime,
) -> CardWords:
    """What is to be said of `step` at that moment (`now` aware)."""
    words = _said(step, facts, board, titles, now)
    return replace(words, more=(*words.more, *_waits(step, titles)))


def _said(
    step: DeclaredStep,
    facts: StepFacts | None,
    board: Board | None,
    titles: Mapping[str, str],
    now: datetime,
) -> CardWords:
    attempt = last_attempt(facts, board, step.key)
    if attempt is None:
        return _never(facts)
    line = None if board is None else board.lines.get(step.key)
    if attempt.state in _UNDERWAY and board is not None and line is not None:
        if attempt.state is StepState.PENDING:
            return _pending(step, facts, board, titles, now)
        return _running(attempt, line, board)
    if facts is not None and facts.stale and attempt.state.is_good:
        return _stale(attempt, facts, now)
    return _ended(attempt, facts, now)


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago; empty for None."""
    return "" if moment is None else ago(now - moment)


def changes_in_words(changes: Changes) -> str:
    """As in "+1,234 ~56 −0"."""
    return f"+{changes.inserted:,} ~{changes.updated:,} \N{MINUS SIGN}{changes.deleted:,}"


def duration_in_words(seconds: float | None, usual_s: float | None) -> tuple[str, bool]:
    """How long it took beside how long it takes, and whether it was slow."""
    if seconds is None:
        return "", False
    if usual_s is None:
        return took(seconds), False
    if seconds >= _WORTH_A_WORD_S and seconds > eta.SLOW_FACTOR * usual_s:
        return tr("{}, slow: usually {}").format(took(seconds), took(usual_s)), True
    return tr("{}, usually {}").format(took(seconds), took(usual_s)), False


def progress_in_words(line: Line) -> str:
    """How much is done, of how much, and how fast."""
    progress = line.progress
    if progress is None:
        return tr("starting")
    if progress.total is None:
        said = f"{progress.done:,} {progress.unit}"
    else:
        said = f"{progress.done:,} / {progress.total:,} {progress.unit}"
    return " · ".join(part for part in (said, _rate(line)) if part)


def _rate(line: Line) -> str:
    progress, seconds = line.progress, line.seconds
    if progress is None or not progress.done or seconds is None or seconds < 1:
        return ""
    a_second = progress.done / seconds
    if a_second >= 10:
        return tr("{}/s").format(f"{a_second:,.0f}")
    if a_second >= 1:
        return tr("{}/s").format(f"{a_second:.1f}")
    return tr("{}/min").format(f"{max(a_second * 60, 0.1):.1f}")


def _running(attempt: Attempt, line: Line, board: Board) -> CardWords:
    state, seconds = attempt.state, line.seconds
    aside = [] if seconds is None else [took(int(seconds)) if seconds >= 10 else took(seconds)]
    left = None if state is StepState.CANCELLING else _left(line, board)
    if left is not None:
        aside.append(tr("{} left").format(eta.about(left)))
    progress = line.progress
    share = None
    if progress is not None and progress.total:
        share = min(progress.done / progress.total, 1.0)
    more = [] if progress is None else _fetched(progress.requests, progress.bytes_fetched)
    if progress is not None and progress.message:
        more.insert(0, progress.message)
    return CardWords(
        state, state.glyph, state.word, state.role, " · ".join(aside), progress_in_words(line),
        is_busy=True, share=share, more=tuple(more),
    )  # fmt: skip


def _left(line: Line, board: Board) -> float | None:
    step = next((step for step in board.steps if step.key == line.key), None)
    if step is None or line.seconds is None:
        return None
    progress = line.progress
    underway = eta.Underway(
        line.seconds,
        progress.done if progress is not None else 0,
        progress.total if progress is not None else None,
    )
    return eta.remaining([step], board.history, {line.key: underway}, ())


def _pending(
    step: DeclaredStep,
    facts: StepFacts | None,
    board: Board,
    titles: Mapping[str, str],
    now: datetime,
) -> CardWords:
    waits = [
        titles.get(key, key)
        for key in waits_for(step)
        if key in board.lines and not board.lines[key].state.is_final
    ]
    detail = tr("waits for {}").format(", ".join(waits)) if waits else tr("waits for its turn")
    state = StepState.PENDING
    return CardWords(state, state.glyph, state.word, state.role, "", detail,
                     more=_last_success(facts, now))  # fmt: skip


def _stale(attempt: Attempt, facts: StepFacts, now: datetime) -> CardWords:
    state = StepState.STALE
    return CardWords(
        state, state.glyph, state.word, state.role, age(attempt.ended_at, now), facts.stale,
        "warning", more=_last_success(facts, now),
    )  # fmt: skip


def _ended(attempt: Attempt, facts: StepFacts | None, now: datetime) -> CardWords:
    state = attempt.state
    detail, role, shorter, changes = attempt.problem, "muted", "", ""
    more = list(_last_success(facts, now))
    if state is StepState.DONE:
        detail, is_slow = duration_in_words(attempt.seconds, facts.usual_s if facts else None)
        role = "warning" if is_slow else "muted"
        shorter = duration_in_words(attempt.seconds, None)[0]
        if attempt.changes:
            total = attempt.sum_of_changes
            changes = changes_in_words(total) if total.any else tr("no changes")
        more = [attempt.reason] if attempt.reason else []
    elif state is StepState.SKIPPED:
        detail, more = attempt.reason, []
    elif state.role in ("bad", "warning"):
        role = state.role
    if attempt.hint:
        more.insert(0, attempt.hint)
    if attempt.bad_items:
        bad = counted(attempt.bad_items, tr("bad item"))
        if state.is_good:
            detail, role = " · ".join(part for part in (bad, detail) if part), "warning"
            shorter = bad
        else:
            more.append(bad)
    more += _fetched(attempt.requests, attempt.bytes_fetched)
    return CardWords(
        state, state.glyph, state.word, state.role, age(attempt.ended_at, now), detail, role,
        shorter, changes, can_retry=not state.is_good, more=tuple(more),
    )  # fmt: skip


def _never(facts: StepFacts | None) -> CardWords:
    state = StepState.PENDING
    word = tr("Not run yet") if facts is not None else tr("Not known yet")
    return CardWords(state, state.glyph, word, state.role)


def _waits(step: DeclaredStep, titles: Mapping[str, str]) -> list[str]:
    """What its edges say, for who does not see them."""
    told = ((tr("Needs {}"), step.needs), (tr("Follows {}"), step.follows))
    return [
        words.format(", ".join(titles.get(key, key) for key in keys))
        for words, keys in told
        if keys
    ]


def _last_success(facts: StepFacts | None, now: datetime) -> tuple[str, ...]:
    if facts is None or facts.succeeded is None:
        return (tr("It never ended well"),) if facts is not None and facts.last else ()
    attempt = of_row(facts.succeeded)
    duration, _ = duration_in_words(attempt.seconds, facts.usual_s)
    parts = [tr("Last success {}").format(age(attempt.ended_at, now)), duration]
    return (" · ".join(part for part in parts if part),)


def _fetched(requests: int, fetched_bytes: int) -> list[str]:
    if not requests:
        return []
    return [tr("{} requests, {}").format(f"{requests:,}", size(fetched_bytes))]
