"""System calls of Linux for a child between fork and exec: a private view, another account.

Two ways for an account past folders that only root may enter, both for that one process tree:

1. A mount namespace of its own. An empty tmpfs covers each such folder, and in it, at their real
   paths, appear just the trees that are needed. Nobody else sees any of it, nothing is written to
   a disk, and the server cannot see the rest of the folder even so. Needs CAP_SYS_ADMIN.
2. Where that is forbidden (an ordinary container): the capability to pass and to read. The server
   could then read other files too, which is why it comes second.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
from collections.abc import Callable
from pathlib import Path

_CLONE_NEWNS = 0x00020000
_MS_NOSUID, _MS_NODEV, _MS_BIND, _MS_REC, _MS_PRIVATE = 2, 4, 0x1000, 0x4000, 1 << 18
_PR_SET_PDEATHSIG, _PR_SET_SECUREBITS, _PR_CAP_AMBIENT = 1, 28, 47
_PR_CAP_AMBIENT_RAISE = 2
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_CAPABILITY_VERSION_3 = 0x20080522
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2

_libc = ctypes.CDLL(None, use_errno=True)
_libc.prctl.argtypes = (ctypes.c_int, *[ctypes.c_ulong] * 4)
_libc.mount.argtypes = (*[ctypes.c_char_p] * 3, ctypes.c_ulong, ctypes.c_char_p)


def end_with_parent(parent: int) -> None:
    """Have the kernel send this process SIGINT when the parent's thread that made it ends."""
    _call(_libc.prctl, _PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the kernel knew
        os.kill(os.getpid(), signal.SIGKILL)


def become(uid: int, gid: int, needs: tuple[Path, ...], blocked: tuple[Path, ...]) -> None:
    """Turn from root into an account that reaches `needs` although it may not enter `blocked`."""
    capability = None
    if blocked:
        try:
            _enter_private_view(needs, blocked)
        except OSError:
            capability = _passing_capability()
            if capability is None:
                raise
    if capability is not None:
        _call(_libc.prctl, _PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if capability is not None:
        _keep_only(capability)


def _enter_private_view(needs: tuple[Path, ...], blocked: tuple[Path, ...]) -> None:
    if not _root_is_a_mount():
        # In a chroot nothing can be made private, and the way back below would lead out of it.
        raise OSError(errno.EINVAL, "the root folder is no mount of its own")
    shared_view = os.open("/proc/self/ns/mnt", os.O_RDONLY)
    _call(_libc.unshare, _CLONE_NEWNS)
    try:
        _arrange_view(needs, blocked)
    except OSError:
        _call(_libc.setns, shared_view, _CLONE_NEWNS)
        raise


def _root_is_a_mount() -> bool:
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as mounts:
        return any(line.split()[4] == "/" for line in mounts)


def _arrange_view(needs: tuple[Path, ...], blocked: tuple[Path, ...]) -> None:
    _mount("none", "/", None, _MS_REC | _MS_PRIVATE)
    os.umask(0o022)
    real = [os.path.realpath(path) for path in needs]
    trees = [(path, os.open(path, os.O_PATH | os.O_DIRECTORY)) for path in real]
    for folder in blocked:
        _mount("nbapanel", str(folder), "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=755,size=1m")
    for path, fd in trees:
        if any(folder in Path(path).parents for folder in blocked):
            os.makedirs(path, exist_ok=True)
            _mount(f"/proc/self/fd/{fd}", path, None, _MS_BIND | _MS_REC)


def _mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    what = kind.encode() if kind else None
    where = os.fsencode(target)
    _call(_libc.mount, os.fsencode(source), where, what, flags, options.encode())


def _passing_capability() -> int | None:
    """The least that lets a process pass folders and read files, of what this one has."""
    with open("/proc/self/status", encoding="ascii", errors="replace") as status:
        permitted = next(int(line.split()[1], 16) for line in status if line.startswith("CapPrm:"))
    for capability in (_CAP_DAC_READ_SEARCH, _CAP_DAC_OVERRIDE):
        if permitted >> capability & 1:
            return capability
    return None


def _keep_only(capability: int) -> None:
    """Drop every capability but one, which survives exec.

    SECBIT_NO_SETUID_FIXUP stays on: without it access(), by which PostgreSQL looks at its own
    programs, would leave the capability out of account.
    """
    mask = 1 << capability
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)  # effective, permitted, inheritable
    _call(_libc.capset, header, sets)
    _call(_libc.prctl, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def _call(function: Callable[..., int], *arguments: object) -> None:
    if function(*arguments) != 0:
        number = ctypes.get_errno() or errno.EIO
        raise OSError(number, os.strerror(number))
