"""The folder of one embedded server: where each thing lies, and who is using it. No process here.

postgres/            0700
  cluster/           PostgreSQL's own data directory, owned by the account the server runs as
  password           0600
  start.lock         held over every decision to start or to stop
  keeper.lock        held by the keeper for as long as it lives
  server.json        present while the server takes connections
  users/*.lock       one a client, held for as long as that client lives
  pinned             present while the server shall stay up without a client
  stop.request       asks the keeper to stop now; whoever wrote it holds start.lock
  port               the port of the last start, taken again where it is free
  server.log         the keeper's words and PostgreSQL's
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbapanel import file_lock
from nbapanel.errors import DatabaseUnavailable
from nbapanel.file_lock import HeldLock

DECISION_TIMEOUT_S = 90.0


@dataclass(frozen=True, slots=True)
class Running:
    """A server that takes connections. `bell_port` wakes its keeper; `started_at` is ISO, UTC."""

    port: int
    pid: int
    keeper_pid: int
    bell_port: int
    version: str
    started_at: str


@dataclass(frozen=True, slots=True)
class ServerUser:
    """A living process that uses the server; `since` is aware UTC."""

    pid: int
    purpose: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ServerDir:
    root: Path

    @property
    def cluster(self) -> Path:
        return self.root / "cluster"

    @property
    def password(self) -> Path:
        return self.root / "password"

    @property
    def start_lock(self) -> Path:
        return self.root / "start.lock"

    @property
    def keeper_lock(self) -> Path:
        return self.root / "keeper.lock"

    @property
    def running(self) -> Path:
        return self.root / "server.json"

    @property
    def users(self) -> Path:
        return self.root / "users"

    @property
    def pinned(self) -> Path:
        return self.root / "pinned"

    @property
    def stop_request(self) -> Path:
        return self.root / "stop.request"

    @property
    def port(self) -> Path:
        return self.root / "port"

    @property
    def log(self) -> Path:
        return self.root / "server.log"

    @property
    def is_initialised(self) -> bool:
        return (self.cluster / "PG_VERSION").is_file()

    @property
    def is_kept(self) -> bool:
        """True while a keeper lives, whether or not its server is up yet."""
        return file_lock.is_held(self.keeper_lock)

    def make(self) -> None:
        """Create the folder, readable by its owner alone."""
        self.users.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.chmod(self.root, 0o700)

    @contextmanager
    def deciding(self, timeout_s: float = DECISION_TIMEOUT_S) -> Iterator[None]:
        """Be the only one that starts or stops the server, or joins those who use it."""
        lock = file_lock.take(self.start_lock, timeout_s=timeout_s)
        if lock is None:
            raise DatabaseUnavailable(
                "The embedded PostgreSQL is being started or stopped by another process.",
                f"It has held {self.start_lock} for more than {timeout_s:.0f} s.",
                f"Wait and try again; {self.log} tells what is going on.",
                transient=True,
            )
        with lock:
            yield

    def register(self, purpose: str) -> HeldLock:
        """Count this process among the users until it lets go or ends. Call while deciding."""
        name = f"{os.getpid()}-{secrets.token_hex(4)}.lock"
        # Somebody who only looks may hold a fresh file for an instant: hence a moment's patience.
        lock = file_lock.take(self.users / name, timeout_s=5.0, poll_s=0.001)
        if lock is None:
            raise RuntimeError(f"{name} is held by another process, which cannot be")
        since = datetime.now(UTC).isoformat()
        lock.write(json.dumps({"pid": os.getpid(), "purpose": purpose, "since": since}))
        return lock

    def living_users(self) -> tuple[ServerUser, ...]:
        """Who uses the server now, oldest first. The files of the dead are left alone."""
        held = [path for path in self._user_files() if file_lock.is_held(path)]
        found = [user for user in map(_read_user, held) if user is not None]
        return tuple(sorted(found, key=lambda user: user.since))

    def sweep(self) -> bool:
        """Remove the files of users that died; True if anybody lives. Call while deciding."""
        anybody = False
        for path in self._user_files():
            if file_lock.is_held(path):
                anybody = True
            else:
                path.unlink(missing_ok=True)
        return anybody

    def read_running(self) -> Running | None:
        """None where no server runs, or what is told of it is damaged."""
        try:
            return Running(**json.loads(self.running.read_bytes()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def write_running(self, running: Running) -> None:
        write_private(self.running, json.dumps(asdict(running)))

    def log_size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0

    def log_since(self, offset: int) -> str:
        """What the log tells from there on, the last 20 kB at most."""
        with open(self.log, "rb") as file:
            file.seek(max(offset, self.log_size() - 20_000))
            return file.read().decode(errors="replace")

    def _user_files(self) -> list[Path]:
        try:
            return [self.users / name for name in os.listdir(self.users) if name.endswith(".lock")]
        except FileNotFoundError:
            return []


def write_private(path: Path, text: str, *, durable: bool = False) -> None:
    """Write a whole file or none, for the owner's eyes only; `durable` sees it to the disk."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        file.write(text)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    os.replace(fresh, path)


def _read_user(path: Path) -> ServerUser | None:
    try:
        told = json.loads(path.read_bytes())
        return ServerUser(told["pid"], told["purpose"], datetime.fromisoformat(told["since"]))
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None  # it went this instant, or has not said yet who it is
