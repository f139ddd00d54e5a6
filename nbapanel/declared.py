"""How something that can be set is declared, and what is wrong with a value, in words.

No setting is named here, and nothing is read or written.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from typing import Any, Literal
from urllib.parse import urlsplit

from nbapanel.paths import expanded

Kind = Literal["plain", "web", "web_list", "folder", "postgres", "times"]
"""What a text stands for, beyond its type."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be set. `type` as it is written in the declaration.

    `choices`: (value, words) where only some values are possible. `is_secret`: it may carry a
    password or a token.
    """

    name: str
    type: str
    default: Any
    label: str
    described: str
    group: str
    unit: str = ""
    least: float | None = None
    most: float | None = None
    kind: Kind = "plain"
    choices: tuple[tuple[str, str], ...] = ()
    is_secret: bool = False


def declare(
    default: Any,
    described: str,
    *,
    label: str,
    group: str,
    unit: str = "",
    least: float | None = None,
    most: float | None = None,
    kind: Kind = "plain",
    choices: tuple[tuple[str, str], ...] = (),
    secret: bool = False,
) -> Any:
    """A field of a dataclass, with everything that is ever said of it."""
    return field(
        default=default,
        repr=not secret,
        metadata={
            "label": label,
            "described": described,
            "group": group,
            "unit": unit,
            "least": least,
            "most": most,
            "kind": kind,
            "choices": choices,
            "secret": secret,
        },
    )


def entries(declaration: type) -> tuple[Entry, ...]:
    """The entries of a dataclass whose fields were all made by `declare`, in its order."""
    return tuple(
        Entry(
            name=one.name,
            type=str(one.type),
            default=one.default,
            label=one.metadata["label"],
            described=one.metadata["described"],
            group=one.metadata["group"],
            unit=one.metadata["unit"],
            least=one.metadata["least"],
            most=one.metadata["most"],
            kind=one.metadata["kind"],
            choices=one.metadata["choices"],
            is_secret=one.metadata["secret"],
        )
        for one in fields(declaration)
    )


def trouble(entry: Entry, value: Any) -> str:
    """Why the value cannot be taken, in a sentence; empty for one that can."""
    if entry.choices and value not in [known for known, _ in entry.choices]:
        return f"One of {', '.join(known for known, _ in entry.choices)}."
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _out_of_bounds(entry, value)
    match entry.kind:
        case "web":
            return _not_web(value)
        case "web_list":
            return next((said for said in map(_not_web, value) if said), "")
        case "folder":
            return _no_folder(value)
        case "postgres":
            return _not_postgres(value)
        case _:
            return ""


def _out_of_bounds(entry: Entry, value: float) -> str:
    least = float("-inf") if entry.least is None else entry.least
    most = float("inf") if entry.most is None else entry.most
    if least <= value <= most:  # not so for what is no number
        return ""
    unit = f" {entry.unit}" if entry.unit else ""
    if entry.most is None:
        return f"At least {least:,.12g}{unit}."
    return f"From {least:,.12g} to {most:,.12g}{unit}."


def _not_web(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "This is not a web address; its host or port cannot be read."
    if parts.scheme not in ("http", "https") or not host or any(map(str.isspace, text)):
        return "A web address begins with https:// or http:// and names a host."
    return ""


def _no_folder(text: str) -> str:
    if not text:
        return ""
    folder = expanded(text)
    if not folder.is_absolute():
        return "Give the whole path of the folder, from its root."
    return "" if os.path.isdir(folder) else "There is no such folder."


def _not_postgres(text: str) -> str:
    form = "Written as postgresql://user:password@host:5432/database"
    if not text or "=" in text.split("?")[0].split("@")[-1]:
        return ""  # empty: the embedded one; with "=": libpq's own form, host=... dbname=...
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return f"Its host or port cannot be read. {form}."
    if parts.scheme not in ("postgresql", "postgres") or any(map(str.isspace, text)):
        return f"{form}."
    if not parts.netloc and not parts.query:
        return f"It names no server. {form}."
    return ""
