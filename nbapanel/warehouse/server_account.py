"""As whom PostgreSQL runs, and how that account gets to files that lie where it may not go.

PostgreSQL refuses root. Started by root it therefore runs as another account, while the data
directory and the programs may lie beneath folders that only root may enter (/root, say). Nobody's
folder is opened for that. The server's process alone is given a view of its own of the file
system (`linux_privileges`). What PostgreSQL is told to do is not decided here.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbapanel.errors import DatabaseUnavailable
from nbapanel.warehouse import server_trouble
from nbapanel.warehouse.postgres_binaries import Binaries, child_environment, copy_for_others
from nbapanel.warehouse.server_dir import ServerDir

if sys.platform == "linux":
    from nbapanel.warehouse import linux_privileges

_SAID = "nbapanel: "  # before what a child writes to the log when it gives up


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    uid: int
    gid: int


def server_account(room: ServerDir) -> Account | None:
    """The account to run as instead of root; None when this process is not root.

    A cluster that is there already decides by its owner. For a new one: $NBAPANEL_PG_USER, else
    `postgres` where there is such an account, else `nobody`.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd

    if room.cluster.exists():
        owner = room.cluster.stat()
        if owner.st_uid == 0:
            raise DatabaseUnavailable(
                "The embedded PostgreSQL's files belong to root.",
                f"PostgreSQL refuses to run as root, and {room.cluster} belongs to it.",
                f"Give it back: chown -R postgres {room.cluster} (or whom it belonged to).",
            )
        return Account(_name_of(owner.st_uid), owner.st_uid, owner.st_gid)
    named = os.environ.get("NBAPANEL_PG_USER")
    for name in (named,) if named else ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise DatabaseUnavailable(
        "There is no account to run PostgreSQL as.",
        f"It refuses root, and {named or 'postgres and nobody'} cannot be used here.",
        "Set NBAPANEL_PG_USER to an account other than root, or run as a normal user.",
    )


def usable_binaries(found: Binaries, account: Account | None, room: ServerDir) -> Binaries:
    """Those, or a copy in the server's folder where the account may not read them."""
    if account is None or all(_readable(path, account) for path in _samples(found)):
        return found
    return copy_for_others(found, room.root)


def spawn(
    arguments: Sequence[str],
    account: Account | None,
    needs: Sequence[Path],
    room: ServerDir,
    *,
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a program of PostgreSQL as `account`, able to reach `needs`; it writes to the log.

    On Linux it is told to stop (SIGINT: a fast, clean shutdown) when this process ends, kill -9
    included. That is tied to the calling THREAD, so call from the main one.
    """
    blocked = _blocked_folders(needs, account)
    start = room.log_size()
    log = os.open(room.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        return subprocess.Popen(
            arguments,
            stdin=stdin,
            stdout=log,
            stderr=log,
            cwd="/" if sys.platform != "win32" else None,
            env=child_environment(),
            start_new_session=True,
            preexec_fn=_child_setup(account, tuple(needs), blocked),
            creationflags=_creation_flags(),
        )
    except subprocess.SubprocessError as error:  # the setup failed, in the child, before exec
        name = account.name if account else "this user"
        why = room.log_since(start).strip().removeprefix(_SAID)
        raise server_trouble.not_started(blocked, name, why) from error
    finally:
        os.close(log)


def _blocked_folders(paths: Sequence[Path], account: Account | None) -> tuple[Path, ...]:
    """On the way to each path, the topmost folder that the account may not enter."""
    if account is None:
        return ()
    blocked = dict.fromkeys(_blocked_at(path, account) for path in paths)
    return tuple(path for path in blocked if path is not None)


def _child_setup(
    account: Account | None, needs: tuple[Path, ...], blocked: tuple[Path, ...]
) -> Callable[[], None] | None:
    """What the child does between fork and exec."""
    if sys.platform != "linux":
        return _setup_without_views(account, blocked)
    parent = os.getpid()

    def set_up() -> None:
        try:
            if account is not None:
                linux_privileges.become(account.uid, account.gid, needs, blocked)
            os.umask(0o077)
            linux_privileges.end_with_parent(parent)
        except OSError as error:
            os.write(2, f"{_SAID}{error.strerror}\n".encode())
            raise

    return set_up


def _setup_without_views(
    account: Account | None, blocked: tuple[Path, ...]
) -> Callable[[], None] | None:
    if sys.platform == "win32" or account is None:
        return None

    def set_up() -> None:
        if blocked:
            os.write(2, f"{_SAID}only Linux can give a process its own view\n".encode())
            raise PermissionError(f"no way into {blocked[0]}")
        os.setgroups([])
        os.setgid(account.gid)
        os.setuid(account.uid)

    return set_up


def _creation_flags() -> int:
    if sys.platform == "win32":
        return subprocess.CREATE_NO_WINDOW
    return 0


def _blocked_at(path: Path, account: Account) -> Path | None:
    for folder in reversed(Path(os.path.realpath(path)).parents):
        if not _allows(folder, account, 0o1):
            return folder
    return None


def _samples(found: Binaries) -> tuple[Path, ...]:
    """Enough of an installation to tell with what umask it was made."""
    programs = (Path(found.program("postgres")), Path(found.program("initdb")))
    catalogue = found.bin_dir.parent.glob("share/**/postgres.bki")
    return (*found.trees, *programs, *catalogue)


def _readable(path: Path, account: Account) -> bool:
    runs = path.is_dir() or bool(path.stat().st_mode & stat.S_IXUSR)
    return _allows(path, account, 0o5 if runs else 0o4)


def _allows(path: Path, account: Account, bits: int) -> bool:
    """By the mode alone: an ACL that allows more costs a private view that was not needed."""
    status = path.stat()
    shift = 6 if status.st_uid == account.uid else 3 if status.st_gid == account.gid else 0
    return (status.st_mode >> shift) & bits == bits


def _name_of(uid: int) -> str:
    if sys.platform != "win32":
        import pwd

        try:
            return pwd.getpwuid(uid).pw_name
        except KeyError:
            pass
    return str(uid)
