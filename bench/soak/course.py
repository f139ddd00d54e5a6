"""The course of a soak: when what is disturbed, looked at, let rest and compared."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import asdict
from functools import partial
from random import Random

import psutil

from bench.soak import contents, ending, judging, processes
from bench.soak.decks import Deck
from bench.soak.disturbances import Disturbances
from bench.soak.driven_window import Plan
from bench.soak.found import Found, Wanted
from bench.soak.judging import Check
from bench.soak.listening import Listening
from bench.soak.processes import Terminal
from bench.soak.samples import PURPOSE, look
from nbapanel.errors import UserFacingError
from nbapanel.settings_store import save_settings
from nbapanel.warehouse import server

_LOOK_EVERY_S = 10.0
_TURN_S = 0.5
_RESTS = 5
# More than a minute: see judging.constants.
_REST_LOOKS, _REST_LOOK_EVERY_S = 35, 2.0
_SETTLE_S = 6.0
_NOTE_MOST_S = 600.0
_QUIET_S = (4.0, 20.0)
_TERMINAL_EVERY_S = (40.0, 120.0)
_TERMINAL_MOST_S = 400.0
_RESTART_EVERY_S, _RESTARTS = (300.0, 600.0), 4
_MOST_DAYS = 400

_COMMANDS = (
    ("refetch", "--days", "1"),
    ("refetch", "--days", "2", "--wait"),
    ("refetch", "--json"),
    ("resume",),
    ("status",),
    ("history",),
    ("doctor",),
    ("archive", "verify"),
)
_SETTINGS = {
    # Patience in proportion to the clock: at 60x nobody waits three minutes for an answer.
    "request_attempts": 3,
    "request_backoff_s": 0.2,
    "request_silence_s": 4.0,
    "request_attempt_s": 12.0,
    "request_deadline_s": 25.0,
}


class Turn:
    """Something that is done again and again, each time after another while."""

    def __init__(self, do: Callable[[], None], every_s: Callable[[], float]) -> None:
        self._do = do
        self._every_s = every_s
        self._due_s = time.monotonic() + every_s()

    def take(self) -> None:
        if time.monotonic() >= self._due_s:
            self._do()
            self._due_s = time.monotonic() + self._every_s()


class Course:
    """`run` takes as long as wanted, and some minutes more for the comparison at the end."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._chance = Random(wanted.seed)
        self._scratch = wanted.scratch
        self._data_dir = wanted.scratch / "data"
        self._rest_file = wanted.scratch / "rest"
        self._disturbances = Disturbances(Random(wanted.seed + 1))
        self._commands = Deck(_COMMANDS, self._chance)
        self._signals = Deck((signal.SIGINT, signal.SIGKILL, signal.SIGQUIT), self._chance)
        self._calm_at_s: float | None = None
        self._quiet_s, self._is_disturbed = 0.0, False
        self.found = Found()
        notes = wanted.scratch / "notes.jsonl"
        self._listening = Listening(self.found, self._data_dir / "logs", notes)
        self._plan = Plan(wanted.seed, str(notes), str(self._rest_file), self._traces())
        self._terminal = Terminal(self._data_dir, self._scratch)

    def run(self) -> None:
        """Raises what keeps it from its end; `found` holds what there was until then."""
        self._data_dir.mkdir(mode=0o700)
        save_settings(self._data_dir, _SETTINGS)
        said = {who: self._scratch / f"{who}.err" for who in ("window", "simulator")}
        with ExitStack() as stack:
            league = processes.feeds(self._wanted.seed, self._wanted.rate, said["simulator"])
            self._feeds = stack.enter_context(league)
            opened = processes.window(
                asdict(self._plan), self._data_dir, self._feeds.url, said["window"]
            )
            self._note_league_time()
            self._window = stack.enter_context(opened)
            stack.callback(self._terminal.kill)
            self._await_note("ready")
            self._lease = server.acquire(self._data_dir / "postgres", purpose=PURPOSE)
            stack.callback(self._lease.release)
            self._go_on()
            held = self._end()
        ending.check_rebuild(self.found, held, self._data_dir, self._scratch / "rebuilt")
        ending.check_nothing_runs(self.found, self._scratch)
        for who, file in said.items():
            self._listening.take_stderr(who, file)
        ending.check_sayings(self.found)

    # ---- from the beginning to the last rest ---------------------------------------------------

    def _go_on(self) -> None:
        self._began_s = time.monotonic()
        turns = (
            Turn(self._take_sample, lambda: _LOOK_EVERY_S),
            Turn(self._disturb_or_calm, lambda: 0.0),
            Turn(self._start_command, lambda: self._chance.uniform(*_TERMINAL_EVERY_S)),
            Turn(self._end_postgres, self._restart_pause_s),
        )
        for number in range(_RESTS):
            share = judging.WARM_FROM + (1 - judging.WARM_FROM) * number / (_RESTS - 1)
            while self._at_s < self._wanted.seconds * share:
                for turn in turns:
                    turn.take()
                self._follow()
                time.sleep(_TURN_S)
                # Not beyond the last rest, which is no longer of the last slice of the time.
                self.found.took_s = self._at_s
            self._rest()
            if number < _RESTS - 1:
                self._end_rest()

    @property
    def _at_s(self) -> float:
        return time.monotonic() - self._began_s

    def _take_sample(self, *, is_resting: bool = False) -> None:
        conninfo = self._lease.conninfo
        sample = look(self._window, conninfo, self._at_s, is_resting=is_resting)
        self.found.samples.append(sample)
        if sample.connections is None:
            with suppress(UserFacingError):  # it may be back at another port
                self._lease.renew()

    def _disturb_or_calm(self) -> None:
        """Trouble for a while, calm for a while."""
        now = time.monotonic()
        if self._calm_at_s is None or now > self._calm_at_s + self._quiet_s:
            drawn = self._disturbances.draw()
            self._feeds.disturb(drawn.rules)
            self.found.faults[drawn.kind] += 1
            self._calm_at_s = now + drawn.lasts_s
            self._quiet_s = self._chance.uniform(*_QUIET_S)
            self._is_disturbed = True
        elif self._is_disturbed and now > self._calm_at_s:
            self._feeds.disturb()
            self._is_disturbed = False

    def _start_command(self) -> None:
        if not self._terminal.is_busy:
            self._terminal.start(*self._commands.draw())

    def _restart_pause_s(self) -> float:
        """Often enough that even a short soak sees some."""
        return min(self._chance.uniform(*_RESTART_EVERY_S), self._wanted.seconds / _RESTARTS)

    def _end_postgres(self) -> None:
        """Fast, at once, or by a kill: its keeper starts it again."""
        pid = server.status(self._data_dir / "postgres").pid
        if pid is None:
            return
        number = self._signals.draw()
        with suppress(psutil.NoSuchProcess):
            psutil.Process(pid).send_signal(number)
            self.found.restarts[number.name] += 1
            self._say(f"PostgreSQL gets {number.name}")

    def _follow(self) -> None:
        """What the window and the terminal came to meanwhile."""
        if self._window.poll() is not None:
            raise RuntimeError(f"the window ended by itself ({self._window.returncode})")
        self._listening.go_on()
        if self._terminal.is_busy and self._terminal.age_s > _TERMINAL_MOST_S:
            self._terminal.interrupt()
        ended = self._terminal.ended()
        if ended is not None:
            self._listening.take_command(ended)

    def _rest(self) -> None:
        """Nothing goes on: no fault, no command, no run, no hands. What is left is looked at."""
        self._feeds.disturb()
        self._calm_at_s = None
        self._await("the terminal's end", lambda: not self._terminal.is_busy, _NOTE_MOST_S)
        self._rest_file.touch()
        self._await_note("resting")
        time.sleep(_SETTLE_S)
        for _ in range(_REST_LOOKS):
            self._follow()
            self._take_sample(is_resting=True)
            time.sleep(_REST_LOOK_EVERY_S)
        self._note_league_time()
        self._say(f"rest: {self.found.samples[-1]}")

    def _end_rest(self) -> None:
        self._rest_file.unlink()
        self._await_note("going on")

    # ---- the end -------------------------------------------------------------------------------

    def _end(self) -> contents.Contents:
        """One clean refetch, and the window leaves; what the tables hold then."""
        ending.check_refetch(self.found, self._data_dir, self._days())
        ending.check_journal(self.found, self._lease.renew())
        code = processes.close(self._window)
        left = Check("the window leaves when asked to", f"Exit code {code}.", code == 0)
        self.found.checks.append(left)
        self._listening.finish()
        held = contents.read(self._lease.renew())
        self.found.rows = contents.counts(held)
        return held

    def _days(self) -> int:
        """Of the season so far, and the week that the first run fetched."""
        return min(_MOST_DAYS, 8 + round(self._at_s * self._wanted.rate / 86_400 + 0.5))

    # ---- how -----------------------------------------------------------------------------------

    def _traces(self) -> str:
        if not self._wanted.is_traced:
            return ""
        folder = self._scratch / "traces"
        folder.mkdir()
        return str(folder)

    def _await_note(self, what: str) -> None:
        """The next of its kind that the window writes down."""
        before = len(self._listening.notes)
        noted = partial(self._listening.noted, what, before)
        self._await(f"the window's {what!r}", noted, _NOTE_MOST_S)

    def _await(self, what: str, true: Callable[[], bool], most_s: float) -> None:
        deadline = time.monotonic() + most_s
        while not true():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what} did not come within {most_s:.0f} s")
            self._follow()
            time.sleep(_TURN_S)

    def _note_league_time(self) -> None:
        self.found.league_time.append(self._feeds.league_time)

    def _say(self, text: str) -> None:
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
        sys.stderr.flush()
