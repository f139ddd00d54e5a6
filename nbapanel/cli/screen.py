"""How a run looks in a terminal: a live table there, plain lines where it is piped, and JSON."""

from __future__ import annotations

import sys
from typing import Any, Protocol, Self

import msgspec
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from nbapanel.engine import eta
from nbapanel.engine.board import Board, Line
from nbapanel.engine.events import (
    CancelStage,
    Changes,
    Event,
    RunFinished,
    RunStatus,
    StepFinished,
    StepStarted,
)
from nbapanel.wording import counted, took

_PIPED_WIDTH = 200
STYLES = {
    "good": "green",
    "bad": "bold red",
    "warning": "yellow",
    "active": "cyan",
    "muted": "dim",
}
_RUN_WORDS = {
    RunStatus.DONE: ("good", "Done"),
    RunStatus.FAILED: ("bad", "Failed"),
    RunStatus.CANCELLED: ("warning", "Cancelled: nothing left running"),
    RunStatus.INTERRUPTED: ("warning", "Interrupted"),
    RunStatus.RUNNING: ("active", "Running"),
}


class Screen(Protocol):
    """Shows events as they come: `take` for who has no event loop, a call for who has one."""

    def take(self, event: Event) -> None: ...
    async def __call__(self, event: Event) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...


class _Terminal(Console):
    def on_broken_pipe(self) -> None:
        """Rich would leave with 1, and that is how a command says that something is amiss."""
        raise BrokenPipeError


def console() -> Console:
    """The terminal; a pipe or a file is as wide as it needs to be, so that nothing is cut.

    A text is shown as it is: what a folder or a game is called may look like markup.
    """
    width = None if sys.stdout.isatty() else _PIPED_WIDTH
    return _Terminal(highlight=False, markup=False, emoji=False, width=width)


def ticked(words: str, *, is_good: bool) -> Text:
    """The words after a tick or a cross."""
    glyph = ("✓", STYLES["good"]) if is_good else ("✗", STYLES["bad"])
    return Text.assemble(glyph, f" {words}")


class LiveScreen:
    """A table that changes in place, a few times a second."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._live = Live(
            console=console(), refresh_per_second=8, get_renderable=lambda: whole(board)
        )

    def take(self, event: Event) -> None:
        self._board.take(event)

    async def __call__(self, event: Event) -> None:
        self.take(event)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()


class PlainScreen:
    """A line when a step starts and when it ends."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._console = console()
        self._is_read = True

    async def __call__(self, event: Event) -> None:
        self.take(event)

    def take(self, event: Event) -> None:
        self._board.take(event)
        match event:
            case StepStarted():
                self._say(f"▶ {self._title(event.step)}" + _attempt(event.attempt))
            case StepFinished():
                self._say(
                    f"{event.state.glyph} {self._title(event.step)}: {event.state.word.lower()}"
                    f" in {took(event.seconds)}{_in_short(event)}{_said(event)}"
                )
            case CancelStage():
                self._say(event.message)
            case _:
                pass

    def _title(self, key: str) -> str:
        return self._board.lines[key].title if key in self._board.lines else key

    def _say(self, text: str) -> None:
        if not self._is_read:
            return
        try:
            self._console.print(Text(text), soft_wrap=True)
        except BrokenPipeError:
            self._is_read = False  # `| head`: the run goes on without words

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class SilentScreen(PlainScreen):
    """Nothing but the board: for --json, which speaks once, at the end."""

    def _say(self, text: str) -> None:
        return None


def _attempt(number: int) -> str:
    return f" (attempt {number})" if number > 1 else ""


def _said(event: StepFinished) -> str:
    said = " ".join(part for part in (event.reason, event.error, event.hint) if part)
    return f". {said}" if said else ""


def _in_short(event: StepFinished) -> str:
    changed = Changes()
    for changes in event.changes.values():
        changed = changed + changes
    if not event.changes:
        return ""
    bad = f", {counted(event.bad_items, 'bad item')}" if event.bad_items else ""
    return (
        f" (+{changed.inserted:,} ~{changed.updated:,} ={changed.unchanged:,}"
        f" -{changed.deleted:,}{bad})"
    )


def whole(board: Board) -> RenderableType:
    table = Table(box=None, padding=(0, 1), show_header=False, expand=False)
    table.add_column(width=1)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for line in board.lines.values():
        table.add_row(*_cells(line))
    return Group(table, _foot(board))


def _cells(line: Line) -> tuple[Text, Text, Text, Text, Text]:
    style = STYLES[line.state.role]
    seconds = line.seconds
    return (
        Text(line.state.glyph, style),
        Text(line.title),
        Text(line.state.word, style),
        Text("" if seconds is None else took(seconds), "dim"),
        Text(line.words, "" if line.state.role == "bad" else "dim"),
    )


def _foot(board: Board) -> Text:
    if board.ended is not None:
        return Text("")
    if board.cancel:
        return Text(f" {board.cancel}", STYLES["warning"])
    left = board.remaining_s
    return Text("" if left is None else f" {eta.about(left)} left", "dim")


def summary(board: Board, finished: RunFinished) -> RenderableType:
    """What the run changed, a line a relation, and how it ended."""
    role, word = _RUN_WORDS[finished.status]
    done, skipped = len(finished.done), len(finished.skipped)
    counts = [f"{done} done"] + [
        f"{len(keys)} {name}"
        for name, keys in (
            ("skipped", finished.skipped),
            ("failed", finished.failed),
            ("blocked", finished.blocked),
            ("cancelled", finished.cancelled),
        )
        if keys
    ]
    total = done + skipped + len(finished.failed) + len(finished.blocked)
    total += len(finished.cancelled)
    told = Text.assemble(
        (f"{word}", STYLES[role]),
        f" in {took(finished.seconds)}: {', '.join(counts)} of {counted(total, 'step')}"
        f" (run {finished.run_id}).",
    )
    parts: list[RenderableType] = []
    changes = board.changes
    if changes:
        parts += [_changes_table(changes), Text("")]
    parts.append(told)
    parts += [
        Text(
            f"Slower than usual: {title} {took(seconds)} (usually {took(usual)}).",
            STYLES["warning"],
        )
        for title, seconds, usual in board.slow
    ]
    if finished.error:
        parts.append(Text(finished.error, STYLES["bad"]))
    return Group(*parts)


def _changes_table(changes: dict[str, Changes]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("what changed", no_wrap=True)
    for name in ("inserted", "updated", "unchanged", "deleted"):
        table.add_column(name, justify="right", no_wrap=True)
    for relation, changed in changes.items():
        numbers = (changed.inserted, changed.updated, changed.unchanged, changed.deleted)
        styles = ("green", "yellow", "dim", "red")
        table.add_row(
            relation,
            *(
                Text(f"{number:,}", style if number else "dim")
                for number, style in zip(numbers, styles, strict=True)
            ),
        )
    return table


def document(board: Board) -> dict[str, Any]:
    """The run as --json tells it."""
    status = board.ended.status if board.ended is not None else RunStatus.RUNNING
    return {
        "run_id": board.run_id,
        "status": status.value,
        "seconds": round(board.ended.seconds, 3) if board.ended is not None else None,
        "error": board.ended.error if board.ended is not None else "",
        "steps": [_step_as_json(line) for line in board.lines.values()],
    }


def _step_as_json(line: Line) -> dict[str, Any]:
    done = line.finished
    return {
        "key": line.key,
        "state": line.state.value,
        "reason": line.words,
        "seconds": round(line.seconds, 3) if line.seconds is not None else None,
        "requests": line.requests,
        "bad_items": line.bad_items,
        "changes": msgspec.to_builtins(line.changes),
        "detail": dict(done.detail) if done is not None else {},
    }
