"""A place where every secret that there can be is planted, and feeds that repeat what they hear."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import os
import re
import secrets
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from psycopg import Connection, sql
from psycopg.conninfo import conninfo_to_dict

from nbapanel.simulator.running import RunningSimulator
from nbapanel.warehouse.db import connect

HOSTILE = "<img src=hostile><b>x</b>"
"""What a feed calls its teams here: markup, for whoever would read it as such."""

_FILES = ("report.jsonl", "qc.json", "games.csv", "events.csv")
"""What is written where a command was told to."""

HOSTILE_ID = "../../../x'; DROP TABLE ops.step_runs; --\x1b[31m"
DAY, FULL_GAME, REFUSED_GAME = "2026-01-09", "401810576", "401810578"
SEASON, REFUSED_BOX_SCORE = "2025-26", "boxscore_0022500001"
DATA = "data[/] <b>x"  # a folder in a folder: a mark that closes what is not open, and markup
CONTROL = f"{HOSTILE} is read as markup here"
_NAMES = re.compile(rb'"(displayName|fullName|title|yes_sub_title)":\s*"')
_HERE = Path(__file__).parent
_SAMPLED_EVERY_S = 0.1
_CHANNELS = ("nbapanel_events", "nbapanel_caches", "nbapanel_control", "nbapanel_backfills",
             "procrastinate_any_queue_v1")  # fmt: skip


@dataclass(frozen=True)
class Marks:
    """The secrets, each in one place only, so that what is found tells where it came from."""

    database_password: str
    libpq_password: str
    wrong_password: str
    feed_password: str
    feed_token: str
    market_token: str
    hook_path: str
    hook_query: str
    hook_password: str

    @classmethod
    def made(cls) -> Marks:
        return cls(*(f"zq7{secrets.token_hex(9)}" for _ in fields(cls)))

    def found_in(self, text: str | bytes) -> list[str]:
        """Which of them the text gives away, in any dress."""
        data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
        logins = {
            "feed login": f"feeder:{self.feed_password}",
            "hook login": f"hooker:{self.hook_password}",
        }
        needles = {one.name: getattr(self, one.name).encode() for one in fields(self)}
        needles |= {name: base64.b64encode(login.encode()) for name, login in logins.items()}
        return [name for name, needle in needles.items() if needle in data]


@dataclass(frozen=True)
class Relay:
    """The league behind a login and a secret path.

    `asked`: by secret, how often it was right; `paths`: all that was asked behind it.
    """

    port: int
    marks: Marks
    asked: dict[str, int]
    paths: list[str]

    @property
    def feed_url(self) -> str:
        login = f"feeder:{self.marks.feed_password}"
        return f"http://{login}@127.0.0.1:{self.port}/{self.marks.feed_token}"

    @property
    def market_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{self.marks.market_token}"

    @property
    def hooks(self) -> tuple[str, ...]:
        host = f"127.0.0.1:{self.port}"
        return (
            f"http://{host}/services/T0/{self.marks.hook_path}",
            f"http://{host}/clear?token={self.marks.hook_query}",
            f"http://hooker:{self.marks.hook_password}@{host}/clear",
        )


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    marks: Marks
    league: str
    asked: dict[str, int]
    paths: list[str]

    def do_GET(self) -> None:
        base, _, rest = self.path[1:].partition("/")
        said = self.headers.get("Authorization", "")
        login = base64.b64encode(f"feeder:{self.marks.feed_password}".encode()).decode()
        if base == self.marks.feed_token and said == f"Basic {login}":
            self._count("feed_token", "feed_password")
        elif base == self.marks.market_token:
            self._count("market_token")
        else:
            self._send(404, b"{}")
            return
        self.paths.append(rest)
        if (REFUSED_GAME in rest and "/summary" in rest) or REFUSED_BOX_SCORE in rest:
            # As some servers do: all that was asked, in the answer that there is no such thing.
            self._send(400, f"{said} {HOSTILE}\x1b[31m\x07 no route {self.path}".encode())
            return
        self._send(*self._forwarded("/" + rest))

    def do_POST(self) -> None:
        login = base64.b64encode(f"hooker:{self.marks.hook_password}".encode()).decode()
        for name, is_right in {
            "hook_path": self.marks.hook_path in self.path,
            "hook_query": self.marks.hook_query in self.path,
            "hook_password": self.headers.get("Authorization") == f"Basic {login}",
        }.items():
            if is_right:
                self._count(name)
        self._send(500, f"{HOSTILE} {self.path}".encode())

    def _forwarded(self, path: str) -> tuple[int, bytes]:
        parts = urlsplit(self.league)
        wire = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        try:
            wire.request("GET", path, headers={"Accept": "application/json"})
            answer = wire.getresponse()
            body = answer.read()
        finally:
            wire.close()
        if "/nba/scoreboard" in path:
            body = _with_one_more_game(body)
        return answer.status, _NAMES.sub(lambda m: m[0] + HOSTILE.encode(), body)

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _count(self, *names: str) -> None:
        for name in names:
            self.asked[name] = self.asked.get(name, 0) + 1

    def log_message(self, *_: Any) -> None:
        """Nothing on stderr."""


def _with_one_more_game(body: bytes) -> bytes:
    """The first again, under a name that would be a path, and the end of a statement."""
    board = json.loads(body)
    game = json.loads(json.dumps(board["events"][0]))
    game["id"] = game["competitions"][0]["id"] = HOSTILE_ID
    board["events"].append(game)
    return json.dumps(board).encode()


@contextmanager
def _relay(marks: Marks, league: str) -> Iterator[Relay]:
    asked: dict[str, int] = {}
    paths: list[str] = []
    known = {"marks": marks, "league": league, "asked": asked, "paths": paths}
    handler = type("Answer", (_Answer,), known)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Relay(server.server_port, marks, asked, paths)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class Said:
    words: str
    code: int
    out: str
    err: str


@dataclass(repr=False)
class Planted:
    """The place, and all that came out of it."""

    marks: Marks
    relay: Relay
    room: Path
    admin: str
    """Where the warehouse is, for somebody who may see all."""

    environment: dict[str, str]
    server_log: Path
    said: list[Said] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    command_lines: set[tuple[str, ...]] = field(default_factory=set)
    texts: list[tuple[str, str, bool]] = field(default_factory=list)
    """Of the window: where it was, what it said, and whether Qt reads it as markup."""

    copied: list[str] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.room / DATA

    @property
    def home(self) -> Path:
        return self.room / "home"

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where anything may have been written; what was planted lies elsewhere."""
        return (self.data, self.home, self.room / "tmp")

    def run(self, *words: str, program: Path | None = None, **changed: str) -> Said:
        """Run the terminal, or `program` in its place, and keep what it says."""
        start = [sys.executable, str(program)] if program else [sys.executable, "-m", "nbapanel"]
        done = subprocess.run(
            [*start, *words, "--data-dir", str(self.data)],
            env=self.environment | changed,
            cwd=self.room / "desk",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        self.said.append(Said(" ".join(words), done.returncode, done.stdout, done.stderr))
        return self.said[-1]

    def files(self) -> Iterator[tuple[Path, bytes]]:
        """Every file with what is in it; what is packed is unpacked."""
        for folder in self.folders:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    data = path.read_bytes()
                    yield path, gzip.decompress(data) if path.suffix == ".gz" else data


@pytest.fixture(scope="session")
def planted(
    league: RunningSimulator,
    server_conninfo: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Planted]:
    """The terminal was at work there, with success and without, while somebody watched."""
    marks = Marks.made()
    room = tmp_path_factory.mktemp("planted")
    for name in ("desk", "home", "tmp", "vault"):
        (room / name).mkdir()
    with (
        _relay(marks, league.url) as relay,
        _database(marks, server_conninfo) as (admin, user, log),
    ):
        found = Planted(marks, relay, room, admin, {}, log)
        found.environment = _environment(found, user)
        _plant(found)
        with _watched(found), _listening(found):
            _work(found)
            _tour(found)
        yield found


@contextmanager
def _database(marks: Marks, server_conninfo: str) -> Iterator[tuple[str, str, Path]]:
    """One of a user with a password, on a server that logs each statement and its values."""
    name = f"planted_{uuid.uuid4().hex[:8]}"
    role = sql.Identifier(name)
    with connect(server_conninfo, purpose="tests") as connection:
        for password, who in ((marks.database_password, name), (marks.libpq_password, f"{name}_b")):
            made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            connection.execute(made.format(sql.Identifier(who), sql.Literal(password)))
        connection.execute(sql.SQL("GRANT {} TO {}").format(role, sql.Identifier(f"{name}_b")))
        connection.execute(sql.SQL("ALTER ROLE {} SET log_statement = 'all'").format(role))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role))
        row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    parts = conninfo_to_dict(server_conninfo) | {"dbname": name}
    try:
        yield (
            " ".join(f"{key}={value}" for key, value in parts.items()),
            name,
            Path(row[0]).parent / "server.log",
        )
    finally:
        with connect(server_conninfo, purpose="tests") as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(role))
            for who in (f"{name}_b", name):
                connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(who)))


def _environment(found: Planted, user: str) -> dict[str, str]:
    parts = conninfo_to_dict(found.admin)
    where = f"{parts['host']}:{parts['port']}/{parts['dbname']}"
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "HOME": str(found.room / "home"),
        "TMPDIR": str(found.room / "tmp"),
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONPATH": str(found.room / "vault"),
        "PYTHON_KEYRING_BACKEND": "planted_keyring.Keyring",
        "PLANTED_KEYRING": str(found.room / "vault" / "keyring.json"),
        "PLANTED_USER": user,
        "DATABASE_URL": f"postgresql://{user}:{found.marks.database_password}@{where}",
        "NBAPANEL_ESPN_SITE_URL": found.relay.feed_url,
        "NBAPANEL_KALSHI_URL": found.relay.market_url,
        "NBAPANEL_NBA_CDN_URL": found.relay.feed_url,
        "NBAPANEL_NBA_STATS_URL": found.relay.feed_url,
        "NBAPANEL_REQUEST_ATTEMPTS": "2",
        "NBAPANEL_REQUEST_BACKOFF_S": "0.01",
        "NBAPANEL_ESPN_REQUESTS_PER_S": "0",
        "NBAPANEL_KALSHI_REQUESTS_PER_S": "0",
        "NBAPANEL_NBA_CDN_REQUESTS_PER_S": "0",
    }


def _plant(found: Planted) -> None:
    """Into .env and the keyring what is not in the environment."""
    (found.room / "desk" / ".env").write_text(f"NBAPANEL_ESPN_CORE_URL={found.relay.feed_url}\n")
    found.data.mkdir(mode=0o700, parents=True)
    (found.data / "settings.toml").write_text('cache_hooks = "keyring"\n')
    vault = found.room / "vault"
    (vault / "planted_keyring.py").write_text((_HERE / "planted_keyring.py").read_text())
    (vault / "keyring.json").write_text(json.dumps({"cache_hooks": json.dumps(found.relay.hooks)}))


def _work(found: Planted) -> None:
    """A refetch in which a game and every hook fail, looks around, and databases that refuse."""
    url = found.environment["DATABASE_URL"]
    mark = found.marks
    games = ("--game", FULL_GAME, "--game", REFUSED_GAME)
    found.run("refetch", "--date", DAY, *games, "--verbose", "--publish-anyway")
    found.run("refetch", "--only", "invalidate_caches", "--force", "--json")
    for words in ("status --json --verbose", "history 1 --json", "history 1", "doctor", "db status",
                  "archive list"):  # fmt: skip
        found.run(*words.split())
    _write_files(found)
    found.run("status", DATABASE_URL=url.replace(mark.database_password, mark.wrong_password))
    found.run(
        "doctor", DATABASE_URL=url.replace(mark.database_password, f"a/{mark.wrong_password}@b")
    )
    user = f"{found.environment['PLANTED_USER']}_b"
    without = re.sub(r"//.*@", f"//{user}@", url)
    found.run("db", "status", DATABASE_URL=without, PGPASSWORD=mark.libpq_password)
    address = f"{found.relay.market_url}?token={mark.feed_token}"
    found.run("refetch", "--only", "markets", NBAPANEL_KALSHI_URL=address)


def _write_files(found: Planted) -> None:
    """What commands write where they are told to: a backfill whose first game fails, and checks
    and tables of what it brought."""
    files = {name: str(found.home / name) for name in _FILES}
    few = ("--season", SEASON, "--lane", "nba", "--limit", "2")
    found.run("backfill", *few, "--report", files["report.jsonl"])
    found.run("backfill", "--list", "--json")
    found.run("qc", "--season", SEASON, "--json", files["qc.json"])
    found.run("export", "games", "--out", files["games.csv"])
    found.run("export", "nba.pbp_events", "--out", files["events.csv"])


def _tour(found: Planted) -> None:
    """The window goes through all that it has to show."""
    url, mark = found.environment["DATABASE_URL"], found.marks
    report = found.room / "desk" / "report.json"
    done = found.run(
        program=_HERE / "toured_window.py",
        TOUR_REPORT=str(report),
        TOUR_GAME=FULL_GAME,
        TOUR_REFUSED=url.replace(mark.database_password, mark.wrong_password),
        TOUR_PART=mark.hook_path,
        TOUR_CONTROL=CONTROL,
    )
    assert report.exists(), done
    told = json.loads(report.read_text())
    assert not told["trouble"], f"{told['trouble']}\n{done.err}"
    found.texts = [(where, text, markup) for where, text, markup in told["texts"]]
    found.copied = told["copied"]


@contextmanager
def _watched(found: Planted) -> Iterator[None]:
    """Somebody looks at the list of processes all the time."""
    ended = threading.Event()

    def look() -> None:
        me = psutil.Process()
        while not ended.wait(_SAMPLED_EVERY_S):
            for process in me.children(recursive=True):
                try:
                    found.command_lines.add(tuple(process.cmdline()))
                except psutil.Error:
                    continue

    thread = threading.Thread(target=look, name="looks at processes")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def _listening(found: Planted) -> Iterator[None]:
    """Somebody listens on every channel of the database."""
    with connect(found.admin, purpose="tests") as connection:
        for channel in _CHANNELS:
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        yield
        found.heard += [one.payload for one in connection.notifies(timeout=1.0)]


@pytest.fixture(scope="session")
def rows_of() -> Callable[[Connection[Any]], Iterator[tuple[str, str]]]:
    """`rows_of(connection)`: every row of every table, as (relation, text)."""

    def rows(connection: Connection[Any]) -> Iterator[tuple[str, str]]:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for schema, table in tables:
            name = sql.Identifier(schema, table)
            for (text,) in connection.execute(sql.SQL("SELECT t::text FROM {} AS t").format(name)):
                yield f"{schema}.{table}", text

    return rows
