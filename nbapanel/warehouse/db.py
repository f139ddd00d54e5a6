"""Connections to the warehouse, and PostgreSQL's trouble turned into words."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import psycopg
from psycopg import AsyncConnection, Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from nbapanel.errors import DatabaseUnavailable, UserFacingError
from nbapanel.priority import share_place
from nbapanel.redaction import keep_secret

log = logging.getLogger(__name__)

OLDEST_MAJOR = 15
_CONNECT_TIMEOUT_S = 10
_PATIENCE_S = 5.0
_TRY_EVERY_S = 0.02

_HINTS_BY_STATE = {
    "28P01": ("The database refused the password.", "Check the user and password in DATABASE_URL."),
    "28000": ("The database refused this user.", "Check the user in DATABASE_URL and pg_hba.conf."),
    "3D000": ("There is no such database.", "Create it, or correct its name in DATABASE_URL."),
    "53300": (
        "The database takes no more connections.",
        "Close what is not needed, or raise max_connections.",
    ),
    "53100": ("The database's disk is full.", "Free some space there; nothing half-done is kept."),
    "53200": ("The database ran out of memory.", "Lower work_mem there, or free some memory."),
    "25006": (
        "The database is read-only.",
        "It may be a standby: point DATABASE_URL at the primary.",
    ),
    "42501": (
        "The database user lacks a right.",
        "Let it create schemas in this database: GRANT CREATE ON DATABASE ... TO ...",
    ),
    "57P03": ("The database is starting up or shutting down.", "Try again in a moment."),
    "57P01": (
        "The database was shut down.",
        "Start it again. If a run was broken off: nbapanel resume",
    ),
    "57P02": (
        "The database crashed.",
        "Wait until it is up again. If a run was broken off: nbapanel resume",
    ),
    "57014": (
        "The database stopped the statement.",
        "Its statement_timeout may be too short for this work.",
    ),
    "55P03": ("Another program holds a lock on the table.", "Try again when it is done."),
}
_STATES_BY_WORDS = (
    # libpq gives no state where no connection came about: what the server said has to do.
    (re.compile("password authentication failed"), "28P01"),
    (re.compile('no pg_hba.conf entry|role ".*" (does not exist|is not permitted)'), "28000"),
    (re.compile('database ".*" does not exist'), "3D000"),
    (re.compile("too many (clients|connections)|remaining connection slots"), "53300"),
    (re.compile("No space left on device|Disk quota exceeded"), "53100"),
    (re.compile("the database system is (starting up|shutting down|not yet|in recovery)"), "57P03"),
)
# Rights on the tables would not do: only its owner may refresh a materialized view.
_OWNER_HINT = (
    "Work as the user who made the warehouse (in psql: \\dn+ ops), or make this one a member:"
    " GRANT that_user TO this_user"
)
_OBJECT_DENIED = re.compile("must be owner of|permission denied for (?!database|tablespace)")
_TRANSIENT_STATES = {"40001", "40P01", "55P03", "57P03", "53300"}
_RESTARTING_STATES = {"57P01", "57P02", "57P03"}


class EmbeddedConninfo(str):
    """Where a server of ours is. Killed, it comes back there by itself: it is worth a wait."""

    __slots__ = ()


def explain(error: psycopg.Error) -> UserFacingError | None:
    """The error in words, or None where it is a bug of ours (a wrong statement, a bad value)."""
    said, state = _first_line(error), _state_of(error)
    if state in _HINTS_BY_STATE:
        title, hint = _HINTS_BY_STATE[state]
        if state == "42501" and _OBJECT_DENIED.search(said):
            hint = _OWNER_HINT
        return DatabaseUnavailable(title, said, hint, transient=state in _TRANSIENT_STATES)
    if state in _TRANSIENT_STATES:
        return UserFacingError(
            "Another program was in the way.", said, "Run the step again.", transient=True
        )
    if isinstance(error, psycopg.OperationalError):
        return DatabaseUnavailable(
            "The database does not answer.",
            said,
            "Check that the server is up (nbapanel db status, or DATABASE_URL).",
        )
    return None


def _state_of(error: psycopg.Error) -> str | None:
    if error.sqlstate or not isinstance(error, psycopg.OperationalError):
        return error.sqlstate
    said = _first_line(error)
    return next((state for words, state in _STATES_BY_WORDS if words.search(said)), None)


def _first_line(error: psycopg.Error) -> str:
    text = (error.diag.message_primary or str(error)).strip()
    return text.splitlines()[0] if text else type(error).__name__


@contextmanager
def in_words() -> Iterator[None]:
    """Turn PostgreSQL's known trouble into a UserFacingError; bugs go through as they are."""
    try:
        yield
    except psycopg.Error as error:
        told = explain(error)
        if told is None:
            raise
        raise told from error


def check_version(connection: Connection[Any] | AsyncConnection[Any]) -> None:
    """Raise DatabaseUnavailable for a server older than is supported."""
    major = connection.info.server_version // 10000
    if major < OLDEST_MAJOR:
        raise DatabaseUnavailable(
            f"This PostgreSQL is version {major}; nbapanel needs {OLDEST_MAJOR} or newer.",
            hint="Point DATABASE_URL at a newer server, or unset it to use the embedded one.",
        )


class _Patience:
    """How long a failed connection is tried again: a server of one's own answers for itself."""

    def __init__(self, conninfo: str) -> None:
        patience_s = _PATIENCE_S if isinstance(conninfo, EmbeddedConninfo) else 0.0
        self._until = time.monotonic() + patience_s

    def allows(self, trouble: DatabaseUnavailable) -> bool:
        """While it restarts it says so, breaks off, or is not there: no state, or one of these."""
        said = trouble.__cause__
        if time.monotonic() >= self._until or not isinstance(said, psycopg.Error):
            return False
        state = _state_of(said)
        return state is None or state in _RESTARTING_STATES


def connect(conninfo: str, *, purpose: str, autocommit: bool = True) -> Connection[Any]:
    """A synchronous connection, for the terminal's short questions and for migrations."""
    named, patience = _named(conninfo, purpose), _Patience(conninfo)
    while True:
        try:
            with in_words():
                connection = psycopg.connect(
                    named, autocommit=autocommit, connect_timeout=_CONNECT_TIMEOUT_S
                )
            break
        except DatabaseUnavailable as trouble:
            if not patience.allows(trouble):
                raise
            time.sleep(_TRY_EVERY_S)
    check_version(connection)
    return connection


@dataclass(slots=True)
class Database:
    """Where a run gets its connections: a few, opened as they are needed and kept until closed.

    `purpose` shows in pg_stat_activity.application_name, so that a look there tells what runs.
    """

    conninfo: str = field(repr=False)
    purpose: str
    _idle: list[AsyncConnection[Any]]

    def __init__(self, conninfo: str, purpose: str) -> None:
        self.conninfo = conninfo
        self.purpose = purpose
        self._idle = []

    async def open_connection(self, *, autocommit: bool = False) -> AsyncConnection[Any]:
        """A connection of the caller's own (listening, locks, REFRESH); the caller closes it."""
        named, patience = _named(self.conninfo, self.purpose), _Patience(self.conninfo)
        while True:
            try:
                with in_words():
                    connection = await AsyncConnection.connect(
                        named, autocommit=autocommit, connect_timeout=_CONNECT_TIMEOUT_S
                    )
                break
            except DatabaseUnavailable as trouble:
                if not patience.allows(trouble):
                    raise
                await asyncio.sleep(_TRY_EVERY_S)
        check_version(connection)
        if isinstance(self.conninfo, EmbeddedConninfo):
            share_place(connection.info.backend_pid)
        return connection

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[Any]]:
        """A connection, in autocommit: what belongs together goes into `transaction()`.

        Comes back to the shelf in good order, or is closed.
        """
        connection = self._idle.pop() if self._idle else None
        if connection is None or connection.closed:
            connection = await self.open_connection(autocommit=True)
        try:
            with in_words():
                yield connection
        except BaseException:
            # Whatever state it is in: a statement may still run on it after a cancel.
            await connection.close()
            raise
        self._idle.append(connection)

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _named(conninfo: str, purpose: str) -> str:
    # These statements are many and short: compiling them costs more than it saves (measured 3x).
    parts = _parts(conninfo)
    keep_secret(str(parts.get("password") or ""))
    given = parts.get("options") or ""
    return make_conninfo(
        conninfo,
        application_name=f"nbapanel {purpose}"[:63],
        options=f"{given} -c jit=off -c timezone=UTC".strip(),
    )


def _parts(conninfo: str) -> dict[str, Any]:
    try:
        parts: dict[str, Any] = conninfo_to_dict(conninfo)
    except psycopg.ProgrammingError:
        parts = {"host": "@"}
    # A password with an @ or a / in it is cut there, and its rest taken for host, port or name.
    # What libpq says of such a string repeats a piece, and that may be the password.
    if any("@" in str(parts.get(name, "")) for name in ("host", "port", "dbname")):
        raise DatabaseUnavailable(
            "The connection string of the database cannot be read.",
            "It looks like postgresql://user:password@host:5432/name.",
            "Correct DATABASE_URL; in a password, space : / @ % are written %20 %3A %2F %40 %25.",
        )
    return parts


def without_password(conninfo: str) -> str:
    """The connection string fit to be shown: host, port, database and user, no secret."""
    parts = _parts(conninfo)
    user, host = parts.get("user", ""), parts.get("host", "localhost")
    port, name = parts.get("port", "5432"), parts.get("dbname", "")
    return f"postgresql://{user}@{host}:{port}/{name}"
