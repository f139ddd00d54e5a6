"""settings.toml: read as a table, and changed so that everything else in it stays as it was.

Which settings there are is not known here.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from nbapanel.errors import UsageError


def read(path: Path) -> dict[str, Any]:
    """The table; empty where there is no file. Raises UsageError for one that is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(path, error) from error


def change(path: Path, values: Mapping[str, Any], gone: Collection[str] = ()) -> None:
    """Set these keys and remove those, all at once; comments and order stay.

    The file is readable by its owner alone, and at no moment half written.
    """
    import tomlkit

    read(path)  # says in words what is wrong with a file that cannot be read
    target = path.resolve()  # where a link is, the file behind it is meant
    text = target.read_text(encoding="utf-8") if target.exists() else ""
    try:
        document = tomlkit.parse(text)
    except (ValueError, RecursionError) as error:  # stricter than what reads it
        raise _unreadable(path, error) from error
    for key in gone:
        document.pop(key, None)
    for key, value in values.items():
        document[key] = list(value) if isinstance(value, tuple) else value
    try:
        _replace(target, tomlkit.dumps(document))
    except OSError as error:
        raise UsageError(
            "The settings cannot be saved.",
            f"{error.filename or target}: {error.strerror or error}.",
            "What was set before is still in force.",
        ) from error


def _unreadable(path: Path, error: Exception) -> UsageError:
    return UsageError(
        "The settings file cannot be read.",
        f"{path}: {error}",
        "Correct it, or move it away to start from the defaults.",
    )


def _replace(target: Path, text: str) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = target.with_suffix(f".{os.getpid()}.tmp")
    with suppress(FileNotFoundError):
        partial.unlink()
    try:
        with open(
            os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, target)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
