"""The desk of the database that is open; another one when the settings name another database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

from nbapanel.desk.answers import answer
from nbapanel.desk.desk import Deliver, Desk, Told
from nbapanel.place import Place
from nbapanel.rows.exportable import ExportDone, ExportWanted
from nbapanel.rows.quality import QualityReport, QualityWanted
from nbapanel.rows.questions import A, Question
from nbapanel.rows.reads import CacheCounts, DatabaseState, Planned
from nbapanel.steps.inputs import INPUTS
from nbapanel.steps.publish import VIEWS
from nbapanel.ui.live import Live
from nbapanel.ui.ports import Cancel, Failed, Progressed, RunWanted, Then


class CurrentDesk:
    """The port of the window's questions (`ui.ports.Asker`), whichever database is open."""

    def __init__(self, place: Place, clock: str, live: Live, deliver: Deliver, told: Told) -> None:
        self.place = place
        self._clock = clock
        self._live = live
        self._deliver = deliver
        self._told = told
        self._has_moved = False  # to a database that is not opened yet
        self.desk = self._made()

    def ask(self, question: Question[A], then: Then[A], failed: Failed | None = None) -> None:
        self.desk.ask(question, then, failed)

    def plan(self, wanted: RunWanted, then: Then[Planned], failed: Failed) -> None:
        self.desk.plan(wanted.words, then, failed)

    def export_game(self, game_id: str, then: Then[Path], failed: Failed) -> None:
        self.desk.export_game(game_id, then, failed)

    def export(
        self,
        wanted: ExportWanted,
        progressed: Progressed,
        then: Then[ExportDone | None],
        failed: Failed,
    ) -> Cancel:
        return self.desk.export(wanted, progressed, then, failed)

    def check_quality(
        self,
        wanted: QualityWanted,
        progressed: Progressed,
        then: Then[QualityReport],
        failed: Failed,
    ) -> Callable[[], None]:
        return self.desk.check_quality(wanted, progressed, then, failed)

    @property
    def cache(self) -> CacheCounts:
        return self.desk.cache

    @property
    def waits_to_move(self) -> bool:
        """Whether another database is opened once the run that was started here is over."""
        return self._has_moved and self.desk.is_child_alive

    def use(self, place: Place) -> None:
        """The same place with other settings; `move_if_free` opens another database."""
        self._has_moved |= place.settings.database_url != self.place.settings.database_url
        self.place = place
        self.desk.use(place)

    def move_if_free(self) -> None:
        """A run that was started here stays with the database it has, and we with it."""
        if self._has_moved and not self.desk.is_child_alive:
            self._has_moved = False
            self._reopen()

    def _reopen(self) -> None:
        """Another database from now on; nothing of the one before is shown any more."""
        before = self.desk
        before.fall_silent()
        self.desk = self._made()
        self._live.take_database(DatabaseState("opening", "Opening the database"))
        self._live.forget()
        self.desk.start()
        asyncio.get_running_loop().run_in_executor(None, partial(before.close, let_run_go=True))

    def _made(self) -> Desk:
        made_of = {view.name: view.made_of for view in VIEWS}
        where = "" if self.place.settings.database_url else "embedded"
        return Desk(
            self.place,
            self._deliver,
            self._told,
            partial(answer, made_of=made_of, inputs=INPUTS, place=where),
            clock=self._clock,
        )
