"""Whether there is a screen to open a window on, and what is missing where there is none.

Qt ends the process where it finds no display: it has to be known before Qt is asked.
"""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from nbapanel.errors import UserFacingError

_TIMEOUT_S = 2.0
_FIRST_TCP_PORT = 6000
_XCB_LIBRARIES = {
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}
_QT_LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
}


class NoDisplay(UserFacingError):
    """There is no window to be had here; the terminal does the same work."""

    exit_code = 2


def require(environ: Mapping[str, str] = os.environ) -> None:
    """Raise NoDisplay, naming `nbapanel refetch`, where no window can be opened."""
    if sys.platform in ("win32", "darwin"):
        return
    missing = missing_packages()
    if missing:
        raise _lacking(missing)
    platform = environ.get("QT_QPA_PLATFORM", "")
    if platform.partition(":")[0] in ("offscreen", "minimal", "vnc", "linuxfb", "eglfs"):
        return
    if not platform.startswith("xcb") and _has_wayland(environ):
        return
    display = environ.get("DISPLAY", "")
    if not display or not _answers(display):
        where = f"Display {display} does not answer." if display else "DISPLAY is not set."
        raise NoDisplay(
            "There is no display to open the window on.",
            where,
            "The terminal does the same: nbapanel refetch",
        )
    missing = _missing(_XCB_LIBRARIES)
    if missing:
        raise _lacking(missing)


def missing_packages() -> list[str]:
    """Debian's names of the system libraries that Qt needs and that are not here."""
    return _missing(_QT_LIBRARIES) if sys.platform == "linux" else []


def _lacking(packages: list[str]) -> NoDisplay:
    return NoDisplay(
        "The window needs system libraries that are not here.",
        "On Debian: sudo apt-get install " + " ".join(packages),
        "The terminal needs none of them: nbapanel refetch",
    )


def _missing(libraries: Mapping[str, str]) -> list[str]:
    return [package for name, package in libraries.items() if not _loads(name)]


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _has_wayland(environ: Mapping[str, str]) -> bool:
    name = environ.get("WAYLAND_DISPLAY", "")
    if not name:
        return False
    return _takes_connections(str(Path(environ.get("XDG_RUNTIME_DIR", "/nowhere")) / name))


def _answers(display: str) -> bool:
    """Whether an X server listens at HOST:NUMBER[.SCREEN]; no host: on this machine."""
    host, _, number = display.rpartition(":")
    number = number.partition(".")[0]
    if not number.isdecimal():
        return False
    if not host or host == "unix":
        path = f"/tmp/.X11-unix/X{number}"
        return _takes_connections(path) or _takes_connections(f"\0{path}")
    try:
        with socket.create_connection((host, _FIRST_TCP_PORT + int(number)), _TIMEOUT_S):
            return True
    except OSError:
        return False


def _takes_connections(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_TIMEOUT_S)
        try:
            probe.connect(path)
        except OSError:
            return False
        return True


if __name__ == "__main__":
    # For the Makefile: are they here, and if not, which are to be installed?
    if "--packages" in sys.argv:
        sys.stdout.write(" ".join(missing_packages()))
    else:
        sys.exit(bool(missing_packages()))
