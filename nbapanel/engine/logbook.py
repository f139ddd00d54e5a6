"""The events of a run as lines of the log: how each step began and ended, and what went wrong."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from nbapanel.engine.events import (
    Changes,
    Event,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFinished,
    StepStarted,
    StepState,
)

log = logging.getLogger(__name__)

BAD_ITEMS_LOGGED = 5
_LEVELS = {
    StepState.FAILED: logging.ERROR,
    StepState.TIMED_OUT: logging.ERROR,
    StepState.BLOCKED: logging.WARNING,
}


def log_event(event: Event) -> None:
    """Write the event down. Progress is left out, and so are the stages of a cancel, which whoever
    announces them logs."""
    match event:
        case RunStarted():
            log.info(
                "Run started: %s, from the %s, steps %s",
                *(event.kind, event.trigger, ", ".join(event.steps)),
                extra={"run": event.run_id},
            )
        case StepStarted():
            again = f" (attempt {event.attempt})" if event.attempt > 1 else ""
            log.info("%s started%s", event.step, again, extra=_of(event))
        case StepFinished():
            _log_bad_items(event)
            level = logging.WARNING if event.retrying else _LEVELS.get(event.state, logging.INFO)
            log.log(level, "%s", _ended(event), extra=_of(event))
        case RunFinished():
            is_bad = event.status in (RunStatus.FAILED, RunStatus.INTERRUPTED)
            level = logging.ERROR if is_bad else logging.INFO
            log.log(level, "%s", _run_ended(event), extra={"run": event.run_id})
        case _:
            pass


def _of(event: StepStarted | StepFinished) -> dict[str, object]:
    return {"run": event.run_id, "step": event.step}


def _ended(event: StepFinished) -> str:
    words = f"{event.step} {event.state.word.lower()}"
    if event.attempt:
        words += f" in {event.seconds:.1f} s"
    counts = [
        _counted(event.requests, "request") if event.requests else "",
        f"{event.bytes_fetched:,} bytes" if event.bytes_fetched else "",
        _in_short(event.changes),
        _counted(event.bad_items, "bad item") if event.bad_items else "",
    ]
    told = ", ".join(filter(None, counts))
    words += f" ({told})" if told else ""
    words += f", to be tried again (attempt {event.attempt})" if event.retrying else ""
    said = " ".join(filter(None, (event.reason, event.error, event.hint)))
    return f"{words}: {said}" if said else words


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _in_short(changes: Mapping[str, Changes]) -> str:
    return ", ".join(
        f"{relation} +{done.inserted:,} ~{done.updated:,} ={done.unchanged:,} -{done.deleted:,}"
        for relation, done in changes.items()
    )


def _run_ended(event: RunFinished) -> str:
    lists = (
        ("done", event.done),
        ("skipped", event.skipped),
        ("failed", event.failed),
        ("blocked", event.blocked),
        ("cancelled", event.cancelled),
    )
    told = ", ".join(f"{len(steps)} {word}" for word, steps in lists if steps)
    words = f"Run {event.status.value} in {event.seconds:.1f} s ({told or 'no steps'})"
    return f"{words}: {event.error}" if event.error else words


def _log_bad_items(event: StepFinished) -> None:
    """The first few by name; the step's detail in the journal names more."""
    named = event.detail.get("bad", ())
    for bad in named[:BAD_ITEMS_LOGGED]:
        log.warning("Bad item set aside: %s: %s", bad["where"], bad["reason"], extra=_of(event))
    more = event.bad_items - min(len(named), BAD_ITEMS_LOGGED)
    if more > 0:
        log.warning("Bad items set aside: %d more", more, extra=_of(event))
