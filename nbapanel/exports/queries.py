"""The named queries of queries.sql, with their orders and descriptions. No statement is here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import LiteralString, cast

_OPENING = re.compile(r"^-- name: (\w+)\n-- order: ([\w, ]+)\n((?:-- .*\n)+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """`order`: columns of its result that, together, no two rows share."""

    name: str
    description: str
    order: tuple[str, ...]
    text: LiteralString


@cache
def named_queries() -> Mapping[str, NamedQuery]:
    """In the order of the file."""
    text = files("nbapanel.exports").joinpath("queries.sql").read_text(encoding="utf-8")
    parts = _OPENING.split(text)[1:]
    found = {}
    for name, order, comment, body in zip(*(parts[place::4] for place in range(4)), strict=True):
        description = " ".join(line.removeprefix("-- ") for line in comment.splitlines())
        columns = tuple(column.strip() for column in order.split(","))
        # The file ships with the program: its text is as literal as source code.
        found[name] = NamedQuery(name, description, columns, cast(LiteralString, body.strip()))
    return found
