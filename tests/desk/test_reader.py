"""Reads in the background: one read for all who ask, answers where they are wanted, no connection
and no thread left, and a database that goes away and comes back."""

from __future__ import annotations

import queue
import threading
import time

import psycopg
import pytest

from nbapanel.desk.read_cache import ReadCache
from nbapanel.desk.reader import Reader
from nbapanel.errors import DatabaseUnavailable, UserFacingError
from nbapanel.rows.questions import BackendsAsked, GameAsked, RunAsked, StepsAsked
from nbapanel.warehouse.db import connect

WAIT_S = 60.0
NOWHERE = "host=127.0.0.1 port=1 user=nobody dbname=nothing password=secret"


class Desk:
    """The asker's thread, played by the test: `pump` calls what was delivered."""

    def __init__(self, conninfo: str | None) -> None:
        self.delivered: queue.Queue = queue.Queue()
        self.answers: list = []
        self.failures: list[UserFacingError] = []
        self.reads: list = []
        self.cache = ReadCache()
        self.may_read = threading.Event()
        self.may_read.set()
        self.begun = threading.Semaphore(0)
        self.read = self.read_number
        self.reader = Reader(
            conninfo, self._answer, self.cache, self.delivered.put, self.failures.append
        )

    def _answer(self, connection, question):
        self.reads.append(question)
        self.begun.release()
        assert self.may_read.wait(WAIT_S)
        return self.read(connection, question)

    def read_number(self, connection, question):
        """The number of the read, by way of the server."""
        with connection.cursor() as cursor:
            return cursor.execute("SELECT %s::int", (len(self.reads),)).fetchone()[0]

    def ask(self, question, failed=None) -> None:
        self.reader.ask(question, self.answers.append, failed)

    def pump(self, count: int = 1) -> None:
        for _ in range(count):
            self.delivered.get(timeout=WAIT_S)()

    def wait_begun(self, count: int = 1) -> None:
        for _ in range(count):
            assert self.begun.acquire(timeout=WAIT_S)


@pytest.fixture
def new_desk():
    made: list[Desk] = []

    def make(conninfo: str | None) -> Desk:
        made.append(Desk(conninfo))
        return made[-1]

    yield make
    for desk in made:
        desk.may_read.set()
        desk.reader.close()


@pytest.fixture
def desk(new_desk, conninfo):
    return new_desk(conninfo)


def connections_of(connection, purpose="panel") -> int:
    return connection.execute(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = %s",
        (f"nbapanel {purpose}",),
    ).fetchone()[0]


def wait_until_none(connection) -> None:
    """The server takes a moment to see that a client is gone."""
    deadline = time.monotonic() + WAIT_S
    while connections_of(connection):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_answer_comes_later_and_is_kept(desk):
    desk.ask(StepsAsked())
    assert desk.answers == [], "never within the call"
    desk.pump()
    desk.ask(StepsAsked())
    assert desk.answers == [1], "nor where the cache has it"
    desk.pump()
    assert desk.answers == [1, 1]
    assert (desk.cache.counts.hits, len(desk.reads)) == (1, 1)


def test_one_read_for_all_who_ask_meanwhile(desk):
    desk.may_read.clear()
    for _ in range(3):
        desk.ask(StepsAsked())
    desk.wait_begun()
    desk.ask(StepsAsked())
    desk.may_read.set()
    desk.pump(4)
    assert desk.answers == [1, 1, 1, 1]
    assert len(desk.reads) == 1


def test_who_asks_after_a_clear_gets_what_was_read_after_it(desk):
    """trap W5: the answer underway may be of before; and the newer one comes last."""
    desk.may_read.clear()
    desk.ask(StepsAsked())
    desk.wait_begun()
    desk.cache.clear()
    desk.ask(StepsAsked())
    desk.ask(StepsAsked())
    desk.may_read.set()
    desk.pump(3)
    assert desk.answers == [1, 2, 2]
    desk.ask(StepsAsked())
    desk.pump()
    assert desk.answers[-1] == 2, "the first one was not kept"


def test_what_is_never_cached_is_read_for_each_who_asks_after_it_began(desk):
    desk.may_read.clear()
    desk.ask(BackendsAsked())
    desk.wait_begun()
    desk.ask(BackendsAsked())
    desk.may_read.set()
    desk.pump(2)
    assert desk.answers == [1, 2]
    assert desk.cache.counts.misses == 0


def test_two_at_once_and_the_rest_in_turn(desk, connection):
    desk.may_read.clear()
    for number in range(5):
        desk.ask(GameAsked(str(number)))
    desk.wait_begun(2)
    assert not desk.begun.acquire(timeout=0.05)
    assert connections_of(connection) == 2
    desk.may_read.set()
    desk.pump(5)
    assert len(desk.reads) == 5
    assert connections_of(connection) == 2, "kept for the next"


def test_connections_can_only_read_and_do_not_wait_for_ever(desk):
    def settings(connection, question):
        return connection.execute(
            "SELECT current_setting('default_transaction_read_only'),"
            " current_setting('statement_timeout'), current_setting('application_name')"
        ).fetchone()

    desk.read = settings
    desk.ask(StepsAsked())
    desk.pump()
    assert desk.answers == [("on", "10s", "nbapanel panel")]


def test_trouble_comes_in_words_to_who_asked(desk):
    def slow(connection, question):
        connection.execute("SET statement_timeout = '1ms'")
        connection.execute("SELECT pg_sleep(5)")

    desk.read = slow
    heard: list[UserFacingError] = []
    desk.ask(StepsAsked(), heard.append)
    desk.ask(StepsAsked())
    desk.pump(2)
    assert [error.title for error in heard] == ["The database stopped the statement."]
    assert desk.failures == heard, "without somebody of its own, the one by default hears"
    assert desk.answers == []
    desk.read = desk.read_number
    desk.ask(StepsAsked())
    desk.pump()
    assert desk.answers == [2], "a failure is not kept"


def test_a_bug_is_raised_where_it_was_asked(desk):
    def divide(connection, question):
        return 1 / 0

    desk.read = divide
    desk.ask(StepsAsked())
    with pytest.raises(ZeroDivisionError):
        desk.pump()
    assert (desk.answers, desk.failures) == ([], [])
    desk.read = desk.read_number
    desk.ask(StepsAsked())
    desk.pump()
    assert desk.answers == [2], "the thread lives on"


def test_a_kept_connection_that_was_lost_is_made_anew(desk, connection):
    """trap W13: the server was restarted while nobody asked."""
    desk.may_read.clear()
    desk.ask(GameAsked("1"))
    desk.ask(GameAsked("2"))
    desk.wait_begun(2)
    desk.may_read.set()
    desk.pump(2)
    end_all(connection)
    desk.ask(StepsAsked())
    desk.pump()
    assert len(desk.answers) == 3
    assert desk.failures == []
    assert connections_of(connection) == 1


def test_a_connection_lost_in_the_middle_of_a_read(desk, connection):
    """Once on a kept connection: read again. On a new one: told."""
    desk.ask(StepsAsked())
    desk.pump()

    def lost(found, question):
        end_all(connection)
        return found.execute("SELECT 1").fetchone()[0]

    desk.read = lost
    desk.ask(RunAsked(1))
    desk.pump()
    (error,) = desk.failures
    assert isinstance(error, DatabaseUnavailable)
    assert desk.reads.count(RunAsked(1)) == 2


def end_all(connection) -> None:
    connection.execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'nbapanel panel'"
    )


def test_no_server_is_told_without_the_password(new_desk):
    """trap W16"""
    desk = new_desk(NOWHERE)
    desk.ask(StepsAsked())
    desk.pump()
    (error,) = desk.failures
    assert error.title == "The database does not answer."
    assert "secret" not in str(error)


def test_what_is_asked_in_a_pause_is_answered_after_it(new_desk, conninfo):
    """trap W13: in whatever order, each once; the database may come back at another address."""
    desk = new_desk(None)
    for number in range(4):
        desk.ask(GameAsked(str(number)))
    desk.ask(GameAsked("3"))
    assert desk.reads == []
    desk.reader.resume(conninfo)
    desk.pump(5)
    assert len(desk.answers) == 5
    assert len(desk.reads) == 4
    assert desk.failures == []


def test_a_read_that_a_pause_interrupts_is_read_again(desk, conninfo, connection):
    desk.may_read.clear()
    desk.ask(StepsAsked())
    desk.wait_begun()
    desk.reader.pause()
    end_all(connection)
    desk.may_read.set()
    desk.ask(GameAsked("1"))
    assert not desk.begun.acquire(timeout=0.05)
    desk.reader.resume(conninfo)
    desk.pump(2)
    assert len(desk.answers) == 2
    assert desk.failures == []
    assert desk.reads.count(StepsAsked()) == 2


def test_a_pause_closes_connections(desk, connection):
    desk.ask(StepsAsked())
    desk.pump()
    assert connections_of(connection) == 1
    desk.reader.pause()
    wait_until_none(connection)


def test_pausing_and_resuming_again_and_again_answers_each_once(desk, conninfo):
    for turn in range(20):
        desk.reader.pause()
        desk.ask(GameAsked(str(turn)))
        desk.reader.resume(conninfo)
    desk.pump(20)
    assert len(desk.reads) == len(desk.answers) == 20
    assert desk.delivered.empty()
    assert desk.failures == []


def test_closing_stops_what_is_read_and_leaves_nothing(desk, connection):
    """trap W10: neither a thread (the guard of all tests looks) nor a connection."""

    def sleep(found, question):
        found.execute("SELECT pg_sleep(9)")
        found.execute("SELECT pg_sleep(9)")

    desk.read = sleep
    for number in range(4):
        desk.ask(GameAsked(str(number)))
    desk.wait_begun(2)
    desk.reader.close()
    assert desk.delivered.empty()
    assert len(desk.reads) == 2
    wait_until_none(connection)
    desk.ask(StepsAsked())
    desk.reader.close()
    assert desk.delivered.empty()


def test_many_askers_at_once(desk, conninfo):
    """Whatever is asked from however many threads is answered once, with its own answer."""
    desk.read = lambda connection, question: question.game_id

    def work(number: int) -> None:
        for turn in range(100):
            game = str((number + turn) % 7)
            desk.reader.ask(GameAsked(game), lambda found, game=game: pairs.append((game, found)))
            if turn % 25 == 0:
                desk.cache.clear()

    pairs: list[tuple[str, str]] = []
    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desk.pump(600)
    assert len(pairs) == 600
    assert all(asked == found for asked, found in pairs)


def test_a_connection_that_a_bug_left_in_a_transaction_is_not_used_again(desk):
    def leave_open(connection, question):
        connection.execute("BEGIN")
        raise KeyError(question)

    desk.read = leave_open
    desk.ask(StepsAsked())
    with pytest.raises(KeyError):
        desk.pump()

    def status(connection, question):
        return connection.info.transaction_status

    desk.read = status
    desk.ask(StepsAsked())
    desk.pump()
    assert desk.answers == [psycopg.pq.TransactionStatus.IDLE]


def test_the_fixture_tells_open_connections(conninfo, connection):
    """Or the tests above would find none whatever there is."""
    with connect(conninfo, purpose="panel"):
        assert connections_of(connection) == 1
