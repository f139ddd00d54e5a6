"""How an attempt at a step ended, judged from what it returned or raised."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from nbapanel.engine.control import Stopped
from nbapanel.engine.events import StepState
from nbapanel.errors import UserFacingError
from nbapanel.redaction import presentable, redact

NOT_STARTED = "not started"
STOPPED = "stopped before it was finished"
LEFT_BEHIND = "left behind: it did not stop"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`bug` is an error that nobody foresaw: it is logged with its traceback."""

    state: StepState
    reason: str = ""
    error: str = ""
    hint: str = ""
    transient: bool = False
    bug: BaseException | None = None


def cancelled(reason: str, error: str = "") -> Outcome:
    return Outcome(StepState.CANCELLED, reason=reason, error=error)


def timed_out(timeout_s: float, *, left_behind: bool) -> Outcome:
    reason = f"no end after {timeout_s:g} s"
    return Outcome(
        StepState.TIMED_OUT, reason=f"{reason}, {LEFT_BEHIND}" if left_behind else reason
    )


def judge(task: asyncio.Task[str | None], *, stop_asked: bool) -> Outcome:
    """The outcome of an action whose task has ended within its time."""
    if task.cancelled():
        if stop_asked:
            return cancelled(STOPPED)
        return Outcome(
            StepState.FAILED, error="internal error: CancelledError: nobody asked for it"
        )
    error = task.exception()
    if error is None:
        return Outcome(StepState.DONE, reason=presentable(task.result() or ""))
    causes = list(_causes(error))
    if stop_asked and all(isinstance(cause, Stopped) for cause in causes):
        return cancelled(str(causes[0]) or STOPPED)
    if stop_asked and task.cancelling():
        # Drivers turn our cancel into errors of their own; the error is kept, the blame is not.
        return cancelled(STOPPED, describe(causes[0]))
    return _failure(error, causes)


def describe(error: BaseException) -> str:
    """The error in one line: known trouble in its own words, anything else as a bug."""
    if isinstance(error, UserFacingError):
        return " ".join(part for part in (error.title, error.detail) if part)
    message = presentable(redact(str(error)))
    return f"internal error: {type(error).__name__}" + (f": {message}" if message else "")


def advise(error: BaseException) -> str:
    """The same, with what to do about it: for an end that has no place of its own for a hint."""
    hint = error.hint if isinstance(error, UserFacingError) else ""
    return " ".join(part for part in (describe(error), hint) if part)


def _failure(error: BaseException, causes: list[BaseException]) -> Outcome:
    unforeseen = [cause for cause in causes if not isinstance(cause, UserFacingError)]
    main = (unforeseen or causes)[0]
    others = f" (and {len(causes) - 1} more)" if len(causes) > 1 else ""
    return Outcome(
        StepState.FAILED,
        error=describe(main) + others,
        hint=main.hint if isinstance(main, UserFacingError) else "",
        transient=all(getattr(cause, "transient", False) is True for cause in causes),
        bug=error if unforeseen else None,
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The errors themselves, out of the groups that an asyncio.TaskGroup wraps them in."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _causes(inner)
    else:
        yield error
