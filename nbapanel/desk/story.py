"""What was already told of a run, so that its journal and its notifications tell nothing twice."""

from __future__ import annotations

from nbapanel.engine.events import (
    CancelStage,
    Event,
    RunFinished,
    RunStarted,
    StepFinished,
    StepProgress,
    StepStarted,
)

_NEVER = (-1, False)


class Story:
    """One run as far as it was told. `is_over` also where there is none so far (run 0)."""

    def __init__(self, run_id: int = 0) -> None:
        self.run_id = run_id
        self.is_over = not run_id
        self._is_begun = False
        self._stage = 0
        self._attempts: dict[str, tuple[int, bool]] = {}  # by step: attempt, and whether it ended

    def is_news(self, event: Event) -> bool:
        """Whether the event was not told so far, nor anything that came after it; from now on it
        counts as told."""
        if event.run_id != self.run_id or self.is_over:
            return False
        match event:
            case RunStarted():
                was_begun, self._is_begun = self._is_begun, True
                return not was_begun
            case StepStarted():
                return self._goes_on(event.step, (event.attempt, False))
            case StepFinished():
                return self._goes_on(event.step, (event.attempt, True))
            case StepProgress():
                _, has_ended = self._attempts.get(event.step, _NEVER)
                return not has_ended
            case CancelStage():
                before, self._stage = self._stage, max(self._stage, event.stage)
                return event.stage > before
            case RunFinished():
                self.is_over = True
                return True

    def _goes_on(self, step: str, place: tuple[int, bool]) -> bool:
        is_later = place > self._attempts.get(step, _NEVER)
        if is_later:
            self._attempts[step] = place
        return is_later
