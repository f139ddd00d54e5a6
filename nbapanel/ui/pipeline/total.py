"""How far a whole run is: its share for one bar, and the words beside it. Pure."""

from __future__ import annotations

from nbapanel.engine import eta
from nbapanel.engine.board import Board, Line
from nbapanel.engine.events import StepState
from nbapanel.ui.pipeline.words import tr

_NEARLY = 0.95


def share_done(board: Board) -> float:
    """From 0 to 1: steps weigh what they usually take, those without history the mean of these."""
    if board.ended is not None or not board.lines:
        return 1.0
    usual = {key: eta.usual(board.history.get(key, ())) for key in board.lines}
    known = [seconds for seconds in usual.values() if seconds]
    mean = sum(known) / len(known) if known else 1.0
    weights = {key: seconds or mean for key, seconds in usual.items()}
    done = sum(weights[line.key] * _share(line, usual[line.key]) for line in board.lines.values())
    return done / sum(weights.values())


def total_in_words(board: Board) -> str:
    """As in "4 of 14 steps · about 2 min left"; silent about what is not known."""
    ended = sum(line.state.is_final for line in board.lines.values())
    told = tr("{} of {} steps").format(ended, len(board.lines))
    left = None if board.cancel else board.remaining_s
    return told if left is None else tr("{} · {} left").format(told, eta.about(left))


def _share(line: Line, usual_s: float | None) -> float:
    if line.state.is_final:
        return 1.0
    if line.state is not StepState.RUNNING:
        return 0.0
    progress, seconds = line.progress, line.seconds
    if progress is not None and progress.total:
        return min(progress.done / progress.total, 1.0)
    if usual_s and seconds is not None:
        return min(seconds / usual_s, _NEARLY)
    return 0.0
