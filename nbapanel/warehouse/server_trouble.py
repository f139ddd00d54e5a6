"""What goes wrong with an embedded server, in words for a person. Nothing is started here."""

from __future__ import annotations

import errno
from pathlib import Path

from nbapanel.errors import DatabaseUnavailable

ELSEWHERE = "Choose another data directory with --data-dir or NBAPANEL_DATA_DIR."
_TAIL_LINES = 12

# What PostgreSQL or the system says (in English: it runs with LC_ALL=C), and what that means.
_KNOWN = (
    (
        "No space left on device",
        "The disk is full: the embedded PostgreSQL cannot write.",
        "Free some space on that disk, then try again.",
    ),
    (
        "Disk quota exceeded",
        "The disk quota is used up: the embedded PostgreSQL cannot write.",
        "Free some space or have the quota raised, then try again.",
    ),
    (
        "Read-only file system",
        "The data directory is on a file system that cannot be written to.",
        ELSEWHERE,
    ),
    (
        "is not compatible with this version",
        "The warehouse was made by another major version of PostgreSQL.",
        "Point NBAPANEL_PG_BIN at the binaries of that version.",
    ),
    (
        "could not bind IPv4 address",
        "The embedded PostgreSQL cannot listen on 127.0.0.1.",
        "See whether a firewall or a sandbox forbids local ports, then try again.",
    ),
    (
        "could not create shared memory segment",
        "The system gives the embedded PostgreSQL no shared memory.",
        "Free some memory, or lower shared_buffers in cluster/postgresql.conf.",
    ),
    (
        "Cannot allocate memory",
        "There is not enough memory to start the embedded PostgreSQL.",
        "Free some memory, or lower shared_buffers in cluster/postgresql.conf.",
    ),
    (
        "Permission denied",
        "The embedded PostgreSQL may not read or write its own files.",
        "See who owns them; they must belong to the account that first made them.",
    ),
    (
        "could not locate a valid checkpoint record",
        "The embedded PostgreSQL's files are damaged.",
        "Restore a backup of the data directory, or move its postgres folder away and "
        "run `nbapanel rebuild`: the archive holds everything that was fetched.",
    ),
)


def from_output(title: str, output: str, where: Path) -> DatabaseUnavailable:
    """Say what `output` (the end of a log, or what initdb printed) means; else `title` and it."""
    lines = [line for line in output.splitlines() if line.strip()]
    tail = "\n".join(lines[-_TAIL_LINES:]) or "It said nothing."
    for words, known_title, hint in _KNOWN:
        if words in output:
            return DatabaseUnavailable(known_title, f"In {where}:\n{tail}", hint)
    return DatabaseUnavailable(
        title,
        f"In {where}:\n{tail}",
        "Try again; if it stays so, the whole log helps to find out why.",
    )


def from_os_error(error: OSError, folder: Path) -> DatabaseUnavailable:
    """The system refused something in the server's folder."""
    where = f"{error.filename or folder}: {error.strerror or error}."
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            title, hint = "The disk is full.", "Free some space on that disk, then try again."
        case errno.EROFS:
            title, hint = "The data directory cannot be written to.", ELSEWHERE
        case errno.EACCES | errno.EPERM:
            title = "The data directory belongs to another user or forbids writing."
            hint = f"Run as its owner, or give it to yourself. {ELSEWHERE}"
        case errno.ENOTDIR | errno.EEXIST | errno.ENAMETOOLONG | errno.ELOOP:
            title, hint = "The data directory cannot be used as a folder.", ELSEWHERE
        case _:
            title, hint = "The embedded PostgreSQL's folder cannot be used.", ELSEWHERE
    return DatabaseUnavailable(title, where, hint)


def not_started(blocked: tuple[Path, ...], account: str, why: str) -> DatabaseUnavailable:
    """A child could not become `account`, or not get past the folders `blocked` to it."""
    if not blocked:
        return DatabaseUnavailable(
            "The embedded PostgreSQL cannot be started.",
            f"The system does not let nbapanel run it as {account}: {why}.",
            "Run nbapanel as a normal user, or name another account in NBAPANEL_PG_USER.",
        )
    named = ", ".join(str(path) for path in blocked)
    return DatabaseUnavailable(
        "The embedded PostgreSQL cannot reach its files.",
        f"It refuses to run as root, so it runs as {account}, which may not enter {named}; "
        f"and the system forbids nbapanel to open it a private way in ({why}).",
        "Choose a data directory such as /var/lib/nbapanel with --data-dir or "
        "NBAPANEL_DATA_DIR, or run nbapanel as a normal user.",
    )
