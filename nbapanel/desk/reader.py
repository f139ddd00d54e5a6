"""Reads the warehouse in threads of its own, so that whoever asks need not wait. Knows no Qt."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any, TypeVar

import psycopg
from psycopg import Connection
from psycopg.conninfo import make_conninfo
from psycopg.pq import TransactionStatus

from nbapanel.desk.read_cache import ReadCache
from nbapanel.errors import UserFacingError
from nbapanel.rows.questions import Question
from nbapanel.warehouse.db import connect, in_words

A = TypeVar("A")

_THREADS = 2
_CANCEL_TIMEOUT_S = 2.0
_CANCEL_EVERY_S = 0.02
# A server that went without a word (a laptop that slept, a cable) is noticed within half a minute.
_KEEPALIVES = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
_SESSION = "SET default_transaction_read_only = on; SET statement_timeout = '10s'"


@dataclass(eq=False, slots=True)
class _Read:
    """A question that is being answered, for all who wait. `again`: they asked too late for it."""

    question: Question[Any]
    waiting: list[_Waiting] = field(default_factory=list)
    again: list[_Waiting] = field(default_factory=list)
    generation: int = 0
    is_begun: bool = False


@dataclass(frozen=True, slots=True)
class _Waiting:
    then: Callable[[Any], None]
    failed: Callable[[UserFacingError], None]


class _Paused(Exception):
    """There is no database to ask at the moment; what is asked keeps until there is."""


class Reader:
    """Answers from the cache or the warehouse; `ask` and `pause` never block.

    `answer` reads; it runs in one of two threads, each with a connection of its own. `deliver`
    takes what is to be called with the answer, from any thread, and calls it in the asker's: later,
    not within the call. A bug in a read is raised there. Without a `conninfo` it begins paused.
    """

    def __init__(
        self,
        conninfo: str | None,
        answer: Callable[[Connection[Any], Question[Any]], Any],
        cache: ReadCache,
        deliver: Callable[[Callable[[], None]], None],
        failed_by_default: Callable[[UserFacingError], None],
    ) -> None:
        self.cache = cache
        self._conninfo = conninfo
        self._answer = answer
        self._deliver = deliver
        self._failed_by_default = failed_by_default
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="reader")
        self._reads: dict[Question[Any], _Read] = {}
        self._idle: list[Connection[Any]] = []
        self._busy: set[Connection[Any]] = set()
        self._is_closed = False

    def ask(
        self,
        question: Question[A],
        then: Callable[[A], None],
        failed: Callable[[UserFacingError], None] | None = None,
    ) -> None:
        """`failed` hears of trouble in words; without it `failed_by_default` does."""
        waiting = _Waiting(then, failed or self._failed_by_default)
        if question.is_cached:
            found = self.cache.find(question)
            if found is not None:
                self._deliver(lambda: then(found))
                return
        with self._lock:
            if self._is_closed:
                return
            read = self._reads.get(question)
            if read is None:
                self._begin(_Read(question, [waiting]))
            elif self._is_in_time(read):
                read.waiting.append(waiting)
            else:
                read.again.append(waiting)

    def pause(self) -> None:
        """The database is gone, or is about to be: connections are closed, questions kept."""
        with self._lock:
            self._conninfo = None
            idle, self._idle = self._idle, []
        _close(idle)

    def resume(self, conninfo: str) -> None:
        """The database is back, be it at another address: what was asked meanwhile is read."""
        with self._lock:
            idle, self._idle = self._idle, []
            was_paused, self._conninfo = self._conninfo is None, conninfo
            if was_paused and not self._is_closed:
                for read in self._reads.values():
                    if not read.is_begun:
                        self._pool.submit(self._work, read)
        _close(idle)

    def close(self) -> None:
        """Stop what is being read; returns when threads and connections are gone."""
        with self._lock:
            self._is_closed = True
            self._reads.clear()
            idle, self._idle = self._idle, []
        self._pool.shutdown(wait=False, cancel_futures=True)
        # Again and again: a read may be between two of its statements.
        while busy := self._all_busy():
            for connection in busy:
                with suppress(psycopg.Error):
                    connection.cancel_safe(timeout=_CANCEL_TIMEOUT_S)
            time.sleep(_CANCEL_EVERY_S)
        self._pool.shutdown(wait=True)
        _close(idle)

    def _begin(self, read: _Read) -> None:
        self._reads[read.question] = read
        if self._conninfo is not None:
            self._pool.submit(self._work, read)

    def _is_in_time(self, read: _Read) -> bool:
        """Whether its answer will do for somebody who asks now."""
        if not read.is_begun:
            return True
        return read.question.is_cached and read.generation == self.cache.generation

    def _work(self, read: _Read) -> None:
        with self._lock:
            # After a pause it may stand in the queue twice.
            if self._is_closed or read.is_begun or self._conninfo is None:
                return
            read.is_begun = True
            read.generation = self.cache.generation
        try:
            answer = self._read(read.question)
        except _Paused:
            with self._lock:
                read.is_begun = False
                if self._conninfo is not None and not self._is_closed:
                    self._pool.submit(self._work, read)
        except UserFacingError as error:
            trouble = error
            self._end(read, lambda waiting: waiting.failed(trouble))
        except Exception as bug:  # noqa: BLE001 - raised again, where it was asked
            self._end(read, None)
            self._deliver(partial(_raise, bug))
        else:
            self.cache.keep(read.question, answer, read.generation)
            self._end(read, lambda waiting: waiting.then(answer))

    def _end(self, read: _Read, tell: Callable[[_Waiting], None] | None) -> None:
        with self._lock:
            if self._is_closed:
                return
            del self._reads[read.question]
            if read.again:
                self._begin(_Read(read.question, read.again))
        if tell is not None:
            for waiting in read.waiting:
                self._deliver(partial(tell, waiting))

    def _read(self, question: Question[Any]) -> Any:
        """Once more, on a new connection, where a kept one turns out to be lost."""
        while True:
            taken = self._take()
            try:
                with in_words():
                    return self._answer(taken.connection, question)
            except UserFacingError:
                if not taken.connection.closed:
                    raise
                self._forget_idle()
                if taken.is_new and taken.conninfo == self._conninfo:
                    raise
            finally:
                self._give_back(taken)

    def _take(self) -> _Taken:
        with self._lock:
            conninfo = self._conninfo
            if conninfo is None or self._is_closed:
                raise _Paused
            if self._idle:
                taken = _Taken(self._idle.pop(), conninfo, is_new=False)
                self._busy.add(taken.connection)
                return taken
        try:
            connection = _opened(conninfo)
        except UserFacingError:
            if conninfo != self._conninfo:
                raise _Paused from None  # it went while we knocked
            raise
        if not self._is_wanted(connection):
            connection.close()
            raise _Paused
        return _Taken(connection, conninfo, is_new=True)

    def _is_wanted(self, connection: Connection[Any]) -> bool:
        """Note a new connection, so that closing ends its read; False if that was before."""
        with self._lock:
            if not self._is_closed:
                self._busy.add(connection)
            return not self._is_closed

    def _give_back(self, taken: _Taken) -> None:
        connection = taken.connection
        with self._lock:
            self._busy.discard(connection)
            is_kept = (
                not self._is_closed
                and taken.conninfo == self._conninfo
                and connection.info.transaction_status is TransactionStatus.IDLE
            )
            if is_kept:
                self._idle.append(connection)
        if not is_kept:
            connection.close()

    def _forget_idle(self) -> None:
        """One was lost: so were, most likely, the others."""
        with self._lock:
            idle, self._idle = self._idle, []
        _close(idle)

    def _all_busy(self) -> tuple[Connection[Any], ...]:
        with self._lock:
            return tuple(self._busy)


@dataclass(frozen=True, slots=True)
class _Taken:
    connection: Connection[Any]
    conninfo: str
    is_new: bool


def _opened(conninfo: str) -> Connection[Any]:
    connection = connect(make_conninfo(conninfo, **_KEEPALIVES), purpose="panel")
    try:
        with in_words():
            connection.execute(_SESSION)
    except BaseException:
        connection.close()
        raise
    return connection


def _close(connections: Iterable[Connection[Any]]) -> None:
    for connection in connections:
        connection.close()


def _raise(error: Exception) -> None:
    raise error
