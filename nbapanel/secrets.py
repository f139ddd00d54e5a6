"""Passwords and tokens in the keyring of the system, under the data directory that they serve.

Nothing here is logged or shown; the keyring's library is imported when it is first needed.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from nbapanel.errors import UsageError
from nbapanel.redaction import keep_secret, redact

if TYPE_CHECKING:
    from types import ModuleType

MARKER = "keyring"
"""Stands in settings.toml where the value itself lies in the keyring."""

_LONGEST_PLAIN_PART = 20
_PASSWORD = re.compile(r"password\s*=\s*(?:'((?:\\.|[^'\\])*)'|([^\s&]+))", re.IGNORECASE)
_AGAIN = "Set it in the environment or in .env instead: {name}=…"
T = TypeVar("T")


class KeyringTrouble(UsageError):
    """The keyring of the system is missing, locked or did not keep what it was given."""


def carries_secret(text: str) -> bool:
    """Whether an address gives something away: a password, a query, or a long opaque part."""
    if redact(text) != text:
        return True
    try:
        parts = urlsplit(text)
    except ValueError:
        return True
    if parts.scheme not in ("http", "https"):
        return False
    is_long = any(len(part) >= _LONGEST_PLAIN_PART for part in parts.path.split("/"))
    return bool("@" in parts.netloc or parts.query or parts.fragment or is_long)


def hide(text: str) -> None:
    """See to it that no part of this address or connection string that may be secret is shown."""
    for part in _secret_parts(text):
        keep_secret(part)
        keep_secret(unquote(part))


def _secret_parts(text: str) -> Iterator[str]:
    """As they are written there; which part of a path is a token, nobody can tell: all are."""
    for quoted, plain in _PASSWORD.findall(text):
        yield re.sub(r"\\(.)", r"\1", quoted) or plain
    try:
        parts = urlsplit(text)
    except ValueError:
        return
    if parts.password:
        yield parts.password
    if parts.scheme not in ("http", "https"):
        return
    if parts.username is not None:
        yield parts.username if parts.password is None else ""
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        yield base64.b64encode(login.encode()).decode()  # as a header says it
    yield from parts.path.split("/")
    yield from (value for _, value in parse_qsl(parts.query))
    yield from (parts.query, parts.fragment)


def read(data_dir: Path, name: str) -> str | None:
    """What the keyring holds under that name for this data directory; None for nothing.

    Raises KeyringTrouble, naming the variable that would do instead.
    """

    def look(keyring: ModuleType) -> str | None:
        found: str | None = keyring.get_password(_service(data_dir), name)
        return found

    return _asked(name, look)


def write(data_dir: Path, name: str, value: str) -> None:
    """Keep it, and make sure that it was kept: some keyrings accept everything and keep nothing."""

    def keep(keyring: ModuleType) -> bool:
        keyring.set_password(_service(data_dir), name, value)
        return bool(keyring.get_password(_service(data_dir), name) == value)

    if not _asked(name, keep):
        raise KeyringTrouble(
            "The keyring of this system did not keep the value.",
            "It was written without an error and could not be read back.",
            _AGAIN.format(name=variable(name)),
        )


def delete(data_dir: Path, name: str) -> None:
    """Forget it; no matter if it was not there."""

    def forget(keyring: ModuleType) -> None:
        if keyring.get_password(_service(data_dir), name) is not None:
            keyring.delete_password(_service(data_dir), name)

    _asked(name, forget)


def variable(name: str) -> str:
    """The environment's name of a setting."""
    return "DATABASE_URL" if name == "database_url" else f"NBAPANEL_{name.upper()}"


def _service(data_dir: Path) -> str:
    return f"nbapanel:{data_dir.resolve()}"


def _asked(name: str, ask: Callable[[ModuleType], T]) -> T:
    import keyring
    from keyring.errors import KeyringLocked, NoKeyringError

    try:
        return ask(keyring)
    except NoKeyringError as error:
        raise _trouble(name, "This system has no keyring to keep a password in.", error) from error
    except KeyringLocked as error:
        raise _trouble(name, "The keyring of this system is locked.", error) from error
    except Exception as error:  # each keyring program has errors of its own
        raise _trouble(name, "The keyring of this system cannot be used.", error) from error


def _trouble(name: str, title: str, error: Exception) -> KeyringTrouble:
    said = redact(next(iter(str(error).splitlines()), "it says no more"))
    return KeyringTrouble(
        title, f"{type(error).__name__}: {said}", _AGAIN.format(name=variable(name))
    )
